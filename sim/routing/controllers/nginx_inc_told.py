"""What F5's controller is told: the ConfigMap that -nginx-configmaps names, and its arguments.

Source: nginx/kubernetes-ingress at 0eb3072, internal/configs/configmaps.go, cmd/nginx-ingress/flags.go.
"""

from collections.abc import Iterator
from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.collected import Unmodelled
from sim.routing.controllers.nginx_inc_upstreams import GOES_ON, method_of, time_s
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

RETRIES = Retries(tries=0, connect_timeout_s=60.0, max_fails=1, kept_closed="free")
"""As nginx does where nothing is said: a failure takes a server out for 10 s.

Source: internal/configs/config_params.go (NewDefaultConfigParams); nginx, ngx_http_upstream_module.
"""

KEYS: dict[str, Parse] = {
    **dict.fromkeys(("proxy-protocol", "redirect-to-https", "ssl-redirect"), flag),
    "default-server-return": str,
    "fail-timeout": time_s,
    "lb-method": method_of,
    "max-fails": number,
    "proxy-connect-timeout": time_s,
    "proxy-read-timeout": time_s,
    "worker-processes": number,
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
    method, hashed = found["lb-method"].value if "lb-method" in found else ("random-two", "")
    workers = found.get("worker-processes")
    goes_on = {GOES_ON[key][0]: found[key].value for key in GOES_ON.keys() & found.keys()}
    return Running(
        balancing=method,
        key=hashed,
        proxy_workers=workers.value if workers is not None else None,
        retries=replace(RETRIES, **goes_on),
        proxy_protocol="always" if line is not None and line.value else "never",
        proxy_told=line,
    )


def unmodelled(cluster: Cluster, controller: Controller) -> Iterator[Unmodelled]:
    """Keys and arguments; a balancing method that is none of those modelled is one."""
    refused = any(key == "lb-method" and one.value is None for key, one in told(controller, KEYS))
    yield from left_out(controller, UNMODELLED | ({"lb-method"} if refused else set()))
    yield from arguments_left_out(controller, UNMODELLED_ARGUMENTS)
