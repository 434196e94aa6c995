"""Resources as kustomize carries them from folder to folder: a document, and every name that it has had."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.manifests.documents import Document
from sim.manifests.reading.kustomize.placed import PlacedValue, document_of, tree


@dataclass(frozen=True)
class Identity:
    """What a patch or a reference calls a resource."""

    version: str
    kind: str
    name: str
    namespace: str

    @property
    def group(self) -> str:
        """The API group, empty for the core."""
        return self.version.rpartition("/")[0]


@dataclass(frozen=True)
class Resource:
    """A document on its way through kustomizations.

    Args:
        document: as it stands now.
        forced: the namespace that a kustomization gives to it, None if none does.
        earlier: what it was called before, the first name first.
        renamings: the prefixes and suffixes that it got, in order.
    """

    document: Document
    forced: str | None = None
    earlier: tuple[Identity, ...] = ()
    renamings: tuple[str, ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether it is a mapping; anything else is left as it is, and refused when it is decoded."""
        return isinstance(self.document.value, dict)

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata as they stand; empty if there are none."""
        found = self.document.value.get("metadata") if self.is_object else None
        return found if isinstance(found, dict) else {}

    @property
    def tree(self) -> PlacedValue:
        """Its value with places."""
        return tree(self.document)

    @property
    def identity(self) -> Identity:
        """What it is called now."""
        value = self.document.value if self.is_object else {}
        text = {k: v if isinstance(v, str) else "" for k, v in {**self.metadata, **value}.items()}
        namespace = self.forced or text.get("namespace") or "default"
        return Identity(text.get("apiVersion", ""), text.get("kind", ""), text.get("name", ""), namespace)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """What it is and was called."""
        return (*self.earlier, self.identity)

    def changed(self, value: PlacedValue) -> Resource:
        """With another value, of the same name."""
        if not self.is_object:
            return self
        return replace(self, document=document_of(value, self.document))

    def renamed(self, value: PlacedValue, by: str = "") -> Resource:
        """With another value and name; the name before is remembered."""
        found = replace(self.changed(value), earlier=self.identities)
        return replace(found, renamings=(*self.renamings, by)) if by else found


def single(documents: Iterable[Document]) -> Iterator[Resource]:
    """Documents as resources, those of a List one by one."""
    for document in documents:
        value = document.value
        is_list = isinstance(value, dict) and str(value.get("kind", "")).endswith("List")
        if is_list and isinstance(value.get("items"), list):
            items = [document.below("items", n) for n in range(len(value["items"]))]
            yield from single(items)
        else:
            yield Resource(document)


@dataclass(frozen=True)
class Selector:
    """The target of a patch: what it leaves out fits all. Names and kinds are expressions, anchored."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""

    def selects(self, resource: Resource) -> bool:
        """Whether a resource is meant, by what it is called now or was called first.

        Raises:
            re.error: one of the expressions is none.
        """
        now, first = resource.identity, resource.identities[0]
        return (
            any(_fits(self.namespace, i.namespace) for i in (first, now))
            and any(_fits(self.name, i.name) for i in (first, now))
            and _fits(self.group, now.group)
            and _fits(self.version, now.version.rpartition("/")[2])
            and _fits(self.kind, now.kind)
            and fulfils(self.labels, resource.metadata.get("labels"))
            and fulfils(self.annotations, resource.metadata.get("annotations"))
        )


_MOST_REPEATS = 3
_REPEATED_GROUP, _REPEAT = re.compile(r"\)[*+{]"), re.compile(r"(?<!\\)(?:[*+]|\{\d+,\d*\})")


def _fits(pattern: str, text: str) -> bool:
    """Whether an expression fits a whole text; only such are tried as end in little time on any name.

    Raises:
        re.error: it is no expression, or repeats too much.
    """
    if _REPEATED_GROUP.search(pattern) or len(_REPEAT.findall(pattern)) > _MOST_REPEATS:
        raise re.error(f"a repeated group, or more than {_MOST_REPEATS} repeats, are not decided here")
    return not pattern or re.fullmatch(pattern, text) is not None


_TERM = re.compile(
    r"\s*(?P<not>!)?\s*(?P<key>[^\s=!,()]+)\s*(?:(?P<op>==?|!=|\bin\b|\bnotin\b)\s*(?P<value>\([^)]*\)|[^,]*))?\s*(?:,|$)"
)


def fulfils(selector: str, labels: object) -> bool:
    """Whether labels fulfil a selector as kubectl writes it.

    >>> fulfils("app=web,tier in (a, b),!old", {"app": "web", "tier": "b"})
    True
    """
    have = labels if isinstance(labels, dict) else {}
    return all(_term_holds(term, have) for term in _TERM.finditer(selector.strip()) if term["key"])


def _term_holds(term: re.Match[str], have: dict[str, object]) -> bool:
    value, key = have.get(term["key"]), term["key"]
    wanted = [word.strip() for word in (term["value"] or "").strip("() ").split(",")]
    if term["op"] is None:
        return (key in have) is (term["not"] is None)
    return (key in have and value in wanted) if term["op"] in {"=", "==", "in"} else value not in wanted
