"""The door: what `import sim` hands out, typed, documented, and equal to what the commands print."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import sim as command
from website import python_api

import sim

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

ROOT = Path(__file__).parents[2]
FANOUT = "scenarios/fanout/manifests"
SHOP = str(ROOT / "tests/conformance/cases/routing/hosts.yaml")
FUNCTIONS = sorted(n for n in sim.__all__ if inspect.isfunction(getattr(sim, n)))
CLASSES = sorted(n for n in sim.__all__ if inspect.isclass(getattr(sim, n)))
RESULTS = ("Checked", "Differences", "Inspection", "Migrated", "NodeRules", "Result", "Comparison", "Calculation", "Series",
           "Rollouts", "ServiceSpread", "Trace", "TriedPatch")  # fmt: skip


def names_for_type_checkers() -> dict[str, str]:
    """Name -> room of the imports under TYPE_CHECKING."""
    tree = ast.parse((ROOT / "sim/__init__.py").read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in guarded.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_a_type_checker_and_python_find_the_same_names_in_the_same_rooms() -> None:
    assert names_for_type_checkers() == sim._HOME
    assert set(sim.__all__) == {"__version__", *sim._HOME}
    for name in sim.__all__:
        assert getattr(sim, name) is not None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_takes_and_what_it_raises(name: str) -> None:
    documented = inspect.getdoc(getattr(sim, name)) or ""
    stated = documented.partition("Args:")[2].partition("Raises:")[0]
    for parameter in inspect.signature(getattr(sim, name)).parameters:
        assert re.search(rf"^    [\w, ]*\b{parameter}\b[\w, ]*:", stated, re.MULTILINE), parameter
    assert re.search(r"^Raises:\n    \S", documented, re.MULTILINE)


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(sim, name))


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_is_json_and_shows_itself(name: str) -> None:
    assert callable(getattr(sim, name).to_json)
    assert callable(getattr(sim, name)._repr_html_)


def test_every_name_is_in_the_reference() -> None:
    page = python_api.page()
    assert [n for n in sim.__all__ if n != "__version__" and f":: sim.{n}" not in page] == []


USER = """
import sim

manifests: sim.Manifests = sim.load(["manifests/"])
cluster: sim.Cluster = sim.build(sim.load_text("", name="-"))
request: sim.Request = sim.Request.parse("https://shop.example.com/", method="GET", headers={"a": "b"}, sni=None)
traces: tuple[sim.Trace, ...] = (
    sim.route(cluster, request, controller="haproxy", gateway=None, to=None, from_="client", mode="ipvs", at_s=0),
    *sim.follow(cluster, request),
)
found: sim.Inspection = sim.inspect(manifests)
checked: sim.Checked = sim.check("routes.yaml")
changed: sim.Differences = sim.diff(manifests, manifests, [request])
moved: sim.Migrated = sim.migrate(manifests, to="envoy-gateway", controller=None, requests=[request])
patch: sim.TriedPatch | None = sim.fix(manifests, request)
written: sim.NodeRules = sim.rules(cluster, "node-a", "nftables")
later: sim.Cluster = sim.cluster_at("shop", 31.2, plan="single-ingress", seed=2)
spread: sim.ServiceSpread = sim.spread(cluster, "shop/web")
nodes = list(sim.topology(cluster).nodes)
experiment: sim.Experiment = sim.load_experiment("shop")
result: sim.Result = sim.run(experiment, seed=3)
compared: sim.Comparison = sim.compare("shop", provider="aws")
series: sim.Series = sim.sweep("shop", "services=2,4")
bill: sim.Calculation = sim.cost("shop")
page: sim.Replay = sim.replay("shop")
picture: sim.Picture = sim.chart(compared)
lesson: sim.Lesson = sim.lesson("07")
try:
    print(traces[0].to_json(), found.to_json(), checked.to_json(), changed.to_json(), result.to_json())
