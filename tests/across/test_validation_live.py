"""What the API takes we take, and what its schemas refuse we refuse: held against the schemas of Kubernetes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from valid_objects import VALID

from sim.errors import ParseError
from sim.manifests.reading.loading import pieces, read_text
from sim.manifests.validation import removed_api, validate

pytestmark = pytest.mark.slow

try:
    import kubernetes_validate
except ModuleNotFoundError:
    kubernetes_validate = None

needs_schemas = pytest.mark.skipif(
    kubernetes_validate is None, reason="needs the extra live (kubernetes-validate)"
)
ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared/corpus/manifests"
BAD_INPUT = ROOT / "tests/conformance/cases/bad-input"
KINDS = {
    ("networking.k8s.io/v1", "Ingress"): "ingress-networking-v1",
    ("networking.k8s.io/v1", "IngressClass"): "ingressclass-networking-v1",
    ("v1", "Service"): "service-v1",
    ("discovery.k8s.io/v1", "EndpointSlice"): "endpointslice-discovery-v1",
    **{("v1", kind): f"{kind.lower()}-v1" for kind in ("Pod", "ReplicationController")},
    **{
        ("apps/v1", kind): f"{kind.lower()}-apps-v1"
        for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
    },
    **{("batch/v1", kind): f"{kind.lower()}-batch-v1" for kind in ("CronJob", "Job")},
}


@cache
def schema_of(name: str):
    """The strict schema of a kind in v1.35; made once, for the package reads megabytes each time."""
    import json
    from importlib import resources

    import jsonschema
    from referencing import Registry, Resource

    folder = next(
        f
        for f in (resources.files("kubernetes_validate") / "kubernetes-json-schema").iterdir()
        if f.name.startswith("v1.35") and f.name.endswith("-local-strict")
    )
    schema, definitions = (json.loads((folder / f"{n}.json").read_text()) for n in (name, "_definitions"))
    registry = Registry().with_resources(
        [("", Resource.from_contents(schema)), ("_definitions.json", Resource.from_contents(definitions))]
    )
    return jsonschema.Draft202012Validator(schema, registry=registry)


NOT_ENFORCED = {("EndpointSlice", "'endpoints' is a required property")}
"""What a schema says and the server does not: ValidateEndpointSlice asks for no endpoints, and the conformance suite
of the Gateway API has run for years with a slice that has none."""


def refused_by_schema(value) -> list[str]:
    said = [e.message for e in schema_of(KINDS[value["apiVersion"], value["kind"]]).iter_errors(value)]
    return [message for message in said if (value["kind"], message) not in NOT_ENFORCED]


@pytest.mark.parametrize("kind", sorted(VALID))
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_valid_by_construction_is_accepted(kind, data):
    value = data.draw(VALID[kind])
    assert validate(value) == ()


@needs_schemas
@pytest.mark.parametrize("kind", sorted(VALID))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_and_by_the_schemas_too(kind, data):
    value = data.draw(VALID[kind])
    assert refused_by_schema(value) == []


def objects_below(folder: Path):
    """(file, object) of the kinds that are validated, those of Lists one by one."""
    for file in sorted(
        p for p in folder.rglob("*") if p.suffix in {".yaml", ".yml", ".json"} and "big" not in p.parts
    ):
        for piece in pieces(read_text(str(file)), str(file)):
            if not isinstance(piece, ParseError):
                yield from ((file, value) for value in _items(piece.value))


def _items(value):
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if isinstance(items, list):
        yield from (inner for item in items for inner in _items(item))
    elif isinstance(value.get("kind"), str) and (value.get("apiVersion"), value["kind"]) in KINDS:
        yield value


@needs_schemas
@pytest.mark.parametrize("folder", [CORPUS, BAD_INPUT], ids=["real files", "malformed files"])
def test_what_the_schemas_refuse_we_refuse(folder, record_property):
    if not folder.exists():
        pytest.skip(f"{folder.name} is not there")
    objects = list(objects_below(folder))
    record_property("objects", len(objects))
    taken = [
        (str(file.relative_to(folder)), refused_by_schema(value)[:1])
        for file, value in objects
        if refused_by_schema(value)
        and not validate(value)
        and not removed_api(value["apiVersion"], value["kind"])
    ]
    assert taken == []


@needs_schemas
def test_the_package_itself_agrees_with_its_schemas():
    """So that reading the schemas here in one go is reading them rightly."""
    good = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}]},
    }
    bad = {**good, "spec": {"ports": [{"port": "80"}]}}
    kubernetes_validate.validate(good, "1.35", strict=True)
    assert refused_by_schema(good) == []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(bad, "1.35", strict=True)
    assert refused_by_schema(bad) != []
