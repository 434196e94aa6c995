"""What a run keeps of a request: one row, whenever it ends; and little beside it."""

from __future__ import annotations

import tracemalloc

import numpy as np
from benchmarks import replay_speed

from sim.simulation.engines import replay
from sim.simulation.engines.record import GROWS_BY, ROW, Record
from sim.simulation.workload import draw


def test_rows_stand_in_order_of_sending_however_they_end():
    record = Record(2)
    opened = [record.opened(row, float(row)) for row in range(5)]
    for place, entry in reversed(opened[1:4]):
        entry.end, entry.ended_s = place, 10.0 - place
        record.closed(place)
    opened[4][1].start_s = 4.5
    columns = record.columns()
    assert columns["row"].tolist() == columns["sent_s"].tolist() == [0, 1, 2, 3, 4]
    assert columns["end"].tolist() == [-1, 1, 2, 3, -1]
    assert columns["start_s"][4] == 4.5
    assert np.isnan(columns["start_s"][:4]).all()
    assert {name: column.dtype.kind for name, column in columns.items()} == {
        name: ROW[name].kind for name in ROW.names or ()
    }


def test_a_record_grows_where_more_come_than_were_expected():
    record = Record(0)
    assert len(record.columns()["row"]) == 0
    for number in range(GROWS_BY + 3):
        record.closed(record.opened(number, 0.0)[0])
    assert record.columns()["row"].tolist() == list(range(GROWS_BY + 3))


def test_a_request_costs_few_bytes_beside_its_columns():
    experiment, design = replay_speed.ours()

    def peak_bytes(requests):
        workload = draw(experiment.scenario, design.services, 1, requests)
        tracemalloc.start()
        result = replay.run(design, workload)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert result.answered == requests
        return peak

    few, many = 500, 2500
    instants = 4 * 8  # when a worker began and ended, at two stations
    more = (peak_bytes(many) - peak_bytes(few)) / (many - few) - ROW.itemsize - instants
    assert more < 200


def test_draws_that_nobody_asks_for_are_not_made():
    experiment, design = replay_speed.ours()
    workload = draw(experiment.scenario, design.services, 1, 100)
    replay.run(design, workload)
    asked = {purpose for purpose, _ in workload.requests._drawn}
    assert {"service", "controller", "node", "pod"} <= asked
    assert not asked & {"resume", "split", "worker"}
