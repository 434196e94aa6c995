"""Which pages the site has, in the order of its side bar."""

from __future__ import annotations

from collections.abc import Sequence

PARTS: dict[str, tuple[str, ...]] = {
    "Start": (
        "quickstart",
        "play",
        "how-to/why-404",
        "how-to/why-no-traffic",
        "how-to/prestop",
        "how-to/why-at-a-moment",
        "how-to/rolling-update",
        "how-to/nlb-ip-targets",
        "how-to/scale-in",
        "how-to/drain",
        "how-to/autoscaling",
        "how-to/retry-storm",
        "how-to/idle-timeouts",
        "how-to/ci",
        "how-to/price",
        "how-to/compare",
        "how-to/sweep",
        "how-to/study",
        "how-to/migrate",
        "how-to/network-policies",
    ),
    "Understand": (
        "model",
        "controllers",
        "surprises",
        "surprises-kube-proxy",
        "gallery",
        "glossary",
        "lessons",
        "notebooks/index",
    ),
    "Look up": (
        "reference/commands",
        "scenario",
        "reference/scenarios",
        "codes/index",
        "reference/schemas",
        "reference/python",
        "prices",
    ),
    "Trust": ("fidelity", "performance", "statistics"),
    "Change": ("design", "adding", "contributing", "changelog"),
}
"""Title of a part → pages, by their names in the staged folder. A page that is not there is left out."""

INNER = ("codes/SIM", "notebooks/", "reference/schemas/")
"""Pages that a page of the side bar lists itself."""


def parts(names: Sequence[str]) -> dict[str, list[str]]:
    """The pages of each part; one that no part names stands in the last."""
    named = {name for pages in PARTS.values() for name in pages}
    shown = {title: [name for name in pages if name in names] for title, pages in PARTS.items()}
    others = sorted(name for name in names if name not in named | {"index"} and not name.startswith(INNER))
    last = next(reversed(shown))
    return {**shown, last: shown[last] + others}


def tree(names: Sequence[str], caption: str = "", visible: bool = False) -> str:
    """A table of contents as MyST has it; it adds nothing to the page unless it is to be visible."""
    options = [f":caption: {caption}"] * bool(caption) + [":maxdepth: 1" if visible else ":hidden:"]
    return "\n".join(("```{toctree}", *options, "", *names, "```", ""))
