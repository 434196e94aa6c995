"""The built site, once for all tests and all their processes."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def built(factory: pytest.TempPathFactory) -> Path:
    """The folder of the site; the process that comes first builds it, the others wait.

    Raises:
        AssertionError: Sphinx warns.
    """
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            done = subprocess.run(
                [sys.executable, "-m", "website", str(folder)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "docs"), str(ROOT / "tests")))},
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            assert (done.returncode, done.stderr) == (0, ""), done.stderr[-5000:]
            (folder / "done").touch()
    return folder / "html"
