"""Classes and controllers: who would read an Ingress, and whose annotations it carries."""

from collections.abc import Iterator, Mapping

from sim.analysis.findings.index import Index, finding, listed, nearest
from sim.cluster.assumed_controllers import runs_elsewhere, wanted_class
from sim.cluster.cluster import CLASS_ANNOTATION, Controller
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding, Severity
from sim.manifests.objects.networking import DEFAULT_CLASS, Ingress
from sim.routing.building import KNOWN, found_controllers
from sim.routing.controllers import SPEC
from sim.routing.controllers.ingress_nginx.annotations import REFUSES_THE_INGRESS
from sim.routing.controllers.ingress_nginx.values import BOOLEANS, NUMBERS, is_bool, is_integer
from sim.routing.controllers.ingress_nginx.values import PREFIX as NGINX_PREFIX

_OTHER_PREFIXES = {
    "appgw.ingress.kubernetes.io/": "azure-appgw",
    "haproxy-ingress.github.io/": "haproxy-ingress",
    "konghq.com/": "kong",
    "projectcontour.io/": "contour",
}
_OTHER_NAMES = {
    "azure/application-gateway": "azure-appgw",
    "haproxy-ingress.github.io/controller": "haproxy-ingress",
    "ingress-controllers.konghq.com/kong": "kong",
    "projectcontour.io/ingress-controller": "contour",
}
_OTHER_WORDS = {"azure": "azure-appgw", "contour": "contour", "kong": "kong"}
"""Controllers without a profile. Source: their own documentation."""

ANNOTATION_PREFIXES = {prefix: k.name for k in KNOWN for prefix in k.prefixes} | _OTHER_PREFIXES
"""Prefix of annotations -> the controller that reads them."""

CONTROLLER_NAMES = {k.controller: k.name for k in KNOWN if k is not SPEC} | _OTHER_NAMES
"""spec.controller of an IngressClass -> the controller."""

CLASS_WORDS = _OTHER_WORDS | {word: k.name for k in KNOWN[::-1] for word in k.class_words}
"""Word in the name of a class -> the controller that it points to; of one word the usual controller."""

_UNMODELLED_BOOLEANS = ("auth-tls-pass-certificate-to-upstream", "enable-opentelemetry")
_UNMODELLED_NUMBERS = (
    "proxy-connect-timeout", "proxy-next-upstream-tries", "proxy-read-timeout", "proxy-send-timeout",
)  # fmt: skip
"""Annotations of ingress-nginx that are not modelled, and that it reads as booleans or as whole numbers."""


def unknown_class(index: Index) -> Iterator[Finding]:
    """Ingresses of a class that is not there, in a set that has classes or controllers."""
    controllers = list(found_controllers(index.manifests))
    if not index.ingress_classes and not controllers:
        return
    for ingress in index.ingresses:
        name = ingress.spec.ingress_class_name
        if name and name not in index.ingress_classes:
            meant = nearest(name, index.ingress_classes)
            message = f"no IngressClass {shown(name)}; there are: {listed(index.ingress_classes)}"
            fix = f"write {meant}" if meant else "create it, or name another; nobody reads this Ingress"
            yield finding(ingress, "SIM1201", "error", message, ("spec", "ingressClassName"), fix)
        elif not name:
            yield from _unclaimed_annotation(index, ingress, controllers)


def _unclaimed_annotation(index: Index, ingress: Ingress, controllers: list[Controller]) -> Iterator[Finding]:
    """The old annotation: each controller compares it with a word of its own, so this is only likely."""
    name = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    flags = dict(flag.partition("=")[::2] for c in controllers for flag in c.flags)
    known = [*index.ingress_classes, flags.get("ingress-class", ""), *CLASS_WORDS]
    if not name or name in known:
        return
    meant = nearest(name, known)
    message = f"annotation {CLASS_ANNOTATION}: no controller here is known to take {shown(name)}"
    fix = f"write {meant}" if meant else f"ingressClassName: one of {listed(index.ingress_classes)}"
    path = ("metadata", "annotations", CLASS_ANNOTATION)
    yield finding(ingress, "SIM1201", "warning", message, path, fix)


def no_class(index: Index) -> Iterator[Finding]:
    """Ingresses without a class where no class is the default, and no controller takes them all the same."""
    takes_all = any("watch-ingress-without-class" in c.flags for c in found_controllers(index.manifests))
    has_default = any(c.is_default for c in index.ingress_classes.values())
    if takes_all or has_default or not index.ingress_classes:
        return
    for ingress in index.ingresses:
        if not wanted_class(ingress):
            message = f"names no class, and none of {listed(index.ingress_classes)} is the default"
            fix = f"ingressClassName: {next(iter(index.ingress_classes))}"
            yield finding(ingress, "SIM1202", "error", message, ("spec",), fix)


