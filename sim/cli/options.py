"""What commands share: the options that read manifests and steer runs, warnings, JSON."""

from __future__ import annotations

import functools
import gc
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import FILE, PICTURE
from sim.cli.messages import say
from sim.cli.names import (
    DEFAULT_MODE,
    MODE_NAMES,
    PLAN_NAMES,
    PROFILE_NAMES,
    PROVIDER_NAMES,
    OneOf,
    name_option,
)
from sim.errors import UsageError, one_of
from sim.units import MOST_SEED

if TYPE_CHECKING:
    from rich.text import Text

    from sim.cluster.cluster import Cluster
    from sim.costs.price_sheet import PriceSheet
    from sim.manifests.objects.collected import Finding, Manifests
    from sim.report.charts.picture import Picture

Command = Callable[..., Any]


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Options that several commands take, in the order in which help lists them."""
    return lambda command: functools.reduce(lambda made, option: option(made), reversed(options), command)


namespace_option = click.option(
    "-n",
    "--namespace",
    "namespace",
    default="default",
    metavar="NAMESPACE",
    help="Namespace for objects without one.",
)


class Files(tuple[str, ...]):
    """What `-f` and `-k` name; `exclude` has the patterns of what is left out of folders."""

    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Iterable[str], exclude: tuple[str, ...]) -> Files:
        """Paths, and what is left out."""
        made = cls(paths)
        made.exclude = exclude
        return made


exclude_option = click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave this out of folders, such as 'values*.yaml'; may be repeated.",
)


def inputs(command: Command) -> Command:
    """The options of every command that reads manifests."""
    named = click.option(
        "-f",
        "--filename",
        "files",
        multiple=True,
        type=FILE,
        metavar="PATH",
        help="File, folder or - (standard input).",
    )
    kustomized = click.option(
        "-k",
        "--kustomize",
        "kustomize",
        multiple=True,
        type=FILE,
        metavar="DIR",
        help="Kustomize folder.",
    )

    @functools.wraps(command)
    def with_all_files(
        files: tuple[str, ...], kustomize: tuple[str, ...], exclude: tuple[str, ...], **others: Any
    ) -> Any:
        from sim.manifests.reading.loading import kustomize_folder

        given = Files.of((*files, *map(kustomize_folder, kustomize)), exclude)
        return command(files=given, **others)

    return together(named, kustomized, exclude_option, namespace_option)(with_all_files)


output_format = click.option(
    "-o",
    "--output",
    "output",
    type=OneOf(["text", "json", "yaml"]),
    default="text",
    show_default=True,
    help="Output format.",
)


def count_option(flag: str, most: int, default: int, says: str) -> Callable[[Command], Command]:
    """How many of something, from 1."""
    return click.option(flag, type=click.IntRange(1, most), default=default, show_default=True, help=says)


def mode_option(
    registry: str = MODE_NAMES, also: tuple[str, ...] = (), says: str = "{names}."
) -> Callable[[Command], Command]:
    """A mode of kube-proxy, of those that `registry` names."""
    what = "mode of kube-proxy"
    says = f"Mode of kube-proxy: {says}"
    return name_option("--mode", registry=registry, what=what, also=also, default=DEFAULT_MODE, help=says)


def plans_option(says: str) -> Callable[[Command], Command]:
    """Plans by name."""
    return name_option("--plan", "plans", multiple=True, registry=PLAN_NAMES, what="plan", help=says)


def controllers_option(says: str) -> Callable[[Command], Command]:
    """Controller profiles by name, or none."""
    return name_option(
        "--controller",
        "controllers",
        multiple=True,
        registry=PROFILE_NAMES,
        what="controller profile",
        also=("none",),
        help=says,
    )


def controller_option(says: str) -> Callable[[Command], Command]:
    """One controller profile by name, or none."""
    return name_option(
        "--controller", registry=PROFILE_NAMES, what="controller profile", also=("none",), help=says
    )


provider_option = name_option(
    "--provider", registry=PROVIDER_NAMES, also=("all",), help="Price sheet: {names}."
)
product_option = click.option("--product", help="Load balancer of the provider, such as nlb, alb or clb.")
prices_option = click.option(
    "--prices",
    type=FILE,
    metavar="FILE",
    help="Prices of your own: single figures, or a whole sheet.",
)
requests_option = click.option(
    "--requests", type=click.IntRange(1, 20_000_000), help="Send about this many, whatever the duration."
)
SEED = click.IntRange(0, MOST_SEED)
seed_option = click.option("--seed", type=SEED, help="Seed of the random numbers; default: the scenario's.")


def numbered_lines_of(path: str) -> list[tuple[int, str]]:
    """The lines of a file with their numbers, from 1, without empty ones and comments."""
    from sim.manifests.reading.loading import read_text

    lines = enumerate(read_text(path).decode("utf-8", "replace").splitlines(), 1)
    return [(number, line.strip()) for number, line in lines if line.strip() and not line.startswith("#")]


def manifests_of(files: tuple[str, ...], namespace: str) -> Manifests:
    """What `-f` and `-k` name.

    Raises:
        UsageError: they name nothing.
    """
    from sim.manifests.reading.loading import load

    if not files:
        raise UsageError("no manifests; give -f FILE, -f FOLDER or -f - for standard input")
    manifests = load(files, namespace, exclude=files.exclude if isinstance(files, Files) else ())
    gc.freeze()  # What was read stays to the end: the collector need not walk it again and again.
    return manifests


def cluster_of(files: tuple[str, ...], namespace: str, refusal: str) -> Cluster:
    """What `-f` and `-k` name, linked; what the reading found is said.

    Args:
        refusal: what to say where the API server would refuse what rules of kube-proxy are made of.

    Raises:
        UsageError: it would, or they name nothing.
    """
    from sim.analysis.faults_on_the_way import faults_in_rules
    from sim.routing.building import build

    manifests = manifests_of(files, namespace)
    refused = faults_in_rules(manifests)
    warn(manifests, refused)
    if refused:
        raise UsageError(refusal)
    return build(manifests)


def warn(manifests: Manifests, refused: Iterable[Finding] = ()) -> None:
    """Say on standard error what the reading found: what stops the command, and what is only worth a word."""
    wrong = set(refused)
    for note in manifests.notes:
        say(f"sim: note: {note}")
    for fault in manifests.faults:
        word = "" if fault in wrong else "note: " if fault.severity == "note" else "warning: "
        place = f"{fault.source}: " if fault.source else ""
        way_out = f"\n  fix: {fault.fix}" if fault.fix else ""
        say(f"sim: {word}{place}{fault.message}{way_out}")


theme_option = click.option(
    "--chart-theme",
    type=OneOf(["light", "dark"]),
    default="light",
    show_default=True,
    help="Background that the picture is for.",
)


def chart_options(kinds: Iterable[str]) -> Callable[[Command], Command]:
    """Where a chart goes, and which one it is: the first of `kinds` by default."""
    names = list(kinds)

    def checked(_context: click.Context, _parameter: click.Parameter, kind: str | None) -> str | None:
        return None if kind is None else one_of(kind, names, "chart")

    def with_options(command: Command) -> Command:
        @functools.wraps(command)
        def with_kind(chart: str | None, chart_kind: str | None, **others: Any) -> Any:
            if chart_kind and not chart:
                raise UsageError(f"--chart-kind {chart_kind} draws nothing without --chart FILE")
            return command(chart=chart, chart_kind=chart_kind or names[0], **others)

        kind = click.option(
            "--chart-kind",
            metavar="NAME",
            callback=checked,
            help=f"One of: {', '.join(names)}.  [default: {names[0]}]",
        )
        chart = click.option(
            "--chart", type=PICTURE, metavar="FILE", help="Write a chart too (.png or .svg)."
        )
        return chart(kind(theme_option(with_kind)))

    return with_options


def save_picture(picture: Picture, path: str) -> None:
    """Write a picture, and its text alternative beside it."""
    from sim.report.charts.picture import save

    save(picture, path)
    say(f"wrote {path}")


def save_chart(found: Any, kind: str, path: str, theme: str = "light") -> None:
    """Write a chart of a comparison."""
    from sim.report.charts.charts import comparison_chart

    save_picture(comparison_chart(found, kind, theme=theme), path)


def write_page(text: str, out: str, opened: bool = False) -> None:
    """Write a page, say how large it is, and open it if that is asked for."""
    from sim.report.files import write

    write(out, text)
    say(f"wrote {out} ({len(text.encode()) / 1e6:.1f} MB); open it in a browser")
    if opened:
        _open_page(out)


def _open_page(path: str) -> None:
    """Show a page in the browser; where there is no screen, say where it lies."""
    from pathlib import Path

    screens = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, screens)):
        say(f"no screen here; the page is {Path(path).resolve().as_uri()}")
    else:
        click.launch(path)


def warn_of_old_prices(used: Sequence[PriceSheet]) -> None:
    """On standard error, for it depends on the day."""
    from datetime import date

    from sim.costs.price_sheet import stale

    if warning := stale(used, date.today()):
        say(f"sim: note: {warning}")


def progress_bar() -> Any:
    """A bar on standard error, over a second of work."""
    from sim.report.progress import progress

    return progress()


def show(output: str, found: Any, lines: Iterable[Text]) -> None:
    """The answer in the format of `-o`; lines are made only for text."""
    if output == "text":
        from sim.report.text import terminal

        terminal.show(lines)
    else:
        show_data(output, found.to_json())


def show_data(output: str, value: Any) -> None:
    """JSON or YAML on standard output; where that is not UTF-8, all else than ASCII is escaped.

    Characters that would act on a terminal are escaped everywhere: both formats read them back.
    """
    import json

    plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(value, indent=2, ensure_ascii=plain)
    shown = text if output == "json" else _yaml(json.loads(text), plain)
    click.echo(_escaped(shown), nl=output == "json")


def _escaped(text: str) -> str:
    r"""With `\u202e` for the character: strings that have such a one stand in double quotes."""
    lines = text.split("\n")
    return "\n".join(line if line.isprintable() else "".join(map(_escape, line)) for line in lines)


def _escape(char: str) -> str:
    return char if char.isprintable() else f"\\u{ord(char):04x}" if ord(char) < 0x10000 else _pair(char)


def _pair(char: str) -> str:
    """As two halves, which JSON and YAML 1.1 in double quotes both read."""
    raw = char.encode("utf-16-be")
    return f"\\u{raw[:2].hex()}\\u{raw[2:].hex()}"


def _yaml(value: Any, plain: bool) -> str:
    """The same value in YAML, keys in the same order; a text of several lines stays one line, in quotes."""
    import yaml

    class Quoted(yaml.SafeDumper):
        def represent_text(self, text: str) -> Any:
            style = None if text.isprintable() else '"'
            return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Quoted.add_representer(str, Quoted.represent_text)
    return str(yaml.dump(value, Dumper=Quoted, sort_keys=False, allow_unicode=not plain, width=10**6))
