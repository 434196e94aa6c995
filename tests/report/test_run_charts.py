"""Charts of time, spreading and risk: what each says in every case, and that nothing touches or leaves the page."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest
from colours import lightness
from crowded import crowded
from matplotlib.colors import to_hex
from outcomes import LONGEST, PLANS, change, comparison, curve, outcome, pods, radius

from sim import __version__
from sim.comparison.compare import compare
from sim.comparison.comparison import Comparison
from sim.errors import UsageError
from sim.report.charts.blast_radius import blast_radius_chart
from sim.report.charts.charts import COMPARISON_CHARTS
from sim.report.charts.latency import latency_chart
from sim.report.charts.picture import Picture
from sim.report.charts.pods import pods_chart
from sim.report.theme import LONGEST_TITLE, THEMES
from sim.scenario.experiment import load_experiment

Chart = Callable[..., Picture]


def latencies(
    times: float = 1.0, plans: int = 2, rarest: float = 1e-3, **differs: float | None
) -> Comparison:
    """Plans whose median is 50 ms and 2 ms more with each further plan, all multiplied by `times`."""
    width = differs.get("width", 0.01)
    half = differs.get("half", 0.0005)
    found = [
        outcome(
            name,
            quantile_curve=curve(times * (0.05 + 0.002 * n), rarest, width),
            quantile_changes=change(
                times * 0.002 * n, half and times * half * n, rarest, differs.get("lost_from") or 0.0
            )
            if n
            else (),
        )
        for n, name in enumerate(PLANS[:plans])
    ]
    return comparison(*found, replications=20 if width else 1)


def changing(value_s: float, half_s: float | None, lost_from: float = 0.0) -> Comparison:
    """Two plans with this difference."""
    usual = latencies()
    first, second = usual.outcomes
    second = replace(second, quantile_changes=change(value_s, half_s, 1e-3, lost_from))
    return replace(usual, outcomes=(first, second))


LATENCIES = {
    "usual": latencies(),
    "microseconds": latencies(1e-5),
    "minutes": latencies(5000.0),
    "one run": latencies(width=None, half=None),
    "the tail cannot be told": latencies(lost_from=0.03),
    "nothing can be told": latencies(half=0.01),
    "two runs": latencies(width=0.9, half=0.2),
    "as far as one in ten": latencies(rarest=0.1),
    "a million requests": latencies(rarest=1e-5),
    "one plan": latencies(plans=1),
    "three plans": latencies(plans=3),
    "four plans": latencies(plans=4),
    "faster": changing(-0.002, 0.0001),
    "no difference at all": changing(0.0, 0.0),
}


def spread(first: object, second: object, plans: int = 2, **more: int) -> Comparison:
    found = (first, second, second, second)[:plans]
    return comparison(
        *(outcome(name, spreading=one) for name, one in zip(PLANS, found, strict=False)), **more
    )


TWO = (pods([700, 200, 400, 500, 200, 400], choices=24), pods([400] * 6, "request", band=0.01))
MANY = tuple(pods([100 + 40 * (n % k) for n in range(k)], service=f"shop/s{k}") for k in range(2, 14))
LONG = pods([1_234_567_890, 234_567], service=LONGEST, choices=12_345)
SPREADS = {
    "usual": spread(TWO[:1], TWO[1:]),
    "twelve Services": spread(MANY, MANY),
    "a hundred Pods": spread((pods(range(100, 200)),), (pods([150] * 100, "request"),)),
    "longest names, largest numbers": spread((LONG,), (replace(LONG, per="request"),)),
    "several long names": spread(
        tuple(replace(LONG, service=f"{LONGEST[:-1]}{n}") for n in range(3)),
        tuple(replace(LONG, service=f"{LONGEST[:-1]}{n}") for n in range(3)),
    ),
    "four plans": spread(TWO[:1], TWO[1:], 4),
    "four plans with many Services": spread(MANY[:3], MANY[:3], 4),
    "four plans, largest numbers": spread((LONG,), (LONG,), 4),
    "one plan": spread(TWO[:1], (), 1),
    "a Pod that got nothing": spread((pods([0, 9, 8]),), (pods([6, 5, 6], "request"),)),
    "session affinity": spread((pods([5, 9], band=None),), (pods([7, 7], "request"),)),
    "reached in one plan only": spread(TWO[:1], ()),
    "chosen for both": spread((pods([5, 9], "either"),), (pods([7, 7], "either"),)),
}


def risks(*every: dict[str, object], **more: int) -> Comparison:
    return comparison(*(outcome(n, blast_radius=r) for n, r in zip(PLANS, every, strict=False)), **more)


FIRST, SECOND = radius(0.3, None, 0.15, 0.28, 0.0), radius(1.0, 0.5, 0.25, 0.38, 0.79)
RISKS = {
    "usual": risks(FIRST, SECOND),
    "the same": risks(SECOND, SECOND),
    "one plan": risks(SECOND),
    "four plans": risks(FIRST, SECOND, SECOND, FIRST),
    "next to nothing, and nearly all": risks(radius(0.001, None, 0.002, 0.0, 0.0), radius(0.999, 1, 1, 1, 1)),
    "one kind": risks(radius(0.1, None, None, None, None), radius(0.9, None, None, None, None)),
    "not in the first plan": risks(radius(None, None, None, None, None), SECOND),
    "large numbers": risks(
        radius(0.3, 0.3, 0.3, 0.3, 0.3, n=10**12), radius(1, 1, 1, 1, 1, n=10**12), seed=2**63
    ),
}
CASES = [
    pytest.param(chart, found, id=f"{chart.__name__}: {name}")
    for chart, cases in ((latency_chart, LATENCIES), (pods_chart, SPREADS), (blast_radius_chart, RISKS))
    for name, found in cases.items()
]


@pytest.mark.parametrize(("size", "theme"), [("slide", "light"), ("docs", "dark"), ("notebook", "light")])
@pytest.mark.parametrize(("chart", "found"), CASES)
def test_nothing_touches_or_leaves_the_page_and_titles_are_whole(
    chart: Chart, found: Comparison, size: str, theme: str
) -> None:
    picture = chart(found, size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title
    assert picture.alt.startswith(picture.title)


def texts(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.texts]


@pytest.mark.parametrize(
    ("found", "title"),
    [
        pytest.param(LATENCIES["usual"], "One Ingress adds 2 ms, from the median to 1 in 1,000", id="usual"),
        pytest.param(
            LATENCIES["the tail cannot be told"],
            "One Ingress adds 2 ms; in the slowest 3\N{NO-BREAK SPACE}% we cannot tell",
            id="told-up-to-a-rarity",
        ),
        pytest.param(
            LATENCIES["nothing can be told"], "Latency: no difference that these runs can tell", id="not-told"
        ),
        pytest.param(
            LATENCIES["no difference at all"], "Latency: no difference that these runs can tell", id="equal"
        ),
        pytest.param(
            LATENCIES["faster"], "One Ingress takes 2 ms off, from the median to 1 in 1,000", id="faster"
        ),
        pytest.param(
            LATENCIES["one plan"], "Half of the requests take over 50.0 ms, 1 in 1,000 181 ms", id="one-plan"
        ),
        pytest.param(
            LATENCIES["four plans"], "2 ms to 6 ms more at the median than lb-per-service", id="four-plans"
        ),
    ],
)
def test_the_title_of_latencies_is_the_finding(found: Comparison, title: str) -> None:
    assert latency_chart(found).title == title


def test_a_median_that_cannot_be_told_is_not_passed_over() -> None:
    usual = latencies()
    first, second = usual.outcomes
    points = tuple(
        replace(p, half_width_s=0.01 if p.rarity >= 0.5 else 0.0001) for p in second.quantile_changes
    )
    found = replace(usual, outcomes=(first, replace(second, quantile_changes=points)))
    assert latency_chart(found).title == "One Ingress adds 2 ms to 1 in 1,000; median: cannot tell"


def test_one_point_that_can_be_told_among_many_is_not_the_finding() -> None:
    usual = latencies()
    first, second = usual.outcomes
    points = tuple(
        replace(p, half_width_s=0.0001 if p.rarity == 0.01 else 0.01) for p in second.quantile_changes
    )
    found = replace(usual, outcomes=(first, replace(second, quantile_changes=points)))
    assert latency_chart(found).title == "Latency: hardly a difference that these runs can tell"


def test_where_the_interval_covers_zero_the_strip_says_so() -> None:
    assert "cannot tell" in texts(latency_chart(LATENCIES["the tail cannot be told"]))
    assert "cannot tell" not in texts(latency_chart(LATENCIES["usual"]))
    assert "1 in 100 cannot tell" in latency_chart(LATENCIES["the tail cannot be told"]).alt


def test_one_run_has_no_interval_and_says_so() -> None:
    picture = latency_chart(LATENCIES["one run"])
    assert "One run, so no interval." in picture.alt
    assert not any(axes.collections for axes in picture.figure.axes)
    assert all(axes.collections for axes in latency_chart(LATENCIES["usual"]).figure.axes)


def test_quantiles_start_at_zero_and_the_difference_has_a_plot_of_its_own() -> None:
    upper, strip = latency_chart(LATENCIES["usual"]).figure.axes
    assert upper.get_ylim()[0] == 0
    assert strip.get_ylim()[0] < 0 < strip.get_ylim()[1] < 0.01


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(
            comparison(outcome(PLANS[0], latency_s={"mean": math.nan})), "answered no request", id="none"
        ),
        pytest.param(comparison(outcome(PLANS[0])), "answered too few", id="next to nothing"),
        pytest.param(
            comparison(outcome(PLANS[0], quantile_curve=curve(0.05, rarest=0.2))),
            "--requests",
            id="a handful",
        ),
        pytest.param(comparison(*[outcome(PLANS[0])] * 5), "4 at most", id="five plans"),
    ],
)
def test_latencies_that_cannot_be_drawn_are_refused_with_a_way_out(found: Comparison, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        latency_chart(found)


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (SPREADS["usual"], "Per connection, one Pod got 3.5 times another's work"),
        (SPREADS["a Pod that got nothing"], "Chosen per connection, 1 of 3 Pods got no request"),
        (
            spread((pods([50, 50]),), (pods([50, 51], "request"),)),
            "Per connection or per request: every Pod got its share",
        ),
        (
            spread((pods([10, 40]),), (pods([10, 30], "request"),)),
            "Per connection, one Pod got 4 times another's work",
        ),
        (spread((pods([50, 51]),), (), 1), "Chosen per connection, every Pod got its share"),
        (SPREADS["reached in one plan only"], "Chosen per connection, one Pod got 3.5 times another's work"),
    ],
)
def test_the_title_of_spreading_is_the_finding(found: Comparison, title: str) -> None:
    assert pods_chart(found).title == title


def test_the_most_uneven_service_comes_first_and_the_rest_is_counted() -> None:
    picture = pods_chart(SPREADS["twelve Services"])
    assert "shop/s13" in picture.alt
    assert any("11 more Services, less uneven" in text for text in texts(picture))


def test_a_title_names_its_service_where_a_smaller_one_may_show_a_larger_ratio() -> None:
    large, small = pods([159, 261, 180], service="shop/web"), pods([82, 38], service="money/accounts")
    picture = pods_chart(spread((small, large), ()))
    assert picture.title == "shop/web: one Pod got 1.6 times another's work"
    assert "the most requests between two Pods first" in picture.alt


def test_of_a_hundred_pods_the_extremes_are_shown_and_the_rest_is_counted() -> None:
    picture = pods_chart(SPREADS["a hundred Pods"])
    assert {"web-1", "web-100", "web-6", "web-95"} <= set(texts(picture))
    assert any("88 more Pods between these" in text for text in texts(picture))


def test_a_mark_outside_its_band_is_hollow_and_said_to_be() -> None:
    picture = pods_chart(SPREADS["usual"])
    hollow = [
        line
        for line in picture.figure.axes[0].lines
        if line.get_marker() == "s" and to_hex(line.get_markerfacecolor()) == THEMES["light"].page.lower()
    ]
    assert len(hollow) == 1
    assert picture.alt.count(", outside") == 1
    assert "Hollow: outside." in picture.alt
    within = pods_chart(spread((pods([50, 51], band=0.4),), (pods([50, 50], "request", band=0.4),)))
    assert "Grey: where" in within.alt
    assert "ollow" not in within.alt


def test_services_with_one_pod_have_nothing_to_spread() -> None:
    with pytest.raises(UsageError, match="several Pods"):
        pods_chart(spread((pods([50]),), (pods([50], "request"),)))


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (RISKS["usual"], "One Ingress: one bad rule fails 79 % of requests, not 0 %"),
        (RISKS["the same"], "One load balancer fails 100 % of requests, whatever the plan"),
        (RISKS["one plan"], "One load balancer fails 100 % of requests"),
        (RISKS["not in the first plan"], "One load balancer fails 100 % of requests"),
        (risks(radius(0.0, 0.0, None, None, None)), "No single part fails any request"),
        (risks(radius(0.2, 0.0, None, None, None, n=0), SECOND), "One load balancer fails 100 % of requests"),
        (risks(SECOND, FIRST), "One Ingress: one bad rule fails 0 % of requests, not 79 %"),
    ],
)
def test_the_title_of_the_blast_radius_is_the_finding(found: Comparison, title: str) -> None:
    assert blast_radius_chart(found).title == title


def test_shares_start_at_zero_and_a_part_that_is_not_there_has_a_dash() -> None:
    picture = blast_radius_chart(RISKS["usual"])
    assert picture.figure.axes[0].get_xlim()[0] == 0
    assert texts(picture).count("–") == 1
    assert "lb-per-service has none" in picture.alt


def test_without_a_blast_radius_there_is_nothing_to_show() -> None:
    with pytest.raises(UsageError, match="answers a request"):
        blast_radius_chart(risks({}, radius(0.0, None, 0.0, 0.0, 0.0, n=0)))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("chart", [latency_chart, pods_chart, blast_radius_chart], ids=lambda c: c.__name__)
def test_plans_part_in_greyscale_and_by_mark(chart: Chart, theme: str) -> None:
    cases = {latency_chart: LATENCIES, pods_chart: SPREADS, blast_radius_chart: RISKS}[chart]
    picture = chart(cases["usual"], "slide", theme)
    lines = [line for axes in picture.figure.axes for line in axes.lines]
    looks = {(m.get_marker(), to_hex(m.get_markeredgecolor())) for m in lines if m.get_marker() in ("s", "o")}
    plans = THEMES[theme].lb_per_service.lower(), THEMES[theme].single_ingress.lower()
    assert {("s", plans[0]), ("o", plans[1])} <= looks
    assert all(abs(lightness(a) - lightness(b)) > 15 for a, b in combinations(plans, 2))


@pytest.mark.parametrize(
    ("chart", "found"),
    [
        (latency_chart, LATENCIES["usual"]),
        (pods_chart, SPREADS["usual"]),
        (blast_radius_chart, RISKS["usual"]),
    ],
    ids=["latency", "pods", "blast-radius"],
)
def test_an_svg_has_its_words_and_the_same_values_give_the_same_file(chart: Chart, found: Comparison) -> None:
    picture = chart(found)
    root = ElementTree.fromstring(picture.svg())
    space = "{http://www.w3.org/2000/svg}"
    assert (root.findtext(f"{space}title"), root.findtext(f"{space}desc")) == (picture.title, picture.alt)
    assert picture.svg() == chart(found).svg()
    assert picture.png() == chart(found).png()


@pytest.mark.usefixtures("parts_broken_briefly")
@pytest.mark.parametrize("name", ["shop", "11-twelve-load-balancers", "fanout", "no-controller", "tls-edge"])
def test_every_kind_of_chart_draws_shipped_scenarios_or_says_why_not(name: str) -> None:
    found = compare(load_experiment(name), __version__, requests=400)
    for kind, chart in COMPARISON_CHARTS.items():
        try:
            picture = chart(found, "docs", "light")
        except UsageError:
            assert name == "no-controller" or kind == "failures", kind
        else:
            assert crowded(picture.figure) == [], kind
