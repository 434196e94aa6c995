"""Results of runs in a folder: what is there is not run again, so work that was stopped goes on.

A file per run, named by the fingerprint of all that the run is made of and of the version; written beside and
renamed, so that a file is whole or not there. They are pickles: a folder is for those who wrote it.
"""

import pickle
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.errors import InputError
from sim.simulation.fingerprint import fingerprint
from sim.simulation.items import RunItem, Runs, RunsProgress
from sim.simulation.result import Result


def kept(folder: Path, version: str, runs: Runs) -> Runs:
    """Runs whose results are kept.

    Args:
        version: of the program; another one starts anew.
        runs: makes those that are missing.
    """

    def known_or_run(items: Sequence[RunItem], progress: RunsProgress | None = None) -> Iterator[Result]:
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"{fingerprint(version, item)}.run" for item in items]
        missing = {place: item for place, item in enumerate(items) if not files[place].exists()}
        fresh = runs(list(missing.values()), _placed(progress, list(missing)))
        for place, file in enumerate(files):
            if place in missing:
                result = next(fresh)
                _write(file, result)
            else:
                result = _read(file)
                if progress is not None:
                    progress(place, 1, 1)
            yield result

    return known_or_run


def _placed(progress: RunsProgress | None, places: Sequence[int]) -> RunsProgress | None:
    """Progress of some of the runs, as that of all."""
    return progress and (lambda place, sent, of: progress(places[place], sent, of))


def _write(file: Path, result: Result) -> None:
    beside = file.with_suffix(".part")
    beside.write_bytes(zlib.compress(pickle.dumps(result), 1))
    beside.replace(file)


def _read(file: Path) -> Result:
    try:
        found: Result = pickle.loads(zlib.decompress(file.read_bytes()))
    except Exception as error:  # a pickle may fail in any way
        raise InputError(f"{file}: no result that can be read ({error}); remove it to run it again") from None
    return found
