"""What docs/adding.md says is enough: its examples are added to a copy of the repository, and asked for there."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pages import ROOT

from sim.routing.controllers import CONTROLLERS, PROFILES

PAGE = ROOT / "docs" / "adding.md"
BLOCK = re.compile(
    r"^```\w*\n# (?P<file>[\w./-]+\.\w+)(?:, (?P<where>in|before) (?P<table>\w+))?\n(?P<text>.*?)^```$",
    re.M | re.S,
)
COPIED = ("sim", "scenarios", "docs/website", "notebooks", "tests/lessons")
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {toy.example/x: "1"}}
spec:
  ingressClassName: toy
  rules:
  - host: shop.example
    http: {paths: [{path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{port: 80}]}
"""
ASKED = r"""
import contextlib, io, sys
from pathlib import Path

import sim
from sim.cli import command
from website.gallery import ENTRIES
from website.notebooks import FOLDER

def ask(*words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            status = command(list(words))
        except SystemExit as stop:
            status = stop.code
    print(f"== {' '.join(words)} [{status}]\n{out.getvalue()}")

ask("trace", "-f", "shop.yaml", "http://shop.example/cartoon")
ask("trace", "-f", "shop.yaml", "--mode", "first", "http://shop.example/cart")
ask("trace", "-f", "shop.yaml", "--controller", "tow", "http://shop.example/cart")
ask("trace", "--help")
ask("spread", "-f", "shop.yaml", "--mode", "first")
ask("model")
ask("model", "toy")
ask("run", "balanced", "--requests", "20")
ask("run", "typed", "--requests", "20")
ask("cost", "--services", "2", "--provider", "mine", "--chart", "total.png", "--chart-kind", "total")
ask("cost", "--help")
print("== gallery [0]", [entry.name for entry in ENTRIES])
lesson = sim.lesson("12")
lesson.predict("Q1", "B", "a process is called Service")
print("== lesson [0]", lesson.reveal("Q1"), lesson.judge("L12-1", ""), lesson.judge("L12-1", Path("solved.yaml").read_text()))
"""


@dataclass(frozen=True)
class Example:
    """A block of the page: a file, or lines for a table of one."""

    file: str
    where: str | None
    table: str | None
    text: str

    def add_to(self, copy: Path) -> None:
        """Do as the page says."""
        target = copy / self.file
        if self.where is None:
            assert not target.exists(), f"{self.file} is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.text)
            return
        imports = "".join(line for line in self.text.splitlines(True) if line.startswith("from "))
        lines = self.text.removeprefix(imports)
        before, start, after = re.split(
            rf"(^{self.table}\b[^\n]*= [{{(]\n)", target.read_text(), maxsplit=1, flags=re.M
        )
        if self.where == "before":
            before += f"{lines}\n\n"
        else:
            inside, end, after = re.split(r"(^[)}]$)", after, maxsplit=1, flags=re.M)
            after = f"{inside}{lines}{end}{after}"
        before = re.sub(r"^(?=from (?!__future__)|import )", imports, before, count=1, flags=re.M)
        target.write_text(before + start + after)


