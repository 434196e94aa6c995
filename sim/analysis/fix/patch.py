"""Changed texts as a unified diff, for `patch -p0`."""

import re
from collections.abc import Mapping
from difflib import unified_diff
from io import StringIO


def unified(new: Mapping[str, str], old: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """All changes as one patch: whole lines, with three lines around them.

    Args:
        new: file that changes -> its text then.
        old: file -> its text before.
        titles: what a file is called in the patch, if not by its name.
    """
    lines = (
        line
        for file in sorted(new)
        for line in unified_diff(
            _lines(old[file]), _lines(new[file]), titles.get(file, file), titles.get(file, file)
        )
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """As `patch` counts them: a line ends with a line feed and nothing else."""
    return list(StringIO(text))


def changed_lines(patch: str) -> list[tuple[str, str]]:
    """The removed and added lines of a patch, each with its place: `("ingress.yaml:14", "-  port: 80")`."""
    found, file, at = [], "", {"-": 0, "+": 0}
    for line in patch.split("\n"):
        sign = line[:1]
        if line.startswith(("--- ", "+++ ")):
            file = line[4:]
        elif sign == "@":
            at = dict(zip("-+", (int(n) for n in re.findall(r"[-+](\d+)", line)[:2]), strict=True))
        elif sign in at:
            found.append((f"{file}:{at[sign]}", line.rstrip("\r")))
            at[sign] += 1
        elif sign == " ":
            at = {s: n + 1 for s, n in at.items()}
    return found