def no_controller(index: Index) -> Iterator[Finding]:
    """Classes in use whose controller does not run in the set."""
    running = list(found_controllers(index.manifests))
    claimed = {c.controller for c in running}
    used = {wanted_class(i) for i in index.ingresses}
    used |= {c.name for c in index.ingress_classes.values() if c.is_default} if None in used else set()
    for name, ingress_class in index.ingress_classes.items():
        controller = ingress_class.spec.controller
        if name not in used or controller in claimed:
            continue
        others = f"; those here are {listed(sorted(claimed))}" if claimed else ""
        message, fix = (
            f"no controller {shown(controller)} runs in this set{others}",
            "give its Deployment too",
        )
        severity: Severity = "note"
        if runs_elsewhere(ingress_class, running, KNOWN):
            message += "; it is assumed to run elsewhere"
        else:
            fix, severity = "install it, or name the controller that runs", "error"
        yield finding(ingress_class, "SIM1203", severity, message, ("spec", "controller"), fix)


def two_defaults(index: Index) -> Iterator[Finding]:
    """More than one default class: Ingresses that name none get the newest, the first by name of equals.

    Source: admission plugin DefaultIngressClass.
    """
    defaults = [c for c in index.ingress_classes.values() if c.is_default]
    if len(defaults) < 2:
        return
    by_name = sorted(defaults, key=lambda c: c.name)
    taken = max(by_name, key=lambda c: c.metadata.creation_timestamp or "")
    message = f"{len(defaults)} IngressClasses are the default ({listed(c.name for c in defaults)})"
    message += f"; Ingresses without a class get {taken.name}"
    path = ("metadata", "annotations", DEFAULT_CLASS)
    yield finding(defaults[-1], "SIM1204", "warning", message, path, "leave the annotation on one of them")


def foreign_annotations(index: Index) -> Iterator[Finding]:
    """Annotations that only another controller reads."""
    for ingress in index.ingresses:
        reader = controller_family(index, ingress)
        for name in ingress.metadata.annotations if reader else ():
            owner = ANNOTATION_PREFIXES.get(name.partition("/")[0] + "/")
            if owner not in (None, reader):
                message = (
                    f"annotation {shown(name)} is for {owner}; class {wanted_class(ingress)} is {reader}'s"
                )
                path = ("metadata", "annotations", name)
                fix = f"find what {reader} has for it; here it does nothing"
                yield finding(ingress, "SIM1205", "warning", message, path, fix)


def controller_family(index: Index, ingress: Ingress) -> str | None:
    """The controller that reads an Ingress, as far as its class tells; None if it does not."""
    name = wanted_class(ingress) or ""
    found = index.ingress_classes.get(name)
    if found is not None:
        return CONTROLLER_NAMES.get(found.spec.controller)
    return next((family for word, family in CLASS_WORDS.items() if word in name), None)


def unreadable_annotations(index: Index) -> Iterator[Finding]:
    """Annotations of ingress-nginx with a value that it drops, or that means more than it seems to."""
    for ingress in index.ingresses:
        for name, value in ingress.metadata.annotations.items():
            short = name.removeprefix(NGINX_PREFIX)
            wrong = _why_unreadable(short, value, ingress.metadata.annotations) if short != name else None
            if wrong is not None:
                message = f"annotation {name}: {shown(value)} {wrong}"
                yield finding(ingress, "SIM1206", "warning", message, ("metadata", "annotations", name))


def _why_unreadable(name: str, value: str, annotations: Mapping[str, str]) -> str | None:
    """What ingress-nginx makes of a value that is not what it expects, None if it is."""
    outcome = "the whole Ingress is skipped" if value and name in REFUSES_THE_INGRESS else "is dropped"
    if name in (*BOOLEANS, *_UNMODELLED_BOOLEANS):
        return None if is_bool(value) else f"is neither true nor false, and {outcome}"
    if name in (*NUMBERS, *_UNMODELLED_NUMBERS) and not is_integer(value):
        return f"is no whole number, and {outcome}"
    if name == "canary-weight":
        total = annotations.get(f"{NGINX_PREFIX}canary-weight-total", "100")
        most = int(total) if is_integer(total) else 100
        if int(value) > most:
            return f"is more than the total of {most}: every request goes to the canary"
        return "is less than nothing: no request goes to the canary" if int(value) < 0 else None
    return None


CHECKS = (unknown_class, no_class, no_controller, two_defaults, foreign_annotations, unreadable_annotations)
