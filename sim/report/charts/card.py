"""A card: a title and a few lines, as text and as HTML. What a lesson says to a learner."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, repr=False)
class Card:
    """A title, lines below it, and a text whose line breaks count (a trace, manifests).

    Args:
        mark: a sign before the title, such as the tick of what is solved; never the only carrier of a fact.
    """

    title: str
    lines: Sequence[str] = ()
    text: str = ""
    mark: str = ""

    def __repr__(self) -> str:
        head = f"{self.mark} {self.title}".strip()
        return "\n".join([head, *(f"  {line}" for line in self.lines), *([self.text] if self.text else [])])

    def _repr_html_(self) -> str:
        head = escape(f"{self.mark} {self.title}".strip())
        items = "".join(f"<li>{escape(line)}</li>" for line in self.lines)
        text = f"<pre>{escape(self.text)}</pre>" if self.text else ""
        return f"<div><p><strong>{head}</strong></p>{f'<ul>{items}</ul>' if items else ''}{text}</div>"
