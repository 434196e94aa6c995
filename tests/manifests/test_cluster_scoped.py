"""What has no namespace is called by its name alone, whatever `-n` says and whatever is written."""

from __future__ import annotations

import pytest

from sim.manifests.decoding import from_document
from sim.manifests.objects.kinds import CLUSTER_SCOPED, KINDS
from sim.manifests.reading.loading import documents


def test_the_models_without_namespace_are_the_cluster_scoped_kinds():
    assert {key for key, model in KINDS.items() if not model.has_namespace} == CLUSTER_SCOPED & KINDS.keys()


@pytest.mark.parametrize("namespace", ["default", "shop"])
@pytest.mark.parametrize(("group", "kind"), sorted(CLUSTER_SCOPED))
def test_it_is_called_by_its_name_alone(group, kind, namespace):
    version = f"{group}/v1" if group else "v1"
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: blue}}\nspec: []\nstatus: 3\n"
    found = from_document(next(iter(documents(text, "a.yaml"))), namespace)
    keys = {o.key for o in (*found.objects, *found.unknown)} | {f.key for f in found.faults if f.key}
    assert keys == {"blue"}
    said = " ".join([f.message for f in found.faults] + [u.what for u in found.unmodelled])
    assert f"{namespace}/blue" not in said
