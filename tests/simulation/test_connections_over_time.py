"""What idle time-outs, ages, queues, pauses and budgets do to requests, held against arithmetic and closed forms."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from small import HOST, NO_DELAY, app, experiment

from sim.cluster.life.connections import IdleTimeouts
from sim.comparison.failures import failures_of
from sim.errors import ScenarioError
from sim.simulation.design import compile_design
from sim.simulation.items import in_turn
from sim.simulation.items import replications as items
from sim.simulation.theory import mmck_loss

ROW = {"host": HOST, "path": "/"}
DELAY = {**NO_DELAY, "client": "200ms"}


def results(text, plan="lb-per-service", replications=1, seed=1, **keys):
    base = {"latency": NO_DELAY, "service_time": {"default": "1ms"}, "nodes": {"zone-a": 1}}
    found = experiment(text, **{**base, **keys})
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    return tuple(in_turn(items(design, found.scenario, range(replications), seed)))


def in_interval(values, expected):
    """Whether the mean of replications is within the 99 % interval around what theory says."""
    half = 2.86 * np.std(values, ddof=1) / sqrt(len(values))  # t, 19 degrees of freedom
    return abs(np.mean(values) - expected) <= half


@pytest.mark.parametrize(("workers", "queue", "rps"), [(1, 0, 80), (2, 3, 180), (4, 8, 500)])
def test_a_bounded_queue_loses_what_mmck_says(workers, queue, rps):
    runs = results(
        app(), replications=20, traffic=[{**ROW, "rps": rps, "requests": 1500}],
        service_time={"default": {"exponential": "10ms"}}, workers={"default": workers},
        apps={"default": {"queue": queue}},
    )  # fmt: skip
    lost = [r.failures / r.sent for r in runs]
    assert not any(r.overloads for r in runs), "what has no place is refused, so no queue grows"
    assert in_interval(lost, mmck_loss(rps, 0.01, workers, workers + queue))
    assert {(f.reason, f.author) for r in runs for f in failures_of(r)} == {("queue-full", "Pod")}


def test_a_proxy_tries_another_pod_where_one_is_full():
    full, free = (
        results(
            app(pods=3), "single-ingress", traffic=[{**ROW, "rps": 250, "requests": 1500}],
            service_time={"default": "10ms"}, workers={"default": 1}, apps={"shop/web": {"queue": queue}},
        )[0]
        for queue in (0, 50)
    )  # fmt: skip
    assert set(full.failed) == {"answered-by-proxy 502"}
    assert not free.failed


def with_idle(row, **keys):
    gaps = {"rps": 0.1, "arrivals": "constant", "requests": 4, "keep_alive": 100, "clients": 1}
    return results(app(), traffic=[{**ROW, **gaps, **row}], latency=DELAY, **keys)[0]


@pytest.mark.parametrize(
    ("server_s", "client_s", "outcome"),
    [("60s", None, "kept"), ("5s", None, "new"), ("9.75s", None, "race"), ("9.75s", "9s", "new")],
)
def test_a_request_meets_what_the_rule_of_reuse_says(server_s, client_s, outcome):
    result = with_idle({"idle_timeout": client_s}, apps={"default": {"idle_timeout": server_s}})
    reused = len(np.unique(result.connection)) == 1
    ends = [(f.reason, f.author) for f in failures_of(result)]
    assert reused == (outcome == "kept")
    assert ends == ([("keep-alive-race", "Pod")] * 2 if outcome == "race" else [])


def test_the_race_takes_the_share_of_gaps_that_its_window_has():
    rate = 2.0
    runs = results(
        app(), replications=20, traffic=[{**ROW, "rps": rate, "requests": 600, "keep_alive": 10_000, "clients": 1}],
        latency={**NO_DELAY, "client": "100ms"}, service_time={"default": "0ms"}, workers={"default": 99},
        apps={"default": {"idle_timeout": "1s"}},
    )  # fmt: skip
    share = IdleTimeouts(server_s=1.0, rtt_s=0.1).race_share(rate)
    raced = sum(r.failed.get("keep-alive-race", 0) for r in runs)
    assert raced > 100
    assert raced / sum(r.sent for r in runs) < 1.3 * share, "gaps from a response, not from a request"


@pytest.mark.parametrize(("silent", "reason"), [("false", "idle-reset"), ("true", "idle-timeout")])
def test_a_load_balancer_forgets_and_says_so_or_not(silent, reason):
    note = (
        "metadata: {name: web, namespace: shop, annotations: "
        f"{{service.beta.kubernetes.io/azure-load-balancer-disable-tcp-reset: '{silent}'}}}}\nspec: {{type"
    )
    text = app().replace("metadata: {name: web, namespace: shop}\nspec: {type", note)
    (result,) = results(
        text, traffic=[{**ROW, "rps": 0.1, "arrivals": "constant", "requests": 3, "keep_alive": 9, "clients": 1}],
        load_balancer={"idle_timeout": "4s"}, latency=DELAY, prices={"provider": "azure"},
    )  # fmt: skip
    found = failures_of(result)
    assert {(f.reason, f.author) for f in found} == {
        (reason, "load balancer" if reason == "idle-reset" else "client")
    }


def test_a_controller_closes_its_side_too():
    result = results(
        app(), "single-ingress",
        traffic=[{**ROW, "rps": 0.1, "arrivals": "constant", "requests": 4, "keep_alive": 9, "clients": 1}],
        latency=DELAY, controller={"keep_alive": "9.75s"},
    )[0]  # fmt: skip
    assert [(f.reason, f.author) for f in failures_of(result)] == [("keep-alive-race", "controller")] * 2


@pytest.mark.parametrize("protocol", ["http", "http2", "tcp"])
def test_a_connection_lives_no_longer_than_its_age(protocol):
    row = {"rps": 1, "requests": 40, "arrivals": "constant", "max_connection_age": "9.5s", "keep_alive": 1000}
    result = results(app(), traffic=[{**ROW, **row, "clients": 1, "protocol": protocol}])[0]
    assert len(np.unique(result.connection)) == 4
    assert not result.failures


def test_pauses_grow_as_the_back_off_says():
    dead = app(pods=1)
    row = {"rps": 1, "requests": 1, "arrivals": "constant", "retries": 3}
    back = {"base": "1s", "factor": 3, "jitter": 0}
    result = results(dead, traffic=[{**ROW, **row, "backoff": back}], apps={"default": {"queue": 0}},
                     faults=[{"pod": "shop/web-1", "detected_after": "900s"}])[0]  # fmt: skip
    assert result.ended_s[0] - result.sent_s[0] == pytest.approx(1 + 3 + 9, abs=0.01)
    assert result.retried == 3


def test_jitter_draws_a_part_of_the_pause():
    from sim.scenario.traffic import BackoffKey

    half = BackoffKey(base="1s", jitter=0.5)
    assert (half.pause_s(2, 0.0), half.pause_s(2, 1.0)) == (1.0, 2.0)
    assert BackoffKey().pause_s(3, 0.25) == 0.1 * 2**2 * 0.25, "as it always was"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_a_budget_lets_through_its_share_of_the_requests(share):
    result = results(
        app(), traffic=[{**ROW, "rps": 50, "requests": 2000, "retries": 3, "retry_budget": share}],
        faults=[{"pod": "shop/web-1", "detected_after": "900s"}],
    )[0]  # fmt: skip
    assert result.failures == result.sent
    assert result.retried == pytest.approx(share * result.sent, abs=0.03 * result.sent * (share > 0))


@pytest.mark.parametrize("on_sigterm", ["exit", "drain"])
def test_a_flow_of_udp_stays_with_its_pod_until_its_node_has_cleared_it(on_sigterm):
    text = app(pods=4).replace("port: 80, ", "port: 80, protocol: UDP, ")
    row = {"protocol": "udp", "rps": 80, "duration_s": 20, "clients": 40}
    told = {"endpointslice": "500ms", "kube_proxy": "1500ms"}
    spec = "{terminationGracePeriodSeconds: 3, containers"
    (result,) = results(
        text.replace("{containers", spec), traffic=[{**ROW, **row}], propagation=told, nodes={"zone-a": 2},
        events=[{"at": "10s", "scale": "shop/web", "to": 3}], apps={"default": {"on_sigterm": on_sigterm}},
    )  # fmt: skip
    ends_s = {"exit": 10.0, "drain": 13.0}[on_sigterm]
    (gone,) = (n for n, life in result.lives.items() if life.deleted_s < 20)
    before = set(result.connection[(result.pod == gone) & (result.sent_s < 10)].tolist())
    between = (result.sent_s >= 10) & (result.sent_s < ends_s + 2)
    pinned = np.isin(result.connection, list(before)) & between
    lost = failures_of(result)
    assert before
    assert pinned.sum() == len(lost) > 20
    assert {(f.reason, f.author, f.pod, f.event) for f in lost} == {
        ("refused", "Pod", "shop/web-4", "scale shop/web")
    }
    assert max(f.at_s for f in lost) < ends_s + 2.1


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"apps": {"shop/wep": {"queue": 1}}}, "did you mean shop/web"),
        ({"apps": {"default": {"queue": -1}}}, "a whole number from 0"),
        ({"traffic": [{**ROW, "retry_budget": 2}]}, "a share from 0 to 1"),
        ({"traffic": [{**ROW, "backoff": {"bas": "1s"}}]}, "did you mean 'base'"),
        ({"controller": {"keepalive": "1s"}}, "did you mean 'keep_alive'"),
        ({"apps": {"default": {"idle_timeouts": "1s"}}}, "did you mean 'idle_timeout'"),
        ({"traffic": [{**ROW, "retry_budget": 0.2}]}, "without retries"),
    ],
)
def test_a_fault_of_a_key_says_what_was_wanted(keys, fault):
    with pytest.raises(ScenarioError) as error:
        results(app(), **{"traffic": [ROW], **keys})
    assert fault in f"{error.value} {error.value.fix}"


def test_the_same_seed_gives_the_same_bytes():
    keys = {
        "traffic": [{**ROW, "rps": 40, "requests": 300, "retries": 2, "retry_budget": 0.2, "keep_alive": 5,
                     "idle_timeout": "2s", "max_connection_age": "3s"}],
        "apps": {"default": {"queue": 1, "idle_timeout": "1s"}}, "workers": {"default": 1},
        "service_time": {"default": {"exponential": "20ms"}},
    }  # fmt: skip
    first, again = (results(app(), **keys)[0] for _ in range(2))
    assert first.ended_s.tobytes() == again.ended_s.tobytes()
