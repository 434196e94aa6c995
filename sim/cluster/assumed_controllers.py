"""Ingress controllers that no file shows, and that must be there: somebody serves what the files do show.

A set of manifests is rarely a whole cluster. An Ingress names a class, an IngressClass names a controller, a
status has the address that a controller has written: each is a sign that it runs elsewhere. So it is assumed
to, which is said. A class that is not there beside others that are, and a class for a second controller of a
kind that runs here under another name, are faults and stay faults.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sim.cluster.cluster import CLASS_ANNOTATION, Assumption, Controller, class_after_admission
from sim.cluster.known_controllers import Classes, Known, KnownController
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import DEFAULT_CLASS, Ingress, IngressClass, IngressClassSpec

OTHERWISE = "--controller NAME or none; in a scenario, controller.profile"

Assumed = tuple[list[Controller], dict[str, IngressClass], list[Assumption]]
"""Controllers, the IngressClasses that they bring along, and how both are said."""


@dataclass
class _Absent:
    """A controller that Ingresses wait for: its kind, classes in use, and whose status has an address."""

    kind: KnownController
    classes: dict[str, None] = field(default_factory=dict)
    addressed: list[Ingress] = field(default_factory=list)


def assumed_controllers(
    manifests: Manifests, setup: Setup, known: Known, found: Sequence[Controller]
) -> Assumed:
    """The controllers that the Ingresses of a set need besides those that it shows.

    Args:
        setup: with a profile, each of them is of that one.
        found: among the workloads.
    """
    ingresses: list[Ingress] = list(manifests.of(Ingress))
    classes = {c.name: c for c in manifests.of(IngressClass)}
    if not ingresses:
        return [], {}, []
    if not found and not classes:
        return _by_class_name(ingresses, setup, known)
    absent = _absent(ingresses, classes, setup, known, found)
    if not (absent or found or setup.profile is None):
        # Whoever names a profile asks what it does, though no class of the set is in use.
        asked = _profile_named(setup.profile, known)
        absent = (
            {c.spec.controller: _Absent(asked, {c.name: None}) for c in classes.values()} if asked else {}
        )
    setups = [
        ControllerSetup(controller, one.kind.name, _flags(one), replicas=setup.replicas)
        for controller, one in absent.items()
    ]
    made = {c.name: c for one in absent.values() for c in _classes_of(one, classes)}
    said = [Assumption(_said(controller, one), OTHERWISE) for controller, one in absent.items()]
    return [stated_controller(s, number) for number, s in enumerate(setups)], made, said


def _absent(
    ingresses: Iterable[Ingress], classes: Classes, setup: Setup, known: Known, found: Sequence[Controller]
) -> dict[str, _Absent]:
    """By the name of a controller that does not run here: what waits for it."""
    needed: dict[str, _Absent] = {}
    asked = _profile_named(setup.profile, known)
    for ingress in ingresses:
        name = class_after_admission(ingress, classes) or wanted_class(ingress)
        kind = classes.get(name or "")
        if kind is not None:
            if runs_elsewhere(kind, found, known):
                controller = kind.spec.controller
                profile = asked or named_in(controller, known) or profile_of_ingress(ingress, known)
                needed.setdefault(controller, _Absent(profile)).classes[kind.name] = None
        elif not found and ingress.status.load_balancer.addresses:
            profile = asked or profile_of_ingress(ingress, known)
            needed.setdefault(profile.controller, _Absent(profile)).addressed.append(ingress)
    return needed


def runs_elsewhere(kind: IngressClass, found: Iterable[Controller], known: Known) -> bool:
    """Whether the controller of a class is to be assumed: it is not here, nor is one of its kind.

    Args:
        found: the controllers that the set shows.
    """
    running, profile = list(found), named_in(kind.spec.controller, known)
    if any(c.controller == kind.spec.controller for c in running):
        return False
    return profile is None or all(c.profile != profile.name for c in running)


def _profile_named(name: str | None, known: Known) -> KnownController | None:
    return next((k for k in known if k.name == name), None)


def named_in(controller: str, known: Known) -> KnownController | None:
    """The kind of controller that a spec.controller means: by its own name, or by a word in it."""
    exact = (k for k in known if k.controller == controller)
    by_word = (k for k in known if any(word in controller for word in k.class_words))
    return next(exact, None) or next(by_word, None)


def _flags(one: _Absent) -> tuple[str, ...]:
    """What makes it read an Ingress that names its class in the old annotation alone, and has an address."""
    old = any(i.spec.ingress_class_name is None for i in one.addressed)
    return ("any-annotation-class",) if old else ()


def _classes_of(one: _Absent, classes: Classes) -> Iterator[IngressClass]:
    """The classes that it brings along, for Ingresses whose class no file shows."""
    for ingress in one.addressed:
        name = wanted_class(ingress)
        if (name or one.kind.name) not in classes:
            yield assumed_class(name or one.kind.name, one.kind.controller, default=name is None)


def _said(controller: str, one: _Absent) -> str:
    parts = []
    if one.classes:
        parts.append(f"{_shown(one.classes)}, whose controller {controller} is not in this set")
    if one.addressed:
        others = f" and {len(one.addressed) - 1} more" if len(one.addressed) > 1 else ""
        parts.append(f"Ingress {one.addressed[0].key}{others}, whose status has an address")
    return (
        f"an Ingress controller of profile {one.kind.name} for {'; for '.join(parts)}; {_in_front(one.kind)}"
    )


def profile_of_ingress(ingress: Ingress, known: Known) -> KnownController:
    """The controller that the class of an Ingress points to, else its annotations; else the usual one.

    One word may stand for two controllers (nginx): annotations tell them apart. Those of the usual controller
    are also written by habit, so another one's count before them.
    """
    name = wanted_class(ingress) or ""
    named = [k for k in known if any(word in name for word in k.class_words)]
    annotations = ingress.metadata.annotations
    annotated = [k for k in (*known[1:], known[0]) if any(a.startswith(k.prefixes) for a in annotations)]
    return [*(k for k in annotated if k in named), *named, *annotated, known[0]][0]


def profile_of_controller(controller: str, known: Known) -> str | None:
    """The profile for an IngressClass's spec.controller; None for one that is not known."""
    return next((k.name for k in known if k.controller == controller), None)


