"""Changed texts as a unified diff, for `patch -p0`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from io import StringIO

_AROUND = 3


def unified(
    new: Mapping[str, str],
    old: Mapping[str, str],
    titles: Mapping[str, str],
    private: Mapping[str, frozenset[int]] | None = None,
) -> str:
    """All changes as one patch: whole lines, with up to three lines around them.

    Args:
        new: file that changes -> its text then.
        old: file -> its text before.
        titles: what a file is called in the patch, if not by its name.
        private: file -> numbers of lines that nobody may see; around them fewer lines are shown, as many
            above a change as below it, so that `patch` finds the place.

    Returns:
        An empty text if a line that nobody may see would change.
    """
    found = [_of_file(f, new[f], old[f], titles.get(f, f), (private or {}).get(f)) for f in sorted(new)]
    return "".join(found) if all(found) else ""


def _of_file(file: str, new: str, old: str, title: str, private: frozenset[int] | None) -> str:
    """The patch of one file with as many lines around the changes as may be seen.

    After a name with a space stands a tab, as `diff` writes it: `patch` takes the name to end there.
    """
    title = f"{title}\t" if " " in title else title
    for around in range(_AROUND, -1, -1):
        lines = list(unified_diff(_lines(old), _lines(new), title, title, n=around))
        if not private or private.isdisjoint(_shown(lines)):
            return "".join(x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines)
    return ""


def _shown(lines: Iterable[str]) -> Iterator[int]:
    """The numbers of the old text's lines that a patch shows."""
    at: int | None = None
    for line in lines:
        if line.startswith("@@"):
            at = int(re.findall(r"-(\d+)", line)[0])
        elif at is not None and line[:1] in (" ", "-"):
            yield at
            at += 1


def _lines(text: str) -> list[str]:
    """As `patch` counts them: a line ends with a line feed and nothing else."""
    return list(StringIO(text))


def changed_lines(patch: str) -> list[tuple[str, str]]:
    """The removed and added lines of a patch, each with its place: `("ingress.yaml:14", "-  port: 80")`."""
    found, file, at = [], "", {"-": 0, "+": 0}
    for line in patch.split("\n"):
        sign = line[:1]
        if line.startswith(("--- ", "+++ ")):
            file = line[4:].rstrip("\t")
        elif sign == "@":
            at = dict(zip("-+", (int(n) for n in re.findall(r"[-+](\d+)", line)[:2]), strict=True))
        elif sign in at:
            found.append((f"{file}:{at[sign]}", line.rstrip("\r")))
            at[sign] += 1
        elif sign == " ":
            at = {s: n + 1 for s, n in at.items()}
    return found
