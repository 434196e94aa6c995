"""Fields of a wrong type: left out and named, so that one of them hides nothing else."""

from typing import Any

from pydantic import ValidationError

from sim.manifests.decoding.read import Read, field_path
from sim.manifests.decoding.secret_data import without_data
from sim.manifests.decoding.text import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.workloads import Secret

_MOST_REPAIRS = 5


def typed(
    read: Read, model: type[KubernetesObject], known: set[str | None]
) -> tuple[KubernetesObject | None, list[Finding]]:
    """The object without the fields of a wrong type; and those fields, but for what is known already."""
    value = {**read.value, "metadata": read.metadata}
    if model is Secret:
        value = without_data(value)
    faults: dict[str | None, Finding] = {}
    for _ in range(_MOST_REPAIRS):
        try:
            return model.model_validate(value), [f for f in faults.values() if f.source not in known]
        except ValidationError as error:
            for path, details in _by_path(error, value).items():
                fault = _wrong_type(read, path, details)
                faults.setdefault(fault.source, fault)
                value = _without(value, path)
    return None, list(faults.values())


def _by_path(error: ValidationError, value: Any) -> dict[Path, list[Any]]:
    """The details of an error by the path of the value concerned; tags of unions are no part of a path."""
    found: dict[Path, list[Any]] = {}
    for details in error.errors(include_url=False):
        path: Path = ()
        here = value
        for part in details["loc"]:
            inside = isinstance(here, dict) and part in here
            if inside or (isinstance(here, list) and isinstance(part, int) and part < len(here)):
                path, here = (*path, part), here[part]
        found.setdefault(path, []).append(details)
    return found


def _without(value: Any, path: Path) -> Any:
    """The value without the innermost mapping's entry on a path; lists keep their length and places."""
    last = max((i for i, part in enumerate(path) if isinstance(part, str)), default=None)
    return value if last is None else _dropped(value, path[: last + 1])


def _dropped(value: Any, path: Path) -> Any:
    first, *rest = path
    if isinstance(value, dict):
        if not rest:
            return {k: v for k, v in value.items() if k != first}
        return {**value, first: _dropped(value[first], tuple(rest))} if first in value else value
    return [_dropped(v, tuple(rest)) if i == first else v for i, v in enumerate(value)]


def _wrong_type(read: Read, path: Path, details: list[Any]) -> Finding:
    wanted = " or ".join(dict.fromkeys(_MUST_BE.get(d["type"], d["msg"].lower()) for d in details))
    given = details[0]["input"]
    fix = None
    if any(d["type"] == "string_type" for d in details) and isinstance(given, bool | int | float):
        fix = f"put it in quotes; without them YAML reads {kind_of(given)}"
    return read.fault("SIM1012", f"{field_path(path)}: must be {wanted}, not {kind_of(given)}", path, fix)


_MUST_BE = {
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a string",
    "int_type": "an integer",
    "bool_type": "true or false",
}


def kind_of(value: Any) -> str:
    """What a value is, in the words of a message; long ones are cut."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean '{str(value).lower()}'"
    return f"{'the text' if isinstance(value, str) else 'the number'} {shown(str(value))}"
