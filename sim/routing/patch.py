"""A change that was tried and serves the request, ready to be shown."""

from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class OtherAnswer:
    """A further request whose answer the change alters."""

    url: str
    old: str
    new: str


@dataclass(frozen=True)
class TriedPatch:
    """The way out of one request.

    Args:
        says: what the change does, in a phrase.
        patch: for `patch -p0`; empty if no change was found.
        lines: (file and line, the removed or added line with its sign).
        answer: what the request gets then, in a phrase.
        compared: how many further requests were asked on both sides.
        alike: how many of them failed like this one and are served now.
        others: the ones whose answer changes otherwise; where there are none nothing else changes.
        why_none: why there is no patch; empty if there is one.
    """

    says: str = ""
    patch: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    compared: int = 0
    alike: int = 0
    others: tuple[OtherAnswer, ...] = ()
    why_none: str = ""

    def _repr_html_(self) -> str:
        """What it does, what was tried, and the patch."""
        title = f"{self.says}; tried: {self.answer}" if self.patch else f"no patch: {self.why_none}"
        return f"<p>{escape(title)}</p>{f'<pre>{escape(self.patch)}</pre>' if self.patch else ''}"

    def to_json(self) -> dict[str, Any]:
        """The keys beside `final.fix`, as `sim trace -o json` shows them."""
        if not self.patch:
            return {"patch": None, "patch_says": self.why_none, "patch_changes": []}
        others = [{"url": o.url, "old": o.old, "new": o.new} for o in self.others]
        return {"patch": self.patch, "patch_says": self.says, "patch_changes": others}
