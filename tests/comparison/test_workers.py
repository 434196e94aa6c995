"""Who makes the runs changes nothing of what they give; what is kept is not run again."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
from command import sim

from sim.comparison import workers
from sim.comparison.compare import prepare
from sim.comparison.kept import kept
from sim.errors import InputError, UsageError
from sim.scenario.experiment import load_experiment
from sim.simulation.fingerprint import fingerprint
from sim.simulation.items import in_turn
from sim.simulation.replications import Sampling

SWEEP = ("sweep", "shop", "services=2,4", "--requests", "200", "--replications", "2")


@pytest.fixture(scope="module")
def alone():
    return sim(*SWEEP).out


@pytest.fixture(scope="module")
def items():
    experiment = load_experiment("shop")
    return prepare(experiment, experiment.plans()[:1], Sampling(3), requests=100).study.items(0, 3)


def counted(made):
    """Runs in turn that note which seeds they were made for."""

    def runs(items, progress=None):
        for item, result in zip(items, in_turn(items, progress), strict=True):
            made.append(item.seed)
            yield result

    return runs


def columns(results):
    return [(r.seed, r.sent, r.answered_s.tobytes(), r.pod.tobytes()) for r in results]


@pytest.mark.slow
def test_two_processes_say_what_one_says(alone):
    assert sim(*SWEEP, "--jobs", "2").out == alone


@pytest.mark.slow
def test_the_workers_of_a_cluster_say_what_one_process_says(alone):
    distributed = pytest.importorskip("distributed", reason="the extra `sweep` is not installed")
    with distributed.LocalCluster(
        2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        assert sim(*SWEEP, "--dask", cluster.scheduler_address).out == alone


def test_what_is_kept_is_not_run_again(items, tmp_path):
    made: list[int] = []
    whole = columns(in_turn(items))
    runs = kept(tmp_path, "1", counted(made))
    assert columns(runs(items[:2], None)) == whole[:2]
    assert columns(runs(items, None)) == whole
    assert made == [item.seed for item in items]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_run_that_is_stopped_leaves_what_was_done(items, tmp_path):
    made: list[int] = []
    stopped = kept(tmp_path, "1", counted(made))(items, None)
    next(stopped)
    stopped.close()
    list(kept(tmp_path, "1", counted(made))(items, None))
    assert sorted(made) == sorted(item.seed for item in items)


def test_another_version_starts_anew(items, tmp_path):
    made: list[int] = []
    for version in ("1", "2"):
        list(kept(tmp_path, version, counted(made))(items[:1], None))
    assert len(made) == 2


def test_the_same_run_twice_among_others_is_given_twice(items, tmp_path):
    twice = (items[0], items[0], items[1])
    assert columns(kept(tmp_path, "1", in_turn)(twice, None)) == columns(in_turn(twice))


def test_a_result_that_is_damaged_is_named(items, tmp_path):
    list(kept(tmp_path, "1", in_turn)(items[:1], None))
    file = next(tmp_path.iterdir())
    file.write_bytes(b"damaged")
    with pytest.raises(InputError, match=file.name):
        list(kept(tmp_path, "1", in_turn)(items[:1], None))


def test_progress_counts_what_was_there(items, tmp_path):
    places: list[int] = []
    list(kept(tmp_path, "1", in_turn)(items[:1], None))
    list(kept(tmp_path, "1", in_turn)(items, lambda place, sent, of: places.append(place)))
    assert set(places) == {0, 1, 2}
    assert places[0] == 0


def test_a_cluster_and_processes_exclude_each_other():
    with pytest.raises(UsageError, match="--jobs"):
        workers.runs_on(2, "tcp://127.0.0.1:1")


def test_what_is_not_installed_is_named(monkeypatch, items):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(workers, "import_module", missing)
    with pytest.raises(UsageError, match=r"ingress-sim\[sweep\]"):
        list(workers.runs_on(2)(items, None))


def test_ctrl_c_says_where_it_goes_on(monkeypatch, tmp_path):
    def stopped(item, progress=None):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.simulation.items.RunItem.run", stopped)
    said = sim(*SWEEP, "--keep", str(tmp_path / "runs"))
    assert said.status == 130
    assert "goes on from there" in said.err


def test_a_fingerprint_tells_runs_apart(items):
    item = items[0]
    others = [*items[1:], replace(item, requests=7), replace(item, engine="replay")]
    assert len({fingerprint(one) for one in (item, *others)}) == 1 + len(others)


@pytest.mark.parametrize(
    "value", [pytest.param(lambda: 1, id="a lambda"), pytest.param(object(), id="an object without fields")]
)
def test_what_has_no_lasting_form_has_no_fingerprint(value):
    with pytest.raises(TypeError, match="fingerprint"):
        fingerprint({"a": value})


def test_a_function_with_arguments_is_known_by_both():
    assert fingerprint(partial(max, 1)) != fingerprint(partial(max, 2))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["shop", "rolling-update", "bad-day"])
def test_every_process_finds_the_same_fingerprint(scenario):
    asked = (
        "from sim.comparison.compare import prepare\n"
        "from sim.scenario.experiment import load_experiment\n"
        "from sim.simulation.fingerprint import fingerprint\n"
        "from sim.simulation.replications import Sampling\n"
        f"found = load_experiment({scenario!r})\n"
        "print(fingerprint(prepare(found, found.plans(), Sampling()).study.items(0, 1)))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", asked],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashing in ("1", "2")
    }
    assert len(told) == 1
