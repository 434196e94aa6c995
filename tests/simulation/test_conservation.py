"""Nothing is lost and nothing counted twice, whatever happens to the Pods while requests are on their way."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from small import HOST, app, design, experiment

from sim.comparison.failures import failures_of
from sim.simulation.engines import run

SHORT = st.sampled_from(["0s", "100ms", {"exponential": "200ms"}, {"empirical": ["50ms", "700ms"]}])
EVENT = st.one_of(
    st.just({"rollout": "shop/web"}),
    st.builds(lambda to: {"scale": "shop/web", "to": to}, st.integers(0, 5)),
    st.sampled_from(["node-a", "node-b", "node-c"]).map(lambda node: {"drain": node}),
    st.sampled_from(
        [{"restart": "shop/web-1"}, {"delete": "Pod/shop/web-1"}, {"delete": "Deployment/shop/web"}]
    ),
)
EVENTS = st.lists(
    st.tuples(EVENT, st.integers(0, 9)).map(lambda e: {**e[0], "at": f"{e[1] * 100}ms"}),
    min_size=1, max_size=3,
)  # fmt: skip
ROW = st.fixed_dictionaries(
    {"protocol": st.sampled_from(["http", "http", "http2", "tcp", "udp"]), "duration_s": st.just(1.2)},
    optional={
        "keep_alive": st.sampled_from([1, 2, 20]),
        "clients": st.integers(1, 5),
        "timeout": st.sampled_from(["50ms", "300ms"]),
        "retries": st.integers(1, 2),
        "idle_timeout": st.sampled_from(["20ms", "100ms"]),
        "max_connection_age": st.sampled_from(["50ms", "400ms"]),
        "method": st.just("POST"),
    },
)
TRAFFIC = st.tuples(
    ROW, st.sampled_from([{"rps": 15}, {"rps": 40}, {"users": 2, "think": {"exponential": "80ms"}}])
).map(lambda pair: {"host": HOST, **pair[0], **pair[1]})
APP = st.fixed_dictionaries(
    {"start": SHORT, "on_sigterm": st.sampled_from(["exit", "drain", "ignore"])},
    optional={"queue": st.integers(0, 3), "idle_timeout": st.sampled_from(["10ms", "60ms", "300ms"])},
)
CONTROLLER = st.fixed_dictionaries(
    {"profile": st.sampled_from(["ingress-nginx", "haproxy", "traefik"]), "proxy_workers": st.integers(1, 2)},
    optional={
        "connect_timeout": st.just("200ms"), "read_timeout": st.sampled_from(["30ms", "200ms"]),
        "tries": st.integers(1, 3), "keep_alive": st.sampled_from(["30ms", "200ms"]),
        "upstream_keep_alive": st.sampled_from(["0s", "50ms", "1s"]),
    },
)  # fmt: skip
FAULT = st.sampled_from(
    [
        {"node": "node-a"}, {"zone": "zone-b"}, {"pod": "shop/web-1"}, {"pod": "shop/web-1", "graceful": True},
        {"load_balancer": "shop/web"}, {"controller_pod": 1},
    ]
).map(lambda fault: {**fault, "at": "300ms", "until": "800ms", "detected_after": "200ms"})  # fmt: skip
AUTHORS = {"client", "load balancer", "node", "controller", "Pod"}
KEYS = st.fixed_dictionaries(
    {
        "traffic": st.lists(TRAFFIC, min_size=1, max_size=2),
        "events": EVENTS,
        "apps": st.fixed_dictionaries({"default": APP}),
        "service_time": st.sampled_from(["1ms", {"exponential": "40ms"}]).map(lambda t: {"default": t}),
        "workers": st.sampled_from([{"default": 1}, {"default": 8}]),
        "propagation": st.fixed_dictionaries({}, optional={"endpointslice": SHORT, "kube_proxy": SHORT, "controller": SHORT}),
        "latency": st.sampled_from([{"client": "5ms", "zone": "20ms", "cross_zone": "50ms", "dns": "5ms"}, {"client": "0ms", "zone": "0ms", "cross_zone": "0ms", "dns": "0ms"}]),
        "load_balancer": st.fixed_dictionaries({}, optional={"registration": SHORT, "idle_timeout": st.just("150ms"), "deregistration": st.just({"still_new": "300ms"})}),
    },
    optional={
        "lb_targets": st.sampled_from(["node", "pod"]),
        "controller": CONTROLLER,
        "faults": st.lists(FAULT, min_size=1, max_size=1),
    },
)  # fmt: skip
PLAN = st.sampled_from(["lb-per-service", "single-ingress"])
SPEC = st.sampled_from(["", "terminationGracePeriodSeconds: 0, ", "terminationGracePeriodSeconds: 1, "])
STRATEGY = st.sampled_from(
    ["", "strategy: {type: Recreate}", "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"]
)


def manifests(pods: int, spec: str, strategy: str) -> str:
    text = app(pods=pods).replace("spec: {containers", f"spec: {{{spec}containers")
    return text.replace(f"  replicas: {pods}\n", f"  replicas: {pods}\n  {strategy}\n")


@given(st.integers(0, 4), SPEC, STRATEGY, KEYS, PLAN, st.integers(0, 9))
@examples(200)
def test_every_request_and_every_connection_of_a_changing_cluster_is_accounted_for(
    pods, spec, strategy, keys, plan, seed
):
    pods = max(pods, any("shop/web-1" in str(one) for one in (*keys.get("faults", ()), *keys["events"])))
    found = experiment(manifests(pods, spec, strategy), **keys)
    compiled = design(found, plan)
    result = run(compiled, found.scenario, seed)
    check_requests(result)
    check_connections(result, found.scenario.traffic)
    check_lives(result)
    assert same_bytes(result, run(compiled, found.scenario, seed))


def check_requests(result):
    """Each is answered, failed or on its way, and its moments follow each other."""
    assert result.sent == len(result) == result.answered + result.failures + result.in_flight
    assert result.answered == np.count_nonzero(np.isfinite(result.answered_s))
    lost = failures_of(result)
    assert Counter(f.reason for f in lost) == Counter(result.failed)
    assert {f.author for f in lost} <= AUTHORS
    assert all(f.event is not None or f.pod is None for f in lost)
    assert all(0 <= f.at_s <= result.end_s for f in lost)
    assert all(f.event is not None for f in lost if f.reason == "reset")
    columns = (result.sent_s, result.ready_s, result.arrival_s, result.start_s, result.departure_s)
    for before, after in itertools.pairwise((*columns, result.ended_s)):
        known = np.isfinite(before) & np.isfinite(after)
        assert (after[known] >= before[known] - 1e-12).all()


def check_connections(result, rows):
    """Each is opened once, through one node, and carries no more than a row lets it."""
    for connection in set(result.connection.tolist()) - {-1}:
        mine = result.connection == connection
        assert len(set(result.node[mine].tolist())) == 1
        assert np.count_nonzero(mine) <= max(row.uses for row in rows)


def check_lives(result):
    """No Pod serves before it is ready, or after its process has ended."""
    for station, life in result.lives.items():
        mine = (result.pod == station) & np.isfinite(result.departure_s)
        assert (result.start_s[mine] >= life.ready_s).all()
        assert (result.departure_s[mine] <= life.ends_s).all()
        for broken in life.breaks:
            starts_s, ends_s = result.start_s[mine], result.departure_s[mine]
            resting = (starts_s < broken.started_s) & (ends_s > broken.from_s)
            assert not resting.any(), "what is in a container is lost with it"


def same_bytes(first, second):
    return all(
        getattr(first, name).tobytes() == getattr(second, name).tobytes()
        for name in ("sent_s", "ended_s", "end", "pod", "connection", "cause")
    )
