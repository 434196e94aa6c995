"""NetworkPolicies: what holds for every cluster, and that many are judged as quickly as few."""

from __future__ import annotations

from random import Random
from typing import Any

from drawn_policies import OUTSIDE, PORTS, drawn_cluster, is_policy
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.kinds import KINDS
from sim.routing.building import build
from sim.routing.network_policy import End, NewConnection, PolicyVerdict, end_of, judge, policies_of, smallest

SEEDS = st.integers(0, 2**32)


def built(objects: list[dict[str, Any]]) -> Cluster:
    """Without a text in between, for nothing here is about lines."""
    models = (
        KINDS[item["apiVersion"].rpartition("/")[0], item["kind"]].model_validate(item) for item in objects
    )
    return build(Manifests(tuple(models)), Setup(controllers=()))


def ends(there: Cluster) -> list[End]:
    """Pods, nodes and addresses outside."""
    known = policies_of(there)
    nodes = [known.end(node.address) for node in there.nodes]
    return [*map(end_of, there.pods.values()), *nodes, *map(known.end, OUTSIDE)]


def connections(there: Cluster, random: Random, count: int) -> list[NewConnection]:
    found = ends(there)
    ports, protocols = (*PORTS, 8450, 80), ("TCP", "TCP", "UDP")
    return [
        NewConnection(
            random.choice(found), random.choice(found), random.choice(ports), random.choice(protocols)
        )
        for _ in range(count)
    ]


def allowed(there: Cluster, connection: NewConnection) -> bool:
    return judge(there, connection).verdict.allowed


def reasons(verdict: PolicyVerdict) -> list[tuple[Any, ...]]:
    return [(side.allowed, side.decided_by, side.allowed_by, side.isolated_by) for side in verdict.sides]


def again(there: Cluster, connection: NewConnection) -> NewConnection:
    """The same connection among the Pods of another cluster."""
    known = policies_of(there)
    source, target = known.end(connection.source.address), known.end(connection.target.address)
    return connection._replace(source=source, target=target)


@examples(15)
@given(seed=SEEDS)
def test_a_policy_never_changes_an_answer_that_it_does_not_select(seed: int) -> None:
    objects, random = drawn_cluster(seed), Random(seed)
    policies = [item for item in objects if is_policy(item)]
    assume(policies)
    without = random.choice(policies)
    key = f"{without['metadata']['namespace']}/{without['metadata']['name']}"
    old, new = built(objects), built([item for item in objects if item is not without])
    for connection in connections(old, random, 60):
        before = judge(old, connection).verdict
        if all(key not in side.isolated_by for side in before.sides):
            after = judge(new, again(new, connection)).verdict
            assert reasons(after) == reasons(before)


@examples(15)
@given(seed=SEEDS)
def test_one_more_rule_never_denies(seed: int) -> None:
    objects, random = drawn_cluster(seed), Random(seed)
    policies = [item for item in objects if is_policy(item)]
    more = [rule for item in policies for rule in item["spec"].get("ingress", [])]
    assume(more)
    old = built(objects)
    target = random.choice([p for p in policies if p["spec"].get("ingress")])
    target["spec"]["ingress"] = [*target["spec"]["ingress"], random.choice(more)]
    new = built(objects)
    for connection in connections(old, random, 60):
        assert allowed(new, again(new, connection)) or not allowed(old, connection)


@examples(15)
@given(seed=SEEDS)
def test_a_pod_that_no_policy_selects_in_a_direction_is_open_there(seed: int) -> None:
    there, random = built(drawn_cluster(seed)), Random(seed)
    for connection in connections(there, random, 60):
        verdict = judge(there, connection).verdict
        for side, end in ((verdict.egress, connection.source), (verdict.ingress, connection.target)):
            known = policies_of(there)
            if end.pod is None or not list(known.selecting(end.pod, side.direction)):
                assert side.allowed
                assert side.allowed_by is None
    bare = built([item for item in drawn_cluster(seed) if not is_policy(item)])
    assert all(allowed(bare, connection) for connection in connections(bare, random, 60))


def named(rules: list[dict[str, Any]], there: Cluster, asked: NewConnection, other: NewConnection) -> bool:
    """Whether the rules for one connection are about another one too: the same port, and Pods with its labels."""

    def alike(one: End, two: End) -> bool:
        if one.pod is None or two.pod is None:
            return one.address == two.address
        return one.pod.namespace == two.pod.namespace and one.pod.labels.items() <= two.pod.labels.items()

    same_port = (asked.port, asked.protocol) == (other.port, other.protocol)
    return same_port and alike(asked.source, other.source) and alike(asked.target, other.target)


@examples(8)
@given(seed=SEEDS)
def test_the_smallest_rule_allows_what_was_asked_and_nothing_that_it_does_not_name(seed: int) -> None:
    objects, random = drawn_cluster(seed), Random(seed)
    old = built(objects)
    stopped = [c for c in connections(old, random, 60) if not allowed(old, c)]
    assume(stopped)
    asked = stopped[0]
    rules = smallest(old, asked)
    assert rules
    new = built([*objects, *(_policy(rule, number) for number, rule in enumerate(rules))])
    assert allowed(new, again(new, asked))
    for other in connections(old, random, 1000):
        changed = allowed(new, again(new, other)) != allowed(old, other)
        assert not changed or named([dict(r.rule) for r in rules], old, asked, other), other


def _policy(rule: Any, number: int) -> dict[str, Any]:
    metadata = {"name": f"added-{number}", "namespace": rule.policy.partition("/")[0]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": rule.spec,
    }


def test_the_policies_of_a_pod_are_found_without_a_look_at_the_others() -> None:
    """Of 500 policies each for one Pod, one selector is compared per look-up, not 500."""
    count = 500
    pods = [_small_pod(n) for n in range(count)]
    policies = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"policy-{n}", "namespace": "shop"},
            "spec": {
                "podSelector": {"matchLabels": {"app": f"a{n}"}},
                "ingress": [{"ports": [{"port": 80}]}],
            },
        }
        for n in range(count)
    ]
    there = built([*pods, *policies])
    known, pod = policies_of(there), there.pods["shop/p7"]
    assert [p.name for p in known.selecting(pod, "ingress")] == ["policy-7"]
    assert max(len(found) for found in known._by_sign.values()) == 1
    source = end_of(there.pods["shop/p1"])
    verdicts = [judge(there, NewConnection(source, end_of(p), 80)).verdict for p in there.pods.values()]
    assert all(verdict.allowed for verdict in verdicts)


def _small_pod(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": "shop", "labels": {"app": f"a{number}"}},
        "spec": {"containers": [{"name": "main", "image": "app"}]},
    }
