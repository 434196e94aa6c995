#!/usr/bin/env python3
"""Run a command on every malformed-input case and judge what it says.

  check_bad.py [--dir DIR] [--cat C] [--scenario-cmd 'sim run {}'] -- sim inspect -f {}
'{}' is replaced by the file ({} = the folder for kustomize). Judged: no traceback, no crash by a signal, time and memory,
exit status against the verdict, file name, line (as FILE:LINE or 'line N') and regex in stdout+stderr, no raw ESC, no secret file contents.
Verdicts: error = exit 2; ok = exit 0; finding = said, whatever the exit status; X-or-Y = either. `line` is the best answer, lines_accepted
all that count; `note` and `bytes` are notes. k-patch/app.yaml belongs to its folder."""

import argparse, csv, os, re, resource, shlex, subprocess, sys, time


def run(cmd, limit):
    t0 = time.time()

    def cap():
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    try:
        p = subprocess.run(
            cmd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            preexec_fn=cap,
            stdin=subprocess.DEVNULL,
        )
        return p.returncode, p.stdout.decode("utf-8", "replace"), time.time() - t0
    except subprocess.TimeoutExpired:
        return None, "", time.time() - t0


def main():
    a = argparse.ArgumentParser()
    (
        a.add_argument("--dir", default=os.path.dirname(os.path.abspath(__file__))),
        a.add_argument("--cat"),
        a.add_argument("--scenario-cmd"),
        a.add_argument("-v", action="store_true"),
    )
    a.add_argument("cmd", nargs="+")
    a = a.parse_args()
    here = a.dir
    res = {"pass": 0, "fail": 0, "skip": 0}
    for r in csv.DictReader(open(f"{here}/expectations.tsv"), delimiter="\t", quoting=csv.QUOTE_NONE):
        if a.cat and r["category"] != a.cat or r["file"].endswith("k-patch/app.yaml"):
            continue
        f = f"{here}/{r['file']}"
        cmd = a.cmd
        if r["category"] == "scenario":
            if not a.scenario_cmd:
                res["skip"] += 1
                continue
            cmd = shlex.split(a.scenario_cmd)
        if not os.path.exists(f):
            res["skip"] += 1
            continue
        arg = os.path.dirname(f) if r["category"] == "kustomize" else f
        rc, out, dt = run([x.replace("{}", arg) for x in cmd], 60 if r["category"] == "big" else 10)
        bad = []
        if rc is None:
            bad.append("timeout")
        else:
            if "Traceback (most recent call last)" in out:
                bad.append("traceback")
            if rc < 0 or rc >= 128:
                bad.append(f"signal/rc {rc}")
            if "\x1b[31mweb" in out:
                bad.append("raw ESC printed")
            if re.search(r"^root:[^:]*:0:0:", out, re.M):
                bad.append("prints /etc/passwd")
            v = r["verdict"]
            said = v in ("error", "finding") or v == "warn-or-error" or (v != "ok" and rc != 0)
            if v == "error" and rc == 0:
                bad.append("accepted")
            if v == "ok" and rc != 0:
                bad.append(f"refused rc {rc}")
            if said and v != "warn-or-ok":
                if os.path.basename(f) not in out and os.path.basename(os.path.dirname(f)) not in out:
                    bad.append("file not named")
                if (
                    r["lines_accepted"] != "-"
                    and v != "ok-or-error"
                    and not any(
                        re.search(rf"(?::|line ){n}(?!\d)", out) for n in r["lines_accepted"].split(",")
                    )
                ):
                    bad.append(f"line {r['line']} not named")
                if r["mention_regex"] != "-" and not re.search(r["mention_regex"], out.replace(f, "")):
                    bad.append(f"no /{r['mention_regex']}/")
        if os.path.exists("/tmp/pwned-by-yaml"):
            bad.append("CODE EXECUTED")
            os.remove("/tmp/pwned-by-yaml")
        res["fail" if bad else "pass"] += 1
        if bad or a.v:
            print(f"{'FAIL' if bad else 'ok  '} {r['file']}: {', '.join(bad)} ({dt:.1f} s)")
    print(res)
    sys.exit(res["fail"] > 0)


main()
