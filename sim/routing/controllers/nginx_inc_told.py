"""What F5's controller is told: the ConfigMap that -nginx-configmaps names, and its arguments.

Source: nginx/kubernetes-ingress at 0eb3072, internal/configs/configmaps.go, cmd/nginx-ingress/flags.go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller
from sim.errors import InputError
from sim.manifests.objects.collected import Unmodelled
from sim.routing.controllers.profile import Running
from sim.routing.controllers.settings import (
    Parse,
    Told,
    arguments_left_out,
    flag,
    left_out,
    names,
    number,
    told,
)
from sim.routing.proxies.retries import Retries
from sim.units import seconds

UNMODELLED = names(
    """
    disable-forwarded-headers http-snippets ingress-template location-snippets main-snippets main-template
    real-ip-header real-ip-recursive server-snippets set-real-ip-from stream-snippets
    """
)
"""Keys of the ConfigMap that may change an answer. Source: internal/configs/configmaps.go."""

UNMODELLED_ARGUMENTS = names(
    """
    allow-empty-ingress-host default-http-listener-port default-https-listener-port default-server-tls-secret
    enable-app-protect enable-tls-passthrough global-configuration ingress-template-path nginx-plus
    wildcard-tls-secret
    """
)
"""Arguments that may change an answer. Source: cmd/nginx-ingress/flags.go."""

METHODS = {"round_robin": "round-robin", "least_conn": "least-conn", "random": "random", "ip_hash": "ip-hash"}
"""Algorithms that are modelled, by the first word of lb-method."""

RETRIES = Retries(tries=0, connect_timeout_s=60.0, max_fails=1)
"""As nginx does where nothing is said: a failure takes a server out for 10 s."""

KEYS: dict[str, Parse] = {
    **dict.fromkeys(("proxy-protocol", "redirect-to-https", "ssl-redirect"), flag),
    **dict.fromkeys(
        ("default-server-return", "lb-method", "proxy-connect-timeout", "proxy-read-timeout"), str
    ),
    "http-redirect-code": lambda text: number(text) if text in ("301", "302", "307", "308") else None,
}
"""Keys of the ConfigMap that are modelled, and how each is read."""


def told_by(controller: Controller) -> dict[str, Told]:
    """What its ConfigMap says, by key; what cannot be read is left out."""
    return {key: one for key, one in dict(told(controller, KEYS)).items() if one.value is not None}


def running(controller: Controller) -> Running:
    """As the ConfigMap says. Source: internal/configs/configmaps.go, config_params.go."""
    found = told_by(controller)
    line = found.get("proxy-protocol")
    method = found["lb-method"].value.split() if "lb-method" in found else ["random", "two"]
    connect_s, read_s = (_time_s(found, f"proxy-{name}-timeout") for name in ("connect", "read"))
    return Running(
        balancing="random-two"
        if method[:2] == ["random", "two"]
        else METHODS.get(" ".join(method[:1]), "random-two"),
        retries=replace(RETRIES, connect_timeout_s=connect_s, read_timeout_s=read_s),
        proxy_protocol="always" if line is not None and line.value else "never",
        proxy_told=line,
    )


def _time_s(found: Mapping[str, Told], key: str) -> float:
    """A time of nginx in seconds; one that cannot be read is the usual one."""
    try:
        return seconds(found[key].value) if key in found else 60.0
    except InputError:
        return 60.0


def unmodelled(cluster: Cluster, controller: Controller) -> Iterator[Unmodelled]:
    """Keys and arguments; a balancing method that is none of those modelled is one."""
    chosen = told_by(controller).get("lb-method")
    other = chosen is not None and chosen.value.split()[:1] not in ([], *([name] for name in METHODS))
    yield from left_out(controller, UNMODELLED | ({"lb-method"} if other else set()))
    yield from arguments_left_out(controller, UNMODELLED_ARGUMENTS)
