"""Words of files and requests that would do harm: to a terminal, a workflow, XML, a page, a spreadsheet.

One hostile text stands in one place at a time: a name, a host, a path, a label; in manifests, in a scenario, in
the words of a command. What comes out has no control character and no sign that turns writing around, no
workflow command of its own, and files that are still XML, HTML, JSON and CSV.
"""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command import sim

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

HOSTILE = "a\x1b[31mb\x07\u202ec\n::error::pwn\r\n=cmd()<script>alert(1)</script>\x85\u2028\u2066\x9b1m%0A::warning::x"
IN_YAML = json.dumps(HOSTILE)
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
APP = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: <ing>, namespace: <default>, annotations: {nginx.ingress.kubernetes.io/rewrite-target: </>, <note>: b}}
spec:
  ingressClassName: <nginx>
  rules:
  - host: <a.example>
    http:
      paths:
      - {path: </y>, pathType: <Prefix>, backend: {service: {name: <web>, port: {number: 80}}}}
      - {path: /x, pathType: Prefix, backend: {service: {name: web, port: {name: <http>}}}}
  tls: [{hosts: [<t.example>], secretName: <sec>}]
---
apiVersion: v1
kind: Service
metadata: {name: <other>}
spec: {type: <ClusterIP>, selector: {app: <sel>}, ports: [{name: <port>, port: 80, targetPort: <tp>}], externalName: <e.example>}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: <dep>}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web, x: <label>}}, spec: {containers: [{name: <c>, image: <image>}]}}
---
apiVersion: v1
kind: Node
metadata: {name: <node-a>, labels: {topology.kubernetes.io/zone: <zone>}}
---
apiVersion: <v1>
kind: <Thing>
metadata: {name: <thing>}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: <route>}
spec:
  parentRefs: [{name: <gw>}]
  hostnames: [<r.example>]
  rules:
  - matches: [{path: {type: RegularExpression, value: </r>}, headers: [{name: <x-y>, value: <val>}]}]
    backendRefs: [{name: <web2>, port: 80}]
"""
PLACES = re.findall("<([^>]+)>", APP)
READING = (
    ("inspect", "-f", "a.yaml", "--github"),
    ("trace", "-f", "a.yaml", "--all-rules", "http://a.example/x"),
    ("diff", "a.yaml", "b.yaml"),
    ("topology", "-f", "a.yaml"),
    ("inspect", "-f", "a.yaml", "-o", "yaml"),
    ("rules", "-f", "a.yaml", "--node", "node-a", "--mode", "nftables"),
)
WRITING = (
    (("topology", "-f", "a.yaml", "--out", "t.svg"), ("t.svg",)),
    (
        ("compare", "-f", "a.yaml", "--requests", "20", "--report", "c.html", "--chart", "c.svg"),
        ("c.html", "c.svg"),
    ),
)


def with_hostile(place: str, text: str = APP) -> str:
    """The text with one place hostile, and the usual word in all others."""
    return re.sub("<([^>]+)>", lambda found: IN_YAML if found[1] == place else json.dumps(found[1]), text)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.yaml").write_text(with_hostile(""))
    return tmp_path


def said(words: tuple[str, ...]) -> None:
    """A command's words are safe on a terminal and in a workflow's log."""
    done = sim(*words)
    for text in (done.out, done.err):
        found = UNSAFE.search(text)
        assert found is None, (words, text[max(0, found.start() - 60) : found.end() + 20])
        for line in text.splitlines():
            assert not re.match(r"\s*::(error::pwn|warning::x)", line), (words, line)


class Elements(HTMLParser):
    """The names of elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag == "script"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


def written(name: str) -> None:
    """A file that is still what its name says, with nothing of the hostile text let loose."""
    text = Path(name).read_text(encoding="utf-8")
    assert re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f]", text) is None, name
    if name.endswith((".svg", ".xml")):
        root = ElementTree.fromstring(text)
        assert not [one for one in root.iter() if one.tag.endswith("script")]
    elif name.endswith(".html"):
        page = Elements()
        page.feed(text)
        assert "alert(1)" not in [script.strip() for script in page.scripts]


def some(values: list, every: int) -> list:
    """The values; all but each n-th are for slow runs."""
    return [
        one if n % every == 0 else pytest.param(one, marks=pytest.mark.slow) for n, one in enumerate(values)
    ]


@pytest.mark.parametrize("place", some(PLACES, 9))
def test_a_hostile_word_in_a_manifest_is_shown_and_does_nothing(place, folder):
    (folder / "a.yaml").write_text(with_hostile(place))
    for words in READING:
        said(words)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_word_of_a_manifest_does_nothing_in_a_file(place, folder):
    (folder / "a.yaml").write_text(with_hostile(place))
    for words, files in WRITING:
        said(words)
        for name in filter(lambda name: Path(name).exists(), files):
            written(name)
            Path(name).unlink()


