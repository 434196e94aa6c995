"""What proxies make of a Pod that stops: sample paths that can be followed by hand. Real ones are asked the same."""

from __future__ import annotations

import pytest
from stopping_pods import PredictedStop, Stop, predicted


def ends(**keys) -> PredictedStop:
    return predicted(Stop(**{"method": "GET", "victim": 1, "on_sigterm": "exit", "busy": True, **keys}))


def test_nginx_that_is_reloaded_begins_with_the_first_of_the_new_list():
    found = ends(profile="nginx-inc")
    before = [end.pod for s, end in zip(found.sent_s, found.ends, strict=True) if s < found.at.unlisted_s]
    after = [end.pod for end in found.ends[len(before) :]]
    assert before[-1] == 0
    assert after[:3] == [0, 2, 0]


@pytest.mark.parametrize(
    ("keeps", "stays", "status"),
    [
        pytest.param(True, True, 0, id="over a kept connection: the client is to send it again"),
        pytest.param(True, False, 502, id="the first request of a client goes over a new one"),
        pytest.param(False, True, 502, id="nothing is kept"),
    ],
)
def test_haproxy_says_nothing_where_a_kept_connection_is_closed_without_an_answer(keeps, stays, status):
    found = ends(profile="haproxy", keeps=keeps, stays=stays)
    lost = next(end for s, end in zip(found.sent_s, found.ends, strict=True) if s > found.at.stops_s - 0.3)
    assert (lost.status, lost.author, lost.tried) == (status, "controller", (1,))


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 502)])
def test_what_nginx_lost_with_a_pod_is_tried_again_if_it_may_be(method, status):
    found = ends(profile="nginx-inc", method=method)
    assert [end.status for end in found.ends if end.tried[0] == 1 and end.pod != 1] == [status]
