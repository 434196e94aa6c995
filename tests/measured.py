"""The command `sim` in a process of its own, with what it took: CPU seconds and resident memory."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass

_PROGRAM = """
import atexit, os, resource, sys
STATUS = "/proc/self/status"
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    resident = [line.split()[1] for line in open(STATUS) if line.startswith("VmHWM")] if os.path.exists(STATUS) else []
    print("\\nTOOK", used.ru_utime + used.ru_stime, *resident, file=sys.stderr)
atexit.register(tell)
from sim.cli import main
main()
"""
_TOOK = re.compile(r"\nTOOK ([\d.]+)(?: (\d+))?\n\Z")


@dataclass(frozen=True)
class Measured:
    """What a command left behind; where the system does not say its memory, None. CPU time, for the wall's depends on who else works on the machine.

    Args:
        text: standard output and standard error.
        cpu_s, resident_mb: None where the process was killed.
    """

    status: int
    text: str
    cpu_s: float | None
    resident_mb: float | None


def measured(*words: str, patience_s: float = 300) -> Measured:
    """Run the command.

    Raises:
        subprocess.TimeoutExpired: it does not end.
    """
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=patience_s,
        check=False,
    )
    took = _TOOK.search(done.stderr)
    text = done.stdout + _TOOK.sub("\n", done.stderr)
    if took is None:
        return Measured(done.returncode, text, None, None)
    resident_mb = int(took[2]) / 1024 if took[2] else None
    return Measured(done.returncode, text, float(took[1]), resident_mb)
