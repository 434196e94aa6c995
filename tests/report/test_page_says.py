"""What the page of a replay says of one request: from its trace, in plain words, and of one mind with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from clusters import cluster
from edge import CERT, NGINX, controller
from page_facts import told

from sim import __version__
from sim.api import replay
from sim.comparison.compare import compare
from sim.errors import ScenarioError
from sim.report.page.absent import shown_absent
from sim.report.page.rulebook import MOST_ROWS, book, open_rules
from sim.report.page.tls import shown_tls
from sim.report.words import on_the_way
from sim.report.words.answers import answer_of, answer_to
from sim.report.words.predictions import about_end, about_rule, ends_asked
from sim.routing import Request, Trace, route
from sim.scenario.experiment import load_experiment, shipped_scenarios
from sim.simulation.design import Flow

APP = """
apiVersion: v1
kind: Pod
metadata: {name: NAME-1, namespace: shop, labels: {app: NAME}}
spec: {nodeName: node-a, containers: [{name: c, image: i}]}
status: {conditions: [{type: Ready, status: "READY"}]}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {selector: {app: NAME}, ports: [{port: 80}]}
"""


def app(name: str, ready: bool = True) -> str:
    return APP.replace("NAME", name).replace("READY", str(ready))


def ingress(*paths: tuple[str, str, str, str], name: str = "shop", **metadata: object) -> str:
    """Args: paths: host, path, type and Service of each rule."""
    rules = [
        {
            "host": host,
            "http": {
                "paths": [
                    {
                        "path": path,
                        "pathType": kind,
                        "backend": {"service": {"name": service, "port": {"number": 80}}},
                    }
                ]
            },
        }
        for host, path, kind, service in paths
    ]
    shown = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": {"ingressClassName": "nginx", "rules": rules},
    }
    return yaml.safe_dump(shown)


SHOP, API = "shop.example.com", "api.example.com"
RULES = ingress(
    (SHOP, "/", "Prefix", "web"),
    (SHOP, "/cart", "Prefix", "cart"),
    (SHOP, "/login", "Exact", "login"),
    (API, "/", "Prefix", "api"),
)
APPS = "---".join(map(app, ("web", "cart", "login", "api")))


def asked(url: str, *more: str, rules: str = RULES) -> Trace:
    return route(cluster(rules, APPS, *more), Request.parse(url))


def test_the_reason_of_a_row_is_its_own():
    shown = book(cluster(RULES, APPS), asked(f"http://{SHOP}/cart/42"))
    assert shown is not None
    assert [(row["path"], row["because"]) for row in shown["rows"]] == [
        ("/", "loses: fits too, but shorter"),
        ("/cart", "wins: host fits, longest path"),
        ("/login", "loses: /cart/42 is not /login"),
        ("/", "not asked: another host"),
    ]
    assert [(row["host_fits"], row["path_fits"]) for row in shown["rows"]] == [
        (True, True),
        (True, True),
        (True, False),
        (False, None),
    ]
    assert (shown["reads"], shown["more"]) == ("reads Ingress shop", 0)
    assert shown["foot"] == "no rule fits: 404, written here"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            f"http://{SHOP}/cart/42",
            "The Host is shop.example.com, so no rule of api.example.com is asked. Two paths fit /cart/42. "
            "The rule /cart wins: host fits, longest path.",
        ),
        (
            f"http://{API}/",
            "The Host is api.example.com, so no rule of shop.example.com is asked. "
            "The rule / wins: host and path fit.",
        ),
        (f"http://{API[1:]}/", "No rule for host pi.example.com."),
    ],
)
def test_the_controllers_sentence_has_the_reason_of_the_row(url, said):
    assert on_the_way.at_controller(asked(url)) == said


def test_a_long_name_leaves_the_sentence_short():
    host = f"{'very-' * 9}long.example.com"
    rules = ingress((host, "/", "Prefix", "web"), (f"x{host}", "/", "Prefix", "web"))
    said = on_the_way.at_controller(asked(f"http://{host}/", rules=rules))
    assert len(said) <= on_the_way.LONGEST
    assert said.endswith("The rule / wins: host and path fit.")


def test_of_many_rules_the_winner_and_the_nearest_are_open_in_the_order_of_the_manifest():
    paths = [(f"h{n}.example.com", "/", "Prefix", "web") for n in range(9)]
    rules = ingress(*paths)
    trace = asked("http://h7.example.com/", rules=rules)
    shown = book(cluster(rules, APPS), trace)
    assert shown is not None
    assert [row["host"] for row in shown["rows"]][-1] == "h7.example.com"
    assert len(open_rules(trace)) == MOST_ROWS
    assert (shown["more"], shown["more_words"]) == (4, "4 more hosts: not asked")


@pytest.mark.parametrize(
    ("url", "right", "wrong", "because"),
    [
        (f"http://{SHOP}/cart", "row-1", "row-0", "/ fits too, but is shorter than /cart."),
        (
            f"http://{SHOP}/cartoon",
            "row-0",
            "row-1",
            "Prefix compares whole segments: /cartoon is neither /cart nor below it.",
        ),
        (f"http://{SHOP}/login/", "row-0", "row-2", "Exact wants the whole path: /login/ is not /login."),
        (
            f"http://{SHOP}/cart",
            "row-1",
            "row-3",
            f"Another host: this rule is for {API}, and the Host is {SHOP}.",
        ),
        (f"http://{SHOP}/cart", "row-1", "no-rule", f"A rule does fit: /cart of {SHOP}."),
    ],
)
def test_each_wrong_rule_is_told_why(url, right, wrong, because):
    trace = asked(url)
    question = about_rule(trace, open_rules(trace))
    assert question is not None
    assert question.right == right
    assert question.why[wrong] == because
    assert set(question.why) | {right} == {choice.id for choice in question.choices}


def test_where_one_rule_alone_could_fit_nothing_is_asked():
    trace = asked(f"http://{SHOP}/", rules=ingress((SHOP, "/", "Prefix", "web")))
    assert about_rule(trace, open_rules(trace)) is None


def test_where_no_rule_fits_that_is_the_answer():
    trace = asked(f"http://{SHOP}/x", rules=ingress((SHOP, "/y", "Prefix", "web")))
    question = about_rule(trace, open_rules(trace))
    assert question is not None
    assert question.right == "no-rule"
    assert question.why == {"row-0": "Its path does not fit: /x is not under /y."}


SLEEPY = ingress((SHOP, "/", "Prefix", "sleepy"))


def test_the_ends_to_choose_from_are_the_same_for_all_and_explain_nothing():
    traces = [asked(f"http://{SHOP}/"), asked(f"http://{SHOP}/", app("sleepy", False), rules=SLEEPY)]
    choices = ends_asked(traces, has_rules=True)
    assert [(choice.id, choice.words) for choice in choices] == [
        ("app", "the application answers"),
        ("404", "404, written by the controller"),
        ("503", "503, written by the controller"),
        ("none", "no answer, no code"),
    ]
    first, second = (about_end(trace, choices) for trace in traces)
    assert first is not None
    assert second is not None
    assert (first.right, second.right) == ("app", "503")
    assert second.why["404"] == "404: somebody reads rules, and none fits."
    assert second.says == "Here it is 503, written by the controller: nobody is ready behind the rule."


def test_more_ends_than_letters_are_put_together():
    trace = asked(f"http://{SHOP}/")
    ends = [
        replace(trace, final=replace(trace.final, state="answered-by-proxy", status=n))
        for n in (308, 403, 404, 502, 503)
    ]
    assert [c.id for c in ends_asked([trace, *ends], True)] == ["app", "308", "403-404", "502", "503"]


@pytest.mark.parametrize(
    ("rules", "url", "more", "by", "short", "look_at"),
    [
        (RULES, f"http://{SHOP}/", "", "pod", "answered by the application", "the application's own log"),
        (
            RULES,
            "http://x.example.com/",
            "",
            "controller",
            "404: no rule fits the host",
            "the Ingress: host and path",
        ),
        (
            SLEEPY,
            f"http://{SHOP}/",
            app("sleepy", False),
            "controller",
            "503: nobody is ready behind the rule",
            "the Service's endpoints",
        ),
        (
            ingress((SHOP, "/", "Prefix", "ghost")),
            f"http://{SHOP}/",
            "",
            "controller",
            "503: the rule names no Service that exists",
            "the Service name in the rule",
        ),
    ],
)
def test_who_answers(rules, url, more, by, short, look_at):
    found = answer_to(asked(url, *filter(None, [more]), rules=rules))
    assert (found.by, found.short, found.look_at) == (by, short, look_at)


def test_ends_of_one_status_with_two_reasons_say_neither():
    ghost = asked(f"http://{SHOP}/", rules=ingress((SHOP, "/", "Prefix", "ghost")))
    sleepy = asked(f"http://{SHOP}/", app("sleepy", False), rules=SLEEPY)
    reason = "answered-by-proxy 503"
    assert answer_of(reason, [ghost]).means == "the rule names no Service that exists"
    assert answer_of(reason, [ghost, sleepy]).means == "nobody is ready behind the rule"
    assert answer_of("timeout", [ghost]).by is None


GUARD = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


def test_a_network_policy_is_the_reason_whether_a_proxy_or_the_client_waits():
    found = answer_to(asked(f"http://{SHOP}/", GUARD))
    assert (found.by, found.short) == ("controller", "504: a network policy keeps it from the Pod")
    assert found.look_at == "the policies that select the Pod"
    open_to_all = app("web").replace(
        "{selector", "{type: LoadBalancer, externalTrafficPolicy: Local, selector"
    )
    direct = route(cluster(open_to_all, GUARD), Request.parse("tcp://web:80"), to="lb:shop/web")
    assert direct.final.state == "timeout"
    assert answer_of("connect-timeout", [direct]).means == "a network policy keeps it from the Pod"


def test_where_nobody_reads_the_rules_the_chair_is_empty():
    there = cluster(RULES, APPS, controllers=())
    traces = [route(there, Request.parse(f"http://{SHOP}/"))]
    shown = shown_absent(there, traces)
    assert shown is not None
    assert (shown["says"], shown["classes"]) == ("none is installed", "IngressClass nginx: no reader")
    assert shown["book"]["rows"][1] == {"path": "/cart", "service": "cart:80"}
    assert shown["book"]["address"] == ""
    assert ["Ingress", "not one of its jobs"] in shown["manager"]
    served = cluster(RULES, APPS)
    assert shown_absent(served, [route(served, Request.parse(f"http://{SHOP}/"))]) is None


TLS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop, annotations: ANNOTATIONS}
spec:
  ingressClassName: web
  tls: [{hosts: [shop.example.com], secretName: web-tls}]
  rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: v1
kind: Secret
metadata: {name: web-tls, namespace: shop}
type: kubernetes.io/tls
data: {tls.crt: "", tls.key: ""}
"""


