"""The page docs/performance.md, from a record: no figure on it that is not in the record."""

from __future__ import annotations

import textwrap
from typing import Any

from benchmarks import choosing_cost

Record = dict[str, Any]

FIGURES: dict[str, dict[str, tuple[str, str]]] = {
    "Start": {
        "start-python": ("`python -c pass`, to compare with", "ms of CPU"),
        "start-help": ("`sim --help`", "ms of CPU"),
        "start-trace": (
            "`sim trace` of a request that fails, among nine Services, with the search for a way out",
            "ms of CPU",
        ),
        "compare-shop": (
            "`sim compare shop`, whole: both plans run, every break measured, bills",
            "s of CPU",
        ),
    },
    "Reading 500 Ingress documents": {
        "read-yaml": ("PyYAML's C loader: values alone, to compare with", "s of CPU"),
        "read-load": ("`sim.load`: places of all values, decoded, validated", "s of CPU"),
    },
    "A routing decision": {
        f"decide-{name}-{size}": (f"{label}, {size:,} rules", "µs of CPU")
        for name, label in (
            ("spec", "Ingress, profile `spec`"),
            ("ingress-nginx", "Ingress, profile `ingress-nginx`"),
            ("HTTPRoute", "HTTPRoute"),
        )
        for size in (200, 10_000)
    },
    "Requests simulated": {
        "replay-ours": ("engine `replay`, every instant of every request kept", "a second of CPU"),
        "replay-simpy": ("the same model by hand in idiomatic SimPy, to compare with", "a second of CPU"),
    },
    "Twenty roll-outs with `sim rollout`, from cold, with the search for the smallest hook": {
        "rollout-nodes": ("two Pods behind a load balancer whose targets are nodes", "s of CPU"),
        "rollout-nlb": ("three Pods that are targets of an NLB, which goes on for two minutes", "s of CPU"),
    },
    "The page of `sim replay`": {
        "page-lesson": ("size, scenario `fanout` as it is shipped", "MB"),
        "page-long": ("size, the same with 10,000 requests", "MB"),
        "page-frames": (
            "frames a second, 200 requests in view, headless Chromium (60 is the most there is)",
            "1/s",
        ),
    },
}
"""Heading -> key of a figure -> what it is, and its unit."""

RATIOS = (
    ("decide-spec-10000", "decide-spec-200", "A decision under 10,000 rules takes {:.2f} times what it takes under 200"),
    ("replay-ours", "replay-simpy", "the engine runs at {:.2f} times the speed of SimPy by hand"),
    ("read-load", "read-yaml", "reading with places and validation takes {:.1f} times the C loader alone"),
)  # fmt: skip
"""What the page says first: a quotient of two medians, and its sentence."""

COLUMN_BYTES = 8 * 24
"""Twenty columns of a request, and two instants at each of two stations."""

_AGAIN = """\
## Measure again

```sh
.venv/bin/pip install -q -c constraints.txt -e '.[test,live]'
.venv/bin/python tests/benchmarks/record.py docs/records/performance.json
.venv/bin/python tests/benchmarks/peers.py --record docs/records/performance.json
.venv/bin/python tests/records.py
```

The second measures other programs too, as far as they are installed: its first lines say how. Some minutes each;
leave the machine alone meanwhile. The other programs in `tests/benchmarks` go into one figure each. No test depends on
how long something takes; that a decision looks at as much with many rules as with few is tested by counting calls
(`tests/routing/test_cost_of_routing.py`).
"""


CHOICES = (
    "Beside each stands how many scans `min(range(8), key=weights.__getitem__)` a choice among 8 comes to, measured in "
    f"turns: at most {choosing_cost.MOST_SCANS} are the aim, of those that hash {choosing_cost.MOST_SCANS_HASHED}. "
    "Where the program itself looks at each backend (nginx), the cost grows with their number; with trees, rings and "
    "tables it hardly does."
)


PEERS = {
    "simpy_idiomatic": "SimPy, a process per request",
    "simpy_lean": "SimPy, callbacks alone",
    "salabim": "salabim",
    "ciw": "Ciw",
    "asyncflow": "AsyncFlow, without the stations in front",
    "numpy": "NumPy, whole columns",
    "numba": "a loop compiled by numba, about the limit",
}
"""Program -> what the page calls it."""


