"""One object as it stands in a document, and the place of what is wrong with it."""

from dataclasses import dataclass, replace
from typing import Any

from sim.manifests.decoding.text import printable
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Finding, Severity
from sim.manifests.objects.kinds import CLUSTER_SCOPED
from sim.manifests.objects.meta import Path


@dataclass(frozen=True)
class Read:
    """One object as it stands in a document, with the names that its messages need.

    Args:
        value: the object without nulls, for null means absent in the Kubernetes API (but not inside a list).
        namespace: for an object that names none.
        forced: the namespace that a kustomization gives to every object, None outside of one.
    """

    document: Document
    value: dict[str, Any]
    namespace: str
    forced: str | None

    @property
    def kind(self) -> str:
        """As it is written."""
        return str(self.value["kind"])

    @property
    def version(self) -> str:
        """The apiVersion, as it is written."""
        return str(self.value["apiVersion"])

    @property
    def group_kind(self) -> tuple[str, str]:
        """The API group, empty for the core, and the kind."""
        return self.version.rpartition("/")[0], self.kind

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata with the namespace and the name that the object has in the cluster."""
        written = self.value.get("metadata")
        metadata = dict(written) if isinstance(written, dict) else {}
        if self.group_kind not in CLUSTER_SCOPED:
            metadata["namespace"] = self.forced or metadata.get("namespace") or self.namespace
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"]
        return metadata

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`, the name alone of a kind without namespace; what is no text is no name."""
        namespace, name = self.metadata.get("namespace"), self.metadata.get("name")
        namespace = namespace if isinstance(namespace, str) else self.namespace
        shown = name if isinstance(name, str) else ""
        return shown if self.group_kind in CLUSTER_SCOPED else f"{namespace}/{shown}"

    def fault(
        self, code: str, message: str, path: Path, fix: str | None = None, severity: Severity = "error"
    ) -> Finding:
        """A fault of this object, at a path below it."""
        message = f"{printable(f'{self.kind} {self.key}')}: {message}"
        found = fault_at(self.document, code, message, path, fix, severity)
        return replace(found, kind=self.kind, key=self.key)


def fault_at(
    document: Document,
    code: str,
    message: str,
    path: Path = (),
    fix: str | None = None,
    severity: Severity = "error",
) -> Finding:
    """A fault at a path of a document."""
    origin = document.origin
    return Finding(code, severity, message, origin.at(*path), fix, template=origin.template)


def field_path(path: Path) -> str:
    """A path as the API server writes it.

    >>> field_path(("spec", "rules", 0, "host")), field_path(("metadata", "labels", "app.kubernetes.io/name"))
    ('spec.rules[0].host', 'metadata.labels[app.kubernetes.io/name]')
    """
    text = ""
    for part in path:
        plain = isinstance(part, str) and "." not in part and "/" not in part
        text += f".{part}" if plain else f"[{part}]"
    return text.removeprefix(".") or "the object"