SCENARIO = """manifests: [<b.yaml>]
namespace: <default>
include: <part.yaml>
nodes: {<zone>: 2}
controller: {profile: <haproxy>, balancing: <roundrobin>}
service_time: {<default>: <5ms>}
plans: [<single-ingress>]
expose: [<default/other>]
traffic:
- {host: <a.example>, path: </x>, method: <GET>, scheme: <http>, client_ip: <192.0.2.1>, requests: 5}
expect: {run: [<p99 < 9s>]}
<key>: 1
"""
IN_SCENARIO = re.findall("<([^<>]+(?: < 9s)?)>", SCENARIO)


@pytest.mark.parametrize("place", some(IN_SCENARIO, 5))
def test_a_hostile_word_in_a_scenario_is_shown_and_does_nothing(place, folder):
    dropped = {"key": "", "part.yaml": ""}
    lines = [
        line for line in SCENARIO.splitlines() if not any(f"<{k}>" in line for k in dropped if k != place)
    ]
    text = re.sub(
        "<([^<>]+(?: < 9s)?)>", lambda f: IN_YAML if f[1] == place else json.dumps(f[1]), "\n".join(lines)
    )
    (folder / "scenario.yaml").write_text(text)
    said(("run", "."))
    said(("compare", ".", "--plan", "single-ingress", "--plan", "lb-per-service"))


@pytest.mark.slow
@pytest.mark.parametrize("place", ["/x", "GET"])
def test_what_a_run_writes_of_hostile_words_does_nothing(place, folder):
    """A path and a method may be anything that the scenario says."""
    row = f"{{host: a.example, path: {json.dumps('/' + HOSTILE) if place == '/x' else '/x'}, method: "
    row += f"{IN_YAML if place == 'GET' else 'GET'}, requests: 5}}"
    (folder / "scenario.yaml").write_text(f"manifests: [b.yaml]\ntraffic: [{row}]\n")
    for words, name in (
        (("replay", ".", "--out", "p.html"), "p.html"),
        (("sweep", ".", "controller.replicas=1,2", "--csv", "s.csv", "--chart", "s.svg"), "s.csv"),
        (("sweep", ".", "controller.replicas=1,2", "--chart", "s.svg"), "s.svg"),
    ):
        said(words)
        if Path(name).exists():
            written(name)
            if name.endswith(".csv"):
                with Path(name).open() as file:
                    cells = [cell for row in csv.reader(file) for cell in row]
                assert not [cell for cell in cells if re.match(r"[=+@]|-(?!\d|\.)", cell)]


@pytest.mark.parametrize("words", [
    ("trace", "-f", "b.yaml", HOSTILE), ("trace", "-f", "b.yaml", f"http://a.example/{HOSTILE}"),
    ("trace", "-f", "b.yaml", "-X", HOSTILE, "http://a.example/"), ("trace", "-f", "b.yaml", "-H", HOSTILE, "http://a.example/"),
    ("trace", "-f", "b.yaml", "-H", f"Host: {HOSTILE}", "http://a.example/"), ("trace", "-f", "b.yaml", "--sni", HOSTILE, "https://a.example/"),
    ("trace", "-f", "b.yaml", "--client-ip", HOSTILE, "http://a.example/"), ("trace", "-f", "b.yaml", "--controller", HOSTILE, "http://a.example/"),
    ("trace", "-f", "b.yaml", "--to", HOSTILE, "http://a.example/"), ("trace", "-f", "b.yaml", "--from", HOSTILE, "http://a.example/"),
    ("trace", "-f", HOSTILE, "http://a.example/"), ("inspect", "-f", "b.yaml", "-n", HOSTILE), ("inspect", "-k", HOSTILE), ("run", HOSTILE),
    ("explain", HOSTILE), ("check", HOSTILE), ("rules", "-f", "b.yaml", "--node", HOSTILE), ("spread", "-f", "b.yaml", "--service", HOSTILE),
    ("cost", "-f", "b.yaml", "--rps", f"{HOSTILE}=5"), ("compare", "shop", "--prices", HOSTILE), ("compare", "shop", "--chart", HOSTILE),
    ("sweep", "shop", HOSTILE), ("init", "-f", "b.yaml", f"{HOSTILE}/x/y"), ("topology", "-f", "b.yaml", "--url", HOSTILE, "--out", "t.svg"), (HOSTILE,),
    ("inspect", f"--{HOSTILE}"),
])  # fmt: skip
def test_hostile_words_of_a_command_are_shown_and_do_nothing(words, folder):
    said(words)


@pytest.mark.parametrize("place", some(["id", "host", "path", "why", "backend"], 3))
def test_hostile_words_of_a_case_file_do_nothing_in_a_report(place, folder):
    case = {"id": "a", "request": {"host": "a.example", "path": "/x"}, "expect": {"backend": "b"}, "why": "c"}
    (case["request"] if place in ("host", "path") else case["expect"] if place == "backend" else case)[
        place
    ] = HOSTILE
    (folder / "routes.yaml").write_text(json.dumps({"files": ["b.yaml"], "cases": [case]}))
    said(("check", "routes.yaml", "--junit", "j.xml", "--github"))
    written("j.xml")
