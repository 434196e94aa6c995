"""Quantities as people write them, and back: "500m", "1Gi", "50ms", "2 Services"; values as JSON has them.

Inside the package time is seconds, size bytes, CPU cores: floats. These functions are the door. The published
form of a value is what `-o json` shows of it: an object with `to_json()` says it itself, any other dataclass
shows its fields by name.
Source of the suffixes: Kubernetes `resource.Quantity`; durations as Go's `time.ParseDuration`.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

from sim.errors import InputError

MOST_SEED = 2**64 - 1
"""Seeds of random numbers are whole numbers from 0 to this."""

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_BYTES = {
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
_PART = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-zA-Zµ]*)")


def _number_and_unit(text: str, units: dict[str, float], kind: str) -> float:
    match = _PART.fullmatch(text.strip())
    if match is None or match[2] not in units:
        known = ", ".join(u for u in units if u)
        raise InputError(f"{text!r} is not a {kind}", fix=f"write a number and one of {known}")
    return float(match[1]) * units[match[2]]


def seconds(value: str | float) -> float:
    """Read a duration: "50ms", "1.5s", "1m30s"; a bare number is seconds.

    >>> seconds("50ms"), seconds("1m30s"), seconds(2)
    (0.05, 90.0, 2.0)
    """
    if isinstance(value, bool) or not isinstance(value, str):
        return _finite(value, "duration")
    parts = _PART.findall(value.replace(" ", ""))
    if not parts or "".join(n + u for n, u in parts) != value.replace(" ", ""):
        raise InputError(f"{value!r} is not a duration", fix="write for example 50ms, 1.5s or 2m")
    if len(parts) == 1 and not parts[0][1]:
        return float(parts[0][0])
    return sum(_number_and_unit(n + u, _SECONDS, "duration") for n, u in parts)


def cores(value: str | float) -> float:
    """Read CPU: "500m" is half a core.

    >>> cores("500m"), cores(2)
    (0.5, 2.0)
    """
    if isinstance(value, str):
        return _number_and_unit(value, {"": 1.0, "m": 1e-3}, "CPU quantity")
    return _finite(value, "CPU quantity")


def size_bytes(value: str | float) -> float:
    """Read a size: "1Gi" is 1073741824 bytes.

    >>> size_bytes("1Gi"), size_bytes("2k")
    (1073741824.0, 2000.0)
    """
    if isinstance(value, str):
        return _number_and_unit(value, _BYTES, "size")
    return _finite(value, "size")


def _finite(value: float, kind: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise InputError(f"{value!r} is not a {kind}", fix="write a number that is not negative")
    return float(value)


def show_seconds(value_s: float) -> str:
    """Write a duration with three significant digits in the unit a reader expects.

    >>> show_seconds(0.0468), show_seconds(2.5), show_seconds(0)
    ('46.8 ms', '2.5 s', '0 ms')
    """
    if value_s >= 1:
        return f"{value_s:.3g} s" if value_s < 1000 else f"{value_s:.0f} s"
    return f"{value_s * 1e3:.3g} ms"


def counted(number: int, what: str) -> str:
    """Write a number of things, the noun in its plural where there is not one.

    >>> counted(1, "Service"), counted(1200, "Service"), counted(2, "address")
    ('1 Service', '1,200 Services', '2 addresses')
    """
    return f"{number:,} {what}{'' if number == 1 else 'es' if what.endswith('s') else 's'}"


def html_table(caption: str, rows: Iterable[Sequence[object]]) -> str:
    """Rows as a table for a notebook, the first cell of each its heading; every cell is escaped.

    >>> html_table("Pods", [("web", 2)])
    '<table><caption>Pods</caption><tr><th scope="row">web</th><td>2</td></tr></table>'
    """
    lines = []
    for head, *cells in rows:
        shown = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{escape(str(head))}</th>{shown}</tr>')
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"


def published(value: Any) -> Any:
    """A value as JSON has it; a number that JSON has not, NaN or infinity, is null.

    >>> published({"pods": (1, float("nan"))})
    {'pods': [1, None]}
    """
    if hasattr(value, "to_json"):
        return value.to_json()
    if is_dataclass(value):
        return {f.name: published(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {name: published(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [published(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def attributes(value: Any, names: str) -> dict[str, Any]:
    """Some attributes of a value in their published form, by name.

    >>> attributes(1 + 2j, "real imag")
    {'real': 1.0, 'imag': 2.0}
    """
    return {name: published(getattr(value, name)) for name in names.split()}
