"""A company's switchboard above a cluster: the same four steps, and what the textbook's words mean in both.

The company is told; the cluster is the one that is asked about, and all that stands there a trace says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.patches import Polygon

from sim.cluster.families import address_of
from sim.errors import UsageError
from sim.report.charts.picture import Picture, frame, sheet
from sim.report.charts.shapes import (
    PAGE_WIDTH,
    TEXTBOOK,
    Canvas,
    Spot,
    entry,
    number,
    person,
    pill,
    reader,
    telephone,
    winner,
)
from sim.report.theme import BOX, LABEL, PLANS
from sim.routing.final import Delivered, Reached
from sim.routing.trace import Trace

TITLE = "You call one number. Who puts you through?"
CAPTION = (
    "Where it limps: a switchboard puts you through and hangs up; a controller stays and reads every request."
)
HAPPENS = ("one address for all", "what is asked?", "a name, not a stop", "straight to one Pod")
"""What the four steps of the textbook are where a request really goes."""
WORDS = (
    ("Pod", "a program that runs, with an address of its own"),
    ("Service", "a name for Pods that do the same"),
    ("Ingress", "the list: which path is whose"),
    ("controller", "the program that reads the list"),
)
DESKS = (("desk 21", ""), ("desk 22", "answers"))
DIRECTORY = (("Sales", "21, 22"), ("Support", "31, 32"), ("Press", "40"))
NUMBER = "555-0100"
MOST_ROWS, MOST_PODS = 3, 2
_CALLER, _DOOR, _BOOK, _DESK = (32.0, 74.0), (158.0, 150.0), (346.0, 246.0), (676.0, 213.6)
"""Left edge and width of the four columns."""
_ABOVE, _STRIP, _BELOW, _WORDS = 62.0, 206.0, 276.0, 424.0
"""Where the company, the steps, the cluster and the words begin; all heights are points of a slide."""
_HIGH = 134.0


@dataclass(frozen=True)
class Call:
    """What a trace tells of a request that a controller passed on.

    Args:
        rows: path and Service of rules of the host, and whether the rule wins.
        pods: name and node of those that may take it, and whether this one does.
    """

    host: str
    path: str
    address: str
    controller: str
    service: str
    rows: tuple[tuple[str, str, bool], ...]
    pods: tuple[tuple[str, str, bool], ...]


def call_of(trace: Trace) -> Call:
    """Read a trace as the switchboard needs it.

    Args:
        trace: of a request that a rule of a controller sends on.

    Raises:
        UsageError: no rule sent the request to a Pod.
    """
    steps = [step for hop in trace.hops if hop.kind == "controller" for step in hop.steps if step.host_fits]
    rows = [(step.parts.path, _name(step.parts.service), step.wins) for step in steps if step.parts]
    winner_of = next((row for row in rows if row[2]), None)
    if winner_of is None or not isinstance(trace.final, Delivered) or not trace.final.reached:
        raise UsageError(
            "a switchboard needs a request that a rule sends to a Pod; this one is not sent to any"
        )
    shown = sorted(rows, key=lambda row: not row[2])[:MOST_ROWS]
    return Call(
        trace.request.host,
        trace.request.path,
        address_of(trace.hops[0].before["destination"]),
        next(hop.name for hop in trace.hops if hop.kind == "controller"),
        winner_of[1],
        tuple(sorted(shown, key=rows.index)),
        _pods(trace.final.reached, trace.final.pod),
    )


def _name(service: str) -> str:
    """The name of a Service, without its port."""
    return service.partition(":")[0]


def _pods(reached_by: Sequence[Reached], pod: str | None) -> tuple[tuple[str, str, bool], ...]:
    """At most so many Pods, the one that takes the request among them; the last one, if that is open."""
    ends = [reached.endpoint for reached in reached_by]
    taken = next((end for end in ends if end.pod == pod), ends[-1])
    kept = sorted(ends, key=lambda end: end is not taken)[:MOST_PODS]
    return tuple(
        ((end.pod or end.address).rpartition("/")[2], end.node or "", end is taken)
        for end in ends
        if end in kept
    )


def switchboard_picture(trace: Trace, size: str = "slide", theme: str = "light") -> Picture:
    """Draw the company above and the cluster below.

    Args:
        trace: of the request in the cluster.
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no such size or theme, or no rule sent the request to a Pod.
    """
    told = call_of(trace)
    with sheet(size, theme) as page:
        frame(page, [TITLE], "", CAPTION)
        canvas = Canvas(page)
        _company(canvas)
        _steps(canvas)
        _cluster(canvas, told)
        _explained(canvas)
    return Picture(page.figure, TITLE, alt_text(told))


def alt_text(told: Call) -> str:
    """The picture in words."""
    steps = "; ".join(
        f"{i} {word}: {what}" for i, (word, what) in enumerate(zip(TEXTBOOK, HAPPENS, strict=True), 1)
    )
    rules = ", ".join(f"{path} is {service}{' (wins)' if wins else ''}" for path, service, wins in told.rows)
    pods = ", ".join(f"{name} on {node}{' (takes it)' if takes else ''}" for name, node, takes in told.pods)
    words = "; ".join(f"{word}: {what}" for word, what in WORDS)
    company = (
        f"Above, a company: a caller asks for Sales at {NUMBER}, one number. The switchboard looks into its"
        " directory, Sales is 21 and 22, and desk 22 answers."
    )
    cluster = (
        f"Below, a cluster: a client sends GET {told.host} {told.path} to {told.address}, a load balancer."
        f" The controller, {told.controller}, reads the Ingress: {rules}."
        f" Service {told.service} names these Pods: {pods}."
    )
    happens = f"The steps of the textbook, and what happens: {steps}."
    return f"{TITLE} {company} {cluster} {happens} {words}. {CAPTION}"


def _company(canvas: Canvas) -> None:
    left, _ = _CALLER
    middle = _ABOVE + 72
    says = Spot(left + 34, _ABOVE + 4, 114, 23)
    canvas.box(says, "what the caller says", 5, "ink")
    canvas.text(says.left + 9, says.middle, "Sales, please", BOX, bold=True)
    tip = [(left + 50, says.bottom), (left + 40, says.bottom + 10), (left + 62, says.bottom)]
    canvas.stroke(tip, "ink", zorder=3.0)
    person(canvas, left + 26, _ABOVE + 36)
    canvas.text(left + 26, _ABOVE + 100, "caller", LABEL, bold=True, align="center")
    door = Spot(_DOOR[0], middle - 28, _DOOR[1], 56)
    canvas.stroke([(left + 56, middle), (door.left, middle)], "line", 3, zorder=1.5)
    entry(canvas, door, "ink2", (NUMBER, "one number"), label="telephone number")
    book = Spot(_BOOK[0], _ABOVE, _BOOK[1], _HIGH)
    canvas.stroke([(door.right, middle), (book.left, middle)], "line", 3, zorder=1.5)
    reader(canvas, book, "switchboard")
    person(canvas, book.left + 38, _ABOVE + 30, headset=True)
    canvas.text(book.left + 14, _ABOVE + 104, "switchboard", BOX, bold=True)
    rows = [(name, desks, name == "Sales") for name, desks in DIRECTORY]
    start = _rulebook(canvas, book, ("directory", ""), rows)
    _desks(
        canvas, start, "Sales department", [(*desk, desk[1] == "answers") for desk in DESKS], _ABOVE, "line"
    )


def _cluster(canvas: Canvas, told: Call) -> None:
    colour, middle = PLANS["single-ingress"].colour, _BELOW + 92
    _card(canvas, told)
    client = Spot(_CALLER[0], middle - 18, _CALLER[1], 36)
    pill(canvas, client, "client")
    door = Spot(_DOOR[0], middle - 28, _DOOR[1], 56)
    canvas.stroke([(client.right, middle), (door.left, middle)], colour, 3.5, zorder=1.5)
    entry(canvas, door, colour, (told.address, "load balancer"))
    book = Spot(_BOOK[0], _BELOW, _BOOK[1], _HIGH)
    canvas.stroke([(door.right, middle), (book.left, middle)], colour, 3.5, zorder=1.5)
    reader(canvas, book)
    canvas.text(book.left + 14, _BELOW + 22, "controller", BOX, bold=True)
    for row, words in enumerate(("reads the", "rulebook,", "that is the")):
        canvas.text(book.left + 14, _BELOW + 44 + 17 * row, words, BOX, "ink2")
    canvas.text(book.left + 14, _BELOW + 97, "Ingress", BOX, bold=True)
    start = _rulebook(canvas, book, ("path", "Service"), told.rows)
    caption = canvas.short(f"Service {told.service} names these Pods", _DESK[1], BOX)
    _desks(canvas, start, caption, told.pods, _BELOW, colour)


def _card(canvas: Canvas, told: Call) -> None:
    """The request: method, host, path."""
    room = _BOOK[0] - 12 - _CALLER[0] - 78
    path = canvas.short(told.path, room / 2, BOX, bold=True)
    host = canvas.short(told.host, room - canvas.width_of(path, BOX, True), BOX, bold=True)
    left, middle = _CALLER[0], _BELOW + 26
    ends = [left + 46, left + 46 + canvas.width_of(host, BOX, True) + 18]
    canvas.box(
        Spot(left, middle - 13, ends[1] + canvas.width_of(path, BOX, True) + 20 - left, 26),
        "the request",
        13,
        "ink",
    )
    for x, words, bold in ((left + 12, "GET", False), (ends[0] + 9, host, True), (ends[1] + 9, path, True)):
        canvas.text(x, middle, words, BOX, bold=bold)
    for x in ends:
        canvas.stroke([(x, middle - 9), (x, middle + 9)])


def _rulebook(
    canvas: Canvas, book: Spot, heads: tuple[str, str], rows: Sequence[tuple[str, str, bool]]
) -> float:
    """Lines in a box, the one that decides with a bar; returns its height."""
    left, right, y = book.left + 122, book.right - 12, book.top + 18
    canvas.text(left, y, heads[0], BOX, "ink2")
    canvas.text(right, y, heads[1], BOX, "ink2", align="right")
    chosen = book.middle
    for index, (name, what, wins) in enumerate(rows):
        y = book.top + 44 + 31 * index
        if index:
            canvas.stroke([(left - 6, y - 15.5), (right, y - 15.5)], "hair", 1)
        if wins:
            winner(canvas, left - 14, y)
            chosen = y
        value = canvas.short(what, 60, BOX, wins)
        canvas.text(
            left,
            y,
            canvas.short(name, right - left - 8 - canvas.width_of(value, BOX, wins), BOX, wins),
            BOX,
            bold=wins,
        )
        canvas.text(right, y, value, BOX, bold=wins, align="right")
    return chosen


def _desks(
    canvas: Canvas,
    start: float,
    caption: str,
    desks: Sequence[tuple[str, str, bool]],
    top: float,
    colour: str,
) -> None:
    """Who may answer, below the name that they share; the one that does has the thick outline and wire."""
    left, width = _DESK
    canvas.text(left, top + 7, caption, BOX, "ink2")
    for index, (name, what, takes) in enumerate(desks):
        spot = Spot(left, top + 20 + 59 * index, width, 50)
        canvas.wire(
            (_BOOK[0] + _BOOK[1], start),
            (left, spot.middle),
            colour if takes else "hair",
            3.5 if takes else 1.2,
        )
        canvas.box(spot, name, 7, "ink" if takes else "line", width=2.5 if takes else 1.5)
        at = left + 14
        if what in ("", "answers"):
            telephone(canvas, left + 30, spot.middle + 1)
            at = left + 60
        right = what if what in ("", "answers") else f"Pod on {what}"
        canvas.text(at, spot.middle, canvas.short(name, 90, LABEL, True), LABEL, bold=True)
        canvas.text(spot.right - 12, spot.middle, canvas.short(right, 98, BOX), BOX, "ink2", align="right")


def _steps(canvas: Canvas) -> None:
    """The four steps of the textbook, and what they are."""
    band = [(0.0, _STRIP), (PAGE_WIDTH, _STRIP), (PAGE_WIDTH, _STRIP + 60), (0.0, _STRIP + 60)]
    canvas.add(Polygon(band, closed=True, fc=canvas.colour("panel"), lw=0, label="steps"), 1.0)
    for digit, (left, word, what) in enumerate(
        zip((32.0, 346.0, 500.0, 676.0), TEXTBOOK, HAPPENS, strict=True), 1
    ):
        number(canvas, left + 11, _STRIP + 20, digit)
        canvas.text(left + 28, _STRIP + 20, word, BOX, bold=True)
        canvas.text(left + 28, _STRIP + 42, what, BOX, "ink2")


def _explained(canvas: Canvas) -> None:
    """The words of the lower half, in two columns."""
    canvas.stroke([(32, _WORDS), (PAGE_WIDTH - 32, _WORDS)], "hair", 1)
    for index, (word, what) in enumerate(WORDS):
        left, y = (32.0, 470.0)[index // 2], _WORDS + 20 + 22 * (index % 2)
        canvas.text(left, y, word, BOX, bold=True)
        canvas.text(left + 92, y, what, BOX)