def page(record: Record) -> str:
    """The whole page."""
    tables = (_table(record, heading) for heading in FIGURES)
    heading = ["## A choice of a proxy", "", textwrap.fill(CHOICES, 115), ""]
    return "\n".join([_head(record), *tables, *_peers(record), *heading, *_choices(record), "", _AGAIN])


def _peers(record: Record) -> list[str]:
    """One model in many programs: requests a second, and how many times that an engine of ours does."""
    part = record.get("peers")
    if part is None:
        return []
    loop, memory = part["loop"], part["bytes_a_request"]["replay"]
    told = (
        "Poisson arrivals, a constant delay, one of two stations at random, then a Pod in turn; draws and figures "
        "included, in CPU time, each run in a process of its own that is warm (what is compiled is compiled before), all "
        "programs in turns. A ratio is taken within a "
        f"round; the median of {loop['n'] // _runs(part)} rounds, with the least and the most. How noisy the machine "
        f"was: the same loop of bare Python took {_number(loop['low'])} to {_number(loop['high'])} ms, "
        f"{_number(loop['median'])} in the middle; load {part['load_before']} before and {part['load_after']} after; "
        f"Python {part['python']}, {part['date']}. At its peak `replay` takes {memory} bytes for each further request, "
        f"the {COLUMN_BYTES} of its result's columns included."
    )
    lines = ["## Beside other programs", "", textwrap.fill(told, 115), ""]
    for pods, engines in part["ratios"].items():
        heads = ["program", "a second", *(f"`{ours}`: times its speed" for ours in engines)]
        lines += [f"With {pods} Pods:", "", f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
        rates = part["rates"][pods]
        for name, what in PEERS.items():
            if name in rates:
                cells = (_ratio(others[name]) for others in engines.values())
                lines.append(f"| {what} | {_number(rates[name]['median'])} | {' | '.join(cells)} |")
        lines += [
            *(
                f"| engine `{ours}` | {_number(rates[ours]['median'])} |" + " |" * len(engines)
                for ours in engines
            ),
            "",
        ]
    return lines


def _runs(part: Record) -> int:
    """Runs in one round."""
    return sum(len(rates) for rates in part["rates"].values())


def _ratio(found: dict[str, float]) -> str:
    median, low, high = (f"{found[key]:.3g}" for key in ("median", "low", "high"))
    return f"{median} ({low} to {high})"


def _choices(record: Record) -> list[str]:
    """A line for each algorithm: microseconds of CPU by the number of backends."""
    figures, sizes = record["figures"], choosing_cost.SIZES
    heads = ["algorithm", *(f"µs among {size}" for size in sizes), "scans"]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(sizes) + 1)]
    for name in choosing_cost.METHODS:
        scans = figures.get(choosing_cost.figure(name, "scans"))
        if scans is not None:
            costs = (_number(figures[choosing_cost.figure(name, str(size))]["median"]) for size in sizes)
            lines.append(f"| `{name}` | {' | '.join(costs)} | {scans['median']:.1f} |")
    return lines


def _head(record: Record) -> str:
    found = record["figures"]
    first = "; ".join(
        sentence.format(found[over]["median"] / found[under]["median"])
        for over, under, sentence in RATIOS
        if over in found and under in found
    )
    machine = record["machine"]
    where = (
        f"Machine: {machine['cores']} cores of {machine['processor'] or 'an unnamed processor'}, "
        f"{machine['memory_gib']} GiB, {machine['system']} on {machine['architecture']}; Python {record['python']}, "
        f"version {record['version']}, {record['date']}. Load when the run began: {machine['load_before']}; above 0 "
        "others worked there too, so look at what is compared more than at a figure alone: what is compared ran in turns."
    )
    source = "Written by a program from one run of the benchmarks, [records/performance.json](records/performance.json)."
    paragraphs = (f"**{first}.**", where, source)
    return "# Performance\n\n" + "\n\n".join(textwrap.fill(text, 115) for text in paragraphs) + "\n"


def _table(record: Record, heading: str) -> str:
    rows = [
        f"| {what} | {_number(found['median'])} {unit} | {_span(found)} | {found['n']} |"
        for key, (what, unit) in FIGURES[heading].items()
        if (found := record["figures"].get(key)) is not None
    ]
    head = ["| what | median | least to most | runs |", "|---|---:|---:|---:|"]
    return "\n".join([f"## {heading}", "", *(head + rows if rows else ["Not measured in this run."]), ""])


def _span(found: dict[str, float]) -> str:
    return "–" if found["n"] == 1 else f"{_number(found['low'])} to {_number(found['high'])}"


def _number(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
