"""The page that is signed: what stands in it, in which order, and what cannot get in."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from command import sim
from hostile import FOUR, HOSTILE, HOW, SHOWN, hostile
from signed import read

from sim.comparison.compare import compare
from sim.comparison.comparison import Comparison
from sim.costs.bill import QuotaUse
from sim.manifests.objects.collected import Unmodelled
from sim.plans import CannotMove
from sim.report.charts.charts import COMPARISON_CHARTS
from sim.report.print import Circumstances, report_html
from sim.report.print.figures import figures
from sim.report.print.tables import safe_link
from sim.report.words.verdict import verdicts
from sim.scenario.experiment import load_experiment

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

ROOT = Path(__file__).parents[2]
ORDER = (
    "The plans side by side",
    "Limits of the provider",
    "Who cannot move, and why",
    "What fails with one part",
    "The bills, line by line",
    "Figures",
    "What is assumed",
    "What the model leaves out",
    "How it was run",
    "Sources",
    "Decision",
)


@pytest.fixture(scope="module")
def two() -> Comparison:
    return compare(load_experiment("shop"), "0.1.0", replications=2, requests=80)


@pytest.fixture(scope="module")
def four() -> Comparison:
    chosen = load_experiment("shop").with_plans(FOUR)
    return compare(chosen, "0.1.0", replications=1, provider="all", requests=80)


@pytest.fixture(scope="module", params=["two plans of one provider", "four plans of all providers"])
def made(request: pytest.FixtureRequest) -> tuple[Comparison, str]:
    comparison = request.getfixturevalue(request.param.partition(" ")[0])
    return comparison, report_html(comparison, HOW)


def test_the_sections_stand_in_their_order(made):
    assert tuple(re.findall(r"<h2[^>]*>([^<]+)</h2>", made[1])) == ORDER


def test_the_verdict_is_that_of_the_terminal(made):
    comparison, page = made
    words = read(page).words
    for sentence in verdicts(comparison):
        assert sentence in words
    assert words.index(verdicts(comparison)[0]) < words.index(ORDER[0])


def test_every_line_of_every_bill_names_its_figure_and_source(made):
    comparison, page = made
    found = read(page)
    links = {attributes.get("href") for attributes in found.of("a")}
    for offer in comparison.offers:
        for plan in offer.plans:
            assert f"{plan.bill.total:,}" in found.words
            for line in plan.bill.lines:
                figure, best = line.figure, line.sources[0]
                assert f"{best.title}{figure.key}, as of {figure.as_of}" in found.words.replace(
                    f"{best.title} ", best.title
                )
                assert not safe_link(best.address) or best.address in links


def test_every_assumption_stands_with_its_otherwise(made):
    comparison, page = made
    words = read(page).words
    assert comparison.assumptions
    for one in comparison.assumptions:
        assert one.what in words
        assert one.otherwise in words


def test_every_table_has_a_caption_and_heads_with_a_scope(made):
    found = read(made[1])
    assert len(found.of("caption")) == len(found.of("table")) >= 6
    assert all(head.get("scope") in {"col", "row", "rowgroup"} for head in found.of("th"))


def test_every_chart_that_has_something_to_show_is_there_in_words_too(made):
    comparison, page = made
    drawn = list(figures(comparison))
    assert 1 <= len(drawn) <= len(COMPARISON_CHARTS)
    found = read(page)
    pictures = [svg for svg in found.of("svg") if svg.get("role") == "img"]
    assert len(pictures) == len(drawn)
    identities = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    for picture, figure in zip(pictures, drawn, strict=True):
        assert set(picture["aria-labelledby"].split()) <= identities
        assert " ".join(figure.alt.replace("\N{NO-BREAK SPACE}", " ").split()) in found.words


def test_no_id_stands_twice_and_every_reference_leads_somewhere(made):
    found = read(made[1])
    identities = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    inner = [a["href"] for _, a in found.elements if a.get("href", "").startswith("#")]
    clips = re.findall(r"url\(#([^)]+)\)", made[1])
    assert {*(one[1:] for one in inner), *clips} <= set(identities)


def test_every_colour_of_a_chart_is_one_of_the_page(made):
    for figure in figures(made[0]):
        assert re.findall(r"#[0-9a-fA-F]{6}\b", figure.svg) == []


def test_a_page_is_small_and_the_same_every_time(made):
    comparison, page = made
    assert len(page.encode()) < 1e6
    assert report_html(comparison, HOW) == page


def test_nothing_is_fetched_and_nothing_runs(made):
    found = read(made[1])
    policy = next(m["content"] for m in found.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    names = {name for name, _ in found.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not [a for _, a in found.elements if any(name.startswith("on") or name == "src" for name in a)]


def test_a_limit_that_is_exceeded_stands_before_the_saving(two):
    full = QuotaUse("load_balancers", 51, 50, True)
    offer = two.offers[0]
    plans = (replace(offer.plans[0], quotas=(full,)), *offer.plans[1:])
    words = read(report_html(replace(two, offers=(replace(offer, plans=plans),)), HOW)).words
    assert words.index("takes 51 of 50 load balancers (can be raised on request)") < words.index(
        "cuts the bill", len("cuts the bill") + words.index("cuts the bill")
    )
    assert "does not fit" in words


def test_who_cannot_move_stands_with_the_reason(two):
    stuck = replace(two, cannot_move=(CannotMove("shop/dns", "port 53 speaks UDP"),))
    words = read(report_html(stuck, HOW)).words
    assert "1 of 9 Services cannot move because port 53 speaks UDP" in words
    assert "shop/dns port 53 speaks UDP" in words


def test_hostile_words_stay_words(two):
    how = Circumstances(HOSTILE, HOSTILE, (Unmodelled(HOSTILE, True, HOSTILE),))
    page = report_html(hostile(two), how)
    found = read(page)
    assert [a for _, a in found.elements if any(name.startswith("on") or name == "src" for name in a)] == []
    assert not {name for name, _ in found.elements} & {"script", "img"}
    assert not [a for a in found.of("a") if a["href"].startswith("javascript")]
    assert found.words.count(SHOWN) > 20
    assert not any(bad in page for bad in "\u202e\u2066")
    assert found.elements[-1][0] in {"dt", "dd", "div"}


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("https://example.com/prices", True),
        ("http://example.com", True),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.com", False),
        ("http://[", False),
        ("prices.yaml:3", False),
        ("", False),
    ],
)
def test_only_addresses_of_web_pages_are_links(address, leads):
    assert bool(safe_link(address)) is leads


def test_the_command_writes_the_page_and_says_how_to_make_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = sim("compare", "shop", "--requests", "60", "--report", "out.html")
    assert (done.status, "wrote out.html" in done.err) == (0, True)
    page = Path("out.html").read_text(encoding="utf-8")
    assert "<code>sim compare shop --requests 60 --report out.html</code>" in page
    assert str(ROOT) not in page
    words = read(page).words
    assert done.out.splitlines()[0] in words
    assert "search.shop.example/ http 12 5" in words
    assert "Round trips to the client 40 ms, within a zone 0.3 ms, across zones 1 ms" in words
    assert "Oldest price used 2024-02-01, public_address_hour" in words


SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
  annotations: {{traefik.ingress.kubernetes.io/service.serverstransport: "slow@file"}}
spec: {{type: LoadBalancer, selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""


def test_manifests_are_named_and_what_is_not_modelled_in_them_is_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cart", "search"):
        Path(f"{name}.yaml").write_text(SERVICE.format(name=name))
    done = sim("compare", "-f", "cart.yaml", "-f", "search.yaml", "--requests", "60", "--report", "out.html")
    assert done.status == 0
    words = read(Path("out.html").read_text(encoding="utf-8")).words
    assert "cart.yaml and 1 more: 2 Services" in words
    place = "cart.yaml:5:18" if "cart.yaml:5:18" in words else "cart.yaml:5"
    assert (
        f"Service default/cart: annotation traefik.ingress.kubernetes.io/service.serverstransport {place}"
        in words
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ("--plan", "gateway", "--report", "x.html"), "a comparison takes two plans", id="one plan"
        ),
        pytest.param(("--report", "no/such/folder/x.html"), "no/such/folder/x.html: ", id="no such folder"),
    ],
)
def test_a_page_that_cannot_be_made_is_a_mistake(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    done = sim("compare", "shop", "--requests", "60", "-o", "json", *arguments)
    assert done.status == 2
    assert words in done.err
