"""What holds for every end of a Pod, and for the preStop that is named."""

from __future__ import annotations

from math import inf

import pytest
from clusters import cluster
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.cluster.life.restarts import BackOffLimits, starts_s, waits_s
from sim.cluster.life.slices import endpoint_state, slice_sizes, states_to_the_end
from sim.cluster.life.termination import StoppingContainer, container_end, pod_end
from sim.cluster.life.window import SendingPath, failures, smallest_prestop_s

TIMES = st.one_of(st.integers(0, 90).map(float), st.just(inf))
GRACES = st.integers(0, 60).map(float)


CONTAINERS = st.builds(StoppingContainer, TIMES, st.one_of(st.just(0.0), TIMES))


@given(CONTAINERS, GRACES, TIMES)
def test_a_container_ends_within_its_grace_period_and_two_seconds(container, grace_s, turn_s):
    end = container_end(container, grace_s, turn_s)
    assert end.sigterm_s <= end.exit_s <= max(grace_s, end.sigterm_s + 2) <= grace_s + 2
    assert end.killed == (container.exit_after_s > end.exit_s - end.sigterm_s)
    assert end.prestop_cut == (container.prestop_s > grace_s)
    assert end.sigterm_s == min(grace_s, max(container.prestop_s, turn_s))


WITHOUT_HOOK = st.lists(st.builds(StoppingContainer, TIMES), max_size=3)


@given(WITHOUT_HOOK, WITHOUT_HOOK, GRACES)
def test_sidecars_stop_from_the_last_to_the_first_and_after_the_mains(mains, sidecars, grace_s):
    end = pod_end(mains, sidecars, grace_s)
    turns = [s.sigterm_s for s in end.sidecars]
    assert turns == sorted(turns, reverse=True)
    assert all(turn >= min(end.mains_s, grace_s) for turn in turns)
    assert end.end_s <= grace_s + 2
    for later, earlier in zip(end.sidecars[1:], end.sidecars, strict=False):
        assert earlier.sigterm_s == min(later.exit_s, grace_s)


def test_the_hook_of_a_sidecar_runs_beside_those_of_the_mains():
    end = pod_end([StoppingContainer(2, 5)], [StoppingContainer(1, 4), StoppingContainer(1, 20)])
    assert [(c.sigterm_s, c.exit_s) for c in (*end.mains, *end.sidecars)] == [(5, 7), (21, 22), (20, 21)]


PATHS = st.lists(
    st.builds(SendingPath, st.integers(0, 200).map(float), st.floats(0.1, 500), st.floats(0.01, 1)),
    min_size=1,
    max_size=4,
).map(lambda paths: {str(n): path for n, path in enumerate(paths)})


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 20))
def test_failures_are_the_connections_that_come_after_it_listened_and_before_the_path_knows(
    delay, listens, rate
):
    came = [n / rate for n in range(100 * rate)]
    failed = failures({"lb": SendingPath(delay, rate, 0.25)}, listens)["lb"]
    assert failed == sum(listens <= at_s < delay for at_s in came) * 0.25


@given(PATHS, st.integers(0, 30).map(float))
def test_the_named_prestop_is_enough_and_none_shorter_is(paths, goes_on_s):
    named_s = smallest_prestop_s(paths.values(), goes_on_s)
    assert sum(failures(paths, named_s + goes_on_s).values()) == 0
    assume(named_s > 0)
    assert sum(failures(paths, named_s + goes_on_s - 0.01).values()) > 0


@given(st.booleans(), st.one_of(st.none(), st.integers(0, 40).map(float)), st.booleans())
def test_an_endpoint_that_ends_never_serves_again(ready, ready_until_s, publish):
    points = states_to_the_end(30, ready=ready, ready_until_s=ready_until_s, publish_not_ready=publish)
    assert [p.at_s for p in points] == sorted({p.at_s for p in points})
    serving = [p.serving for p in points]
    assert serving == sorted(serving, reverse=True)
    assert [p.terminating for p in points] == [False] + [True] * (len(points) - 1)
    assert points[-1][1:] == endpoint_state(serving[-1], True, publish)


@given(st.integers(0, 2500), st.integers(1, 1000))
def test_slices_hold_all_endpoints_and_only_the_last_has_room(endpoints, most):
    sizes = slice_sizes(endpoints, most)
    assert sum(sizes) == endpoints
    assert all(size == most for size in sizes[:-1])
    assert all(0 < size <= most for size in sizes)


@given(st.lists(st.integers(0, 900).map(float), max_size=12))
def test_a_crashing_container_waits_longer_up_to_the_limit_or_starts_anew(lived_s):
    limits = BackOffLimits()
    waits, starts = waits_s(lived_s), starts_s(lived_s)
    assert starts == tuple(sorted(starts))
    for alive_s, before_s, wait_s in zip(lived_s[1:], waits, waits[1:], strict=False):
        if alive_s > limits.forgotten_s:
            assert wait_s == 0
        else:
            assert wait_s == min(before_s * 2 or limits.first_s, limits.most_s)


@pytest.mark.parametrize(
    ("publish", "status", "state"),
    [
        (False, "True", (False, True, True)),
        (False, "False", (False, False, True)),
        (True, "True", (True, True, True)),
        (True, "False", (True, False, True)),
    ],
)
def test_the_endpoint_of_a_pod_that_is_deleted_says_what_its_status_says(publish, status, state):
    built = cluster(f"""
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}], publishNotReadyAddresses: {str(publish).lower()}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web-1, labels: {{app: web}}, deletionTimestamp: "2026-11-30T00:00:00Z"}}
spec: {{nodeName: n1, containers: [{{name: web, image: web}}]}}
status: {{phase: Running, podIP: 10.0.0.1, conditions: [{{type: Ready, status: "{status}"}}]}}
""")
    [endpoint] = built.services["default/web"].ports[0].endpoints
    assert (endpoint.ready, endpoint.serving, endpoint.terminating) == state
