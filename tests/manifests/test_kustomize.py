"""Kustomize folders: what comes out is what the documentation of kustomize and kubectl says, with the place of each value.

Results are derived from kubernetes-sigs/kustomize (its reference of kustomization.yaml; kyaml/yaml/merge2),
kubernetes/community (strategic-merge-patch.md), the API reference's merge keys, and RFC 6902.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import yaml

from sim.analysis.trace import Client
from sim.manifests.objects.networking import Ingress, Service
from sim.manifests.objects.workloads import WorkloadResource
from sim.manifests.reading.kustomize import Texts, follow
from sim.manifests.reading.kustomize.json_patch import PatchError, patched
from sim.manifests.reading.kustomize.merging import merge_keys, merged
from sim.manifests.reading.kustomize.placed import placed
from sim.manifests.reading.kustomize.resources import fulfils
from sim.manifests.reading.kustomize.transforming import split_image
from sim.manifests.reading.loading import _pieces_of_file, _pieces_of_text, load, read_text
from sim.routing import Request, route
from sim.routing.building import build

HERE = ("a.yaml", 1, 1)
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: example/web:1
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: 8080
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example.com], secretName: cert}]
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: door}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def merge(base: str, patch: str, group: str = "", kind: str = ""):
    found = merged(
        placed(yaml.safe_load(base), HERE), placed(yaml.safe_load(patch), HERE), merge_keys(group, kind)
    )
    return None if found is None else found.plain


def pod(containers: str) -> str:
    return f"spec: {{template: {{spec: {{containers: {containers}}}}}}}"


MERGES = [
    # (name, group, kind, base, patch, result)
    ("mappings are merged key by key", "", "Service", "{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", "{a: {b: 1, c: 3, d: 4}}"),
    ("null takes a key away", "", "Service", "{a: {b: 1, c: 2}}", "{a: {b: null}}", "{a: {c: 2}}"),
    ("$patch: delete takes a mapping away", "", "Service", "{a: {b: 1}, c: 2}", "{a: {$patch: delete}}", "{c: 2}"),
    ("$patch: delete takes the whole object away", "", "Service", "{a: 1}", "{$patch: delete}", "null"),
    ("$patch: replace keeps nothing of a mapping", "", "Service", "{a: {b: 1, c: 2}}", "{a: {$patch: replace, d: 3}}", "{a: {d: 3}}"),
    ("$patch: merge says what is so anyway", "", "Service", "{a: {b: 1}}", "{a: {$patch: merge, c: 2}}", "{a: {b: 1, c: 2}}"),
    ("a list without a merge key is replaced", "networking.k8s.io", "Ingress", "{spec: {rules: [{host: a}, {host: b}]}}", "{spec: {rules: [{host: c}]}}", "{spec: {rules: [{host: c}]}}"),
    ("so are the hosts of tls", "networking.k8s.io", "Ingress", "{spec: {tls: [{hosts: [a, b]}]}}", "{spec: {tls: [{hosts: [c]}]}}", "{spec: {tls: [{hosts: [c]}]}}"),
    ("the lists of a custom resource are replaced", "gateway.networking.k8s.io", "HTTPRoute", "{spec: {rules: [{name: a}, {name: b}]}}", "{spec: {rules: [{name: a, x: 1}]}}", "{spec: {rules: [{name: a, x: 1}]}}"),
    ("containers are merged by name", "apps", "Deployment", pod("[{name: a, image: x, args: [1]}]"), pod("[{name: a, image: y}]"), pod("[{name: a, image: y, args: [1]}]")),
    ("a new container stands first, as kustomize puts it", "apps", "Deployment", pod("[{name: a}]"), pod("[{name: b}]"), pod("[{name: b}, {name: a}]")),
    ("a container is taken away by its name", "apps", "Deployment", pod("[{name: a}, {name: b}]"), pod("[{name: a, $patch: delete}]"), pod("[{name: b}]")),
    ("$patch: replace keeps no other container", "apps", "Deployment", pod("[{name: a}, {name: b}]"), pod("[{name: c}, {$patch: replace}]"), pod("[{name: c}]")),
    ("$patch: delete takes a list away", "apps", "Deployment", pod("[{name: a}]"), pod("[{$patch: delete}]"), "{spec: {template: {spec: {}}}}"),
    ("env is merged by name", "apps", "StatefulSet", pod("[{name: a, env: [{name: X, value: 1}, {name: Y, value: 2}]}]"), pod("[{name: a, env: [{name: Y, value: 3}]}]"), pod("[{name: a, env: [{name: Y, value: 3}, {name: X, value: 1}]}]")),
    ("volume mounts are merged by path", "apps", "Deployment", pod("[{name: a, volumeMounts: [{mountPath: /x, name: v}]}]"), pod("[{name: a, volumeMounts: [{mountPath: /x, readOnly: true}]}]"), pod("[{name: a, volumeMounts: [{mountPath: /x, name: v, readOnly: true}]}]")),
    ("arguments are replaced", "apps", "DaemonSet", pod("[{name: a, args: [--one, --two]}]"), pod("[{name: a, args: [--three]}]"), pod("[{name: a, args: [--three]}]")),
    ("ports of a container are merged by number", "apps", "Deployment", pod("[{name: a, ports: [{containerPort: 80}]}]"), pod("[{name: a, ports: [{containerPort: 80, name: http}]}]"), pod("[{name: a, ports: [{containerPort: 80, name: http}]}]")),
    ("of two protocols the patch means its own", "apps", "Deployment", pod("[{name: a, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]}]"), pod("[{name: a, ports: [{containerPort: 53, protocol: TCP, name: dns}]}]"), pod("[{name: a, ports: [{containerPort: 53, protocol: TCP, name: dns}, {containerPort: 53, protocol: UDP}]}]")),
    ("ports of a Service are merged by port", "", "Service", "{spec: {ports: [{port: 80, targetPort: 1}, {port: 443}]}}", "{spec: {ports: [{port: 80, targetPort: 2}]}}", "{spec: {ports: [{port: 80, targetPort: 2}, {port: 443}]}}"),
    ("a Service of another group has no merge key", "serving.knative.dev", "Service", "{spec: {ports: [{port: 80, a: 1}]}}", "{spec: {ports: [{port: 80}]}}", "{spec: {ports: [{port: 80}]}}"),
    ("init containers of a CronJob too", "batch", "CronJob", "{spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: a, image: x}]}}}}}}", "{spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: a, image: y}]}}}}}}", "{spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: a, image: y}]}}}}}}"),
    ("a Pod's containers", "", "Pod", "{spec: {containers: [{name: a, image: x}]}}", "{spec: {containers: [{name: a, tty: true}]}}", "{spec: {containers: [{name: a, image: x, tty: true}]}}"),
    ("directives inside what is new are no fields", "", "Service", "{}", "{a: {$patch: merge, b: {$patch: delete}, c: 1}}", "{a: {c: 1}}"),
    ("a scalar becomes a mapping", "", "Service", "{a: 1}", "{a: {b: 2}}", "{a: {b: 2}}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("group", "kind", "base", "patch", "result"), [pytest.param(*row[1:], id=row[0]) for row in MERGES]
)
def test_a_strategic_merge_patch(group, kind, base, patch, result):
    assert merge(base, patch, group, kind) == yaml.safe_load(result)


OPERATIONS = [
    # (base, operations, result); most of them from RFC 6902, appendix A
    ("{foo: bar}", "[{op: add, path: /baz, value: qux}]", "{baz: qux, foo: bar}"),
    ("{foo: [bar, baz]}", "[{op: add, path: /foo/1, value: qux}]", "{foo: [bar, qux, baz]}"),
    ("{foo: [bar]}", "[{op: add, path: /foo/-, value: [abc]}]", "{foo: [bar, [abc]]}"),
    ("{baz: qux, foo: bar}", "[{op: remove, path: /baz}]", "{foo: bar}"),
    ("{foo: [bar, qux, baz]}", "[{op: remove, path: /foo/1}]", "{foo: [bar, baz]}"),
    ("{baz: qux}", "[{op: replace, path: /baz, value: boo}]", "{baz: boo}"),
    ("{foo: {bar: baz, waldo: fred}, qux: {corge: grault}}", "[{op: move, from: /foo/waldo, path: /qux/thud}]", "{foo: {bar: baz}, qux: {corge: grault, thud: fred}}"),
    ("{foo: [all, grass, cows, eat]}", "[{op: move, from: /foo/1, path: /foo/3}]", "{foo: [all, cows, eat, grass]}"),
    ("{a: {b: 1}}", "[{op: copy, from: /a, path: /c}]", "{a: {b: 1}, c: {b: 1}}"),
    ("{baz: qux}", "[{op: test, path: /baz, value: qux}, {op: remove, path: /baz}]", "{}"),
    ("{metadata: {annotations: {a.b/c: x}}}", "[{op: replace, path: /metadata/annotations/a.b~1c, value: y}]", "{metadata: {annotations: {a.b/c: y}}}"),
    ("{m~n: 1}", "[{op: remove, path: /m~0n}]", "{}"),
    ("{foo: null}", "[{op: replace, path: /foo, value: 1}]", "{foo: 1}"),
    ("{foo: 1}", "[{op: add, path: /foo, value: null}]", "{foo: null}"),
]  # fmt: skip
REFUSED = [
    ("{foo: bar}", "[{op: add, path: /baz/bat, value: qux}]"),
    ("{foo: bar}", "[{op: remove, path: /baz}]"),
    ("{foo: bar}", "[{op: replace, path: /baz, value: 1}]"),
    ("{foo: [a]}", "[{op: add, path: /foo/2, value: b}]"),
    ("{foo: [a]}", "[{op: replace, path: /foo/1, value: b}]"),
    ("{foo: [a]}", "[{op: remove, path: /foo/-}]"),
    ("{baz: qux}", "[{op: test, path: /baz, value: bar}]"),
    ("{baz: qux}", "[{op: test, path: /foo, value: bar}]"),
    ("{baz: qux}", "[{op: shout, path: /baz, value: bar}]"),
    ("{baz: qux}", "[{op: add, path: baz, value: bar}]"),
    ("{baz: qux}", "[{op: add, path: /bar}]"),
    ("{baz: qux}", "[{op: remove, path: ''}]"),
]


@pytest.mark.parametrize(("base", "operations", "result"), OPERATIONS)
def test_a_json_patch(base, operations, result):
    found = patched(placed(yaml.safe_load(base), HERE), placed(yaml.safe_load(operations), HERE).value)
    assert found.plain == yaml.safe_load(result)


@pytest.mark.parametrize(("base", "operations"), REFUSED)
def test_a_json_patch_that_cannot_be_applied(base, operations):
    with pytest.raises(PatchError):
        patched(placed(yaml.safe_load(base), HERE), placed(yaml.safe_load(operations), HERE).value)


@pytest.mark.parametrize(
    ("selector", "held"),
    [
        ("", True), ("app=web", True), ("app==web", True), ("app=api", False), ("app!=api", True), ("none!=x", True),
        ("app", True), ("none", False), ("!none", True), ("!app", False), ("tier in (front, back)", True),
        ("tier in (back)", False), ("tier notin (back)", True), ("app=web,tier=front", True),
        ("app=web, tier=back", False), ("tier in (front,back),!none,app=web", True),
    ],
)  # fmt: skip
def test_a_selector_of_labels(selector, held):
    assert fulfils(selector, {"app": "web", "tier": "front"}) is held


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("web", ("web", "", "")), ("web:1", ("web", "1", "")), ("r.example.com:5000/a/web", ("r.example.com:5000/a/web", "", "")),
        ("r.example.com:5000/web:2", ("r.example.com:5000/web", "2", "")), ("web:1@sha256:0f", ("web", "1", "sha256:0f")),
    ],
)  # fmt: skip
def test_the_parts_of_an_image(image, parts):
    assert split_image(image) == parts


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def built(folder: Path) -> dict[str, dict]:
    """What a folder comes to: `KIND NAME` -> the object, without a fault."""
    found = follow(str(folder), Texts(partial(_pieces_of_file, read=read_text), _pieces_of_text))
    assert found.faults == ()
    values = [r.document.value for r in found.resources]
    return {f"{v['kind']} {v['metadata']['name']}": v for v in values}


def kustomization(more: str, resources: str = "[app.yaml]") -> dict[str, str]:
    return {
        "kustomization.yaml": f"resources: {resources}\n{more}",
        "app.yaml": APP,
        "ingress.yaml": INGRESS,
        "route.yaml": ROUTE,
    }


def containers(objects: dict[str, dict], name: str = "Deployment web") -> list[dict]:
    return objects[name]["spec"]["template"]["spec"]["containers"]


def test_a_patch_in_a_file_names_its_own_target(tmp_path):
    files = kustomization("patches:\n- path: p.yaml\n") | {
        "p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
    }
    found = built(written(tmp_path, files))
    assert found["Deployment web"]["spec"]["replicas"] == 3
    assert containers(found)[0]["image"] == "example/web:1"


def test_a_patch_with_a_target_reaches_all_that_it_selects(tmp_path):
    more = "patches:\n- target: {kind: Deployment|Service, labelSelector: app=web}\n  patch: |-\n    - op: add\n      path: /metadata/annotations\n      value: {team: a}\n"
    found = built(written(tmp_path, kustomization(more)))
    assert found["Deployment web"]["metadata"]["annotations"] == {"team": "a"}
    assert "annotations" not in found["Service web"]["metadata"]


def test_names_of_a_target_are_expressions_from_end_to_end(tmp_path):
    more = "patches:\n- target: {kind: Service, name: w.*}\n  patch: '[{op: replace, path: /spec/ports/0/port, value: 81}]'\n- target: {name: we}\n  patch: '[{op: remove, path: /spec}]'\n"
    assert built(written(tmp_path, kustomization(more)))["Service web"]["spec"]["ports"][0]["port"] == 81


def test_the_old_names_of_patches(tmp_path):
    files = kustomization(
        "patchesStrategicMerge:\n- p.yaml\n- |-\n  apiVersion: v1\n  kind: Service\n  metadata: {name: web}\n  spec: {type: NodePort}\n"
        "patchesJson6902:\n- target: {version: v1, kind: Service, name: web}\n  path: j.yaml\n"
    ) | {
        "p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4}\n",
        "j.yaml": "- {op: add, path: /spec/externalTrafficPolicy, value: Local}\n",
    }
    found = built(written(tmp_path, files))
    assert found["Deployment web"]["spec"]["replicas"] == 4
    assert found["Service web"]["spec"]["type"] == "NodePort"
    assert found["Service web"]["spec"]["externalTrafficPolicy"] == "Local"


def test_a_patch_takes_an_object_away(tmp_path):
    more = "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web}\n    $patch: delete\n"
    assert list(built(written(tmp_path, kustomization(more)))) == ["Deployment web"]


def test_a_patch_does_not_rename_unless_it_may(tmp_path):
    patch = "  patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: other}\n"
    more = f"patches:\n- target: {{kind: Service}}\n{patch}"
    assert "Service web" in built(written(tmp_path / "a", kustomization(more)))
    assert "Service other" in built(
        written(tmp_path / "b", kustomization(more + "  options: {allowNameChange: true}\n"))
    )


def test_a_component_adds_and_changes(tmp_path):
    """As in the documentation of components: an overlay turns on a feature that patches what the base has."""
    files = {
        "base/kustomization.yaml": "resources: [app.yaml]\n",
        "base/app.yaml": APP,
        "feature/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\npatches:\n- path: p.yaml\n",
        "feature/extra.yaml": APP.split("---\n")[1].replace("name: web", "name: extra"),
        "feature/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n",
        "over/kustomization.yaml": "resources: [../base]\ncomponents: [../feature]\nnamePrefix: a-\n",
    }
    found = built(written(tmp_path, files) / "over")
    assert sorted(found) == ["Deployment a-web", "Service a-extra", "Service a-web"]
    assert found["Deployment a-web"]["spec"]["replicas"] == 5


def test_patches_come_before_the_prefix_and_may_name_what_a_base_was_called(tmp_path):
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec: {replicas: %d}\n"
    files = {
        "base/kustomization.yaml": "resources: [app.yaml]\nnamePrefix: b-\n",
        "base/app.yaml": APP,
        "over/kustomization.yaml": "resources: [../base]\nnamePrefix: o-\npatches: [{path: one.yaml}, {path: two.yaml}]\n",
        "over/one.yaml": patch % ("web", 6),
        "over/two.yaml": patch % ("b-web", 7),
    }
    assert built(written(tmp_path, files) / "over")["Deployment o-b-web"]["spec"]["replicas"] == 7


def test_references_follow_names_where_kustomize_knows_them(tmp_path):
    more = "namePrefix: a-\nnameSuffix: -b\nsecretGenerator: [{name: cert, type: kubernetes.io/tls, files: [tls.crt]}]\n"
    found = built(written(tmp_path, kustomization(more, "[app.yaml, ingress.yaml, route.yaml]")))
    rule = found["Ingress a-web-b"]["spec"]["rules"][0]["http"]["paths"][0]
    assert rule["backend"]["service"]["name"] == "a-web-b"
    assert found["Ingress a-web-b"]["spec"]["tls"][0]["secretName"] == "a-cert-b"
    assert "Secret a-cert-b" in found
    # Its built-in list of references knows nothing of the Gateway API.
    assert found["HTTPRoute a-web-b"]["spec"]["rules"][0]["backendRefs"][0]["name"] == "web"


def test_two_copies_of_a_base_refer_each_to_its_own(tmp_path):
    files = {
        "base/kustomization.yaml": "resources: [app.yaml, ingress.yaml]\n",
        "base/app.yaml": APP,
        "base/ingress.yaml": INGRESS,
    }
    files |= {f"{n}/kustomization.yaml": f"resources: [../base]\nnamePrefix: {n}-\n" for n in ("x", "y")}
    files["all/kustomization.yaml"] = "resources: [../x, ../y]\n"
    found = built(written(tmp_path, files) / "all")
    for name in ("x", "y"):
        paths = found[f"Ingress {name}-web"]["spec"]["rules"][0]["http"]["paths"]
        assert paths[0]["backend"]["service"]["name"] == f"{name}-web"


def test_labels_and_annotations_go_where_kustomize_puts_them(tmp_path):
    more = "commonLabels: {team: a}\nlabels:\n- pairs: {env: test}\n- pairs: {tier: x}\n  includeTemplates: true\ncommonAnnotations: {note: x}\n"
    found = built(written(tmp_path, kustomization(more)))
    work, service = found["Deployment web"], found["Service web"]
    assert work["metadata"]["labels"] == {"app": "web", "team": "a", "env": "test", "tier": "x"}
    assert work["spec"]["selector"]["matchLabels"] == {"app": "web", "team": "a"}
    assert work["spec"]["template"]["metadata"]["labels"] == {"app": "web", "team": "a", "tier": "x"}
    assert work["spec"]["template"]["metadata"]["annotations"] == {"note": "x"}
    assert service["spec"]["selector"] == {"app": "web", "team": "a"}
    assert service["metadata"]["annotations"] == {"note": "x"}


def test_replicas_and_images(tmp_path):
    more = "namePrefix: a-\nreplicas: [{name: web, count: 9}]\nimages: [{name: example/web, newName: r.example.com/web, newTag: '2'}]\n"
    found = built(written(tmp_path, kustomization(more)))
    assert found["Deployment a-web"]["spec"]["replicas"] == 9
    assert containers(found, "Deployment a-web")[0]["image"] == "r.example.com/web:2"


def test_generated_maps_have_their_literals_and_secrets_no_value(tmp_path):
    more = "configMapGenerator: [{name: c, literals: [a=1, b=x=y]}]\nsecretGenerator: [{name: s, literals: [password=hunter2]}]\n"
    found = built(written(tmp_path, kustomization(more)))
    assert found["ConfigMap c"]["data"] == {"a": "1", "b": "x=y"}
    assert found["Secret s"] == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "type": "Opaque",
    }


REFUSALS = [
    ("a patch for nothing", "patches:\n- patch: '{apiVersion: v1, kind: Service, metadata: {name: wbe}}'\n", "no resource matches", 3),
    ("a patch of another version", "patches:\n- patch: '{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}'\n", "no resource matches", 3),
    ("a JSON patch without a target", "patches:\n- patch: '[{op: remove, path: /spec}]'\n", "needs a target", 3),
    ("a JSON patch that does not fit", "patches:\n- target: {kind: Service}\n  patch: '[{op: remove, path: /spec/typo}]'\n", "nothing is at 'typo'", 3),
    ("a patch of nothing", "patches:\n- target: {kind: Service}\n", "one of patch and path", 3),
    ("a file that is not there", "patches: [{path: gone.yaml}]\n", "is not there", 2),
    ("a file outside", "patches: [{path: ../x.yaml}]\n", "outside the folder", 2),
    ("a target that is no expression", "patches:\n- target: {name: '('}\n  patch: '[{op: remove, path: /spec}]'\n", "cannot be read", 3),
    ("a target that repeats what repeats", "patches:\n- target: {name: (a+)+}\n  patch: '[{op: remove, path: /spec}]'\n", "cannot be read", 3),
    ("a component that is a kustomization", "components: [sub]\n", "kind must be Component", 1),
    ("a component that is a file", "components: [app.yaml]\n", "is no folder with a component", 2),
]  # fmt: skip


@pytest.mark.parametrize(("more", "words", "line"), [pytest.param(*row[1:], id=row[0]) for row in REFUSALS])
def test_what_kustomize_would_refuse_is_said_at_its_line(more, words, line, tmp_path):
    folder = written(
        tmp_path / "here", kustomization(more) | {"sub/kustomization.yaml": "kind: Kustomization\n"}
    )
    (tmp_path / "x.yaml").write_text(APP)
    found = load([str(folder)])
    assert [f.code for f in found.faults] == ["SIM1017"]
    assert words in found.faults[0].message
    assert found.faults[0].source.split(":")[1] == str(line)


def test_every_value_has_the_place_where_it_was_written(tmp_path):
    more = (
        "namePrefix: a-\n"
        "patches:\n"
        "- path: p.yaml\n"
        "- patch: |-\n"
        "    apiVersion: v1\n"
        "    kind: Service\n"
        "    metadata: {name: web}\n"
        "    spec:\n"
        "      type: NodePort\n"
    )  # fmt: skip
    files = kustomization(more) | {
        "p.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 80\n    targetPort: 9090\n"
    }
    service = next(iter(load([str(written(tmp_path, files))]).of(Service)))
    places = {name: service.line(*path) for name, path in {
        "type": ("spec", "type"), "target": ("spec", "ports", 0, "targetPort"),
        "selector": ("spec", "selector"), "name": ("metadata", "name"), "kind": ("kind",),
    }.items()}  # fmt: skip
    assert places == {
        "type": f"{tmp_path}/kustomization.yaml:10", "target": f"{tmp_path}/p.yaml:7",
        "selector": f"{tmp_path}/app.yaml:18", "name": f"{tmp_path}/kustomization.yaml:2", "kind": f"{tmp_path}/app.yaml:15",
    }  # fmt: skip
    assert service.spec.type == "NodePort"


def test_a_request_goes_where_the_patched_set_sends_it(tmp_path):
    more = "patches:\n- target: {kind: Ingress}\n  patch: '[{op: replace, path: /spec/rules/0/host, value: new.example.com}]'\n"
    cluster = build(load([str(written(tmp_path, kustomization(more, "[app.yaml, ingress.yaml]")))]))
    assert route(cluster, Request("new.example.com", scheme="https")).final.state == "delivered"
    assert [i.spec.rules[0].host for i in cluster.manifests.of(Ingress)] == ["new.example.com"]
    assert [w.spec.replicas for w in cluster.manifests.of(WorkloadResource)] == [None]


def test_a_folder_without_changes_is_read_as_its_files_are(tmp_path):
    folder = written(tmp_path, kustomization(""))
    plain, through = load([str(folder / "app.yaml")]), load([str(folder)])
    assert plain.objects == through.objects
    assert [o.origin.at("spec") for o in plain.objects] == [o.origin.at("spec") for o in through.objects]


@pytest.mark.parametrize(
    ("more", "file"),
    [("- path: p.yaml\n", "p.yaml"), ("- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web}\n    spec:\n      ports:\n      - port: 80\n        targetPort: htp\n", "kustomization.yaml")],
    ids=["in a file", "in the kustomization"],
)  # fmt: skip
def test_what_mends_a_request_is_a_change_of_the_patch(more, file, tmp_path):
    files = kustomization(f"patches:\n{more}", "[app.yaml, ingress.yaml]") | {
        "app.yaml": APP.replace("containerPort: 8080", "containerPort: 8080, name: http"),
        "p.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 80\n    targetPort: htp\n",
    }
    client = Client(build(load([str(written(tmp_path, files))])))
    found = client.patched(client.trace(Request("shop.example.com", scheme="https")))
    assert found.final.code == "SIM2014"
    assert found.patch is not None
    assert f"+++ {tmp_path}/{file}" in found.patch.patch
    assert found.patch.lines[-1][1].split() == ["+", "targetPort:", "http"]
