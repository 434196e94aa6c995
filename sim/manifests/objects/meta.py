"""What all Kubernetes objects share: metadata, and the file and line of every field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StrictBool, StrictInt, StrictStr
from pydantic.alias_generators import to_camel

Path = tuple[str | int, ...]
Position = tuple[int, int]
FilePosition = tuple[str, int, int]
IntOrString = StrictInt | StrictStr


@dataclass(frozen=True)
class Origin:
    """Where an object was read: a file, and the line and column of every field in it.

    Args:
        file: the name as the user gave it; `-` is standard input.
        positions: path below the object -> (line, column), both from 1. A mapping's entry has the
            position of its key, a list's item that of its first character.
        template: the chart template that helm names above the object, None if it names none.
        elsewhere: path -> (file, line, column) of what another file put there, as a patch does.
    """

    file: str
    positions: Mapping[Path, Position] = field(repr=False, compare=False)
    template: str | None = None
    elsewhere: Mapping[Path, FilePosition] = field(default_factory=dict, repr=False, compare=False)

    def place(self, *path: str | int) -> FilePosition:
        """File, line and column of `path`, or of the nearest thing above it that was written."""
        while path and path not in self.positions and path not in self.elsewhere:
            path = path[:-1]
        return self.elsewhere.get(path) or (self.file, *self.positions.get(path, (1, 1)))

    def written_at(self, *path: str | int) -> Origin:
        """The file that `path` was written in, with what it alone holds: a patch, where one put it there."""
        file = self.elsewhere[path][0] if path in self.elsewhere else self.file
        if file == self.file:
            return self
        own = {p: (line, column) for p, (there, line, column) in self.elsewhere.items() if there == file}
        return Origin(file, own, self.template)

    def position(self, *path: str | int) -> Position:
        """Line and column of `path`, or of the nearest thing above it that was written."""
        return self.place(*path)[1:]

    def line(self, *path: str | int) -> str:
        """`FILE:LINE`, for the steps of a trace."""
        file, line, _ = self.place(*path)
        return f"{file}:{line}"

    def at(self, *path: str | int) -> str:
        """`FILE:LINE:COLUMN`, for errors and findings."""
        file, line, column = self.place(*path)
        return f"{file}:{line}:{column}"


class Manifest(BaseModel):
    """A piece of a Kubernetes object: camelCase in YAML, snake_case here."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="allow"
    )


class OwnerReference(Manifest):
    """The object that made this one."""

    kind: StrictStr = ""
    name: StrictStr = ""
    controller: StrictBool = False


class ObjectMeta(Manifest):
    """Name, namespace and the other things that every object says of itself."""

    name: StrictStr = ""
    namespace: StrictStr | None = None
    labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    annotations: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    creation_timestamp: StrictStr | None = None
    deletion_timestamp: StrictStr | None = None
    owner_references: tuple[OwnerReference, ...] = ()


class KubernetesObject(Manifest):
    """What all kinds share. `origin` is None for an object that is assumed, not read."""

    has_namespace: ClassVar[bool] = True
    """False for the kinds of `sim.manifests.objects.kinds.CLUSTER_SCOPED`."""

    api_version: StrictStr = ""
    kind: StrictStr = ""
    metadata: ObjectMeta = ObjectMeta()
    _origin: Origin | None = PrivateAttr(default=None)

    @property
    def origin(self) -> Origin | None:
        """The file and the positions, None if the object is assumed."""
        return self._origin

    @property
    def name(self) -> str:
        """metadata.name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """metadata.namespace; the loader fills in the default."""
        return self.metadata.namespace or "default"

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`; the name alone for a kind that has no namespace."""
        return f"{self.namespace}/{self.name}" if self.has_namespace else self.name

    def read_from(self, origin: Origin) -> KubernetesObject:
        """Remember where this object was read; returns itself."""
        self._origin = origin
        return self

    def line(self, *path: str | int) -> str | None:
        """`FILE:LINE` of a field, None if the object is assumed."""
        return self._origin.line(*path) if self._origin else None


def extra_fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of the fields that no model knows, in order of the models' fields."""
    if isinstance(value, Manifest):
        yield from ((*path, name) for name in value.model_extra or ())
        written = value.model_fields_set
        for name, alias in _pieces(type(value)):
            if name in written:
                yield from extra_fields(getattr(value, name), (*path, alias))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from extra_fields(item, (*path, index))


@cache
def _pieces(model: type[Manifest]) -> tuple[tuple[str, str], ...]:
    """Name and API name of the fields that hold further pieces."""
    fields = model.model_fields.items()
    return tuple((name, info.alias or name) for name, info in fields if _holds_pieces(info.annotation))


def _holds_pieces(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Manifest):
        return True
    return any(_holds_pieces(part) for part in get_args(annotation))
