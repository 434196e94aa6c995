"""What is said about a backend of HAProxy: by its Service, else by the Ingress, else by the ConfigMap.

Source: haproxytech/kubernetes-ingress at fc12067, documentation/annotations.md (hierarchy),
pkg/annotations/service (loadbalance.go, check.go, checkInter.go, maxconn.go, cookie.go),
pkg/annotations/common/main.go (DefaultValues), pkg/service/service.go (getBackendModel).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.errors import InputError
from sim.routing.controllers.backends import service_of
from sim.routing.controllers.rows import Row
from sim.routing.controllers.settings import flag, number
from sim.routing.proxies.balancing import Asks
from sim.routing.proxies.retries import NOT_SENT, Check, Retries
from sim.units import seconds

PREFIXES = ("haproxy.org/", "haproxy.com/", "ingress.kubernetes.io/")

RETRIES = Retries(
    tries=4,
    connect_timeout_s=5.0,
    read_timeout_s=50.0,
    after=NOT_SENT,
    same=True,
    wait_s=1.0,
    when_refused=503,
    when_unreachable=503,
    nobody=503,
    queue_s=5.0,
    kept_closed="hang-up",
    first_anew=True,
    shares_kept=True,
    check=Check(),
)
"""Three more tries at the same server, a second apart, then 503; what a Pod has had is not sent again.

Source: the `defaults` that the controller writes have no `option redispatch`, `retries` or `retry-on`, and
its servers have `check`; HAProxy, configuration.txt (http-reuse safe, tune.idle-pool.shared),
src/http_ana.c (abort_keep_alive: a client is to try again). Played with HAProxy 2.6.
"""

KEYS = ("check", "check-interval", "cookie-persistence", "load-balance", "pod-maxconn", "timeout-server")
"""What Service, Ingress and ConfigMap may say alike; the cookie alone no Ingress may."""

ALGORITHMS: Mapping[str, str] = {
    "roundrobin": "round-robin",
    "static-rr": "static-rr",
    "leastconn": "least-conn",
    "first": "first",
    "source": "source",
    "uri": "uri",
    "random": "random",
    "random(2)": "random",
}
"""Words of load-balance that stand alone; hdr(NAME) and url_param NAME say what is hashed."""


def method_of(text: str) -> tuple[str, str] | None:
    """The algorithm of a load-balance and the key that it hashes; None: it is not modelled.

    >>> method_of("hdr(X-User)"), method_of("url_param id")
    (('hdr', '$http_x_user'), ('hdr', '$arg_id'))
    """
    words = text.split()
    if len(words) == 1 and words[0] in ALGORITHMS:
        return ALGORITHMS[words[0]], ""
    if len(words) == 1 and words[0].startswith("hdr(") and words[0].endswith(")"):
        return "hdr", f"$http_{words[0][4:-1].lower().replace('-', '_')}"
    if len(words) == 2 and words[0] == "url_param":
        return "hdr", f"$arg_{words[1]}"
    return None


def time_s(text: str) -> float | None:
    """A time of HAProxy in seconds: a number of milliseconds, or one with its unit; None: it is refused."""
    try:
        return float(text) / 1000 if text.isdigit() else seconds(text)
    except (InputError, ValueError):
        return None


def asks(cluster: Cluster, controller: Controller, row: Row) -> Asks:
    """What Service and Ingress of a row ask for beyond the ConfigMap."""
    service = service_of(cluster, row.namespace, row.backend)
    of_service = service.manifest.metadata.annotations if service is not None else {}
    given = {key: text for key in KEYS if (text := _said(of_service, key) or _of_ingress(row, key))}
    return asked(given, len(controller.pods))


def _of_ingress(row: Row, key: str) -> str:
    return "" if key == "cookie-persistence" else _said(row.ingress.metadata.annotations, key)


def _said(annotations: Mapping[str, str], key: str) -> str:
    return next((text for prefix in PREFIXES if (text := annotations.get(prefix + key, ""))), "")


def asked(given: Mapping[str, str], instances: int) -> Asks:
    """What these settings ask for.

    Args:
        instances: Pods of the controller, which share out what one Pod may hold.
    """
    said = given.get("load-balance", "")
    method, key = method_of(said) or (None, "")
    most = number(given.get("pod-maxconn", ""))
    return Asks(
        said=said if method else "",
        method=method,
        key=key,
        cookie=next(iter(given.get("cookie-persistence", "").split()), ""),
        most_open=0 if most is None else most // max(1, instances),
        goes_on=tuple(_goes_on(given)),
    )


def _goes_on(given: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for key, (field, read) in GOES_ON.items():
        value = read(given[key]) if key in given else None
        if value is not None:
            yield field, value
    if not _is_on(given.get("check", "true")):
        yield "check", None
    elif (interval_s := time_s(given.get("check-interval", ""))) is not None:
        yield "check", replace(Check(), interval_s=interval_s)


def _is_on(text: str) -> bool:
    """A text that is no truth value leaves servers without a check. Source: pkg/utils (GetBoolValue)."""
    said = flag(text)
    return text.lower() in ("enabled", "on") if said is None else said


GOES_ON: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "timeout-connect": ("connect_timeout_s", time_s),
    "timeout-queue": ("queue_s", time_s),
    "timeout-server": ("read_timeout_s", time_s),
}
"""Setting -> the field of `Retries` that it is, and how it is read; the first two only a ConfigMap has."""


def is_modelled(name: str, value: str) -> bool:
    """Whether what an annotation asks for is modelled."""
    key = next((name.removeprefix(p) for p in PREFIXES if name.startswith(p)), "")
    return key in KEYS and (key != "load-balance" or method_of(value) is not None)
