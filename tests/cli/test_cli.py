"""The command: exit statuses, JSON alone on standard output, 80 columns, nothing heavy at the start."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from command import sim as in_process
from command import width
from measured import Measured, measured

APP = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: a-host-with-a-rather-long-name.example.com
    http:
      paths:
      - {path: /a/path/of/some/length/that/does/not/fit, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /gone, pathType: Exact, backend: {service: {name: a-service-that-is-not-there, port: {name: a-port}}}}
"""
HOST = "http://a-host-with-a-rather-long-name.example.com"
HEAVY = {"matplotlib", "numpy", "scipy", "networkx", "simpy", "pandas"}


def sim(*arguments: str, stdin: str = "") -> Measured:
    return measured(*arguments, stdin=stdin, patience_s=60)


def trace(*arguments: str) -> Measured:
    return sim("trace", "-f", "-", *arguments, stdin=APP)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param([f"{HOST}/a/path/of/some/length/that/does/not/fit"], 0, id="delivered"),
        pytest.param([f"{HOST}/gone"], 1, id="not delivered"),
        pytest.param(
            [f"{HOST}/a/path/of/some/length/that/does/not/fit", f"{HOST}/gone"],
            1,
            id="one of two is not delivered",
        ),
        pytest.param([], 2, id="no URL"),
        pytest.param(["ftp://x/"], 2, id="a scheme that is not known"),
        pytest.param(["--controller", "nobody", HOST], 2, id="a profile that is not known"),
        pytest.param(["--to", "lb:a/b", HOST], 2, id="a load balancer that is not there"),
        pytest.param(["--nonsense", HOST], 2, id="an option that is not there"),
    ],
)
def test_exit_status(arguments, status):
    done = trace(*arguments)
    assert done.status == status, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("a: [1\n", "-:2", id="no YAML"),
        pytest.param("apiVersion: v1\nkind: Service\nmetadata: {name: 1}\n", "-:3", id="a wrong type"),
    ],
)
def test_bad_input_names_the_place_and_exits_with_2(text, place):
    done = sim("trace", "-f", "-", "http://x/", stdin=text)
    assert done.status == 2
    assert place in done.err
    assert "Traceback" not in done.err


def test_json_stands_alone_on_standard_output():
    done = trace("-o", "json", f"{HOST}/gone")
    shown = json.loads(done.out)
    assert shown["schema"] == "sim.trace/1"
    assert set(shown) >= {
        "request",
        "controller",
        "assumptions",
        "hops",
        "final",
        "unmodelled",
        "seed",
        "version",
    }
    assert set(shown["final"]) >= {
        "state",
        "status",
        "answered_by",
        "backend",
        "rule",
        "pod",
        "message",
        "code",
        "fix",
    }
    assert shown["final"]["backend"] == "default/a-service-that-is-not-there:a-port"
    assert {h["kind"] for h in shown["hops"]} <= {
        "client",
        "load-balancer",
        "node",
        "controller",
        "service",
        "pod",
    }
    winner = [s for h in shown["hops"] for s in h["steps"] if s.get("wins")]
    assert [s["source"] for s in winner] == ["-:16"]


def test_several_urls_or_controllers_give_a_list():
    shown = json.loads(trace("-o", "json", HOST, f"{HOST}/gone").out)
    assert [t["schema"] for t in shown] == ["sim.trace/1"] * 2
    both = json.loads(trace("-o", "json", "--controller", "spec", "--controller", "ingress-nginx", HOST).out)
    assert [t["controller"] for t in both] == ["spec", "ingress-nginx"]


def test_a_seed_picks_a_pod_and_the_same_one_again():
    url = f"{HOST}/a/path/of/some/length/that/does/not/fit"
    assert json.loads(trace("-o", "json", url).out)["final"]["pod"] is None
    picked = [json.loads(trace("-o", "json", "--seed", "3", url).out)["final"]["pod"] for _ in range(2)]
    assert picked[0] is not None
    assert picked[0] == picked[1]