@pytest.mark.parametrize(
    ("annotations", "balancer", "flags", "expected"),
    [
        pytest.param(
            "{}", None, (), ("controller", "Secret web-tls", "encrypted", "plain", False), id="edge"
        ),
        pytest.param(
            f"{{{NGINX}/backend-protocol: HTTPS}}",
            None,
            (),
            ("controller", "Secret web-tls", "encrypted", "encrypted", False),
            id="again-behind-the-controller",
        ),
        pytest.param(
            f'{{{NGINX}/ssl-passthrough: "true"}}',
            None,
            ("--enable-ssl-passthrough",),
            ("pod", "", "encrypted", "encrypted", True),
            id="passed-through",
        ),
        pytest.param("{}", CERT, (), ("load-balancer", "", "plain", "plain", False), id="load-balancer"),
    ],
)
def test_where_tls_ends(annotations, balancer, flags, expected):
    edge = controller(*flags, annotations=balancer, https_target="http" if balancer else "https")
    there = cluster(TLS.replace("ANNOTATIONS", annotations), APPS, *map(yaml.safe_dump, edge))
    trace = route(there, Request.parse(f"https://{SHOP}/"))
    service = there.services["ingress-nginx/ingress-nginx-controller"]
    shown = shown_tls(trace, Flow(0), service, service.port(443))
    legs = shown["legs"]
    assert legs["client"] == "encrypted"
    assert (shown["ends_at"], shown["key"], legs["node"], legs["pod"], shown["sealed"]) == expected


