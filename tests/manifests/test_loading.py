"""Reading: every value keeps its place, nothing is executed, nothing is ignored in silence."""

from __future__ import annotations

import pytest

from sim.errors import ParseError, UsageError
from sim.manifests.objects.networking import Ingress, Service
from sim.manifests.objects.workloads import Secret
from sim.manifests.reading.loading import documents, files_below, from_document, load, merge, pieces

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /cart
        pathType: Prefix
        backend:
          service: {name: cart, port: {number: 80}}
"""


def read(text: str, file: str = "a.yaml"):
    return merge(from_document(d) for d in documents(text, file))


def test_every_field_keeps_file_line_and_column():
    ingress = next(read(INGRESS).of(Ingress))
    assert ingress.origin.at("spec", "rules", 0, "http", "paths", 0, "path") == "a.yaml:11:9"
    assert ingress.line("spec", "rules", 0, "host") == "a.yaml:8"
    assert ingress.origin.at("spec", "rules", 0, "http", "paths", 0, "nothing") == "a.yaml:11:9"


def test_a_second_document_counts_lines_from_the_start_of_the_file():
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n" + INGRESS
    assert next(read(text).of(Ingress)).line("metadata", "name") == "a.yaml:8"


def test_the_items_of_a_list_kind_keep_their_own_places():
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: web\n"
    )
    service = next(read(text).of(Service))
    assert service.line("metadata", "name") == "a.yaml:7"


def test_json_is_read_with_places_too():
    text = '{"apiVersion": "v1",\n "kind": "Service",\n "metadata": {"name": "web"}}'
    assert next(read(text, "a.json").of(Service)).line("metadata") == "a.json:3"


def test_a_kind_is_keyed_on_its_group():
    found = read("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: hello}\n")
    assert list(found.of(Service)) == []
    assert [(u.what, u.may_change_answer) for u in found.unmodelled] == [
        ("Service.serving.knative.dev hello", True)
    ]


@pytest.mark.parametrize(
    ("kind", "version", "may_change"),
    [
        pytest.param("ConfigMap", "v1", False, id="a ConfigMap is harmless"),
        pytest.param(
            "CiliumNetworkPolicy", "cilium.io/v2", True, id="a policy of a plugin may stop the request"
        ),
        pytest.param("VirtualService", "networking.istio.io/v1", True, id="a mesh may send it elsewhere"),
        pytest.param("Anything", "example.com/v1", True, id="an unknown kind may do anything"),
    ],
)
def test_unknown_kinds_are_reported_with_what_they_may_do(kind, version, may_change):
    found = read(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n")
    assert [u.may_change_answer for u in found.unmodelled] == [may_change]


def test_fields_outside_the_model_are_reported_at_their_place():
    text = INGRESS.replace("spec:\n", "spec:\n  surprise: 1\n")
    found = [u for u in read(text).unmodelled if "surprise" in u.what]
    assert [(u.source, u.may_change_answer) for u in found] == [("a.yaml:7:3", True)]


def test_the_data_of_a_secret_never_enters():
    found = read("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {password: aHVudGVyMg==}\n")
    assert "aHVudGVyMg" not in repr(found)
    assert next(found.of(Secret)).name == "s"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        pytest.param("a: 1\na: 2\n", 2, "twice", id="a key that stands twice"),
        pytest.param("a: [1, 2\n", 2, "YAML", id="a bracket that never closes"),
        pytest.param("a: &x [*x]\n", 1, "itself", id="a value that contains itself"),
        pytest.param("a: *nothing\n", 1, "undefined alias", id="an alias of nothing"),
        pytest.param("{{ .Values.x }}: 1\n", 1, "template", id="an unrendered template"),
    ],
)
def test_what_is_no_yaml_is_refused_at_its_line(text, line, word):
    with pytest.raises(ParseError, match=word) as caught:
        list(documents(text, "a.yaml"))
    assert caught.value.source.startswith(f"a.yaml:{line}:")


def test_aliases_cannot_fill_the_memory():
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(ParseError, match="grow"):
        list(documents("a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n" + levels, "a.yaml"))


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        pytest.param("no", False, id="no is false, as for kubectl"),
        pytest.param("12:30:45", "12:30:45", id="base 60 stays text"),
        pytest.param("2024-01-01", "2024-01-01", id="a date stays text"),
        pytest.param("0x10", 16, id="hexadecimal"),
        pytest.param("010", 8, id="octal with a zero, as in YAML 1.1"),
        pytest.param("0o17", 15, id="octal with a letter"),
        pytest.param("08", 8, id="no octal number, so a float, and a whole one"),
        pytest.param("1e3", 1000, id="an exponent without a dot is a number for go-yaml"),
        pytest.param("1e400", "1e400", id="a number beyond a double is text"),
        pytest.param("80.0", 80, id="a whole float is an integer, as in JSON"),
        pytest.param("1.10", 1.1, id="a version without quotes loses its zero"),
        pytest.param("1_000", 1000, id="underscores in a number"),
        pytest.param("y", True, id="a lone y is true for go-yaml"),
        pytest.param("Off", False, id="Off is false"),
        pytest.param("'no'", "no", id="quotes keep it text"),
        pytest.param("!!str 80", "80", id="a tag of the core schema"),
        pytest.param("web-1", "web-1", id="a word"),
        pytest.param(".5", 0.5, id="a float without a leading digit"),
        pytest.param("<<", "<<", id="the merge sign as a value"),
        pytest.param("~", None, id="null"),
    ],
)
def test_scalars(scalar, value):
    assert next(pieces(f"a: {scalar}\n", "a.yaml")).value == {"a": value}


@pytest.mark.parametrize("letter", ["y", "Y", "n", "N"])
def test_a_letter_in_a_format_of_this_project_is_a_letter(letter):
    text = f"{letter}: {letter}\nwhole: no\n"
    assert next(documents(text, "scenario.yaml")).value == {letter: letter, "whole": False}


@pytest.mark.parametrize(
    ("change", "place", "word"),
    [
        pytest.param(("number: 80", "number: '80'"), 14, "int32", id="text where a number belongs"),
        pytest.param(("name: web", "name: 5"), 4, "string", id="a number where text belongs"),
        pytest.param(
            ("rules:\n  - host", "rules:\n    host"), 7, "as a list", id="a mapping where a list belongs"
        ),
    ],
)
def test_a_wrong_shape_is_refused_at_its_line(change, place, word):
    found = read(INGRESS.replace(*change))
    assert [(f.code, f.source.split(":")[1]) for f in found.faults] == [("SIM1012", str(place))]
    assert word in found.faults[0].message
    assert [type(o) for o in found.objects] == [Ingress], "the rest of the object is read"


def test_objects_without_a_namespace_get_the_given_one():
    found = list(documents("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", "a.yaml"))
    assert next(from_document(found[0], "blue").of(Service)).key == "blue/web"


def test_the_last_of_two_equal_objects_counts_and_is_said(tmp_path):
    for name, port in (("a.yaml", 80), ("b.yaml", 81)):
        text = (
            f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{ports: [{{port: {port}}}]}}\n"
        )
        (tmp_path / name).write_text(text)
    found = load([str(tmp_path)])
    assert [p.port for s in found.of(Service) for p in s.spec.ports] == [81]
    assert [(f.code, f.severity) for f in found.faults] == [("SIM1016", "warning")]
    assert "first at" in found.faults[0].message


def test_a_folder_of_links_that_lead_out_of_it_says_why_it_is_empty(tmp_path):
    real, linked = tmp_path / "real", tmp_path / "linked"
    real.mkdir()
    linked.mkdir()
    (real / "a.yaml").write_text("kind: Service\n")
    (linked / "a.yaml").symlink_to(real / "a.yaml")
    with pytest.raises(UsageError, match="links that lead out of it are not followed"):
        list(files_below(str(linked)))
