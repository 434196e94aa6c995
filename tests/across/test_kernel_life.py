"""An endpoint goes, in a real kernel: what is open keeps its Pod, what is new does not come to it.

The rules are those that `sim rules` prints before the Pod is deleted, while it terminates, and once it is gone. What
the kernel does with every connection is what ConnectionTable says, which is shown the same packets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from command import sim
from kernel_lab import Lab, Question, Told, lab, missing, run
from kernel_small import ENDPOINTS, clients, small_cluster, small_rules
from small import app

from sim.manifests.reading.loading import load
from sim.routing.building import build
from sim.routing.kube_proxy import Packet, proxy_of
from sim.routing.kube_proxy.connections import ConnectionTable
from sim.routing.kube_proxy.proxy import Proxy

pytestmark = [pytest.mark.slow, pytest.mark.kernel]

MODES = ("iptables", "nftables")
GOING, LEFT = ENDPOINTS[0], ENDPOINTS[1:]
COUNT = 40
"""Clients of each protocol; that none of them draws an endpoint of three happens once in ten million runs."""

PORTS = {"tcp": (80, 8080), "udp": (53, 5300)}
"""Of the Service, and of its endpoints."""

CONDITIONS = {
    "terminating": {"ready": False, "serving": True, "terminating": True},
    "closed": {"ready": False, "serving": False, "terminating": True},
}
IDLE_S = 1
"""How long conntrack keeps a flow of UDP, in the test that waits for it."""


@pytest.fixture(scope="module", params=MODES)
def standing(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A node of one mode, and three Pods."""
    reason = missing(request.param)
    if reason:
        pytest.skip(reason)
    with lab(Lab(request.param, ENDPOINTS, (), ())) as made:
        made.become("192.168.0.2")
        yield made


@pytest.fixture
def node(standing: Lab, record_property: Callable[[str, object], None]) -> Iterator[Lab]:
    """The node, without rules and connections; how many connections it tried is put on record."""
    standing.clear()
    before = standing.tried
    yield standing
    record_property("connections", standing.tried - before)


class Changing:
    """A cluster whose endpoint goes: its rules in the kernel, and the model of what follows from them.

    Args:
        told: at the first question: who answered each client, by protocol.
    """

    def __init__(self, node: Lab, folder: Path, protocols: tuple[str, ...]) -> None:
        self.node, self.path, self.protocols = node, small_cluster(folder), protocols
        self._load()
        self.ways = [
            Question(node.name("client"), p, clients(COUNT), "10.96.0.1", PORTS[p][0]) for p in protocols
        ]
        told = node.ask(self.ways, COUNT * len(protocols), keep=True)
        self.told = dict(zip(protocols, told, strict=True))
        self.table = ConnectionTable(self._proxy(), node.mode)
        for protocol in protocols:
            self._open(protocol)

    def _load(self) -> None:
        self.node.load(small_rules(self.path, self.node.mode))

    def _proxy(self) -> Proxy:
        cluster = build(load([str(self.path)]))
        return proxy_of(cluster, cluster.nodes[0])

    def _open(self, protocol: str) -> None:
        """The model draws what the kernel drew."""
        labels = [f"{address}:{PORTS[protocol][1]}" for address in ENDPOINTS]
        for packet, told in zip(self.packets(protocol), self.told[protocol], strict=True):
            draw = (labels.index(told.label) + 0.5) / len(labels)
            assert self.table.send(packet, 0.0, draw, keep_open=True).target == told.label

    def packets(self, protocol: str) -> list[Packet]:
        """The packets of the clients."""
        port = PORTS[protocol][0]
        return [Packet(c, "10.96.0.1", port, protocol.upper(), source_port=9) for c in clients(COUNT)]

    def become(self, condition: str) -> None:
        """The endpoint terminates, has closed, or is gone: kube-proxy hears of it."""
        read = list(yaml.safe_load_all(self.path.read_text()))
        for one in (document for document in read if document["kind"] == "EndpointSlice"):
            rest = [e for e in one["endpoints"] if e["addresses"] != [GOING]]
            going = [{"addresses": [GOING], "conditions": CONDITIONS.get(condition)}]
            one["endpoints"] = rest if condition == "gone" else going + rest
        self.path.write_text(yaml.safe_dump_all(read))
        self._load()
        self.table.apply(self._proxy(), 1.0)

    def again(self) -> dict[str, list[Told]]:
        """One more request on everything that is open."""
        return dict(zip(self.protocols, self.node.again(COUNT * len(self.protocols)), strict=True))

    def asked_anew(self, protocol: str) -> list[int]:
        """Which flows the model asks the rules for once more, when their next packet comes."""
        ends = [self.table.send(packet, 1.0, 0.0).verdict for packet in self.packets(protocol)]
        return [number for number, verdict in enumerate(ends) if verdict != "established"]

    def of(self, protocol: str, address: str) -> list[int]:
        """Which clients an endpoint answered first."""
        label = f"{address}:{PORTS[protocol][1]}"
        return [number for number, told in enumerate(self.told[protocol]) if told.label == label]

    def fresh(self) -> set[str]:
        """Where new connections go."""
        told = self.node.ask(self.ways, COUNT * len(self.protocols))
        return {one.label.partition(":")[0] for way in told for one in way}


