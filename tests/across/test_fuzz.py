"""Mutated input never surprises: every command answers, or refuses in words; nothing else comes out.

By default a few hundred mutants, the same ones every time. `make soak` sets SIM_FUZZ_SECONDS and goes on from
a number of its own; a failure names the number, and `mutants.mutant(number)` gives the input again.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from command import sim
from mutants import mutant

from sim.cli import main

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

SECONDS = float(os.environ.get("SIM_FUZZ_SECONDS", "0"))
EXAMPLES = 300
LONGEST_S = 10
"""Of processor time: a command that thinks longer about a small file hangs."""
MOST_MB = 500
URLS = (
    "http://shop.example.com/cart",
    "https://secure.example.com/",
    "http://web.example/a?b=c#d",
    "http://shop.example.com/" + "a" * 60 + "!",
    "http://web.example/" + "ab/" * 20 + "?q=" + "a" * 40,
    "http://web.example/" + "a" * 3000,
    "http://cart.shop/",
    "http://203.0.113.77/",
    "http://foo.bar.com/foo/../bar//",
    "http://[::1",
    "http://[fe80::1%eth0]:80/",
    "http://a:99999/",
    "http://\uff0f.com/",
    "http://a\x01 b/\x1b[31m",
    "https://\u00e9.example/%zz%00",
    "udp://web.shop:0",
    "sctp://",
)
COMMANDS = {
    "manifest": (
        ("inspect", "-f", "FILE"),
        ("inspect", "-f", "FILE"),
        ("inspect", "-f", "FILE", "-o", "json"),
        ("inspect", "-f", "FOLDER", "--strict"),
        ("trace", "-f", "FILE", "URL"),
        ("trace", "-f", "FILE", "-L", "--all-rules", "URL"),
        ("trace", "-f", "FILE", "-o", "json", "--controller", "ingress-nginx", "--controller", "spec", "URL"),
        ("trace", "-f", "FILE", "--from", "node:node-a", "tcp://web.default:80"),
        ("rules", "-f", "FILE", "--node", "node-a", "--mode", "iptables"),
        ("rules", "-f", "FILE", "--node", "node-a", "--mode", "nftables"),
        ("spread", "-f", "FILE", "--connections", "50"),
        ("spread", "-f", "FILE", "--placements"),
        ("diff", "FILE", "FILE"),
        ("topology", "-f", "FILE"),
        ("check", "FILE"),
        ("compare", "-f", "FILE", "--requests", "20"),
        ("cost", "-f", "FILE"),
        ("trace", "-f", "FILE", "-H", "x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "URL"),
        (
            "trace",
            "-f",
            "FILE",
            "--controller",
            "ingress-nginx",
            "--controller",
            "nginx-inc",
            "--controller",
            "traefik",
            "URL",
        ),
        ("topology", "-f", "FILE", "--url", "URL", "--out", "OUT.svg"),
    ),
    "scenario": (
        ("run", "FILE", "--requests", "20"),
        ("compare", "FILE", "--requests", "20", "-o", "json"),
        ("compare", "FILE", "--requests", "20", "--report", "OUT.html"),
        ("replay", "FILE", "--requests", "20", "--out", "OUT.html"),
        ("sweep", "FILE", "controller.replicas=1,2", "--requests", "20", "--csv", "OUT.csv"),
        ("trace", "--scenario", "FILE", "URL"),
    ),
    "cases": (
        ("check", "FILE", "--junit", "OUT.xml", "--github"),
        ("check", "FILE", "-o", "json"),
    ),
}


class HangsError(Exception):
    """No answer in time."""


@contextmanager
def patience() -> Iterator[None]:
    """Raise where a command hangs."""

    def give_up(*_: object) -> None:
        raise HangsError(f"no answer within {LONGEST_S} s")

    before, used_mb = signal.signal(signal.SIGPROF, give_up), _peak_mb()
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if _peak_mb() - used_mb > MOST_MB:
        raise HangsError(f"takes {_peak_mb() - used_mb:,.0f} MB more than was ever taken")


def _peak_mb() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def words_for(kind: str, file: Path, draw: Random) -> list[str]:
    """A command about a file."""
    given = {"FILE": str(file), "FOLDER": str(file.parent), "URL": draw.choice(URLS)}
    words = (word.replace("OUT", str(file.parent / "made")) for word in draw.choice(COMMANDS[kind]))
    return [given.get(word, word) for word in words]


def try_mutant(number: int, folder: Path) -> None:
    """Give a mutant to a command; an error that is not ours comes through."""
    kind, suffix, raw = mutant(number)
    names = ("kustomization.yaml", "scenario.yaml", f"input{suffix}")
    draw = Random(-number)
    name = draw.choice(names) if kind == "manifest" else f"input{suffix}"
    file = folder / name
    file.write_bytes(raw)
    words = words_for(kind, file, draw)
    try:
        with patience():
            done = sim(*words)
    except Exception as error:
        error.add_note(f"mutant {number}: sim {' '.join(words)}")
        raise
    finally:
        file.unlink()
    assert done.status in (0, 1, 2), f"mutant {number}"
    assert "\x1b" not in done.out + done.err, f"mutant {number}: a control character is printed"
    if done.status == 2 and "inspect" not in words:
        assert done.err.startswith(("sim: ", "sim:\n")) or "Usage" in done.err, f"mutant {number}"


FOUND = [
    pytest.param(
        "a.yaml",
        b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 0x" + b"f" * 5000 + b"}]}\n",
        ("inspect", "-f", "FILE"),
        id="a hexadecimal number too long for Python to write in digits",
    ),
    pytest.param(
        "a.yaml",
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2000000000}\n",
        ("trace", "-f", "FILE", "http://a/"),
        id="more Pods than fit into any memory",
    ),
    pytest.param(
        "a.yaml",
        b"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{http: {paths: [{path: UDP, "
        b"pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}\n---\n"
        b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort, ports: [{port: 80}]}\n",
        ("compare", "-f", "FILE", "--requests", "20"),
        id="a bill for a path that the API server refuses",
    ),
    pytest.param(
        "a.yaml",
        b"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: a.b, http: {paths: [{path: x, "
        b"pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}\n",
        ("diff", "FILE", "FILE", "--controller", "ingress-nginx", "--controller", "traefik"),
        id="a path without a slash, given to every profile",
    ),
    pytest.param(
        "a.yaml",
        b"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: a.b, http: {paths: [{path: /, "
        b"pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}\n---\n"
        b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n---\n"
        b"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, labels: {kubernetes.io/service-name: a}}\n"
        b"addressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.0.0.132]}]\n",
        ("compare", "-f", "FILE", "--requests", "20"),
        id="requests to an address that no Pod of the set has",
    ),
    pytest.param(
        "s.yaml", b'manifests: ["a\\0b"]\n', ("run", "FILE"), id="a file name with a NUL in a scenario"
    ),
    pytest.param(
        "s.yaml", b"manifests: [%s]\n" % (b"a" * 300), ("run", "FILE"), id="a file name too long for the system in a scenario"
    ),
    pytest.param(
        "s.yaml", b"manifests: [a]\ninclude: %s\n" % (b"a" * 300), ("run", "FILE"), id="an included name too long for the system"
    ),
    pytest.param(
        "kustomization.yaml",
        b'resources: ["a\\0b", %s]\n' % (b"a" * 300),
        ("inspect", "-k", "FOLDER"),
        id="names of files that cannot be, in a kustomization",
    ),
    pytest.param(
        "a.yaml",
        b'apiVersion: v1\nkind: Service\nmetadata: {name: "\\e[31m"}\nspec: {type: "\\e[31m", ports: [{port: 80}]}\n',
        ("inspect", "-f", "FILE"),
        id="a colour in the type of a Service",
    ),
    pytest.param(
        "a.yaml",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" + b"".join(b"  k%d: v\n" % n for n in range(5000)) * 2,
        ("inspect", "-f", "FILE"),
        id="five thousand keys that stand twice",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "words"), FOUND)
def test_what_mutants_found_is_answered_or_refused(name, raw, words, folder):
    file = folder / name
    file.write_bytes(raw)
    given = {"FILE": str(file), "FOLDER": str(folder)}
    with patience():
        done = sim(*(given.get(word, word) for word in words))
    assert done.status in (0, 1, 2)
    assert "\x1b" not in done.out + done.err


def test_an_error_that_is_not_ours_is_called_a_bug(monkeypatch, capsys):
    def broken(*_: object, **__: object) -> None:
        raise KeyError("nothing")

    monkeypatch.setattr("sim.cli.cli.main", broken)
    with pytest.raises(SystemExit) as stop:
        main(["inspect"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("sim: a bug in sim ")
    assert "Traceback" not in said


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "app.yaml").write_bytes(
        (Path(__file__).parents[1] / "conformance/cases/bad-input/scenario/app.yaml").read_bytes()
    )
    return tmp_path


@pytest.mark.slow
def test_mutants_are_answered_or_refused_in_words(folder):
    for number in range(EXAMPLES):
        try_mutant(number, folder)


@pytest.mark.skipif(not SECONDS, reason="long runs: SIM_FUZZ_SECONDS=1200, as make soak sets it")
def test_mutants_for_as_long_as_one_likes(folder):
    end, number = time.monotonic() + SECONDS, time.time_ns()
    while time.monotonic() < end:
        number += 1
        try_mutant(number, folder)
