"""The gallery: every chart and picture with the command that makes it. `make gallery` draws all of them.

Pictures of other pages are drawn beside it, light and dark as well, from the files that such a page shows.

Commands run in this process, in a folder with the shipped scenarios. Pictures are kept small by having two
hundred colours at most, which nobody sees.
"""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from html import escape
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sim.comparison import compare as comparing
from sim.comparison.comparison import Comparison
from sim.report.words.chart_kinds import COMPARISON_KINDS, RUN_KINDS
from sim.scenario.experiment import Experiment
from website.examples import ROOT, fenced, run, workplace

PAGE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "images" / "gallery"
COLOURS = 200
WIDTH = 960
"""Pixels on the page."""


THEMES = ("light", "dark")


@dataclass(frozen=True)
class Entry:
    """A picture of the gallery, or of another page.

    Args:
        name: of its file; of a chart of the registry, its name there.
        command: that writes NAME.png.
        shows: what it shows, and when to use it; empty for a chart of a comparison or a run.
    """

    name: str
    title: str
    command: str
    shows: str = ""

    @property
    def about(self) -> str:
        """One sentence: what it shows, and when to use it."""
        return self.shows or (COMPARISON_KINDS | RUN_KINDS)[self.name].about

    def command_for(self, theme: str) -> str:
        """The command that writes the picture of a theme."""
        dark = self.command.replace(f"{self.name}.png", f"{self.name}-dark.png")
        return self.command if theme == "light" else f"{dark} --chart-theme dark"


def file_of(folder: Path, name: str, theme: str) -> Path:
    """The picture of a theme."""
    return folder / f"{name}{'' if theme == 'light' else '-dark'}.png"


def drawn(entry: Entry, theme: str = "light") -> tuple[bytes, str]:
    """The PNG that a command writes, and its alt text, in the folder where one works.

    Raises:
        ValueError: the command failed.
    """
    command = entry.command_for(theme)
    ran = run(command)
    if ran.status > 1:
        raise ValueError(f"{command}\n{ran.err}")
    file = Path(next(word for word in shlex.split(command) if word.endswith(".png")))
    return file.read_bytes(), Path(f"{file}.alt.txt").read_text("utf-8").strip()


@contextmanager
def one_run_for_all() -> Iterator[None]:
    """Let commands that differ by their chart alone share one comparison, for the same runs give the same."""
    original, known, over = comparing.compare, dict[str, Comparison](), False

    def compare(experiment: Experiment, *how: Any, **named: Any) -> Comparison:
        # A module that is imported meanwhile keeps this function for good.
        if over or named:
            return original(experiment, *how, **named)
        key = repr((experiment.name, experiment.scenario.plans, [h for h in how if not callable(h)]))
        if key not in known:
            known[key] = original(experiment, *how)
        return known[key]

    comparing.compare = compare
    try:
        yield
    finally:
        comparing.compare, over = original, True


def small(png: bytes) -> bytes:
    """The same picture with few colours, its words kept."""
    image = Image.open(BytesIO(png))
    words = PngInfo()
    for key, value in image.info.items():
        if isinstance(value, str):
            words.add_itxt(key, value)
    file = BytesIO()
    few = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True, pnginfo=words)
    return file.getvalue()


def page(alts: dict[str, str]) -> str:
    """The text of the page.

    Args:
        alts: name of an entry -> the alt text of its picture.
    """
    sections = (_section(entry, alts[entry.name]) for entry in ENTRIES)
    return "\n".join([INTRO, *sections, OTHERS, fenced("python", GRID), fenced("text", grid())])


def grid() -> str:
    """What the example of the page prints."""
    out = StringIO()
    with redirect_stdout(out):
        exec(GRID, {})
    return out.getvalue()


def _section(entry: Entry, alt: str) -> str:
    return f"""## {entry.title}
{_wrapped(entry.about)}

{picture(f"images/gallery/{entry.name}", alt)}

```sh
{entry.command}
```

<details><summary>In words</summary>

{_in_words(alt)}

</details>
"""


