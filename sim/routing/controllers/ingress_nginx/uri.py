"""What nginx makes of a request's path and Host header before it looks anything up.

Paths are handled as bytes, one character per byte (latin-1), because nginx knows no other encoding. Source:
nginx's ngx_http_parse.c (ngx_http_parse_complex_uri), ngx_http_request.c (ngx_http_validate_host) and
ngx_string.c (ngx_escape_uri).
"""

import re
from urllib.parse import unquote_to_bytes

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_ESCAPED = re.compile(r"[\x00-\x20#%?\x7f-\xff]")


def as_text(path: str) -> str:
    """The reverse, for a reader: bytes that are no UTF-8 stay as they are."""
    try:
        return path.encode("latin-1").decode()
    except UnicodeDecodeError:
        return path


def normalised(path: str) -> str | None:
    """The path as nginx compares it: percent signs decoded, slashes merged, dots resolved.

    None for a path that it refuses with 400: one that climbs above the root, a percent sign that stands for
    nothing or for NUL, a control character.
    """
    if not path.startswith("/") or _CONTROL.search(path) or _BAD_PERCENT.search(path):
        return None
    kept: list[str] = []
    elements = re.sub("/+", "/", unquote_to_bytes(path).decode("latin-1")).split("/")[1:]
    for element in elements:
        if element == "..":
            if not kept:
                return None
            kept.pop()
        elif element != ".":
            kept.append(element)
    if elements[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def escaped(path: str) -> str:
    """A path as it is written into a Location header or an upstream request line."""
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", path)


def host_name(header: str) -> str | None:
    """The Host header as server names are compared with: lower case, without port and final dot.

    None for one that nginx refuses with 400: none, an empty label, a slash or a control character.
    """
    name = header.lower()
    if name.startswith("["):
        bare = name.partition("]")[0] + "]" if "]" in name else ""
    else:
        bare = name.partition(":")[0]
    if not bare or ".." in bare or bare == "." or re.search(r"[\x00-\x20/\x7f]", name):
        return None
    return bare.removesuffix(".").strip("[]")
