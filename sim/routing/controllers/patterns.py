"""Rules as patterns: what proxies other than ingress-nginx make of hosts and paths.

A dialect says in which forms a path is compared and with which rank, how far a wildcard host reaches, and
whether the closest host answers alone or hosts are conditions in one common list. `decide` looks forms up in
an index by their text; `explain` walks the rows and compares each, and the two share no search.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sim.cluster.cluster import Cluster, Controller
from sim.cluster.known_controllers import ClaimRule
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.controllers.api import (
    claimed_ingresses,
    host_level,
    host_of,
    no_rule,
    path_of,
    sent_to_default,
    wildcard_of,
)
from sim.routing.controllers.backends import first_default
from sim.routing.controllers.certificates import certificates_by_host
from sim.routing.controllers.decision import Decision, OwnAnswer, sent_to_row
from sim.routing.controllers.rows import (
    ANOTHER_HOST,
    EXACT,
    ONLY_ONE,
    SHORTER,
    DroppedRow,
    Row,
    characters_shared,
    in_order,
    nearest_first,
    nearness,
    rows_of,
    why_not,
)
from sim.routing.expressions import PCRE, Flavour, GaveUp, Match, searched
from sim.routing.trace import Request, Step

Rank = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """One way to compare a path: it equals the text, begins with it, or matches it as a regular expression.

    Args:
        rank: of the forms that hold, the one with the greatest rank wins.
        flavour: of a regular expression.
    """

    kind: str
    text: str
    rank: Rank
    flavour: Flavour = PCRE

    def holds(self, path: str) -> bool:
        """Whether a path fits."""
        if self.kind == "equals":
            return path == self.text
        return path.startswith(self.text) if self.kind == "begins" else bool(self.found(path))

    def found(self, path: str) -> Match | GaveUp | None:
        """What an expression finds; a bound that was reached counts as if it held, and ends the request."""
        return searched(self.text, self.flavour, path) if self.kind == "matches" else None


def glob(pattern: str) -> str:
    """The regular expression of a pattern in which * is any text and ? one character."""
    return "^" + re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") + "$"


def one_label(host: str) -> tuple[str, ...]:
    """The patterns that a host fits where a wildcard is exactly one label; closest first."""
    return host, wildcard_of(host), ""


def any_depth(host: str) -> tuple[str, ...]:
    """The patterns that a host fits where a wildcard is any number of labels; closest first."""
    labels = host.split(".")
    wider = (f"*.{'.'.join(labels[n:])}" for n in range(1, len(labels)) if ".".join(labels[:n]))
    return host, *wider, ""


def depth_level(pattern: str, host: str) -> int:
    """How closely a host fits, where a wildcard is any number of labels: the longer, the closer; 0: not."""
    if pattern == host:
        return 1000
    if pattern.startswith("*."):
        return len(pattern) if host.endswith(pattern[1:]) and host != pattern[1:] else 0
    return 1 if pattern == "" else 0


def loses_to(row: Row, winner: Row) -> str:
    """Why a row that holds does not win, in most dialects."""
    if len(row.path) < len(winner.path):
        return SHORTER
    if row.path_type != winner.path_type:
        return f"{winner.path_type} goes first"
    return f"same path as in {winner.ingress.key}, which goes first"


@dataclass(frozen=True)
class Dialect:
    """How a proxy compares.

    Args:
        forms: the forms of a row's path.
        names: host -> the patterns that it fits, closest first; for the index.
        closeness: (pattern, host) -> how closely it fits, 0 for not at all; for the walk.
        alone: whether the closest host answers alone; otherwise every rule whose host fits competes.
        reads: the path as it is compared; None: refused with 400.
        loses: (row, winner) -> why a row that holds does not win.
        wins: row -> why the winner does, where others hold too.
        outdone: (host, greatest closeness) -> why a row for a wider host does not hold.
        depth: path -> how long it counts as, where rows that hold are listed by their length.
    """

    forms: Callable[[Row], tuple[Form, ...]]
    names: Callable[[str], tuple[str, ...]] = one_label
    closeness: Callable[[str, str], int] = host_level
    alone: bool = True
    reads: Callable[[str], str | None] = str
    loses: Callable[[Row, Row], str] = loses_to
    wins: Callable[[Row], str] = lambda _: "wins: first of those that fit"
    outdone: Callable[[str, int], str] = lambda host, _: f"not asked: rules closer to {host} answer alone"
    depth: Callable[[str], int] = len


@dataclass(frozen=True)
class HostForms:
    """The forms of one host, indexed by text; of equal texts the one with the greatest rank."""

    equals: Mapping[str, tuple[Rank, Row]]
    begins: Mapping[str, tuple[Rank, Row]]
    matches: tuple[tuple[Form, Row], ...]

    def found(self, path: str) -> Iterator[tuple[Rank, Row]]:
        """The forms that hold."""
        if path in self.equals:
            yield self.equals[path]
        begun = (path[:n] for n in self._lengths if n <= len(path))
        yield from (self.begins[text] for text in begun if text in self.begins)
        yield from ((form.rank, row) for form, row in self.matches if form.found(path))

    @cached_property
    def _lengths(self) -> list[int]:
        """How long the beginnings are, shortest first: a long path is not tried at each of its own."""
        return sorted({len(text) for text in self.begins})


@dataclass(frozen=True)
class Patterns:
    """All rules that a controller reads, ready to be asked.

    Args:
        default: what takes the rest: an Ingress and its default backend; `defaults` of one host alone.
        certificates: TLS host -> what is shown for it.
        empty_hosts: hosts that are known without a row of their own.
    """

    dialect: Dialect
    rows: tuple[Row, ...]
    ignored: tuple[DroppedRow, ...] = ()
    default: tuple[Ingress, IngressBackend] | None = None
    defaults: Mapping[str, tuple[Ingress, IngressBackend]] = field(default_factory=dict)
    certificates: Mapping[str, str] = field(default_factory=dict)
    empty_hosts: tuple[str, ...] = ()

    @cached_property
    def hosts(self) -> Mapping[str, HostForms]:
        """The index."""
        by_host: dict[str, list[Row]] = {host: [] for host in self.empty_hosts}
        for row in self.rows:
            by_host.setdefault(row.host, []).append(row)
        return {host: _host_forms(self.dialect, mine) for host, mine in by_host.items()}

    def closest(self, host: str) -> str | None:
        """The pattern of the host that has rules and fits best."""
        return next((name for name in self.dialect.names(host) if name in self.hosts), None)

    def find(self, host: str, path: str) -> Row | None:
        """The row that wins."""
        names = [name for name in self.dialect.names(host) if name in self.hosts]
        considered = names[:1] if self.dialect.alone else names
        found = [hit for name in considered for hit in self.hosts[name].found(path)]
        return max(found, key=lambda hit: hit[0])[1] if found else None


def compiled(cluster: Cluster, controller: Controller, claims: ClaimRule, dialect: Dialect) -> Patterns:
    """Every rule of the Ingresses that are claimed; the oldest default backend takes the rest."""
    claimed, left = claimed_ingresses(cluster, controller, claims)
    rows = in_order(row for ingress in claimed for row in rows_of(ingress))
    certificates = certificates_by_host(cluster, claimed)
    return Patterns(dialect, rows, tuple(left), first_default(claimed), certificates=certificates)


def _host_forms(dialect: Dialect, rows: Iterable[Row]) -> HostForms:
    best: dict[str, dict[str, tuple[Rank, Row]]] = {"equals": {}, "begins": {}, "matches": {}}
    forms: dict[str, Form] = {}
    for row in rows:
        for form in dialect.forms(row):
            known = best[form.kind].get(form.text)
            if known is None or form.rank > known[0]:
                best[form.kind][form.text] = (form.rank, row)
                forms[form.text] = form
    expressions = tuple((forms[text], row) for text, (_, row) in best["matches"].items())
    return HostForms(best["equals"], best["begins"], expressions)


def certificate_for(request: Request, certificates: Mapping[str, str]) -> str | None:
    """What is shown in the handshake: for the name, else for its wildcard, else the default; None: no TLS."""
    if request.server_name is None:
        return None
    name = request.server_name.lower()
    return certificates.get(name) or certificates.get(wildcard_of(name)) or "default"


def decide(request: Request, rules: Patterns) -> Decision:
    """Choose the row that serves a request, a default backend, or a 404."""
    host, path = host_of(request), rules.dialect.reads(path_of(request))
    certificate = certificate_for(request, rules.certificates)
    if path is None:
        because = f"the path {path_of(request)} is none that this proxy takes"
        return OwnAnswer(status=400, code="SIM2030", because=because, certificate=certificate)
    row = rules.find(host, path)
    if row is not None:
        bound = _gave_up(rules.dialect, row, path)
        return sent_to_row(row, certificate) if bound is None else _undecided(row, bound, certificate)
    return _without_row(request, rules, host, certificate)


def _gave_up(dialect: Dialect, row: Row, path: str) -> GaveUp | None:
    """The bound that was reached with a row, of which nothing else is known to hold."""
    found = [form.found(path) for form in dialect.forms(row) if form.holds(path)]
    return found[0] if found and isinstance(found[0], GaveUp) else None


def _undecided(row: Row, bound: GaveUp, certificate: str | None) -> Decision:
    because = f"the pattern of {row.path} {bound.because}"
    decision = sent_to_row(row, certificate)
    return replace(decision.answer(500, bound.code, because), certificate=certificate)


def _without_row(request: Request, rules: Patterns, host: str, certificate: str | None) -> Decision:
    closest = rules.closest(host)
    default = rules.defaults.get(closest or "") or rules.default
    if default is None:
        return no_rule(request, host, closest is not None, certificate)
    return sent_to_default(*default, certificate)


def explain(request: Request, rules: Patterns) -> Iterator[Step]:
    """Every row against the request, the winner first, then the rows that came closest.

    Walks the rows one by one and compares; shares no search with `decide`.
    """
    dialect, host, path = rules.dialect, host_of(request), rules.dialect.reads(path_of(request))
    most = max((dialect.closeness(name, host) for name in rules.hosts), default=0) if dialect.alone else 0
    judged = [(row, *_judged(dialect, row, host, path, most)) for row in rules.rows]
    fitting = [(rank, row) for row, faults, rank in judged if not faults and rank is not None]
    winner = max(fitting, key=lambda one: one[0])[1] if fitting else None
    steps = []
    for row, faults, _ in judged:
        shared = characters_shared(row.path, path or "")
        near = nearness(row, faults, shared, dialect.depth(row.path))
        steps.append((near, _step(dialect, row, faults, winner, len(fitting))))
    yield from nearest_first(steps, rules.ignored)


def fits(request: Request, rules: Patterns, row: Row) -> bool:
    """Whether a row takes a request by its host and path, whether or not it is used."""
    path = rules.dialect.reads(path_of(request))
    if path is None or not rules.dialect.closeness(row.host, host_of(request)):
        return False
    return any(form.holds(path) for form in rules.dialect.forms(row))


def _judged(
    dialect: Dialect, row: Row, host: str, path: str | None, most: int
) -> tuple[dict[str, str], Rank | None]:
    """The parts that keep a row from holding, and the best rank of its forms that hold."""
    mine, faults = dialect.closeness(row.host, host), {}
    if not mine:
        faults["host"] = ANOTHER_HOST
    elif mine < most:
        faults["host"] = dialect.outdone(host, most)
    held = [form.rank for form in dialect.forms(row) if path is not None and form.holds(path)]
    if not held:
        faults["path"] = (
            f"{path} is not {row.path}" if row.path_type == EXACT else f"{path} is not under {row.path}"
        )
    return faults, max(held, default=None)


def _step(dialect: Dialect, row: Row, faults: Mapping[str, str], winner: Row | None, holding: int) -> Step:
    if faults:
        return row.step(False, why_not(faults), "+".join(faults))
    if winner is None or row is winner:
        return row.step(True, dialect.wins(row) if holding > 1 else ONLY_ONE, wins=True)
    return row.step(True, dialect.loses(row, winner))
