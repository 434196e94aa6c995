"""Service and Ingress side by side: layer 4 reads the envelope, layer 7 the letter; and what follows."""

from __future__ import annotations

from sim.cluster.families import address_of
from sim.report.charts.picture import MARGIN, Picture, frame, sheet
from sim.report.charts.shapes import PAGE_WIDTH, Canvas, Spot
from sim.report.theme import BOX, LABEL
from sim.routing.trace import Trace

TITLE = "A Service reads the envelope, an Ingress the letter"
HEADS = (("Service", "layer 4: connections"), ("Ingress", "layer 7: requests"))
ROWS = (
    ("is", "a name for Pods, and rules on every node", "a list of rules that a controller reads"),
    ("chooses", "a Pod, once for each connection", "a Service, for each request"),
    ("speaks", "TCP, UDP, SCTP, whatever is inside", "HTTP and HTTPS, nothing else"),
    ("from outside", "NodePort or LoadBalancer, one for each", "one address for many Services"),
    ("costs", "often a load balancer for each", "one for all, and the controller's Pods"),
    ("needs", "nothing: kube-proxy is there", "a controller that you install"),
    ("like", "the number of a department", "the switchboard of the company"),
)
"""What it is about, and what holds of a Service and of an Ingress."""
LAST = (
    "An Ingress is not a kind of Service: it stands before Services and names them.",
    "kube-controller-manager comes with a cluster: Deployments, endpoints. No Ingress controller is in it.",
)
CAPTION = (
    "no random numbers · what costs differs by cloud: some count load balancers, some addresses and rules"
)
NOT_READ = "not read"
_COLUMNS, _WIDE = (190.0, 552.0), 336.0
_HEADS, _SEES, _FIRST, _STEP = 72.0, 92.0, 160.0, 38.0


def layers_picture(trace: Trace, size: str = "slide", theme: str = "light") -> Picture:
    """Draw the table, with what a Service and an Ingress see of a request.

    Args:
        trace: of the request.
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no such size or theme.
    """
    sent_to = trace.hops[0].before["destination"]
    address, port = address_of(sent_to), sent_to.rpartition(":")[2]
    with sheet(size, theme) as page:
        frame(page, [TITLE], "", CAPTION)
        canvas = Canvas(page)
        for left, (name, layer) in zip(_COLUMNS, HEADS, strict=True):
            canvas.text(left, _HEADS, name, LABEL, bold=True)
            canvas.text(left + canvas.width_of(name, LABEL, True) + 12, _HEADS, layer, BOX, "ink2")
            canvas.stroke([(left, _HEADS + 13), (left + _WIDE, _HEADS + 13)], "ink", 2)
        _letters(canvas, (f"to {address}", f"TCP, port {port}"), (trace.request.host, trace.request.path))
        _table(canvas)
    said = "; ".join(f"{what}: Service {one}, Ingress {other}" for what, one, other in ROWS)
    asked = f"{trace.request.host} {trace.request.path}"
    alt = (
        f"{TITLE}. A Service, layer 4, sees to {address}, TCP, port {port}, and not what is inside."
        f" An Ingress, layer 7, sees GET {asked} too. {said}. {' '.join(LAST)} {CAPTION}."
    )
    return Picture(page.figure, TITLE, alt)


def _letters(canvas: Canvas, outside: tuple[str, str], inside: tuple[str, str]) -> None:
    """The same request twice: with bars over what is not read, and open."""
    canvas.text(MARGIN, _SEES + 32, "sees", BOX, bold=True)
    for left, opened in zip(_COLUMNS, (False, True), strict=True):
        spot = Spot(left, _SEES, _WIDE, 60)
        canvas.box(spot, "a packet", 4)
        colour = "ink2" if opened else "ink"
        canvas.text(left + 12, _SEES + 15, outside[0], BOX, colour, bold=not opened)
        canvas.text(spot.right - 12, _SEES + 15, outside[1], BOX, colour, bold=not opened, align="right")
        canvas.stroke([(left, _SEES + 28), (spot.right, _SEES + 28)])
        _inside(canvas, spot, inside, opened)


def _inside(canvas: Canvas, spot: Spot, asked: tuple[str, str], opened: bool) -> None:
    """The request line, as it is read or as bars; both give way where they have no room."""
    room = spot.width - 5 * 12 - canvas.width_of("GET", BOX) - canvas.width_of(NOT_READ, BOX)
    path = canvas.short(asked[1], 0.4 * room, BOX, True)
    host = canvas.short(asked[0], room - canvas.width_of(path, BOX, True), BOX, True)
    x, y = spot.left + 12, spot.top + 44
    for word, bold in (("GET", False), (host, True), (path, True)):
        width = canvas.width_of(word, BOX, bold)
        if opened:
            canvas.text(x, y, word, BOX, bold=bold)
        else:
            canvas.bar(Spot(x, y - 7, width, 14), "ink2", NOT_READ)
        x += width + 12
    if not opened:
        canvas.text(spot.right - 12, y, NOT_READ, BOX, "ink2", align="right")


def _table(canvas: Canvas) -> None:
    for index, (what, *held) in enumerate(ROWS):
        y = _FIRST + _STEP * index
        canvas.stroke([(MARGIN, y), (PAGE_WIDTH - MARGIN, y)], "hair", 1)
        canvas.text(MARGIN, y + _STEP / 2, what, BOX, bold=True)
        for left, words in zip(_COLUMNS, held, strict=True):
            canvas.text(left, y + _STEP / 2, words, BOX)
    end = _FIRST + _STEP * len(ROWS)
    canvas.stroke([(MARGIN, end), (PAGE_WIDTH - MARGIN, end)], "hair", 1)
    for index, words in enumerate(LAST):
        canvas.text(MARGIN, end + 20 + 22 * index, words, BOX)
