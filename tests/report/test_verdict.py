"""The line that is signed: paired latency, money, what cannot move; and quotas before any saving."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import sim
from corpus_sets import corpus_set

from sim.comparison.comparison import Difference
from sim.plans import CannotMove
from sim.report.words.verdict import latency_verdict, moving

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{type: LoadBalancer, selector: {{app: {name}}}, ports: [{{port: 80, protocol: {protocol}}}]}}
---
"""


def manifests(folder: Path, *protocols: str) -> str:
    """A file of Services with load balancers, one per protocol."""
    file = folder / "services.yaml"
    file.write_text("".join(SERVICE.format(name=f"s{n}", protocol=p) for n, p in enumerate(protocols)))
    return str(file)


@pytest.mark.parametrize(
    ("mean_s", "half_s", "words"),
    [
        pytest.param(0.0013, 0.0002, "p95 +1.30 ms [1.10, 1.50]", id="slower, and it can be told"),
        pytest.param(-0.012, 0.003, "p95 −12.0 ms [−15.0, −9.0]", id="faster, and it can be told"),
        pytest.param(0.0, 0.02, "p95 not distinguishable [−20, 20] ms", id="the interval covers zero"),
        pytest.param(0.001, 0.001, "p95 not distinguishable [0.0, 2.0] ms", id="the interval ends at zero"),
        pytest.param(0.0013, None, "p95 +1.300 ms (one run: no interval)", id="one run says so"),
        pytest.param(float("nan"), None, "p95 not known", id="nothing was answered"),
    ],
)
def test_latency_is_said_with_its_interval(mean_s: float, half_s: float | None, words: str) -> None:
    assert latency_verdict(Difference(mean_s, half_s)) == words


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        pytest.param([], "all 12 Services can move", id="everything speaks HTTP"),
        pytest.param(
            ["port 53 speaks UDP"],
            "1 of 12 Services cannot move because port 53 speaks UDP",
            id="one speaks UDP",
        ),
        pytest.param(
            ["port 53 speaks UDP", "port 5432 is that of PostgreSQL", "port 53 speaks UDP"],
            "3 of 12 Services cannot move because port 53 speaks UDP; port 5432 is that of PostgreSQL",
            id="several, each reason once",
        ),
    ],
)
def test_what_cannot_move_is_counted_with_the_reason(reasons: list[str], words: str) -> None:
    assert moving(12, [CannotMove(str(n), why) for n, why in enumerate(reasons)]) == words


def test_a_service_that_speaks_udp_is_named_in_json_and_counted_in_words(tmp_path: Path) -> None:
    command = ("compare", "-f", manifests(tmp_path, "TCP", "UDP", "TCP"), "--requests", "60")
    shown = json.loads(sim(*command, "-o", "json").out)
    assert shown["cannot_move"] == [
        {"service": "default/s1", "why": "port 80 speaks UDP, which no HTTP rule can carry"}
    ]
    assert "1 of 3 Services cannot move because port 80 speaks UDP" in " ".join(sim(*command).out.split())


def test_quotas_that_stop_a_plan_stand_before_the_saving(tmp_path: Path) -> None:
    out = sim("compare", "-f", manifests(tmp_path, *["TCP"] * 51), "--requests", "60").out
    assert out.startswith("does not fit: aws lb-per-service takes 51 of 50 ")
    assert out.index("does not fit") < out.index("cuts the bill")


@pytest.mark.slow
def test_all_providers_price_the_same_runs_in_one_table() -> None:
    command = ("compare", "shop", "--requests", "60")
    every = json.loads(sim(*command, "--provider", "all", "-o", "json").out)
    names = [offer["provider"] for offer in every["providers"]]
    assert sorted(names) == ["aws", "azure", "digitalocean", "gcp", "hetzner", "linode"]
    for offer in every["providers"]:
        alone = json.loads(sim(*command, "--provider", offer["provider"], "-o", "json").out)
        assert alone["providers"] == [offer]
        assert alone["differences_s"] == every["differences_s"]
    lines = sim(*command, "--provider", "all").out.splitlines()
    assert [line.split()[0] for line in lines if line.split()[:1] and line.split()[0] in names] == names
    assert all(len(line) <= 80 for line in lines)
    assert any(line.split()[:3] == ["One", "load", "balancer"] for line in lines), (
        "the risk is that of the runs"
    )


@pytest.mark.parametrize(
    ("name", "more", "services", "balancers"),
    [
        pytest.param("nine-teams-nine-lbs", (), 9, [9, 1], id="nine teams with nine load balancers"),
        pytest.param("sock-shop", (), 1, [1, 1], id="the sock shop as it is"),
        pytest.param(
            "sock-shop",
            ("--expose", "sock-shop/catalogue", "--expose", "sock-shop/orders"),
            3,
            [3, 1],
            id="the sock shop with two more Services exposed",
        ),
    ],
)
def test_a_real_set_is_compared_in_one_command(
    name: str, more: tuple[str, ...], services: int, balancers: list[int]
) -> None:
    command = ("compare", *corpus_set(name), *more, "--requests", "200", "--replications", "2")
    shown = json.loads(sim(*command, "--provider", "all", "-o", "json").out)
    assert shown["services"] == services
    assert [plan["load_balancers"] for plan in shown["plans"]] == balancers
    assert [plan["failed"] for plan in shown["plans"]] == [0, 0]
    assert len(shown["providers"]) == 6
    assert shown["differences_s"]["p95"]["half_width"] is not None
    assert all(len(line) <= 80 for line in sim(*command).out.splitlines())