@pytest.mark.parametrize("path", ["/a/path/of/some/length/that/does/not/fit", "/gone", "/nothing"])
def test_text_fits_80_columns_and_has_no_colour_in_a_pipe(path):
    shown = trace(f"{HOST}{path}").out
    assert max(map(width, shown.splitlines())) <= 80
    assert "\x1b" not in shown


def test_the_text_ends_with_one_state_and_who_answered():
    shown = trace(f"{HOST}/gone").out
    assert shown.count("✕") == 1
    assert "answered by ingress-nginx, not by your app" in shown
    assert "sim explain SIM2007" in shown


def test_without_utf8_everything_is_still_there():
    done = subprocess.run(
        [sys.executable, "-m", "sim", "trace", "-f", "-", f"{HOST}/gone"], input=APP.encode(), capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "PATH": ""}, timeout=60, check=False,
    )  # fmt: skip
    shown = done.stdout.decode("ascii")
    assert "x answered-by-proxy 503" in shown
    assert "->" in shown


@pytest.mark.parametrize("arguments", [["--help"], ["trace", "-f", "-", f"{HOST}/gone"], ["trace", "--help"]])
def test_nothing_heavy_is_imported_to_start(arguments):
    program = f"import sys; sys.argv = ['sim', *{arguments!r}]\nfrom sim.cli import main\ntry:\n    main()\nexcept SystemExit:\n    print(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], input=APP, capture_output=True, text=True, timeout=60, check=False
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "sim" in loaded
    assert not loaded & HEAVY


def test_help_and_completion_read_no_models():
    """Kubernetes' objects are described when a command reads some, not before."""
    program = "import sys, sim.cli; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert not {"pydantic", "yaml", "rich"} & set(done.stdout.split())


def test_urls_from_a_file_take_one_line_each(tmp_path):
    urls = tmp_path / "urls.txt"
    urls.write_text(f"# comment\n{HOST}/gone\n\n{HOST}/nothing\n")
    shown = trace("--urls", str(urls)).out.splitlines()
    assert len(shown) == 2
    assert "answered-by-proxy 503" in shown[0]
    assert "answered-by-proxy 404" in shown[1]


def test_old_prices_are_warned_of_beside_the_answer():
    done = sim("compare", "fanout", "--requests", "50", "--provider", "digitalocean", "-o", "json")
    assert json.loads(done.out)["schema"] == "sim.compare/1"
    assert "digitalocean prices: 3 figures are over 180 days old (node month: of 2022-07)" in " ".join(
        done.err.split()
    )


def test_the_demo_prints_what_its_commands_print_and_writes_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = sim("demo", "--no-open", "--out", "made")
    assert done.status == 0
    assert max(width(line) for line in done.out.splitlines() if not line.startswith("$")) <= 80
    shown = [part.partition("\n") for part in done.out.split("\n$ ")[1:]]
    assert [line.split()[1] for line, _, _ in shown] == ["trace", "compare", "replay"]
    for line, _, below in shown[:2]:
        again = in_process(*shlex.split(line.partition(" --chart")[0])[1:])
        assert (again.status, below[: len(again.out)]) == (0, again.out), line
    assert (tmp_path / "made" / "compare.png").stat().st_size > 10_000
    assert "<script" in (tmp_path / "made" / "replay.html").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have one")
def test_a_machine_without_a_screen_is_told_where_the_page_lies(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    page = tmp_path / "a page.html"
    done = sim("replay", "fanout", "--requests", "5", "--out", str(page), "--open")
    assert done.status == 0
    assert f"the page is {page.as_uri()}" in " ".join(done.err.split())
    assert "xdg-open" not in done.err


def test_the_demo_says_where_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("")
    done = sim("demo", "--no-open", "--out", str(tmp_path / "file"))
    assert (done.status, "file" in done.err) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(shell):
    done = sim("completion", shell)
    assert done.status == 0
    assert "_SIM_COMPLETE" in done.out
