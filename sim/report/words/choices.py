"""What a proxy that has just started chooses next, in words: the answer in a row, and a row per choice."""

from collections.abc import Iterator, Sequence

from sim.report.words.names import in_a_row, short_name
from sim.routing.proxies.playing import Chooser, Pick

_MOST = 3
"""Names in a row."""
Row = tuple[str, str]
"""A name, and what is said of it."""


def choice_rows(choosers: Sequence[Chooser], each: bool = False) -> Iterator[Row]:
    """What is said at a proxy's hop.

    Args:
        each: say why of every choice.
    """
    for chooser in choosers:
        to = f"to {chooser.backend} " if len(choosers) > 1 else ""
        by = f"{to}{chooser.method.name} of {chooser.method.program}"
        back = f"; cookie {chooser.cookie} brings a client back" if chooser.cookie else ""
        yield f"a fresh {_who(chooser)}", f"{by}: {_next(chooser)}{back}"
        for number, pick in enumerate(chooser.picks if each else (), 1):
            yield f"choice {number}", f"{_name(pick)}: {pick.because}"


def _who(chooser: Chooser) -> str:
    """Who has a state of its own."""
    return "worker" if chooser.method.per_worker else "proxy"


def _next(chooser: Chooser) -> str:
    if not chooser.picks:
        return f"by chance each time, {_shares(chooser)}"
    first, *others = chooser.picks
    if chooser.chance == "start" and not chooser.drawn:
        return f"begins where chance says, then goes round: {_names(chooser.picks)}"
    if all(pick.name == first.name for pick in others) and not chooser.drawn:
        elsewhere = [_short(name) for name in chooser.firsts[1:] if name is not None]
        over = f"; over other nodes {in_a_row(elsewhere)}" if elsewhere else ""
        return f"always {_name(first)} ({first.because}){over}"
    drawn = "with this seed " if chooser.drawn and chooser.chance != "none" else ""
    return f"{drawn}{_name(first)} ({first.because}), then {_names(others)}"


def _names(picks: Sequence[Pick]) -> str:
    return ", ".join([_name(pick) for pick in picks[:_MOST]] + ["…"])


def _name(pick: Pick) -> str:
    return "nobody" if pick.name is None else _short(pick.name)


def _short(name: str) -> str:
    """A Pod without its namespace."""
    return short_name(name.rpartition("/")[2], 24)


def _shares(chooser: Chooser) -> str:
    """How likely each is, as far as there is room."""
    shares = chooser.shares
    if max(shares) - min(shares) < 0.005:
        return f"1/{len(shares)} each"
    shown = [f"{_short(b.name)} {s * 100:.0f} %" for b, s in zip(chooser.listed, shares, strict=True)]
    return ", ".join(shown if len(shown) <= _MOST + 1 else [*shown[:_MOST], "…"])
