"""Stage and build: `make docs`. Warnings are errors, for a link that leads nowhere is one."""

from __future__ import annotations

import sys
from pathlib import Path

from website import live
from website.stage import DOCS, stage


def main(arguments: list[str]) -> int:
    """Build the site.

    Args:
        arguments: the folder to build in, if not docs/_build.

    Returns:
        The exit status of Sphinx.
    """
    from sphinx.cmd.build import build_main

    out = Path(arguments[0]) if arguments else DOCS / "_build"
    stage(out / "source")
    status = build_main(
        ["-E", "-W", "--keep-going", "-q", "-c", str(DOCS), str(out / "source"), str(out / "html")]
    )
    if status == 0:
        live.write(out / "html")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
