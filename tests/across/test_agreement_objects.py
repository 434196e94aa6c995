"""Objects that change while a run goes on: a trace at a moment goes by the rules that the run's parts go by then."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import yaml
from moments import Met, promised
from small import INGRESS, NO_DELAY, app

from sim.routing import Request, route
from sim.scenario.experiment import load_experiment
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.moment import cluster_at

EVENTS = ("delete: Ingress/shop/shop", "apply: to-api.yaml", "delete: Service/shop/web")


@pytest.mark.parametrize("event", EVENTS)
def test_each_controller_pod_is_asked_by_the_rules_that_it_knows(event: str, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(
        "---".join((app("web", 2), app("api", 2))) + INGRESS.replace("NAME", "web")
    )
    (tmp_path / "to-api.yaml").write_text(INGRESS.replace("NAME", "api"))
    keys = {
        "manifests": ["app.yaml"],
        "traffic": [{"host": "web.shop.example", "rps": 40, "duration_s": 12, "keep_alive": 1}],
        "propagation": {"controller": {"empirical": ["1s", "4s"]}, "kube_proxy": {"exponential": "1s"}},
        "latency": NO_DELAY,
        "service_time": {"default": "0ms"},
        "controller": {"service_time": "0ms"},
        "events": [yaml.safe_load(f"{{at: 5s, {event}}}")],
    }
    (tmp_path / "scenario.yaml").write_text(yaml.safe_dump(keys))
    found, seed = load_experiment(str(tmp_path)), 3
    result = run(
        compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules), found.scenario, seed
    )
    there = [n for n in range(len(result)) if 4.5 < result.sent_s[n] < 10]
    ends = set()
    for n in Random(1).sample(there, 25):
        end = result.ends[result.end[n]]
        pod = result.stations[result.pod[n]].spec.name if end == "delivered" else None
        trace = route(
            cluster_at(found, float(result.sent_s[n]), "single-ingress", seed),
            Request.parse("http://web.shop.example/"),
        )
        met = Met(end, "" if pod else "controller", pod)
        assert met in promised(trace), (result.sent_s[n], met, trace.final)
        ends.add((end, pod and pod.rpartition("-")[0]))
    assert len(ends) > 1, "some went by the old rules, some by the new ones"
