"""What the proxies remembered in a run, for the page: texts once each, and numbers that name them."""

from collections.abc import Iterator
from typing import Any

from sim.report.page.columns import UNIT_S, as_text
from sim.report.words.remembered import memory_of, short
from sim.simulation.design import Design
from sim.simulation.result import Remembered, Result


class _Texts:
    """Texts by number; a text that comes again has its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Of a text."""
        return self.numbers.setdefault(text, len(self.numbers))


def shown_memory(design: Design, result: Result) -> dict[str, Any]:
    """The places that remember, and from when on each knows what; empty where nothing was written down.

    `stream`: for each moment the ticks since the one before, its place, the text of why it chose (0: it did
    not), the text of what it remembers, and for each Pod of the upstream what is open and the text of what is
    remembered of it.
    """
    if not result.remembered:
        return {}
    texts, places = _Texts(), dict[tuple[int, int, int], int]()
    texts.number("")
    numbers = list(_numbers(design, result, texts, places))
    return {
        "places": [_place(design, *place) for place in places],
        "texts": list(texts.numbers),
        "stream": as_text(numbers),
    }


def _place(design: Design, controller: int, upstream: int, worker: int) -> dict[str, Any]:
    behind = design.upstreams[upstream]
    return {
        "controller": controller,
        "worker": worker + 1 if behind.method.per_worker else 0,
        "by": f"{behind.method.name} of {behind.method.program}",
        "pods": list(behind.stations),
    }


def _numbers(
    design: Design, result: Result, texts: _Texts, places: dict[tuple[int, int, int], int]
) -> Iterator[int]:
    before = 0
    for one in result.remembered:
        at = round(one.at_s / UNIT_S)
        key = one.controller, one.upstream, one.worker
        yield at - before
        yield places.setdefault(key, len(places))
        yield from _known(design, one, texts)
        before = at


def _known(design: Design, one: Remembered, texts: _Texts) -> Iterator[int]:
    memory = memory_of(one.state, design.upstreams[one.upstream].method.name)
    yield texts.number(_without_namespace(one.because))
    yield texts.number(memory.says)
    for station, opened in zip(design.upstreams[one.upstream].stations, one.in_flight, strict=True):
        yield opened
        yield texts.number(memory.of.get(design.stations[station].name, ""))


def _without_namespace(because: str) -> str:
    """Why it chose, with Pods as the picture names them."""
    return " ".join(short(word) if "/" in word and "'" not in word else word for word in because.split(" "))
