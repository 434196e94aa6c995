"""A change that was tried and serves the request, ready to be shown."""

from dataclasses import dataclass
from html import escape
from typing import Any, Literal


@dataclass(frozen=True)
class OtherAnswer:
    """A further request whose answer the change alters."""

    url: str
    old: str
    new: str


FixKind = Literal["edit", "request", "outside"]
"""A change of manifests, another request, or something that neither can do."""


@dataclass(frozen=True)
class TriedPatch:
    """The way out of one request: a change of the manifests, else another request, else what neither can do.

    Args:
        says: what the change does, as an instruction; empty if none serves.
        patch: for `patch -p0`; empty if no change was found, or if it would show the data of a Secret.
        source: `FILE:LINE` where the change begins.
        lines: (file and line, the removed or added line with its sign).
        answer: what the request gets then, in a phrase.
        compared: how many further requests were asked on both sides.
        alike: how many of them failed like this one and are served now.
        others: the ones whose answer changes otherwise; where there are none nothing else changes.
        asks: what may be asked instead, as an instruction; it was asked, and is served.
        outside: what must be done outside manifests and request; nothing of it was tried.
        why_none: why there is no patch; empty if there is one, or if no change is known that could be tried.
    """

    says: str = ""
    patch: str = ""
    source: str | None = None
    lines: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    compared: int = 0
    alike: int = 0
    others: tuple[OtherAnswer, ...] = ()
    asks: str = ""
    outside: str = ""
    why_none: str = ""

    @property
    def kind(self) -> FixKind | None:
        """What kind of way out comes first; None: none is known."""
        if self.says:
            return "edit"
        return "request" if self.asks else "outside" if self.outside else None

    @property
    def words(self) -> str | None:
        """The way out in words; None: none is known."""
        return "; or ".join(filter(None, (self.says, self.asks))) or self.outside or None

    @property
    def none_because(self) -> str:
        """Why there is no patch, in words for every case."""
        return self.why_none or "no known change would fix this"

    def _repr_html_(self) -> str:
        """What it does, what was tried, and the patch."""
        title = f"{self.says}; tried: {self.answer}" if self.patch else f"no patch: {self.none_because}"
        return f"<p>{escape(title)}</p>{f'<pre>{escape(self.patch)}</pre>' if self.patch else ''}"

    def to_json(self) -> dict[str, Any]:
        """The keys beside `final.fix`, as `sim trace -o json` shows them."""
        kind = {} if self.kind is None else {"fix_kind": self.kind}
        if not self.patch:
            return kind | {"patch": None, "patch_says": self.none_because, "patch_changes": []}
        others = [{"url": o.url, "old": o.old, "new": o.new} for o in self.others]
        return kind | {"patch": self.patch, "patch_says": self.says, "patch_changes": others}