except (sim.InputError, sim.ScenarioError, sim.UsageError, sim.UnsupportedError, sim.SimError):
    pass
"""


def test_a_user_s_file_passes_mypy_and_a_wrong_argument_does_not(tmp_path: Path) -> None:
    """One run, with the cache that `make types` keeps."""
    files = {"user.py": USER, "wrong.py": 'import sim\n\nsim.run("shop", sed=3)\n'}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *(str(tmp_path / name) for name in files)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, done.stdout
    assert "wrong.py:3: error: Unexpected keyword argument" in errors[0]


def in_the_clone(program: str) -> str:
    """What Python prints in the root of the clone, where nothing but the dependencies is installed."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p.endswith("-packages")),
    }
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_s_block_runs_in_the_clone_and_finds_the_shipped_scenarios() -> None:
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    *before, last = block.group(1).strip().splitlines()
    program = "\n".join(
        [*before, f"print({last})", 'print(sim.__file__, sim.load_experiment("fanout").name)']
    )
    said = in_the_clone(program)
    assert "state='delivered'" in said
    assert f"{ROOT / 'sim' / '__init__.py'} fanout" in said


def printed(*arguments: str) -> object:
    return json.loads(command(*arguments, "-o", "json").out)


def same(value: object, *arguments: str) -> bool:
    return bool(json.loads(json.dumps(value)) == printed(*arguments))


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_what_python_gives_is_what_the_commands_print() -> None:
    manifests = sim.load([FANOUT])
    cluster, shared = sim.build(manifests), sim.load(["scenarios/virtual-hosts/manifests"])
    url, node = "http://fanout.example.com/nothing", sim.build(manifests).nodes[0].name
    assert same(sim.route(cluster, sim.Request.parse(url)).to_json(), "trace", "-f", FANOUT, url)
    assert same(sim.inspect(manifests).to_json(), "inspect", "-f", FANOUT)
    assert same(sim.check(SHOP).to_json(), "check", SHOP)
    assert same(sim.diff(manifests, shared).to_json(), "diff", FANOUT, "scenarios/virtual-hosts/manifests")
    assert same(sim.migrate(manifests).to_json(), "migrate", "-f", FANOUT)
    assert same(sim.rules(cluster, node, "ipvs").to_json(), "rules", "-f", FANOUT, "--mode", "ipvs")
    key = "default/service1"
    assert same(sim.spread(cluster, key).to_json(), "spread", "-f", FANOUT, "--service", key)


def test_so_it_is_for_runs_and_bills() -> None:
    asked = ("fanout", "--requests", "60")
    assert same(sim.run("fanout", requests=60).to_json(), "run", *asked)
    assert same(
        sim.sweep("fanout", "rps=1,2", requests=60).to_json(), "sweep", "fanout", "rps=1,2", *asked[1:]
    )
    assert same(sim.compare("fanout", requests=60).to_json(), "compare", *asked)
    assert sim.cost("fanout").to_json()["schema"] == "sim.cost/1"


def test_a_patch_is_the_one_of_the_command() -> None:
    text = (ROOT / FANOUT / "ingress.yaml").read_text()
    manifests = sim.load([FANOUT])
    patch = sim.fix(manifests, sim.Request.parse("http://fanout.example.com/fo"))
    assert patch is not None
    assert patch.to_json() == {
        k: v
        for k, v in sim.route(sim.build(manifests), sim.Request.parse("http://fanout.example.com/fo"))
        .to_json()["final"].items()
        if k.startswith("patch") or k == "fix_kind"
    }  # fmt: skip
    assert "kind: Ingress" in text


def test_later_times_are_refused_with_what_can_be_asked() -> None:
    cluster = sim.build(sim.load([FANOUT]))
    with pytest.raises(sim.UnsupportedError, match="leave at_s out"):
        sim.route(cluster, sim.Request.parse("http://fanout.example.com/foo"), at_s=3)
