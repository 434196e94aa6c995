"""What is written: an object with its file and its sources; and what could not be carried over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.plans.migration.yaml_text import text_of

ROUTES, POLICIES = "gateway.networking.k8s.io", "gateway.envoyproxy.io"


@dataclass(frozen=True)
class MigratedObject:
    """An object in the place of an Ingress, or of a part of it.

    Args:
        body: its fields below kind and metadata; a key `#` holds comments.
        file: the name of the file that it stands in.
        comments: what is said above it.
    """

    api_version: str
    kind: str
    name: str
    namespace: str | None
    body: Mapping[str, Any] = field(hash=False)
    file: str
    comments: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`, the name alone where it has no namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def text(self) -> str:
        """As YAML."""
        metadata = {"name": self.name} | ({"namespace": self.namespace} if self.namespace else {})
        head = {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata}
        return text_of(self.comments, {**head, **self.body})


@dataclass(frozen=True)
class LeftOut:
    """Something that an Ingress asks for and that is not written, or not as it was.

    Args:
        what: an annotation without its prefix, or a part of the Ingress.
        ingress: `NAMESPACE/NAME`.
        changes: what will be different, in a sentence.
        choices: what can be done about it, each in a phrase.
        source: `FILE:LINE`, None where no file shows it.
    """

    what: str
    ingress: str
    changes: str
    choices: tuple[str, ...] = ()
    source: str | None = None
