"""The engine against theory, against its own counters, and against arithmetic."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import HOST, NO_DELAY, app, design, experiment

from sim.errors import UnsupportedError
from sim.simulation.engines import ENGINES, run
from sim.simulation.intervals import half_width, t_quantile
from sim.simulation.items import in_turn
from sim.simulation.items import replications as items
from sim.simulation.summary import summarise, to_json
from sim.simulation.theory import closed_loop_rate, little, mg1_sojourn, mmc_sojourn

PLANS = ["lb-per-service", "single-ingress"]


EXPONENTIAL = {"exponential": "1s"}


def queue(servers: int, load: float, n: int, service=EXPONENTIAL):
    """One Pod with `servers` workers, service of mean 1 s, no delay anywhere."""
    return experiment(
        traffic=[{"host": HOST, "rps": load * servers, "requests": n}],
        service_time={"default": service},
        workers={"default": servers},
        latency=NO_DELAY,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("servers", "load", "n", "replications"),
    [
        pytest.param(1, 0.5, 40_000, 12, id="M/M/1 half busy"),
        pytest.param(1, 0.7, 60_000, 16, id="M/M/1 seven tenths busy"),
        pytest.param(4, 0.8, 60_000, 14, id="M/M/4 eight tenths busy"),
    ],
)
def test_the_mean_sojourn_time_is_that_of_theory(servers, load, n, replications, record_property):
    """Replications 0 … R-1; the 99 % interval must hold theory and be at most 2 % of it to each side."""
    found = queue(servers, load, n)
    results = tuple(in_turn(items(design(found, "lb-per-service"), found.scenario, range(replications))))
    record_property("simulated requests", sum(map(len, results)))
    means = [float(r.latency_s.mean()) for r in results]
    mean, width = sum(means) / len(means), half_width(means, 0.99)
    theory = mmc_sojourn(load * servers, 1.0, servers)
    assert width <= 0.02 * theory
    assert abs(mean - theory) <= width


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "cv"),
    [
        pytest.param("1s", 0.0, id="M/D/1"),
        pytest.param({"gamma": {"mean": "1s", "cv": 0.5}}, 0.5, id="less than exponential"),
        pytest.param({"gamma": {"mean": "1s", "cv": 1.4}}, 1.4, id="more than exponential"),
    ],
)
def test_the_mean_sojourn_time_of_any_service_time_is_that_of_pollaczek_and_khinchine(service, cv):
    found = queue(1, 0.5, 5000, service)
    results = tuple(in_turn(items(design(found, "lb-per-service"), found.scenario, range(12))))
    means = [float(r.latency_s.mean()) for r in results]
    width, theory = half_width(means, 0.99), mg1_sojourn(0.5, 1.0, cv)
    assert width <= 0.1 * theory
    assert abs(sum(means) / len(means) - theory) <= width


@pytest.mark.parametrize(("users", "servers"), [(6, 1), (8, 3)])
def test_users_who_wait_for_their_answers_are_served_as_machines_are_repaired(users, servers):
    traffic = [{"host": HOST, "users": users, "duration_s": 300, "think": {"exponential": "3s"}}]
    keys = {"service_time": {"default": {"exponential": "1s"}}, "workers": {"default": servers}}
    found = experiment(traffic=traffic, latency=NO_DELAY, **keys)
    runs = tuple(in_turn(items(design(found, "lb-per-service"), found.scenario, range(10))))
    rates = [r.answered / r.end_s for r in runs]
    width, theory = half_width(rates, 0.99), closed_loop_rate(users, 3.0, 1.0, servers)
    assert width <= 0.07 * theory
    assert abs(sum(rates) / len(rates) - theory) <= width


def test_littles_law_holds_with_the_queue_length_that_the_pod_itself_integrated():
    found = queue(2, 0.8, 20_000)
    result = run(design(found, "lb-per-service"), found.scenario)
    mean_number = result.stations[0].in_system_s / result.end_s
    arrival_rate = len(result) / result.end_s
    assert mean_number == pytest.approx(little(arrival_rate, float(result.sojourn_s.mean())), rel=1e-9)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_at_one_per_cent_load_latency_is_the_sum_of_the_delays_on_the_path(plan, scheme):
    latency = {
        "client": "40ms",
        "zone": "2ms",
        "cross_zone": "2ms",
        "dns": "5ms",
        "load_balancer": "1ms",
        "tls_cpu": "3ms",
    }
    found = experiment(
        app(pods=2),
        traffic=[{"host": HOST, "scheme": scheme, "rps": 1, "requests": 3000, "client_ip": "203.0.113.1"}],
        service_time={"default": "10ms"}, workers={"default": 1}, latency=latency,
        controller={"service_time": "1ms", "workers": 1}, nodes={"zone-a": 3},
    )  # fmt: skip
    result = run(design(found, plan), found.scenario)
    front, inside = 0.040 + 2 * 0.001, 0.002 + 0.002
    controller = 0.002 + 0.001 if plan == "single-ingress" else 0.0
    handshakes = (front + inside) * (2 if scheme == "https" else 1) + (0.003 if scheme == "https" else 0.0)
    looked_up = 0.005 * len(np.unique(np.floor(result.sent_s / 60))) / len(result)
    expected = handshakes + front + inside + controller + 0.010 + looked_up
    assert float(result.latency_s.mean()) == pytest.approx(expected, rel=0.01)


random_traffic = st.lists(
    st.fixed_dictionaries(
        {
            "host": st.sampled_from([HOST, "api.shop.example", "nobody.example"]),
            "path": st.sampled_from(["/", "/x"]),
            "arrivals": st.sampled_from(["poisson", "constant"]),
            "keep_alive": st.integers(1, 5),
        },
    ).flatmap(
        lambda row: st.one_of(
            st.fixed_dictionaries({**{k: st.just(v) for k, v in row.items()}, "rps": st.floats(1, 60), "duration_s": st.floats(0.2, 3)}),
            st.fixed_dictionaries({**{k: st.just(v) for k, v in row.items()}, "users": st.integers(1, 5), "duration_s": st.floats(0.2, 3)}),
        )
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@given(
    random_traffic,
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(PLANS),
    st.integers(0, 5),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_every_request_is_answered_failed_or_in_flight(traffic, pods, workers, plan, seed, provider):
    found = experiment(
        app(pods=pods) + "---" + app("api", pods=0),
        traffic=traffic, workers={"default": workers}, service_time={"default": {"exponential": "30ms"}}, provider=provider,
    )  # fmt: skip
    result = run(design(found, plan), found.scenario, seed)
    assert result.sent == result.answered + result.failures + result.in_flight
    assert result.sent == len(result)
    assert result.answered == np.count_nonzero(np.isfinite(result.answered_s))
    times = (
        result.sent_s,
        result.ready_s,
        result.arrival_s,
        result.start_s,
        result.departure_s,
        result.answered_s,
    )
    for before, after in itertools.pairwise(times):
        known = np.isfinite(before) & np.isfinite(after)
        assert (after[known] >= before[known] - 1e-12).all()
    assert all(0 <= s.utilisation <= 1 + 1e-9 for s in result.stations)


def test_both_plans_see_the_same_clients_and_service_times():
    found = experiment(app(pods=3), traffic=[{"host": HOST, "rps": 50, "duration_s": 5}])
    direct, shared = (run(design(found, plan), found.scenario) for plan in PLANS)
    assert (direct.sent_s == shared.sent_s).all()
    served = np.isfinite(direct.departure_s) & np.isfinite(shared.departure_s)
    np.testing.assert_allclose(
        (direct.departure_s - direct.start_s)[served],
        (shared.departure_s - shared.start_s)[served],
        rtol=1e-9,
    )


def test_a_connection_keeps_its_pod_and_a_controller_spreads_requests():
    found = experiment(app(pods=4), traffic=[{"host": HOST, "rps": 40, "duration_s": 20, "keep_alive": 50}])
    direct, shared = (run(design(found, plan), found.scenario) for plan in PLANS)
    for connection in np.unique(direct.connection):
        assert len(set(direct.pod[direct.connection == connection].tolist()) - {-1}) <= 1
    spread = [np.unique(r.pod, return_counts=True)[1].std() for r in (direct, shared)]
    assert spread[1] < spread[0]
    assert len(np.unique(direct.connection)) < len(direct) / 10


def test_replications_have_draws_of_their_own_and_an_interval():
    found = queue(1, 0.5, 2000)
    summary = summarise(tuple(in_turn(items(design(found, "lb-per-service"), found.scenario, range(5)))))
    assert len({r.seed for r in summary.results}) == 5
    assert summary.half_widths is not None
    assert summary.half_widths["mean"] > 0


def test_the_same_input_gives_the_same_bytes_in_another_process():
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import json\nfrom small import *\nfrom sim.simulation.engines import run\nfrom sim.simulation.summary import summarise, to_json\n"
        "found = experiment(app(pods=2), traffic=[{'host': HOST, 'rps': 80, 'duration_s': 3, 'keep_alive': 4}])\n"
        "for plan in ['lb-per-service', 'single-ingress']:\n"
        "    print(json.dumps(to_json(summarise([run(design(found, plan), found.scenario, 7)]), (), 'v')))\n"
    )
    shown = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert shown[0] == shown[1]
    assert len(json.loads(shown[0].splitlines()[0])["pods"]) == 2


def test_a_run_by_number_ends_with_its_last_request_and_one_by_time_leaves_some_open():
    by_number = queue(1, 0.5, 500)
    result = run(design(by_number, "lb-per-service"), by_number.scenario)
    assert (result.sent, result.in_flight) == (500, 0)
    by_time = experiment(
        traffic=[{"host": HOST, "rps": 100, "duration_s": 1}], service_time={"default": "500ms"}
    )
    assert run(design(by_time, "lb-per-service"), by_time.scenario).in_flight > 0


def test_warm_up_leaves_early_requests_out_of_latency_but_not_out_of_the_counts():
    keys = {"traffic": [{"host": HOST, "rps": 50, "duration_s": 4}]}
    whole, late = experiment(**keys), experiment(**keys, warm_up_s=2)
    first, second = (run(design(e, "lb-per-service"), e.scenario) for e in (whole, late))
    assert first.sent == second.sent
    assert len(second.latency_s) == np.count_nonzero(second.answered_s[second.sent_s >= 2] > 0)


def test_users_wait_for_their_answer_before_they_send_again():
    found = experiment(traffic=[{"host": HOST, "users": 1, "requests": 50, "think": "10ms"}])
    result = run(design(found, "lb-per-service"), found.scenario)
    assert result.sent == 50
    assert (result.sent_s[1:] >= result.answered_s[:-1]).all()


@pytest.mark.parametrize(
    ("beside", "requests"),
    [
        pytest.param(
            [{"host": HOST, "rps": 100, "requests": 400}], None, id="beside a row that ends by number"
        ),
        pytest.param([], 10, id="where the number of requests is stated"),
    ],
)
def test_users_stop_at_the_end_of_their_row_whatever_else_runs(beside, requests):
    users = {"host": HOST, "users": 3, "duration_s": 2, "think": "100ms"}
    found = experiment(traffic=[users, *beside])
    result = run(design(found, "lb-per-service"), found.scenario, requests=requests)
    of_users = result.sent_s[result.row == 0]
    assert 3 < len(of_users) < 3 * 20
    assert of_users.max() < 2
    assert result.in_flight == 0


def test_an_engine_that_is_not_there_is_refused():
    found = experiment(traffic=[{"host": HOST, "rps": 1}])
    with pytest.raises(UnsupportedError):
        run(design(found, "lb-per-service"), found.scenario, engine="stream")


def test_json_has_the_published_keys():
    found = queue(1, 0.5, 100)
    shown = to_json(summarise([run(design(found, "lb-per-service"), found.scenario)]), (), "v")
    assert set(shown) >= {
        "schema",
        "requests",
        "latency_s",
        "pods",
        "thresholds",
        "engine",
        "seed",
        "version",
    }
    assert set(shown["latency_s"]) == {"mean", "p50", "p90", "p95", "p99", "max", "ci"}
    assert set(shown["pods"][0]) >= {"pod", "node", "zone", "connections", "requests", "utilisation"}
    assert "replay" in ENGINES


@pytest.mark.parametrize(
    ("freedom", "confidence", "value"),
    [(1, 0.95, 12.706), (16, 0.99, 2.9208), (30, 0.95, 2.0423), (120, 0.99, 2.6174), (19, 0.99, 2.8609)],
)
def test_t_quantiles(freedom, confidence, value):
    assert t_quantile(freedom, confidence) == pytest.approx(value, abs=0.0005)


@pytest.mark.parametrize("plan", PLANS)
def test_every_request_says_its_node_and_how_and_when_it_ended(plan):
    found = experiment(traffic=[{"host": HOST, "rps": 50, "duration_s": 2}])
    result = run(design(found, plan), found.scenario)
    over = np.isfinite(result.ended_s)
    assert np.array_equal(over, result.end >= 0)
    assert np.count_nonzero(~over) == result.in_flight
    assert [result.ends[e] for e in np.unique(result.end[over])] == ["delivered"]
    assert np.array_equal(result.ended_s[over], result.answered_s[over])
    assert {result.nodes[n] for n in np.unique(result.node)} <= set(result.nodes)


def test_without_a_controller_a_request_of_a_run_ends_as_that_of_a_trace():
    found = experiment(traffic=[{"host": HOST, "rps": 50, "duration_s": 2}], controller="none")
    result = run(design(found, "single-ingress"), found.scenario)
    assert result.ends == ("dns-no-record",)
    assert dict(result.failed) == {"dns-no-record": result.sent - result.in_flight}
