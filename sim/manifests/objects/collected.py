"""What a reading comes to: objects, and all that a reader should know about the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.workloads import ConfigMap


@dataclass(frozen=True)
class Unmodelled:
    """Something read that the simulator does not model.

    Args:
        what: kind, field or annotation, with the object it belongs to.
        may_change_answer: False if it is known to be harmless for where a request goes.
        source: `FILE:LINE:COLUMN`.
        why: who reads it, or why it changes nothing; empty: `what` says enough.
        kind, key: of the object it belongs to; None: of no object.
        part: the annotation, field or setting of that object; empty: the object as a whole.
        value: as it is written, where it may change the answer, so that two sets can be compared.
    """

    what: str
    may_change_answer: bool
    source: str | None
    why: str = ""
    kind: str | None = None
    key: str | None = None
    part: str = ""
    value: str = field(default="", repr=False)

    def to_json(self) -> dict[str, Any]:
        """As every command shows it in `unmodelled`."""
        shown = {"what": self.what, "may_change_answer": self.may_change_answer, "source": self.source}
        return shown | ({"why": self.why} if self.why else {})


Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """Something wrong with what was read, at its place, with the way out.

    Args:
        code: its page in `sim explain`.
        severity: `error` is broken or refused, `warning` may be, `note` only looks so.
        message: a sentence that names the object and the fault.
        source: `FILE:LINE:COLUMN`, None where no file shows it.
        fix: the way out, or None.
        kind: kind of the object concerned, None if it could not be read.
        key: `NAMESPACE/NAME` of that object.
        template: the chart template behind the place, as helm names it.
    """

    code: str
    severity: Severity
    message: str
    source: str | None = None
    fix: str | None = None
    kind: str | None = None
    key: str | None = None
    template: str | None = None


@dataclass(frozen=True)
class NotApplied:
    """A part of the input that was neither read nor applied, though it may add objects or change them.

    Args:
        what: the key of a kustomization, or what it is.
        source: `FILE:LINE:COLUMN`.
    """

    what: str
    source: str | None


@dataclass(frozen=True)
class UnknownObject:
    """An object of a kind that no model knows.

    Args:
        config_map: what stands in it, for a ConfigMap: a controller may be told to read it.
    """

    api_version: str
    kind: str
    key: str
    source: str
    config_map: ConfigMap | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Written:
    """The files behind manifests, to be changed and read again.

    Args:
        texts: file -> its bytes; `-` is standard input.
        read: the same files, with the bytes of some of them changed, as manifests.
    """

    texts: Mapping[str, bytes]
    read: Callable[[Mapping[str, bytes]], Manifests]

    def then(self, derived: Callable[[Manifests], Manifests]) -> Written:
        """The same files behind manifests that are derived from what stands in them."""
        return Written(self.texts, lambda changes: derived(self.read(changes)))


@dataclass(frozen=True)
class Manifests:
    """All that was read, in order of reading.

    Args:
        objects: typed objects of the kinds in KINDS; also those that the API server would refuse, as far as
            they could be read: `faults` names them.
        unmodelled: kinds, fields and annotations outside the model.
        notes: what a reader should know about the reading itself.
        faults: what is wrong with a text or an object by itself; the rest is read all the same.
        unknown: objects of other kinds.
        twice: (kind, key) of the objects that stood more than once; the last one counts.
        as_of: the newest time that a live object of a dump shows, RFC 3339; None: no live object was read.
        written: the files that were read; None: no file shows these objects.
        left_out: parts of kustomizations that are not applied, and may add or change objects.
    """

    objects: tuple[KubernetesObject, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[Finding, ...] = ()
    unknown: tuple[UnknownObject, ...] = ()
    twice: tuple[tuple[str, str], ...] = ()
    as_of: str | None = None
    written: Written | None = field(default=None, compare=False, repr=False)
    left_out: tuple[NotApplied, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: the objects, without the files to read again."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"written": None}

    @cached_property
    def _by_model(self) -> Mapping[type[KubernetesObject], tuple[KubernetesObject, ...]]:
        found: dict[type[KubernetesObject], list[KubernetesObject]] = {}
        for item in self.objects:
            found.setdefault(type(item), []).append(item)
        return {model: tuple(items) for model, items in found.items()}

    @cached_property
    def config_maps(self) -> Mapping[str, ConfigMap]:
        """`NAMESPACE/NAME` -> the ConfigMap."""
        return {u.key: u.config_map for u in self.unknown if u.config_map is not None}

    def of(self, model: type[KubernetesObject]) -> Iterator[Any]:
        """The objects of one model."""
        return iter(self._by_model.get(model, ()))
