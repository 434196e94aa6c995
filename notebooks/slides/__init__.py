"""The slides of the lessons: what a lesson's own run shows, as a finding over the picture that proves it.

And a poll slide for each question, all of them light and dark. `make slides` writes them, with their text alternatives, to docs/images/lessons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sim
from sim.analysis.trace import Client
from sim.lessons import Lesson
from sim.report.charts.computers import computers_picture
from sim.report.charts.layers import layers_picture
from sim.report.charts.picture import Picture
from sim.report.charts.switchboard import switchboard_picture
from slides.kit import THEMES
from slides.lesson_01 import service
from slides.lesson_04 import policy
from slides.lesson_06 import reader
from slides.lesson_07 import rules
from slides.lesson_09 import speaking
from slides.lesson_11 import doors

FIRST_URL = "http://shop.example.com/cart"


def _asked(lesson: Lesson) -> sim.Trace:
    return Client(lesson.cluster()).trace(sim.Request.parse(FIRST_URL))


def switchboard(lesson: Lesson, theme: str = "light") -> Picture:
    """Lesson 0: a company above, the cluster below."""
    return switchboard_picture(_asked(lesson), theme=theme)


def layers(lesson: Lesson, theme: str = "light") -> Picture:
    """Lesson 0: Service and Ingress as a table."""
    return layers_picture(_asked(lesson), theme=theme)


def computers(lesson: Lesson, theme: str = "light") -> Picture:
    """Lesson 0: what runs where."""
    return computers_picture(lesson.cluster(), theme=theme)


SLIDES: dict[str, Callable[[Lesson, str], Picture]] = {
    "00-the-switchboard": switchboard,
    "01-who-takes-the-packet": service,
    "04-cluster-or-local": policy,
    "06-who-reads-the-ingress": reader,
    "07-which-rule-wins": rules,
    "09-who-is-speaking": speaking,
    "11-twelve-load-balancers": doors,
}
"""Lesson -> its slide for after the vote."""
PICTURES: dict[str, Callable[[Lesson, str], Picture]] = {
    "computers": computers,
    "layers": layers,
    "switchboard": switchboard,
}
"""The pictures of lesson 0, light and dark, for pages of both."""


def slide(name: str, theme: str = "light") -> Picture:
    """The slide of a lesson."""
    return SLIDES[name](sim.lesson(name), theme)


def first_pictures() -> Iterator[tuple[str, Picture]]:
    """The pictures of lesson 0 by the names of their files."""
    lesson = sim.lesson("00-the-switchboard")
    for name, draw in PICTURES.items():
        for theme, ending in THEMES.items():
            yield f"{name}{ending}", draw(lesson, theme)