def test_two_plans_cost_and_take_what_compare_says():
    shop = load_experiment("shop")
    data = replay(shop, ("lb-per-service", "single-ingress"), requests=300).data
    found = compare(shop, __version__, requests=300, faults=False)
    for plan, outcome in zip(data["plans"], found.outcomes, strict=True):
        assert plan["money"]["dollars"] == float(outcome.bill.amount)
        assert plan["mean_ms"] == outcome.latency_s["mean"] * 1e3
    assert max(plan["money"]["share"] for plan in data["plans"]) == 1
    difference = found.outcomes[1].bill.amount - found.outcomes[0].bill.amount
    assert data["difference"].startswith(f"−{-float(difference):.2f} US dollars, +")
    assert data["plans"][0]["summary"] == "9 load balancers, one for each Service"
    assert data["plans"][1]["summary"] == "1 load balancer, and a controller that reads the rules"


def test_plans_that_cannot_be_compared_have_no_money():
    data = replay("no-controller", ("lb-per-service", "single-ingress"), requests=20).data
    assert data["difference"] is None
    assert [(plan["money"], plan["mean_ms"]) for plan in data["plans"]] == [(None, None)] * 2
    assert data["plans"][1]["absent"]["says"] == "none is installed"


def test_what_is_right_is_packed():
    (row,) = replay("tls-edge", requests=20).data["plans"][0]["rows"]
    (question,) = row["questions"]
    assert told(question)["right"] == "app"
    assert "right" not in question


def test_every_scenario_asks_a_question_of_its_own():
    questions = [load_experiment(name).scenario.question for name in shipped_scenarios()]
    assert all(question is not None and question.endswith("?") for question in questions)
    assert len(set(questions)) == len(questions)


def test_a_question_that_does_not_fit_the_head_is_refused(tmp_path):
    (tmp_path / "scenario.yaml").write_text(f"manifests: [a.yaml]\nquestion: {'x' * 45}\n")
    with pytest.raises(ScenarioError, match="question"):
        load_experiment(str(tmp_path))
