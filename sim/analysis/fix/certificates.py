"""Ways out where a controller shows its own certificate: the Secret that is named, where it is, and for whom.

The data of a Secret is neither read nor shown: a patch moves it by its namespace alone.
"""

from collections.abc import Iterator

from sim.analysis.fix.case import Candidate, Case, alike, by_likeness, one
from sim.analysis.fix.edits import Append, Put
from sim.manifests.objects.workloads import Secret


def secret(case: Case) -> Iterator[Candidate]:
    """A Secret of the namespace with a like name; or the one of that name moves here."""
    secrets = list(case.manifests.of(Secret))
    for ingress in {row.ingress.key: row.ingress for row in case.rows_of_host()}.values():
        here = [s.name for s in secrets if s.namespace == ingress.namespace]
        for number, tls in enumerate(ingress.spec.tls):
            if not tls.secret_name or tls.secret_name in here:
                continue
            for name in by_likeness(tls.secret_name, here):
                if alike(name, tls.secret_name):
                    yield from one(
                        f"name Secret {name}", Put(ingress, ("spec", "tls", number, "secretName"), name)
                    )
            for elsewhere in (s for s in secrets if s.name == tls.secret_name):
                yield from one(
                    f"put Secret {elsewhere.name} into namespace {ingress.namespace}",
                    Put(elsewhere, ("metadata", "namespace"), ingress.namespace),
                )


def tls_host(case: Case) -> Iterator[Candidate]:
    """The host stands under a certificate that is there."""
    for ingress in {row.ingress.key: row.ingress for row in case.rows_of_host()}.values():
        for number, tls in enumerate(ingress.spec.tls):
            if tls.secret_name and case.host not in tls.hosts:
                yield from one(
                    f"list {case.host} under the certificate {tls.secret_name}",
                    Append(ingress, ("spec", "tls", number, "hosts"), case.host),
                )
