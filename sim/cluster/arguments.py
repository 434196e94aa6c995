"""The arguments of a controller's container: options by name, each with its place, and the program's version.

`$(NAME)` is filled in from the container's environment as the kubelet does it: a value that is stated, or the
namespace and the name of the Pod. What stays unknown keeps its text. Source: Kubernetes documentation,
"Define Dependent Environment Variables"; third_party/forked/golang/expansion.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.manifests.objects.workloads import Container, WorkloadResource

POD_NAMESPACE = "POD_NAMESPACE"
"""The variable that installations of controllers give their namespace in."""

_REFERENCE = re.compile(r"(\$?)\$\(([A-Za-z_][\w.-]*)\)")
_TAG = re.compile(r":v?(\d+)\.(\d+)(?:\.(\d+))?")
_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Argument:
    """One option as it was given.

    Args:
        value: empty for one without a value.
        source: `FILE:LINE`, None for what is stated elsewhere than in a file.
    """

    name: str
    value: str
    source: str | None = None

    @property
    def flag(self) -> str:
        """`NAME`, or `NAME=VALUE` where it is more than switched on."""
        return self.name if self.value in ("", "true") else f"{self.name}={self.value}"


def arguments(workload: WorkloadResource, number: int) -> tuple[Argument, ...]:
    """The options of a workload's container, in order, those of its command first.

    Args:
        number: which of its containers.
    """
    container = workload.spec.template.spec.containers[number]
    words = list(_words(workload, container, number))
    known = environment(workload, container)
    found: list[Argument] = []
    for index, (word, source) in enumerate(words):
        option = _OPTION.fullmatch(word)
        if option is None:
            continue
        value = option[2]
        if value is None and index + 1 < len(words) and not words[index + 1][0].startswith("-"):
            value = words[index + 1][0]
        found.append(Argument(option[1], filled(value or "", known), source))
    return tuple(found)


def _words(workload: WorkloadResource, container: Container, number: int) -> Iterator[tuple[str, str | None]]:
    where = ("spec", "template", "spec", "containers", number)
    command = (container.model_extra or {}).get("command")
    given = {"command": command if isinstance(command, list) else [], "args": container.args}
    for field, words in given.items():
        for index, word in enumerate(words):
            if isinstance(word, str):
                yield word.strip(), workload.line(*where, field, index)


def environment(workload: WorkloadResource, container: Container) -> Mapping[str, str]:
    """The variables of a container whose value the manifest tells."""
    known = {POD_NAMESPACE: workload.namespace}
    entries = (container.model_extra or {}).get("env")
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else None
        value = _value_of(workload, entry) if isinstance(name, str) else None
        if isinstance(name, str) and value is not None:
            known[name] = value
    return known


def _value_of(workload: WorkloadResource, entry: Mapping[str, Any]) -> str | None:
    """What one entry of `env` says; None: only the running Pod knows."""
    if isinstance(entry.get("value"), str):
        return str(entry["value"])
    source = entry.get("valueFrom")
    field = source.get("fieldRef") if isinstance(source, dict) else None
    path = field.get("fieldPath") if isinstance(field, dict) else None
    return workload.namespace if path == "metadata.namespace" else None


def filled(value: str, known: Mapping[str, str]) -> str:
    """A value with the variables that are known; `$$(NAME)` stands for itself."""

    def value_of(found: re.Match[str]) -> str:
        return found[0][1:] if found[1] else known.get(found[2], found[0])

    return _REFERENCE.sub(value_of, value)


def version(image: str) -> tuple[int, ...] | None:
    """Major, minor and patch of an image's tag, None if it has no such tag.

    >>> version("registry.k8s.io/ingress-nginx/controller:v1.12.1@sha256:ab"), version("nginx:latest")
    ((1, 12, 1), None)
    """
    found = _TAG.search(image.partition("@")[0].rpartition("/")[2])
    return tuple(int(part or 0) for part in found.groups()) if found else None
