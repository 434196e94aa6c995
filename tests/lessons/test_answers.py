"""The right choices are what the product itself says: its routes, spreads, runs and bills."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from course import ROOT, cells, choices, written

import sim
from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.routing.trace import Final

Answers = Iterator[tuple[str, str]]
"""(question, words that its right choice must have)."""
BARE = Setup(assume_controllers=False)
"""A cluster into which nobody installed anything."""


def shares(cluster: Cluster) -> dict[str, float]:
    pods = sim.spread(cluster, "demo/web").to_json()["modes"][0]["pods"]
    return {pod["pod"].partition("/")[2]: pod["probability"] for pod in pods}


def end(cluster: Cluster, address: str) -> Final:
    return sim.route(cluster, sim.Request.parse(f"http://{address}")).final


def written_in_the_notebook(name: str, variable: str) -> str:
    """The manifests that a notebook shows, by the variable they are in."""
    text = "\n".join(cells(name)).partition(f'{variable} = """')[2]
    return text.partition('"""')[0]


def traffic_flow() -> Answers:
    cluster = sim.build(sim.load([str(ROOT / "scenarios" / "fanout" / "manifests")]))
    found = sim.route(cluster, sim.Request.parse("http://fanout.example.com/foo"))
    yield "Q1", f"{(found.final.backend or '').partition('/')[2].partition(':')[0]} alone"
    yield "Q2", f"nobody; the answer is {code(end(cluster, 'fanout.example.com/foobar'))}"
    assert not any("ClusterIP" in hop.says for hop in found.hops if hop.kind == "controller")
    yield "Q3", "that of a Pod"
    nobody = sim.load_experiment("no-controller").plan_to_run("single-ingress").cluster
    yield "Q4", code(end(nobody, "lonely.example.com/"))
    run = sim.run("fanout", plan="lb-per-service", requests=6000)
    first, second = (station.served for station in run.stations[:2])
    assert (
        abs(first - second) > 3 * (first + second) ** 0.5
    )  # three standard deviations, if requests were drawn
    yield "Q5", "for each connection"
    direct, ingress = (float(plan.bill.amount) for plan in sim.cost("shop").offers[0].plans)
    yield "Q6", f"about {round(100 * (1 - ingress / direct), -1):.0f} per cent"


def lesson_0() -> Answers:
    lesson = sim.lesson("0")
    cart, other = (
        sim.route(lesson.cluster(), sim.Request.parse(f"http://shop.example.com/{path}"))
        for path in ("cart", "help")
    )
    told = [
        (hop.kind, (hop.says, hop.steps, hop.branches) != (twin.says, twin.steps, twin.branches))
        for hop, twin in zip(cart.hops, other.hops, strict=True)
    ]
    yield "Q1", f"the Ingress {next(kind for kind, differs in told if differs)}"
    assert [hop.kind for hop in cart.hops[-2:]] == ["controller", "pod"]
    assert {reached.endpoint.pod for reached in cart.final.reached} == {"shop/cart-1", "shop/cart-2"}
    yield "Q2", "one of the Pods of cart"
    bare = sim.build(sim.load([str(ROOT / "scenarios" / lesson.name / "manifests" / "shop.yaml")]), BARE)
    assert len(bare.pods) == 8
    assert all(port.ready for service in bare.services.values() for port in service.ports)
    assert bare.controllers == ()
    yield "Q3", "the Ingress controller"


def lesson_1() -> Answers:
    lesson = sim.lesson("1")
    for node in ("node-1", "node-2", "node-3"):
        rules = str(sim.rules(lesson.cluster(), node, service="demo/web"))
        assert rules.count("--probability") == 2  # of three lines; the last takes what is left
    changed = lesson.cluster(written_in_the_notebook(lesson.name, "without_label"))
    yield "Q1", "on node-1"
    yield "Q3", "to " + " and ".join(shares(changed))


def lesson_4() -> Answers:
    lesson = sim.lesson("4")
    before = shares(lesson.cluster())
    yield "Q1", {0.5: "a half"}[before["web-3"]]
    after = shares(lesson.cluster(written_in_the_notebook(lesson.name, "fourth")))
    yield "Q2", " and ".join(pod for pod in before if after[pod] < before[pod])
    other = lesson.cluster(written_in_the_notebook(lesson.name, "as_cluster"))
    hops = sim.route(other, sim.Request.parse("http://web.demo/")).hops
    node = next(hop for hop in hops if hop.kind == "node")
    assert node.after["source"] != node.before["source"]
    yield "Q3", "that of the node"


