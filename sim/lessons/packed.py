"""Values packed into a text that nobody reads by accident: compressed JSON in base64. It keeps no secret."""

import base64
import json
import zlib
from typing import Any


def pack(value: Any) -> str:
    """One line that holds a value of JSON."""
    packed = zlib.compress(json.dumps(value, sort_keys=True).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode()


def unpack(text: str) -> Any:
    """What a text of `pack` holds, whatever line breaks it has got since.

    Raises:
        ValueError: it is no such text.

    >>> unpack(pack({"07": {"solved": ["L07-1"]}}))
    {'07': {'solved': ['L07-1']}}
    """
    try:
        return json.loads(zlib.decompress(base64.urlsafe_b64decode("".join(text.split()))))
    except zlib.error as error:
        raise ValueError(f"not a packed text: {error}") from None
