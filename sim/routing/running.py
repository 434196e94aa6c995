"""How a controller runs, and how it chooses among Pods: one fact, which a trace and a run both read."""

from collections.abc import Iterable
from dataclasses import replace
from math import ceil

from sim.cluster.cluster import Cluster, Controller, Endpoint
from sim.routing.controllers import ENVOY_GATEWAY, PROFILES, Profile, Running, profile_of_gateways
from sim.routing.proxies import method_of
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks, Balancing
from sim.routing.proxies.ingress_nginx import of_size
from sim.routing.proxies.sessions import bound
from sim.routing.proxies.values import Backend

USUAL_KEY = "$request_uri"
"""What a method hashes where nothing says by what: an assumption of a study that only names the method."""


def running_of(controller: Controller, profile: str | None = None) -> Running:
    """How a controller was started and configured. Unknown proxies of a Gateway are taken for Envoy.

    Args:
        profile: that answers instead of the one that runs.
    """
    if controller.gateway is not None:
        carrier = carrier_of(controller)
        return Running(balancing=carrier.balancing, retries=carrier.retries)
    return PROFILES[profile or controller.profile].run_as(controller)


def balancing_of(
    cluster: Cluster, controller: Controller, profile: str | None = None, asked: Asks = NOTHING_ASKED
) -> Balancing:
    """How a controller chooses among Pods: as the setup states, else the rule, else as it is configured.

    A load balancer that applies rules itself is no controller that a setup states anything about.

    Args:
        profile: that answers instead of the one that runs.
        asked: what the rule asks for.
    """
    program, runs = program_of(controller, profile), running_of(controller, profile)
    stated = None if controller.listeners else cluster.setup.balancing
    method = method_of(program, stated or asked.method or runs.balancing)
    assert method is not None
    if asked.subset and method.full_name == "ingress-nginx/hash-subset":
        method = of_size(method, asked.subset)
    key = cluster.setup.hash_by or asked.key or runs.key or USUAL_KEY
    cookie = asked.cookie or runs.cookie
    return Balancing(
        method=bound(method) if cookie and "$session" not in key else method,
        key=key,
        cookie=cookie,
        most_open=asked.most_open or runs.most_open,
        workers=cluster.setup.proxy_workers or runs.proxy_workers or cpus_of(cluster, controller),
        retries=replace(runs.retries, **dict(asked.goes_on)),
    )


def cpus_of(cluster: Cluster, controller: Controller) -> int:
    """The CPUs that each of its Pods finds: those of the smallest node; one where no Node object says."""
    pods = (cluster.pods[key] for key in controller.pods if key in cluster.pods)
    nodes = (cluster.node_by_name.get(pod.node) for pod in pods)
    return min((ceil(node.cpu or 1) for node in nodes if node is not None), default=1)


def program_of(controller: Controller, profile: str | None = None) -> str:
    """What passes the requests of a controller on, a key of PROGRAMS."""
    if controller.gateway is not None:
        return carrier_of(controller).program
    return PROFILES[profile or controller.profile].program


def carrier_of(controller: Controller) -> Profile:
    """What is known of the proxies of a Gateway; unknown ones are taken for Envoy."""
    return profile_of_gateways(controller.controller) or ENVOY_GATEWAY


def listed_as(endpoints: Iterable[Endpoint], balancing: Balancing) -> tuple[Backend, ...]:
    """Endpoints as a proxy lists them."""
    goes_on = balancing.retries
    return tuple(
        Backend(
            e.pod or e.target,
            e.target,
            most_open=balancing.most_open,
            max_fails=goes_on.max_fails,
            fail_timeout_s=goes_on.fail_timeout_s,
        )
        for e in endpoints
    )
