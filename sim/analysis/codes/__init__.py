"""A page per message code: `sim explain SIM2003` prints it as it stands in the folder `pages`.

SIM10xx: reading files. SIM11xx to SIM15xx: objects that do not fit together. SIM2xxx: how a request ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

_FOLDER = resources.files("sim.analysis.codes") / "pages"


@dataclass(frozen=True)
class Code:
    """One page: what a code means, why it happens, how to see it with kubectl, how to mend it.

    Every part is text in lines of at most 78 columns, but for commands, which stand whole.

    Args:
        see: commands that show it on a cluster, one per line.
    """

    code: str
    title: str
    what: str
    why: str
    see: str
    mend: str


class _Pages(Mapping[str, Code]):
    """Code -> its page, in order of codes. A page is read when it is asked for."""

    def __init__(self) -> None:
        self._names = sorted(file.name.removesuffix(".txt") for file in _FOLDER.iterdir())

    def __getitem__(self, code: str) -> Code:
        if code not in self._names:
            raise KeyError(code)
        return parsed((_FOLDER / f"{code}.txt").read_text(encoding="utf-8"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def parsed(page: str) -> Code:
    """A page from its text: code and title, then the parts under their names, in order.

    Raises:
        ValueError: a part is missing, empty, under another name, or one too many.
    """
    heading, *parts = page.rstrip("\n").split("\n\n")
    names, bodies = zip(*(part.split("\n", 1) for part in parts), strict=True)
    if names != ("what", "why", "see", "mend"):
        raise ValueError(f"the parts of {heading!r} are {', '.join(names)}")
    code, _, title = heading.partition("  ")
    what, why, see, mend = ("\n".join(line.removeprefix("  ") for line in b.splitlines()) for b in bodies)
    return Code(code, title, what, why, see, mend)


CODES: Mapping[str, Code] = _Pages()
