"""Every command on every terminal: 80 columns and never more, no escape where none is wanted, ASCII, closed pipes."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path

import pytest
from command import Done, width, without_folders

from sim.cli import cli, command
from sim.cli.completing import FILE
from sim.cli.group import READER_GONE

ROOT = Path(__file__).parents[2]
FANOUT, HOSTS, SHOP = (f"scenarios/{name}/manifests" for name in ("fanout", "virtual-hosts", "shop"))
FOO, NOTHING = "http://fanout.example.com/foo", "http://fanout.example.com/nothing/of/that/name/at/all"
LONG = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: an-ingress-with-a-name-that-is-as-long-as-names-of-real-installations, namespace: a-team-with-a-long-name}
spec:
  rules:
  - host: a-host-with-a-name-that-is-rather-long-indeed.and-a-domain.of-some-length.example.com
    http:
      paths:
      - path: /a/path/that/goes/on/for-some-while/and-does-not/fit/into-a-column
        pathType: Prefix
        backend: {service: {name: a-service-that-is-not-there-and-is-called-something-long, port: {number: 8080}}}
"""
LONG_URL = (
    "http://a-host-with-a-name-that-is-rather-long-indeed.and-a-domain.of-some-length.example.com/a/path"
)
READY = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, lifecycle: {preStop: {sleep: {seconds: 5}}}}]}
"""
CASES = """\
files: [scenarios/fanout/manifests]
cases:
- {id: foo, request: {host: fanout.example.com, path: /foo}, expect: {backend: 'default/service1:4200'}}
- {id: a-case-with-an-answer-that-is-not-the-expected-one, request: {host: fanout.example.com, path: /foo}, expect: {status: 404}}
"""

USES: dict[str, tuple[tuple[str, int], ...]] = {
    "trace": (
        (f"-f {FANOUT} {FOO}", 0),
        (f"-f {FANOUT} {NOTHING}", 1),
        (f"-f {FANOUT} --all-rules {FOO}", 0),
        (f"-f {FANOUT} --controller spec --controller ingress-nginx {FOO}", 0),
        (f"-f {FANOUT} --urls urls.txt", 1),
        (f"-f long.yaml {LONG_URL}", 1),
        (f"-f {SHOP} tcp://catalogue.shop:80", 0),
        ("--scenario tls-edge -L http://secure.example.com/", 0),
        ("--scenario fanout --to node:node-a tcp://service1.default:4200", 0),
        (f"-f {FANOUT} --to node:node-a {FOO}", 2),
        (f"-f {FANOUT}", 2),
        (f"-f {FANOUT} --to lb:no/body {FOO}", 2),
    ),
    "inspect": ((f"-f {SHOP}", 0), ("-f scenarios/service-types/manifests", 1), ("-f long.yaml", 1), ("", 2)),
    "check": (("right.yaml", 0), ("cases.yaml", 1), ("scenarios", 2), ("", 2)),
    "diff": ((f"{FANOUT} {FANOUT}", 0), (f"{FANOUT} {HOSTS}", 1), (f"{FANOUT} nowhere", 2)),
    "migrate": (
        (f"-f {FANOUT} --to envoy-gateway --report move.txt", 0),
        (f"-f {FANOUT} --to envoy-gateway --out moved", 0),
        (f"-f {FANOUT} --to nowhere", 2),
        ("", 2),
    ),
    "topology": ((f"-f {FANOUT}", 0), (f"-f {SHOP}", 0), ("-f long.yaml", 0), ("", 2)),
    "rules": ((f"-f {FANOUT}", 0), (f"-f {FANOUT} --diff {HOSTS}", 1), (f"-f {FANOUT} --node nobody", 2)),
    "spread": (
        ("--scenario fanout --mode all --connections 100", 0),
        ("--scenario fanout --placements", 0),
        (f"-f {FANOUT} --service no/body", 2),
    ),
    "run": (("fanout --requests 60", 0), ("shop --requests 60 --replications 2", 0), ("shoop", 2), ("", 2)),
    "rollout": (
        ("-f ready.yaml --rps 2", 0),
        ("-f unready.yaml --rps 5", 1),
        (f"-f {FANOUT} --workload no/body", 2),
    ),
    "compare": (
        ("fanout --requests 60", 0),
        ("shop --requests 60 --provider all", 0),
        (f"-f {SHOP} --requests 60", 0),
        ("", 2),
    ),
    "sweep": (("fanout controller.replicas=1,2 --requests 40", 0), ("fanout nothing=1", 2), ("", 2)),
    "replay": (("fanout --requests 20 --out page.html", 0), ("fanout --out no/where/page.html", 2)),
    "cost": (("--services 12", 0), (f"-f {SHOP} --provider all", 0), ("", 2)),
    "init": ((f"-f {FANOUT} made", 0), (f"-f {FANOUT} scenarios", 2), ("", 2)),
    "explain": (("", 0), ("SIM2003", 0), ("SIM9", 2)),
    "model": (("", 0), ("traefik", 0), ("nobody", 2)),
    "demo": (("--no-open --out shown", 0), ("--no-open --out long.yaml", 2)),
    "completion": (("bash", 0), ("powershell", 2)),
}
"""Command -> arguments of some uses, each with the exit status. A command without a line here fails the tests."""

ROWS = [
    pytest.param(name, arguments, status, id=f"{name} {arguments}".strip())
    for name, uses in USES.items()
    for arguments, status in uses
]
FIRST = [pytest.param(name, uses[0][0], id=name) for name, uses in USES.items()]
FOR_PROGRAMS = {"completion", "migrate", "rules"}
"""Commands whose output a shell, kubectl or the kernel's tools read."""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder with what the uses name."""
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    (tmp_path / "long.yaml").write_text(LONG)
    (tmp_path / "ready.yaml").write_text(READY)
    (tmp_path / "unready.yaml").write_text(READY.replace("seconds: 5", "seconds: 0"))
    (tmp_path / "cases.yaml").write_text(CASES)
    (tmp_path / "right.yaml").write_text("\n".join(CASES.splitlines()[:3]))
    (tmp_path / "urls.txt").write_text(f"{FOO}\n{NOTHING}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


def run(words: list[str], encoding: str = "utf-8", terminal: bool = False) -> Done:
    """A command with streams of an encoding, in this process; standard output may be a terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, errors, write_through=True) for errors in STRICTNESS)
    out.isatty = lambda: terminal
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = command(words)
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Done(status, *(stream.buffer.getvalue().decode(encoding) for stream in (out, err)))


@cache
def in_a_pipe(name: str, arguments: str) -> Done:
    """A command as most tests see it; run once."""
    return run([name, *arguments.split()])


STRICTNESS = ("strict", "backslashreplace")
"""What Python does with a character that standard output, or standard error, cannot show."""


def too_long(name: str, done: Done) -> list[str]:
    """Lines over 80 columns; what a program reads has the width that the program wants."""
    for_us = done.err if name in FOR_PROGRAMS else done.out + done.err
    return [line for line in for_us.splitlines() if width(line) > 80]


def test_every_command_has_its_uses():
    assert set(USES) == set(cli.names)
    assert {status for uses in USES.values() for _, status in uses} == {0, 1, 2}
    assert all({0, 2} <= {status for _, status in uses} for uses in USES.values())


@pytest.mark.parametrize(("name", "arguments", "status"), ROWS)
def test_80_columns_are_enough_and_a_pipe_gets_no_escape(name, arguments, status, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = in_a_pipe(name, arguments)
    assert done.status == status, done.err
    assert too_long(name, done) == []
    assert "\x1b" not in done.out + done.err
    assert done.out or done.err


@pytest.mark.parametrize(("name", "arguments", "status"), ROWS)
def test_a_wide_terminal_without_utf8_and_colour_gets_ascii_in_80_columns(
    name, arguments, status, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    done = run([name, *arguments.split()], "ascii", terminal=True)
    assert done.status == status, done.err
    assert too_long(name, done) == []
    assert "\x1b" not in done.out
    assert "\\u" not in done.out + done.err


@pytest.mark.parametrize(("name", "arguments"), FIRST)
def test_colour_is_on_words_of_state_and_adds_nothing_else(name, arguments, monkeypatch):
    plain = without_folders(in_a_pipe(name, arguments).out)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = run([name, *arguments.split()], terminal=True).out
    assert without_folders(ESCAPE.sub("", shown)) == plain
    coloured = [part for part in COLOURED.findall(shown) if part.strip()]
    assert [part for part in coloured if not STATE.fullmatch(part)] == []


ESCAPE = re.compile(r"\x1b\[[\d;]*m")
COLOURED = re.compile(r"\x1b\[(?:\d+;)*3[0-7](?:;\d+)*m([^\x1b]*)")
STATE = re.compile(r"[●◆✕○][\w -]*|error *|warning *|[−+-]|[■●] ?[\w-]*")


@pytest.mark.parametrize(
    ("wish", "escapes"),
    [
        pytest.param({"TERM": "xterm"}, False, id="a pipe"),
        pytest.param({"TERM": "xterm", "FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param(
            {"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="NO_COLOR beats FORCE_COLOR"
        ),
    ],
)
def test_what_is_wished_is_done(wish, escapes, monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for key, value in wish.items():
        monkeypatch.setenv(key, value)
    assert ("\x1b" in run(["trace", "-f", FANOUT, NOTHING]).out) is escapes


@pytest.mark.parametrize("command", ["trace", "inspect", "spread"])
def test_a_dumb_terminal_gets_no_escape(command, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in run([command, *USES[command][0][0].split()], terminal=True).out


@pytest.mark.parametrize("name", USES)
def test_help_fits_too_and_has_an_example(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    done = run([name, "--help"])
    assert too_long("", done) == []
    assert re.search(rf"For example: .*\bsim {name}\b", " ".join(done.out.split()))


def test_each_command_has_its_line_in_the_help():
    shown = run(["--help"]).out
    assert "..." not in shown.replace("[ARGS]...", "")
    assert re.findall(r"^  (\w+)  +\w", shown, re.MULTILINE) == list(USES)


NOT_PRINTING = {"replay", "init"}
"""Commands that write files and say so beside."""


@pytest.mark.parametrize(("name", "arguments"), FIRST)
def test_a_reader_that_goes_away_is_no_fault(name, arguments):
    """The other end of the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    out, err = os.fdopen(writing, "w"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert command([name, *arguments.split()]) == (0 if name in NOT_PRINTING else READER_GONE)
    with suppress(BrokenPipeError):
        out.close()
    assert "bug" not in err.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        f"trace -f {FANOUT} {FOO}",
        f"trace -f {FANOUT} -o json {FOO}",
        f"rules -f {SHOP} --node node-a",
        "run nothing",
    ],
)
def test_the_process_ends_in_silence_when_nobody_reads(words):
    reading, writing = os.pipe()
    os.close(reading)
    python = [sys.executable, "-m", "sim", *words.split()]
    both = writing if words == "run nothing" else subprocess.PIPE
    done = subprocess.run(python, stdout=writing, stderr=both, timeout=60, check=False)
    os.close(writing)
    assert not done.stderr
    assert done.returncode == READER_GONE


def test_a_file_is_completed_where_a_file_is_meant():
    meant = [
        p
        for c in map(cli.listed, cli.names)
        for p in c.params
        if p.metavar in {"FILE", "FILE...", "PATH", "DIR"}
    ]
    assert len(meant) > 20
    assert [p.name for p in meant if not isinstance(p.type, type(FILE))] == []


def test_what_is_said_beside_the_answer_goes_one_way():
    """So that all of it has its 80 columns."""
    others = [f for f in (ROOT / "sim").rglob("*.py") if f.name != "messages.py"]
    assert [f.name for f in others if ", err=True" in f.read_text(encoding="utf-8")] == []
