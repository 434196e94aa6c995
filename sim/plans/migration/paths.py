r"""Paths of nginx as matches of the Gateway API.

nginx compares decoded bytes, and an expression fits where it begins; a RegularExpression must fit as a whole,
a path is compared as it is sent. Source: ingress-nginx, template.go (buildLocation: `location ~* "^PATH"`);
envoyproxy/gateway, HTTPRouteFilter (ReplaceRegexMatch); RE2, syntax.
"""

import re
from collections.abc import Iterable
from typing import Any

from sim.manifests.validation.gateway_rules import absolute_path
from sim.routing.controllers.ingress_nginx.servers import Location
from sim.routing.controllers.ingress_nginx.uri import escaped
from sim.routing.controllers.rows import EXACT
from sim.routing.expressions import PCRE, RE2, UnreadableExpressionError, as_bytes, expression

Match = dict[str, Any]
CASELESS = "(?i)"
_MOST_PATTERN = 1024


def match_of(location: Location, by_regex: bool, alike: bool = False) -> tuple[Match | None, str]:
    """What takes the same paths; or None, and why there is no such match.

    Args:
        by_regex: whether all paths of its server are expressions.
        alike: whether every expression grows by the same length; see `keeps_order`.
    """
    if location.path == "/" and location.path_type != EXACT:
        return {"type": "PathPrefix", "value": "/"}, ""
    if by_regex:
        return _expression(location.path, alike)
    kind = "Exact" if location.path_type == EXACT else "PathPrefix"
    match = {"type": kind, "value": escaped(_as_written(location))}
    return (
        (match, "") if not list(absolute_path(match)) else (None, "a path that the Gateway API does not take")
    )


def _as_written(location: Location) -> str:
    """A prefix ends with a slash in nginx, whether it is written so or not."""
    own = as_bytes(location.row.path) if location.row is not None else location.path
    return location.path if location.path_type == EXACT else own


def keeps_order(locations: Iterable[Location]) -> bool:
    """Whether expressions, written shortly, come in nginx's order: both sort by length, the longest first."""
    lengths = [len(open_end(found.path)) for found in locations if found.path != "/"]
    return lengths == sorted(lengths, reverse=True)


def _expression(path: str, alike: bool) -> tuple[Match | None, str]:
    value = CASELESS + (f"(?:{path}).*" if alike else open_end(path))
    if len(value) > _MOST_PATTERN:
        return None, f"an expression of more than {_MOST_PATTERN} characters"
    try:
        expression(as_bytes(value), RE2, whole=True)
    except UnreadableExpressionError as error:
        return None, f"an expression that RE2 does not take: {error}"
    return {"type": "RegularExpression", "value": value}, ""


def open_end(path: str) -> str:
    r"""An expression that must fit as a whole, for one that must fit at the beginning.

    >>> open_end("/a/[0-9]+"), open_end("/a(/|$)(.*)"), open_end("/a$")
    ('/a/[0-9]+.*', '/a(/|$)(.*)', '/a')
    """
    shown = "".join(c if ord(c) < 0x80 else f"%{ord(c):02X}" for c in path)
    if _splits(shown):
        return f"(?:{shown}).*"
    if shown.endswith("$") and not _is_escaped(shown):
        return shown[:-1]
    return (
        shown if shown.endswith((".*", "(.*)")) and not shown.endswith(("\\.*", "\\(.*)")) else f"{shown}.*"
    )


def _is_escaped(text: str) -> bool:
    """Whether a backslash takes its meaning from the last character."""
    before = text[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _splits(pattern: str) -> bool:
    """Whether there is a choice outside all brackets."""
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", pattern, flags=re.DOTALL)
    depth = 0
    for char in bare:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "|" and depth == 0:
            return True
    return False


def substitution(path: str, target: str) -> str | None:
    r"""A target of `rewrite-target` in RE2's form: `$1` is `\1`; None: it holds a variable of nginx.

    >>> substitution("/a(/|$)(.*)", "/b/$2/$3")
    '/b/\\2/'
    """
    try:
        found = expression(path, PCRE, caseless=True)
    except UnreadableExpressionError:
        return None
    if re.search(r"\$[A-Za-z_{]", target):
        return None
    text = target.replace("\\", "\\\\")
    return re.sub(
        r"\$([1-9])", lambda hit: f"\\{hit[1]}" if int(hit[1]) <= found.program.groups else "", text
    )