def lesson_6() -> Answers:
    lesson = sim.lesson("6")
    yield "Q1", code(end(lesson.cluster(), "shop.local/"))
    with_controller = lesson.cluster(given=("manifests/", "controller/", "broken/"))
    assert end(with_controller, "two.local/").answered_by == "ingress-nginx"
    yield "Q2", code(end(with_controller, "two.local/"))


def lesson_7() -> Answers:
    lesson = sim.lesson("7")
    for question, path in (("Q1", "/cartoon"), ("Q2", "/cart/")):
        backend = end(lesson.cluster(), f"shop.local{path}").backend
        yield question, f"{(backend or '').partition('/')[2].partition(':')[0]}, by the Prefix"
    grid = written(lesson.name)["tasks"]["L07-0"]
    served = sim.grid(lesson.cluster(), list(grid), host="shop.local").answers
    assert [f"demo/{service}:80" for service in grid.values()] == list(served)
    cluster = lesson.cluster(written_in_the_notebook(lesson.name, "eu"))
    yield "Q3", f"nobody; the answer is {code(end(cluster, 'eu.shop.local/about'))}"


def lesson_9() -> Answers:
    cluster = sim.lesson("9").cluster()
    ghost, sleepy = end(cluster, "shop.local/ghost"), end(cluster, "shop.local/sleepy")
    assert code(ghost) == code(sleepy)
    yield "Q1", f"{code(ghost)} for both, from the {speaker(ghost)}"
    relay = end(cluster, "shop.local/relay")
    yield "Q2", f"{code(relay)}, from the {speaker(relay)}"
    direct = end(cluster, "direct.demo/")
    assert direct.state == "refused"
    yield "Q3", f"{code(direct)}; the connection is refused"


def lesson_11() -> Answers:
    lesson = sim.lesson("11")
    asked = {q.id: q.ask for q in lesson._book.questions}
    for question, provider in (("Q1", "azure"), ("Q2", "aws")):
        offer = sim.cost(lesson.experiment, provider=provider).offers[0]
        direct, ingress = (float(plan.bill.amount) for plan in offer.plans)
        assert f"about {direct:.0f} dollars a month" in asked[question]
        yield question, f"about {round(direct - ingress, -1):.0f} dollars"
    compared = sim.compare(lesson.experiment, replications=2, requests=1000)
    assert f"about {round(compared.pair[0].latency_s['mean'] * 1000, -1):.0f} ms" in asked["Q3"]
    yield "Q3", f"it rises by about {compared.differences['mean'].mean * 1000:.0f} ms"
    behind = len(lesson.experiment.scenario.traffic)
    assert [one.service for one in compared.cannot_move] == ["shop/dns"]
    yield "Q4", {11: "eleven"}[behind]


def code(final: Final) -> str:
    return str(final.status or "no code")


def speaker(final: Final) -> str:
    return {"ingress-nginx": "controller"}[final.answered_by or ""]


ALL: list[Callable[[], Answers]] = [
    traffic_flow,
    lesson_0,
    lesson_1,
    lesson_4,
    lesson_6,
    lesson_7,
    lesson_9,
    lesson_11,
]


@pytest.mark.parametrize("lesson", ALL)
def test_the_right_choice_is_what_the_product_says(lesson):
    known = lesson.__name__.partition("_")[2]
    name = sim.lesson(known).name if known.isdigit() else "00-traffic-flow"
    for question, words in lesson():
        right = written(name)["predictions"][question]
        assert words in choices(name, question)[right], question
        others = [text for letter, text in choices(name, question).items() if letter != right]
        assert not any(text == choices(name, question)[right] for text in others)


def test_the_break_even_that_lesson_11_asks_for_is_what_the_bills_say():
    found = sim.lesson("11")
    given = written(found.name)["tasks"]["L11-1"]
    assert {p: sim.cost(found.experiment, provider=p).offers[0].break_even_services for p in given} == given


def test_what_lesson_9_asks_for_is_what_the_trace_says():
    found = sim.lesson("9")
    cluster = found.cluster(given=("manifests/", "mystery/"))
    for host, said in written(found.name)["tasks"]["L09-3"].items():
        final = end(cluster, f"{host}.local{'/app/x' if host == 'm1' else '/'}")
        who = "controller" if final.answered_by == "ingress-nginx" else "nobody"
        assert f"{final.status or 'none'} {who}" == said
