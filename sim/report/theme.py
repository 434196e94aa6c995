"""One visual language: the colours, marks, words and sizes of terminal, charts, pictures and pages.

Hues are Okabe and Ito's ("Color Universal Design", 2008), some a step darker, so that text reaches a contrast
of 4.5 and marks that carry meaning 3.0, on page and panel, light and dark. Nothing is said by colour alone: a
plan has a mark and a hatch, a state a mark and a word, and text wears `ink` or `ink2`. Only constants here.
"""

from dataclasses import dataclass, fields

from sim.routing.final import STATES

FONT = "DejaVu Sans"
"""Comes with matplotlib, so a chart looks the same everywhere."""

TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0
"""WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (marks)."""


@dataclass(frozen=True)
class Colours:
    """One theme. `ink` and `ink2` are for text, `line` for outlines; `hair` may be missed without loss."""

    page: str
    panel: str
    ink: str
    ink2: str
    line: str
    hair: str
    lb_per_service: str
    single_ingress: str
    delivered: str
    redirected: str
    failed: str
    timed_out: str


THEMES = {
    "light": Colours(
        page="#FFFFFF",
        panel="#F6F8FA",
        ink="#1F2328",
        ink2="#59636E",
        line="#818B98",
        hair="#D0D7DE",
        lb_per_service="#B87E00",
        single_ingress="#005A8C",
        delivered="#009E73",
        redirected="#2B8CD0",
        failed="#D55E00",
        timed_out="#B8608F",
    ),
    "dark": Colours(
        page="#0D1117",
        panel="#161B22",
        ink="#E6EDF3",
        ink2="#9DA7B3",
        line="#6E7681",
        hair="#3D444D",
        lb_per_service="#E69F00",
        single_ingress="#1F80C4",
        delivered="#009E73",
        redirected="#56B4E9",
        failed="#D55E00",
        timed_out="#CC79A7",
    ),
}
"""Orange and blue for plans; bluish green, sky blue, vermilion and reddish purple for states."""


def css_variables(theme: str) -> dict[str, str]:
    """Variable of a style sheet -> colour."""
    return {f.name.replace("_", "-"): getattr(THEMES[theme], f.name) for f in fields(Colours)}


def css_declarations(theme: str) -> str:
    """What a rule of a style sheet holds to make the colours known."""
    return " ".join(f"--{name}: {colour};" for name, colour in css_variables(theme).items())


@dataclass(frozen=True)
class PlanLook:
    """How a plan looks, and what a title calls it.

    Args:
        colour: a field of Colours.
        marker: matplotlib's code; `mark` is the same shape as a character.
        hatch: in bars.
        dash: of lines, as matplotlib writes it.
        subject: the first words of a sentence about it.
        name: the same within a sentence.
    """

    colour: str
    marker: str
    mark: str
    hatch: str
    dash: str
    subject: str
    name: str


PLANS = {
    "lb-per-service": PlanLook(
        "lb_per_service", "s", "■", "--", "-", "A load balancer per Service", "a load balancer per Service"
    ),
    "single-ingress": PlanLook("single_ingress", "o", "●", "", "-", "One Ingress", "the single Ingress"),
    "gateway": PlanLook("ink2", "^", "▲", "//", "--", "One Gateway", "the Gateway"),
    "shared-alb": PlanLook("ink", "v", "▼", "xx", ":", "One shared ALB", "the shared ALB"),
    "as-is": PlanLook("line", "D", "◆", "..", "-.", "Today's way in", "today's way in"),
}


@dataclass(frozen=True)
class Family:
    """How an end of a request looks. The exact state is always written beside it.

    Args:
        ascii: the mark where there is no UTF-8.
        style: ANSI colour name, for the terminal.
        colour: a field of Colours.
    """

    word: str
    mark: str
    ascii: str
    style: str
    colour: str


DELIVERED = Family("delivered", "●", "*", "green", "delivered")
REDIRECTED = Family("redirected", "◆", ">", "cyan", "redirected")
TIMED_OUT = Family("timed out", "○", "o", "magenta", "timed_out")
FAILED = Family("failed", "✕", "x", "red", "failed")

FAMILIES: dict[str, Family] = {
    **dict.fromkeys(STATES, FAILED),
    "delivered": DELIVERED,
    "redirected": REDIRECTED,
    "timeout": TIMED_OUT,
}
"""Final state -> family: what is not delivered, redirected or timed out has failed."""


def state_mark(state: str, ascii_only: bool) -> tuple[str, str]:
    """The mark and the ANSI colour name of a final state."""
    family = FAMILIES[state]
    return family.ascii if ascii_only else family.mark, family.style


@dataclass(frozen=True)
class Size:
    """A picture's size, and its type in points; type shrinks less than the picture, never below 8.5."""

    width_in: float
    height_in: float
    dpi: int
    scale: float

    def points(self, on_slide: float) -> float:
        """The size of type that has `on_slide` points on a slide."""
        return max(on_slide * self.scale, SMALLEST_TYPE)


SMALLEST_TYPE = 8.5
TITLE, SUBTITLE, LABEL, TICK, BOX, NOTE = 23.0, 15.0, 15.0, 14.0, 13.0, 11.0
"""Points on a slide. Except for notes, all is at least 1/40 of its height: readable in the last row."""
LONGEST_TITLE = 60

SIZES = {
    "slide": Size(12.8, 7.2, 150, 1.0),
    "docs": Size(9.6, 5.4, 200, 0.75),
    "notebook": Size(8.0, 4.5, 120, 0.65),
}

ITEMS = {
    "load_balancer_hours": "Load balancers",
    "load_balancer_nodes": "Load balancer nodes",
    "capacity_units": "Capacity units",
    "rule_hours": "Forwarding rules",
    "data_processed": "Data processed",
    "public_addresses": "Public addresses",
    "controller_compute": "Controller compute",
    "cross_zone_bytes": "Bytes across zones",
}
"""Item of a bill -> what people call it."""

PROVIDERS = {
    "aws": "AWS",
    "azure": "Azure",
    "digitalocean": "DigitalOcean",
    "gcp": "Google Cloud",
    "hetzner": "Hetzner",
    "linode": "Linode",
}
"""Price sheet -> what people call who wrote it."""

CURRENCIES = {"USD": "US dollars", "EUR": "euros", "GBP": "pounds sterling", "JPY": "yen"}


def item_name(item: str) -> str:
    """An item of a bill in words."""
    return ITEMS.get(item, item.replace("_", " ").capitalize())


def provider_name(provider: str) -> str:
    """A provider in words; one that is not shipped, as its sheet calls it."""
    return PROVIDERS.get(provider, provider)


def currency_name(code: str) -> str:
    """A currency in words, its code if it has none here."""
    return CURRENCIES.get(code, code)
