"""NetworkPolicies in this machine's kernel, as rules that a test writes, against what `sim trace` says.

Clusters are drawn at random, from seeds. Every Pod, and a client outside, opens a connection to every Pod and
port: it is answered, or it meets silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from clusters import cluster
from drawn_policies import OUTSIDE, drawn_cluster, is_policy
from kernel_lab import PORTS, Lab, Question, lab, missing
from kernel_policies import filter_of

from sim.analysis.trace import Client
from sim.routing import Request

FEW, MANY = range(1, 4), range(4, 24)
ADDRESSES = tuple(f"10.244.{node}.{number}" for node in (1, 2) for number in range(10, 16))


@pytest.fixture(scope="module")
def node() -> Iterator[Lab]:
    """A node between Pods at every address that a cluster may have."""
    reason = missing("nftables")
    if reason:
        pytest.skip(reason)
    with lab(Lab("nftables", ADDRESSES, (), ())) as made:
        yield made


def promised(objects: list[dict[str, Any]], asked: list[tuple[str, Question]]) -> list[str]:
    """What `sim trace` says to each question: `ADDRESS:PORT`, or `silence`."""
    there = cluster(yaml.safe_dump_all(objects, sort_keys=False), controllers=())
    found = []
    for origin, question in asked:
        request = Request.parse(
            f"{question.protocol}://{question.address}:{question.port}", client_ip=question.sources[0]
        )
        client = Client(there, origin=origin, to="node:n1" if origin == "client" else None)
        final = client.trace(request).final
        assert final.state in ("delivered", "timeout"), final
        delivered = final.state == "delivered"
        found.append(f"{question.address}:{question.port}" if delivered else "silence")
    return found


def questions(node: Lab, objects: list[dict[str, Any]]) -> list[tuple[str, Question]]:
    """Where each connection begins, and the connection."""
    pods = {f"{o['metadata']['namespace']}/{o['metadata']['name']}": o for o in objects if o["kind"] == "Pod"}
    addresses = {key: pod["status"]["podIP"] for key, pod in pods.items()}
    ports = [(protocol, port) for protocol, port in PORTS if protocol != "sctp"]
    places = [(f"pod:{key}", node.name(own), own) for key, own in addresses.items()]
    places += [("client", node.name("client"), outside) for outside in OUTSIDE]
    return [
        (origin, Question(namespace, protocol, (source,), address, port))
        for origin, namespace, source in places
        for address in addresses.values()
        for protocol, port in ports
    ]


def differs(node: Lab, seed: int) -> list[str]:
    objects = drawn_cluster(seed)
    node.clear()
    node.load(filter_of(objects))
    asked = questions(node, objects)
    said = promised(objects, asked)
    told = node.ask([question for _, question in asked], sum(answer != "silence" for answer in said))
    return [
        f"{origin} {question}: sim trace says {answer}, the kernel {one.label}"
        for (origin, question), answer, (one,) in zip(asked, said, told, strict=True)
        if answer != one.label
    ]


@pytest.mark.kernel
@pytest.mark.parametrize("seed", [*FEW, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MANY)])
def test_a_kernel_with_the_policies_does_what_the_trace_says(node: Lab, seed: int) -> None:
    assert not differs(node, seed)


def test_the_clusters_hold_policies_of_every_sort() -> None:
    drawn = [item for seed in (*FEW, *MANY) for item in drawn_cluster(seed) if is_policy(item)]
    written = yaml.safe_dump_all(drawn)
    words = ("ipBlock", "except", "namespaceSelector", "DoesNotExist", "endPort", "UDP", "admin", "Egress")
    assert len(drawn) > 40
    assert [word for word in words if word not in written] == []
