"""One source, two ways to run it: as it is, or compiled by numba where that is installed.

A function is marked here and stays what it is. `entry` makes a compiled copy of it whose calls lead to
compiled copies too, so that the same lines are walked both ways, and give the same bits: no fast-math,
nothing reordered.
"""

import os
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

import numpy as np

_Function = TypeVar("_Function", bound=Callable[..., Any])

_MARKED: dict[str, tuple[Any, Any]] = {}
"""By their full names: what runs as it is, and what is compiled in its stead."""

_CALLED: set[str] = set()

_SOURCES = sha256(b"".join(f.read_bytes() for f in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()[
    :16
]
"""The state of the sources as they are loaded; they may be edited while a run compiles them."""


def walked(function: _Function) -> _Function:
    """Mark a function as part of a walk."""
    _MARKED[_name(function)] = function, function
    return function


def walked_as(other: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Mark a function as what is compiled where another one runs as it is."""

    def mark(function: _Function) -> _Function:
        _MARKED[_name(other)] = other, function
        return function

    return mark


def has_compiler() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def called(function: _Function) -> _Function:
    """Mark a function that is called from outside a walk; only these are kept, with all that they call."""
    _CALLED.add(_name(function))
    return walked(function)


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """The compiled copy of a function that is called from outside, for tables that are arrays."""
    walks = _twins()[_name(function)]  # before numba is loaded by anything else: it then says where to keep
    from sim.simulation.fast.native import addresses_of

    return lambda w, *others: walks(addresses_of(w), *others)


def loop(function: Callable[..., Any], compiled: bool) -> Callable[..., Any]:
    """A marked function over columns: its compiled copy, or as it is, which goes along lists."""
    if compiled:
        return cast(Callable[..., Any], _twins()[_name(function)])
    return lambda *columns: _over_lists(function, *columns)


def _over_lists(function: Callable[..., Any], *columns: Any) -> Any:
    """Lists are read and written sooner than arrays; what was written goes back."""
    lists = [one.tolist() if isinstance(one, np.ndarray) else one for one in columns]
    found = function(*lists)
    for column, values in zip(columns, lists, strict=True):
        if isinstance(column, np.ndarray):
            column[:] = values
    return found


def kept_in() -> Path:
    """The folder of what was compiled: one for each state of the sources, as a walk is made of many files."""
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    elif sys.platform == "darwin":
        own = Path.home() / "Library" / "Caches"
    else:
        own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return own / "ingress-sim" / _SOURCES


def is_kept() -> bool:
    """Whether the walk was compiled before, as the sources are now."""
    own = os.environ.get("NUMBA_CACHE_DIR") or kept_in()
    return any(Path(own).glob("**/calls.walk_on-*.nbi"))


@cache
def _twins() -> dict[str, Any]:
    os.environ.setdefault("NUMBA_CACHE_DIR", str(kept_in()))
    from numba import config, njit

    config.CACHE_DIR = config.CACHE_DIR or os.environ["NUMBA_CACHE_DIR"]

    spaces: dict[str, dict[str, Any]] = {}
    twins = {}
    for name, (_, source) in _MARKED.items():
        space = spaces.setdefault(source.__module__, dict(source.__globals__))
        copy = FunctionType(source.__code__, space, source.__name__, source.__defaults__, source.__closure__)
        copy.__module__, copy.__qualname__ = source.__module__, source.__qualname__
        twins[name] = njit(copy, cache=name in _CALLED)
    from sim.simulation.fast.calls import tables
    from sim.simulation.fast.native import world_at

    marked = {id(plain): twins[name] for name, (plain, _) in _MARKED.items()} | {id(tables): world_at}
    for space in spaces.values():
        space.update({name: marked[id(value)] for name, value in space.items() if id(value) in marked})
    return twins


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