def picture(source: str, alt: str) -> str:
    """A picture by the theme of the reader; its title stands for it.

    Args:
        source: the light one, as the page reaches it, without `.png`.
    """
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{source}-dark.png">'
    image = f'<img alt="{escape(title_of(alt))}" src="{source}.png" width="{WIDTH}">'
    return f"<picture>{dark}{image}</picture>"


def title_of(alt: str) -> str:
    """The finding, with which an alt text begins."""
    return re.split(r"\.(?=\s|$)", alt, maxsplit=1)[0]


def _in_words(alt: str) -> str:
    """An alt text as a paragraph of Markdown, in which nothing is a sign."""
    return _wrapped(re.sub(r"([\\`*_<>\[\]|])", r"\\\1", alt))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 116, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    """Draw all, then write the page, and in other pages their pictures."""
    with workplace(), one_run_for_all():
        PAGE.write_text(page(_draw_all(ENTRIES, PICTURES)), encoding="utf-8")
    with workplace(files_of(OTHER_PAGE)):
        for name, alt in _draw_all(OF_OTHER_PAGE, OTHER_PICTURES).items():
            (OTHER_PICTURES / f"{name}.png.alt.txt").write_text(f"{alt}\n", encoding="utf-8")
            text = OTHER_PAGE.read_text("utf-8")
            there = re.search(rf"^<picture>.*images/{name}\.png.*$", text, re.MULTILINE)
            if there:
                OTHER_PAGE.write_text(
                    text.replace(there[0], picture(f"images/{name}", alt)), encoding="utf-8"
                )


def _draw_all(entries: Sequence[Entry], folder: Path) -> dict[str, str]:
    """Draw pictures in both themes; name -> alt text."""
    folder.mkdir(parents=True, exist_ok=True)
    alts = {}
    for entry in entries:
        for theme in THEMES:
            png, alts[entry.name] = drawn(entry, theme)
            file = file_of(folder, entry.name, theme)
            file.write_bytes(small(png))
            sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size:,} bytes\n")
    return alts