def test_an_open_connection_keeps_its_pod_and_a_new_one_does_not_go_there(node: Lab, tmp_path: Path) -> None:
    now = Changing(node, tmp_path, ("tcp",))
    assert now.of("tcp", GOING)
    for condition in ("terminating", "closed", "gone"):
        now.become(condition)
        assert now.again() == now.told
        assert now.asked_anew("tcp") == []
        assert now.fresh() == set(LEFT)


def test_a_connection_ends_when_its_pod_closes_it_and_the_next_one_goes_elsewhere(
    node: Lab, tmp_path: Path
) -> None:
    now = Changing(node, tmp_path, ("tcp",))
    now.become("terminating")
    assert now.again() == now.told
    node.hang_up(f"{GOING}:8080")
    ended, lost = now.again()["tcp"], now.of("tcp", GOING)
    assert [number for number, told in enumerate(ended) if told != now.told["tcp"][number]] == lost
    assert {ended[number].label for number in lost} <= {"closed", "Connection"}
    assert now.fresh() == set(LEFT)


def test_a_flow_of_udp_stays_until_kube_proxy_deletes_its_entry(node: Lab, tmp_path: Path) -> None:
    now = Changing(node, tmp_path, ("udp",))
    now.become("terminating")
    assert now.again() == now.told
    assert now.asked_anew("udp") == [], "it still serves"
    now.become("closed")
    assert now.again() == now.told, "the rules alone move nothing"
    assert now.fresh() == set(LEFT)
    stale = now.asked_anew("udp")
    assert stale == now.of("udp", GOING)
    node.forget(GOING)
    later = now.again()["udp"]
    assert [number for number, told in enumerate(later) if told != now.told["udp"][number]] == stale
    assert {later[number].label for number in stale} <= {f"{address}:5300" for address in LEFT}


def test_a_flow_of_udp_that_is_silent_for_long_enough_follows_the_new_rules(
    node: Lab, tmp_path: Path
) -> None:
    for kind in ("udp_timeout", "udp_timeout_stream"):
        setting = f"echo {IDLE_S} > /proc/sys/net/netfilter/nf_conntrack_{kind}"
        run("ip", "netns", "exec", node.node, "sh", "-c", setting)
    now = Changing(node, tmp_path, ("udp",))
    now.become("gone")
    assert now.again() == now.told
    time.sleep(IDLE_S + 0.5)
    assert {told.label for told in now.again()["udp"]} == {f"{address}:5300" for address in LEFT}


SCENARIO = """
manifests: [app.yaml]
traffic: [{host: web.shop.example, path: /, rps: 1, duration_s: 20}]
events: [{at: 5s, scale: shop/web, to: 2}]
propagation: {endpointslice: 0s, kube_proxy: 2s}
"""


def test_rules_at_moments_of_a_scenario_send_to_a_deleted_pod_until_the_node_has_heard(
    node: Lab, tmp_path: Path
) -> None:
    manifests = app(pods=len(ENDPOINTS)).replace(
        "type: LoadBalancer", "type: LoadBalancer, clusterIP: 10.96.0.1"
    )
    (tmp_path / "app.yaml").write_text(manifests)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    way = Question(node.name("client"), "tcp", clients(COUNT), "10.96.0.1", 80)
    told = list[list[Told]]()
    for at in ("4s", "6.9s", "7.1s"):
        node.load(sim("rules", "--scenario", str(tmp_path), "--at", at, "--mode", node.mode).out)
        told += node.ask([way], COUNT, keep=not told)
    assert [{one.label.partition(":")[0] for one in answers} for answers in told] == [
        set(ENDPOINTS),
        set(ENDPOINTS),
        set(ENDPOINTS[:2]),
    ]
    assert node.again(COUNT) == [told[0]], "what was open before stays"
