"""A drawn cluster with IPv6 beside IPv4: each address gets its twin, and each question one at the twin's address.

Some Services keep one family alone, some put IPv6 first, and some Pods have IPv4 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from kernel_clusters import Drawn, Try, draw
from kernel_lab import six

FIRST_TWO, WISHES = (
    ("IPv4", "IPv6"),
    (("IPv4", "IPv6"), ("IPv4", "IPv6"), ("IPv6", "IPv4"), ("IPv4",), ("IPv6",)),
)
RANGES = {"198.18.0.0/16": "fd00:198:18::/48", "192.168.0.0/24": "fd00:192:168::/64"}
"""Source ranges of a drawn cluster, and what lets the same clients in over IPv6."""


def draw_twins(seed: int) -> Drawn:
    """The cluster of a seed, of both families."""
    drawn, random = draw(seed), Random(seed)
    wishes = {o["metadata"]["name"]: _wish(random, o) for o in drawn.manifests if o["kind"] == "Service"}
    objects = [made for o in drawn.manifests for made in _of_both(random, o, wishes)]
    tries = [asked for one in drawn.tries if one.protocol != "SCTP" for asked in (one, _twin(one))]
    return replace(drawn, manifests=tuple(objects), tries=tuple(tries))


def _wish(random: Random, service: dict[str, Any]) -> tuple[str, ...]:
    """The first Service has what everybody has, so that there is always something to spread."""
    return FIRST_TWO if service["metadata"]["name"] == "s1" else random.choice(WISHES)


def _twin(asked: Try) -> Try:
    labels = asked.labels | {"IPv6"}
    return replace(asked, source=six(asked.source), address=six(asked.address), labels=labels)


def _of_both(
    random: Random, drawn: dict[str, Any], wishes: dict[str, tuple[str, ...]]
) -> Iterator[dict[str, Any]]:
    match drawn["kind"]:
        case "Node":
            own = drawn["status"]["addresses"]
            yield drawn | {
                "status": {"addresses": [*own, *({**a, "address": six(a["address"])} for a in own)]}
            }
        case "Pod":
            address = drawn["status"]["podIP"]
            yield drawn | {"status": {"podIP": address, "podIPs": [{"ip": address}, {"ip": six(address)}]}}
        case "Service":
            yield _service(drawn, wishes[drawn["metadata"]["name"]])
        case _:
            wish = wishes[drawn["metadata"]["labels"]["kubernetes.io/service-name"]]
            yield from _slices(random, drawn, wish)


def _service(drawn: dict[str, Any], wish: tuple[str, ...]) -> dict[str, Any]:
    spec = dict(drawn["spec"])
    if spec["type"] == "ExternalName":
        return drawn
    spec["ipFamilies"] = list(wish)
    spec["ipFamilyPolicy"] = "RequireDualStack" if len(wish) == 2 else "SingleStack"
    if spec["clusterIP"] != "None":
        both = {"IPv4": spec["clusterIP"], "IPv6": six(spec["clusterIP"])}
        spec["clusterIPs"] = [both[family] for family in wish]
        spec["clusterIP"] = spec["clusterIPs"][0]
    if "externalIPs" in spec:
        spec["externalIPs"] = [*spec["externalIPs"], *map(six, spec["externalIPs"])]
    if "loadBalancerSourceRanges" in spec:
        own = spec["loadBalancerSourceRanges"]
        spec["loadBalancerSourceRanges"] = [*own, *(RANGES[r] for r in own)]
    made = drawn | {"spec": spec}
    if "status" in drawn:
        ingress = drawn["status"]["loadBalancer"]["ingress"]
        twins = [{**i, "ip": six(i["ip"])} for i in ingress]
        made["status"] = {"loadBalancer": {"ingress": [*ingress, *twins]}}
    return made


def _slices(random: Random, drawn: dict[str, Any], wish: Iterable[str]) -> Iterator[dict[str, Any]]:
    name = drawn["metadata"]["name"]
    if "IPv4" in wish:
        yield drawn
    if "IPv6" in wish:
        alone = 0.0 if name == "s1-1" else 0.2
        there = [e for e in drawn["endpoints"] if random.random() >= alone]
        endpoints = [{**e, "addresses": [six(a) for a in e["addresses"]]} for e in there]
        metadata = {**drawn["metadata"], "name": f"{name}-six"}
        yield drawn | {"addressType": "IPv6", "metadata": metadata, "endpoints": endpoints}
