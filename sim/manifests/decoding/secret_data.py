"""The data of Secrets stays outside, also where kubectl has noted it."""

from typing import Any

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def without_secret_data(value: Any) -> Any:
    """An object as it was read, or a List of them, without the data of Secrets; what is neither stays."""
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("items"), list):
        return {**value, "items": [without_secret_data(item) for item in value["items"]]}
    metadata = value.get("metadata")
    if value.get("kind") != "Secret":
        return value
    return without_data({**value, "metadata": metadata if isinstance(metadata, dict) else {}})


def without_data(value: dict[str, Any]) -> dict[str, Any]:
    """A Secret without its data, also where kubectl has noted it."""
    metadata = value["metadata"]
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        kept = {k: v for k, v in annotations.items() if k != _LAST_APPLIED}
        metadata = {**metadata, "annotations": kept}
    return {k: v for k, v in value.items() if k not in {"data", "stringData"}} | {"metadata": metadata}
