"""A decision without its explanation ends as the one with it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rules import cluster, requests, tables

from sim.routing import route
from sim.routing.controllers import PROFILES
from sim.routing.controllers.patterns import HostForms
from sim.routing.gateway.matching import HostRows
from sim.routing.path_rules import Expressions

WORDS = ("code", "message", "fix", "source", "fix_source")
"""What is said about a request that no rule takes depends on the nearest rule."""


@given(tables, requests, st.sampled_from(sorted(PROFILES)))
@settings(max_examples=150)
def test_the_end_is_the_same(described, request_, profile):
    built = cluster(described, profile)
    said, bare = (route(built, request_, explain=explain) for explain in (True, False))
    ends = [{k: v for k, v in vars(trace.final).items() if k not in WORDS} for trace in (said, bare)]
    assert ends[0] == ends[1]
    assert [(h.name, h.kind, h.branches, h.at_s) for h in said.hops] == [
        (h.name, h.kind, h.branches, h.at_s) for h in bare.hops
    ]
    assert said.final.rule is None or said.final == bare.final


class Counted(dict):
    """A mapping that counts how often it is asked."""

    asked = 0

    def get(self, key, default=None):
        self.asked += 1
        return super().get(key, default)

    def __contains__(self, key):
        self.asked += 1
        return super().__contains__(key)


def test_a_path_of_many_elements_is_looked_up_no_more_often_than_a_short_one():
    deep = "/" + "a/" * 500
    prefixes, begins = Counted({("a",): ("row",)}), Counted({"/a/": ("rank", "row")})
    assert list(HostRows({}, (), prefixes).for_path(deep, Expressions())) == ["row"]
    assert list(HostForms({}, begins, ()).found(deep)) == [("rank", "row")]
    assert prefixes.asked == begins.asked == 1