def files_of(source: Path) -> dict[str, str]:
    """The manifests that a page shows under their names; name -> text."""
    blocks = re.findall(
        r"^```yaml\n# (\w+\.yaml)\n(.*?)^```$", source.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return dict(blocks)


def alts_of_page() -> Iterator[tuple[str, str]]:
    """(name, alt text) of the pictures, as the page has them in words."""
    text = PAGE.read_text("utf-8")
    for entry in ENTRIES:
        section = text.partition(f"\n## {entry.title}\n")[2].partition("\n## ")[0]
        words = section.partition("<summary>In words</summary>\n\n")[2].partition("\n\n</details>")[0]
        yield entry.name, re.sub(r"\\([\\`*_<>\[\]|])", r"\1", words.replace("\n", " "))


SHOP = "sim compare shop --replications 10"
ALL_PLANS = (
    "sim compare shop --plan lb-per-service --plan single-ingress --plan gateway --plan shared-alb"
    " --replications 5 --requests 1000"
)
PINS = "sim compare keep-alive-pins --plan lb-per-service --plan single-ingress"
BAD_DAY = "sim compare bad-day --chart failures.png --chart-kind failures"
STATED = (
    Entry("money-and-latency", "Money and latency", f"{SHOP} --chart money-and-latency.png"),
    Entry("plane", "Money against latency", f"{ALL_PLANS} --chart plane.png --chart-kind plane"),
    Entry(
        "break-even",
        "Break-even",
        "sim cost --services 10 --provider all --chart break-even.png --chart-kind break-even",
    ),
    Entry("bill", "The bill", f"{SHOP} --chart bill.png --chart-kind bill"),
    Entry(
        "sweep",
        "A sweep",
        "sim sweep shop services=2..10:2 --requests 1000 --replications 3 --chart sweep.png",
        "Bill, latency and paired change over the values of one key of the scenario: for the question how an"
        " answer changes as the application grows.",
    ),
    Entry("latency", "Latency distributions", f"{SHOP} --chart latency.png --chart-kind latency"),
    Entry("pods", "Requests per Pod", f"{PINS} --chart pods.png --chart-kind pods"),
    Entry("blast-radius", "Blast radius", f"{SHOP} --chart blast-radius.png --chart-kind blast-radius"),
    Entry(
        "failures",
        "What fails while things happen",
        BAD_DAY,
    ),
    Entry("lanes", "Lanes of Pods", "sim run bad-day --plan lb-per-service --chart lanes.png"),
    Entry(
        "rollout",
        "A roll-out before and after",
        "sim rollout -f scenarios/rolling-update/manifests --workload demo/plain --rps 20"
        " --chart rollout.png",
        "The Pods that a roll-out replaces, as it is and with the smallest preStop that saves every request:"
        " to see what the hook waits for.",
    ),
    Entry("senders", "Who still sends", "sim run rolling-update --chart senders.png --chart-kind senders"),
    Entry("served", "Offered and served", "sim run retry-storm --chart served.png --chart-kind served"),
    Entry("busy", "How busy, and how many", "sim run autoscaling-late --chart busy.png --chart-kind busy"),
    Entry(
        "spread",
        "Connections per Pod, by mode of kube-proxy",
        "sim spread --scenario keep-alive-pins --mode all --chart spread.png",
        "How many connections each Pod gets where kube-proxy chooses at random (iptables, nftables) and where"
        " it takes turns (ipvs), on what chance predicts: to see what is normal before calling it uneven.",
    ),
    Entry(
        "placements",
        "Placements under policy Local",
        "sim spread --scenario keep-alive-pins --placements --chart placements.png",
        "The least and the greatest share of one Pod for each way to stand the same Pods on nodes: before"
        " `externalTrafficPolicy: Local` is set.",
    ),
    Entry(
        "topology",
        "The way of a request",
        "sim topology -f scenarios/fanout/manifests --url http://fanout.example.com/foo --chart topology.png",
        "Client, load balancer, nodes, controller and Pods in fixed columns, and the path of one request"
        " with the rule that wins: for explaining who decides what, and where.",
    ),
)
"""In order of the page: the whole decision first, then money, time and risk, then single parts."""

OF_OTHER_KINDS = tuple(
    Entry(kind, kind.replace("-", " ").capitalize(), f"{SHOP} --chart {kind}.png --chart-kind {kind}")
    for kind in COMPARISON_KINDS
    if kind not in {entry.name for entry in STATED}
)
ENTRIES = (*STATED, *OF_OTHER_KINDS)
"""Every chart of a comparison has one, with a title and a command of its own or without."""

OTHER_PAGE, OTHER_PICTURES = ROOT / "docs" / "surprises-kube-proxy.md", ROOT / "docs" / "images"
OF_OTHER_PAGE = (
    Entry("spread-modes", "", "sim spread -f seven.yaml --mode all --chart spread-modes.png"),
    Entry("spread-placements", "", "sim spread -f seven.yaml --placements --chart spread-placements.png"),
)

INTRO = """# Gallery
Every chart, what it shows, when to use it, and the command that draws it. All of them are PNG or SVG by the
name of the file, carry their finding as the title, and have a text alternative beside them (`FILE.alt.txt`;
also inside the SVG). Pictures here are made by `make gallery`; the same command gives the same picture.
`--chart-theme dark` is for dark slides; in Python and notebooks it is
`sim.chart(comparison, kind="latency", theme="dark")`, of a run `sim.chart(run, kind="lanes")`.
"""

PAGE_PICTURE = picture(
    "images/page-shop",
    "A request of the shop, stepped through: the rulebook at the controller, and the rule that wins",
)
OTHERS = f"""## The run as a page
A run as one self-contained page to step through, for seeing why a request went where it went.
[Play](play.md) lists every lesson and scenario as such a page.

{PAGE_PICTURE}

```sh
sim replay shop --plan single-ingress --out shop.html
```

## Rules against URLs
Which rule wins for which URL, which fit and lose, and who answers: for a rule book that somebody else wrote.
In Python and notebooks.
"""
GRID = """import sim

cluster = sim.build(sim.load(["scenarios/07-which-rule-wins/manifests"]))
print(sim.grid(cluster, ["/", "/cart", "/cart/", "/cartoon", "/cart/items/7"], "shop.local"))
"""

if __name__ == "__main__":
    main()
