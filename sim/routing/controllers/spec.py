"""The profile `spec`: the letter of the networking.k8s.io/v1 API.

The host picks one table: its own name, else a wildcard, else any host. Within that table the longest path
wins, and Exact beats Prefix. Where the API leaves an answer open (status codes, who wins between two equal
rules) it answers as most controllers do, and says so in docs/model.md.
"""

from sim.cluster.cluster import Cluster, Controller
from sim.routing.controllers import patterns
from sim.routing.controllers.api import claims, loses_to, path_elements
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Profile
from sim.routing.controllers.rows import EXACT, EXACTLY, LONGEST, Row


def table(cluster: Cluster, controller: Controller) -> Patterns:
    """Compile what this controller reads."""
    return patterns.compiled(cluster, controller, claims, DIALECT)


def _forms(row: Row) -> tuple[Form, ...]:
    """A path as it is compared: Exact to the letter, everything else by element."""
    elements = path_elements(row.path)
    rank = (len(elements), row.path_type == EXACT, -row.order)
    if row.path_type == EXACT:
        return (Form("equals", row.path, rank),)
    bare = "".join(f"/{element}" for element in elements)
    return Form("equals", bare, rank), Form("begins", f"{bare}/", rank)


DIALECT = Dialect(
    _forms,
    loses=loses_to,
    wins=lambda row: EXACTLY if row.path_type == EXACT else LONGEST,
    outdone=lambda host, most: f"not asked: {f'rules of {host}' if most == 3 else 'a wildcard'} come first",
    depth=lambda path: len(path_elements(path)),
)

_API = "kubernetes.io: Concepts, Ingress; API reference, Ingress v1"

SPEC = Profile(
    name="spec",
    controller="example.com/spec",
    claims=claims,
    table=table,
    decide=patterns.decide,
    explain=patterns.explain,
    facts=(
        Fact("classes", "spec.ingressClassName, else the default IngressClass", _API),
        Fact("paths", "Exact to the letter, Prefix by element, the longest wins, then Exact", _API),
        Fact("hosts", "a wildcard is exactly one label; the closest host answers alone", _API),
        Fact("default", "defaultBackend takes what no rule takes", _API),
        Fact("left open", "status codes, and who wins between equal rules; here 404, 503, the older", _API),
    ),
)
