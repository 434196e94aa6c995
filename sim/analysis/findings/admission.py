"""What the admission webhook of ingress-nginx refuses: a finding of the set, and a note beside an answer."""

from collections.abc import Iterator
from itertools import islice

from sim.analysis.findings.index import Index, finding
from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.collected import Finding, Severity
from sim.routing.controllers import INGRESS_NGINX
from sim.routing.controllers.ingress_nginx.admission import (
    Refused,
    asked,
    refused,
    refused_alone,
)
from sim.routing.trace import Note, Trace

_USUAL = " (where it is installed, as is usual)"


def refused_by_webhook(index: Index) -> Iterator[Finding]:
    """Ingresses of ingress-nginx that its webhook would not let in; what wins among twins is told already."""
    said = set()
    for controller in _asked(index.cluster) if index.ingresses else ():
        sure = asked(controller, index.manifests)
        severity: Severity = "error" if sure else "warning"
        for one in refused(index.cluster, controller):
            if not one.is_twin and (one.ingress.key, one.says) not in said:
                said.add((one.ingress.key, one.says))
                message = words(controller, one) + ("" if sure else _USUAL)
                yield finding(one.ingress, "SIM1030", severity, message, one.path, one.fix)


def at_admission(cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """The webhook would not have let in the Ingress that answers."""
    key = (trace.final.rule or "").partition(" ")[0]
    if not key or trace.controller != INGRESS_NGINX.name:
        return
    mine = (i for i in cluster.ingresses if i.key == key)
    said = ((c, one) for i in mine for c in _asked(cluster) for one in refused_alone(i, c))
    for controller, one in islice(said, 1):
        usual = "" if asked(controller, cluster.manifests) else _USUAL
        message = f"Ingress {key}: {words(controller, one)}{usual}"
        yield Note("SIM1030", message, one.ingress.line(*one.path))


def _asked(cluster: Cluster) -> Iterator[Controller]:
    """The controllers of this kind whose webhook is asked, for all that the files show."""
    for controller in cluster.controllers:
        is_one = controller.profile == INGRESS_NGINX.name and controller.gateway is None
        if is_one and asked(controller, cluster.manifests) is not False:
            yield controller


def words(controller: Controller, one: Refused) -> str:
    """What is refused, by whom, in its own words."""
    version = ".".join(map(str, controller.version)) if controller.version else ""
    whose = f"{INGRESS_NGINX.name} {version}".rstrip()
    return f"the admission webhook of {whose} refuses it: {one.says}"


CHECKS = (refused_by_webhook,)
