"""The data of Secrets stays outside, also where kubectl has noted it; only certificates are public."""

import re
from base64 import b64decode
from typing import Any

_BLOCK = re.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----")
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


def certificates_in(value: dict[str, Any]) -> str | None:
    """The certificate blocks of a Secret's `tls.crt`, and nothing else of it; None: there are none.

    What was blacked out, or put there by mistake, is no certificate, and stays outside.
    """
    plain, encoded = (_entry(value, name) for name in ("stringData", "data"))
    try:
        text = plain if plain is not None else b64decode(encoded or "").decode("ascii")
    except ValueError:
        return None
    return "\n".join(_BLOCK.findall(text)) or None


def _entry(value: dict[str, Any], name: str) -> str | None:
    data = value.get(name)
    found = data.get("tls.crt") if isinstance(data, dict) else None
    return found if isinstance(found, str) else None