def wanted_class(ingress: Ingress) -> str | None:
    """The class that an Ingress names, in its spec or in the old annotation."""
    return ingress.spec.ingress_class_name or ingress.metadata.annotations.get(CLASS_ANNOTATION)


def assumed_class(name: str, controller: str, default: bool) -> IngressClass:
    """The IngressClass that an assumed controller brings along."""
    annotations = {DEFAULT_CLASS: "true"} if default else {}
    meta = ObjectMeta(name=name, annotations=annotations)
    return IngressClass(metadata=meta, spec=IngressClassSpec(controller=controller))


def stated_controller(setup: ControllerSetup, index: int) -> Controller:
    """A controller with Pods and a Service of its own, in a namespace of its own."""
    namespace = "ingress" if index == 0 else f"ingress-{index + 1}"
    pods = tuple(f"{namespace}/{setup.profile}-{n + 1}" for n in range(setup.replicas))
    return Controller(
        namespace,
        setup.profile,
        setup.controller,
        (f"{namespace}/{setup.profile}",),
        pods,
        setup.flags,
        setup.default_backend,
        assumed=True,
    )


def _by_class_name(ingresses: Iterable[Ingress], setup: Setup, known: Known) -> Assumed:
    """No controller and no IngressClass in the set: one per class that the Ingresses name."""
    wanted = _profile_named(setup.profile, known)
    of_class: dict[str | None, KnownController] = {}
    for ingress in ingresses:
        of_class.setdefault(wanted_class(ingress), wanted or profile_of_ingress(ingress, known))
    kinds = {k.name: k for k in of_class.values()}
    flags = ("any-annotation-class",)
    setups = [ControllerSetup(k.controller, k.name, flags, replicas=setup.replicas) for k in kinds.values()]
    names = {kind: [name for name, k in of_class.items() if k.name == kind] for kind in kinds}
    classes = [
        assumed_class(name or kind, kinds[kind].controller, default=name is None)
        for kind in kinds
        for name in names[kind]
        if not kinds[kind].shuns_field or not _points_to(name, kinds[kind])
    ]
    said = (f"{kind} for {_shown(names[kind])}, {_in_front(k)}" for kind, k in kinds.items())
    assumptions = [Assumption(f"an Ingress controller of profile {what}", OTHERWISE) for what in said]
    made = [stated_controller(one, number) for number, one in enumerate(setups)]
    return made, {c.name: c for c in classes}, assumptions


def _points_to(name: str | None, kind: KnownController) -> bool:
    """Whether a class, or none, means this controller; another's class it takes over when it is stated."""
    return name is None or any(word in name for word in kind.class_words)


def _shown(classes: Collection[str | None]) -> str:
    """Class names for people; None stands for Ingresses that name no class."""
    names = [name for name in classes if name]
    parts = [f"class {', '.join(names)}"] if names else []
    return " and ".join([*parts, *(["Ingresses without a class"] if None in classes else [])])


def _in_front(kind: KnownController) -> str:
    """What clients reach it by."""
    if kind.front is not None:
        return "which makes load balancers that apply the rules themselves"
    return "behind a load balancer" if kind.reads_ingresses else "which reads no Ingress"