EXAMPLES = [
    Example(*found.group("file", "where", "table", "text")) for found in BLOCK.finditer(PAGE.read_text())
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Command -> what it prints, in a copy of the repository with every example of the page."""
    copy, work = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("work")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for example in EXAMPLES:
        example.add_to(copy)
    (work / "shop.yaml").write_text(INGRESS)
    model = (copy / "tests/lessons/12-toy.yaml").read_text()
    (work / "solved.yaml").write_text(re.sub("^    ", "", model.partition("L12-1: |\n")[2], flags=re.M))
    shutil.copytree(copy / "scenarios/fanout", work / "balanced")
    with (work / "balanced/scenario.yaml").open("a") as scenario:
        scenario.write("\ncontroller: {balancing: last}\n")
    shutil.copytree(copy / "scenarios/fanout", work / "typed")
    with (work / "typed/scenario.yaml").open("a") as scenario:
        scenario.write("\ncontroller: {balancing: lasst}\n")
    env = os.environ | {
        "PYTHONPATH": f"{copy}:{copy / 'docs'}",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "HOME": str(work),
    }
    pack = [sys.executable, "-P", copy / "notebooks/pack.py"]
    subprocess.run(pack, env=env, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASKED], cwd=work, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    parts = re.split(r"^== ", done.stdout, flags=re.M)[1:]
    return {part.partition(" [")[0].strip(): " ".join(part.split()) for part in parts}


def test_the_page_has_whole_examples() -> None:
    assert len({example.file for example in EXAMPLES}) >= 13
    assert {e.table for e in EXAMPLES if e.table} == {
        "CONTROLLERS",
        "ALGORITHMS",
        "MODES",
        "COMPARISON_KINDS",
    }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param("trace -f shop.yaml http://shop.example/cartoon", r"\[0\]", id="a toy answers for its class"),
        pytest.param("trace -f shop.yaml http://shop.example/cartoon", "profile toy for class toy", id="and is named"),
        pytest.param("trace -f shop.yaml http://shop.example/cartoon", "toy.example/x is not modelled", id="reads its annotations"),
        pytest.param("trace -f shop.yaml http://shop.example/cartoon", r"least- ?conn, per request", id="balances its own way"),
        pytest.param("trace -f shop.yaml --controller tow http://shop.example/cart", "did you mean toy", id="is suggested"),
        pytest.param("trace --help", "kgateway, toy or none", id="stands in the help"),
        pytest.param("model", "toy", id="is one of the profiles"),
        pytest.param("model toy", "letter by letter, the longest wins", id="has a page with its facts"),
        pytest.param("run balanced --requests 20", r"\[0\]", id="a scenario names an algorithm"),
        pytest.param("run typed --requests 20", "did you mean 'last'", id="an algorithm is suggested"),
        pytest.param("trace -f shop.yaml --mode first http://shop.example/cart", "ingress/toy: 1 Pod, always", id="a mode decides"),
        pytest.param("trace --help", "ipvs or first", id="a mode stands in the help"),
        pytest.param("spread -f shop.yaml --mode first", r"\[0\]", id="a mode spreads"),
        pytest.param("cost --services 2 --provider mine --chart total.png --chart-kind total", "EUR", id="a sheet is priced with"),
        pytest.param("cost --services 2 --provider mine --chart total.png --chart-kind total", "wrote total.png", id="a chart is drawn"),
        pytest.param("cost --help", "linode, mine or all", id="a sheet stands in the help"),
        pytest.param("cost --help", "break-even, bill, total", id="a chart stands in the help"),
        pytest.param("gallery", "'total'", id="a chart stands in the gallery"),
        pytest.param("lesson", r"Complaint\(.*\) None", id="a lesson judges, and its model answer is right"),
        pytest.param("lesson", "Nothing runs .* It is c: a Pod", id="and tells what was packed"),
    ],
)  # fmt: skip
def test_what_is_added_as_the_page_says_is_there(answers: dict[str, str], asked: str, said: str) -> None:
    found = answers[asked]
    assert re.search(said, found), found


OTHERS = {
    # It knows controllers that have no profile, one of them by annotations that a profile reports too.
    ROOT / "sim" / "analysis" / "findings" / "classes.py",
    # Which annotations name a Secret that kustomize renames is kustomize's own configuration.
    ROOT / "sim" / "manifests" / "reading" / "kustomize" / "transforming.py",
    # A provider's load balancers in front of Services go by annotations of their own, under the prefixes that the
    # provider's profile reads on Ingresses; and what runs on nodes tells the provider.
    *(ROOT / "sim" / "cluster" / "load_balancers").glob("*.py"),
    # Controllers of Gateways that no profile is of; one has a group of API that a profile's annotations have too.
    ROOT / "sim" / "cluster" / "cloud_gateways.py",
    # A program that balances is called as the controller that brings it; it knows nothing of classes or annotations.
    *(ROOT / "sim" / "routing" / "proxies").glob("*.py"),
}


def _constants(file: Path) -> Iterator[str]:
    """The texts of a module that are values: no docstrings."""
    tree = ast.parse(file.read_text())
    said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_what_tells_a_controller_stands_in_its_profile_alone() -> None:
    names = {profile.name for profile in CONTROLLERS} - {"spec"}
    marks = {
        mark for p in CONTROLLERS for mark in (p.controller, *p.prefixes, *(p.image or "").split("|")) if mark
    }
    elsewhere = [f for f in (ROOT / "sim").rglob("*.py") if "controllers" not in f.parts and f not in OTHERS]
    found = [
        (str(file.relative_to(ROOT)), text)
        for file in elsewhere
        for text in _constants(file)
        if text in names or any(mark in text for mark in marks)
    ]
    assert found == []


def test_the_readme_names_every_profile() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in PROFILES if f"`{name}`" not in readme] == []
