"""A progress bar on standard error, for work that takes more than a second; nothing in a pipe."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sim.report.width import WIDTH

PATIENCE_S = 1.0


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A callback (name, done, of how many) that draws a bar per name once a second has passed."""
    console = Console(stderr=True, width=WIDTH)
    columns = (TextColumn("{task.description:<16}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    bar = Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal or console.is_dumb_terminal,
    )
    tasks: dict[str, TaskID] = {}
    started = time.monotonic()

    def report(name: str, done: int, total: int) -> None:
        if time.monotonic() - started < PATIENCE_S:
            return
        if not tasks:
            bar.start()
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=total)
        bar.update(tasks[name], completed=done)

    try:
        yield report
    finally:
        if tasks:
            bar.stop()
