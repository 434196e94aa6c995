"""What a proxy makes of a request's path before it compares it with any rule.

The API compares paths as they are sent. Proxies differ: nginx always decodes, merges and resolves
(controllers/ingress_nginx/uri.py); Envoy does what its options say, and keeps the path as it is by default.
Source: Envoy, HttpConnectionManager (normalize_path, merge_slashes, path_with_escaped_slashes_action),
source/common/http/path_utility.cc; its normaliser is that of the URL library of Chromium.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from sim.routing.expressions import PCRE, RE2, GaveUp, Match, as_bytes, searched

_NUL = re.compile("%00")
_ESCAPED_SLASH = re.compile("%(2f|5c)", re.IGNORECASE)
_ESCAPED_UNRESERVED = re.compile("%(2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)", re.IGNORECASE)
_DOTS = re.compile(r"(\.\.?);")
_LONE_PERCENT = re.compile("%(?![0-9a-f]{2})", re.IGNORECASE)
_NOW_AN_ESCAPE = re.compile("\0(?=[0-9a-f]{2})", re.IGNORECASE)
_ALWAYS_ESCAPED = re.compile(r'["<>^`{|}]')


@dataclass(frozen=True)
class PathRules:
    """Envoy's options, by Envoy's names; the defaults are its own.

    Args:
        normalize_path: dots are resolved, percent signs of unreserved characters decoded.
        merge_slashes: several slashes are one.
        escaped_slashes: what happens to %2F and %5C, a key of `ESCAPED_SLASHES`.
    """

    normalize_path: bool = False
    merge_slashes: bool = False
    escaped_slashes: str = "KEEP_UNCHANGED"


@dataclass(frozen=True)
class Received:
    """The path as rules see it and backends get it, with its query; or the proxy's own answer.

    Args:
        status: 400 for a path that is refused, 307 for one that the client shall ask for; None: it is used.
    """

    path: str
    status: int | None = None
    because: str = ""


AS_SENT = PathRules()


@dataclass(frozen=True)
class Expressions:
    """How a regular expression of a route is compared; the API leaves it open.

    Args:
        perl: whether it is one of PCRE, not of RE2.
        whole: whether it must fit the whole text.
        anchored: whether it must fit from the beginning, where not the whole.
    """

    perl: bool = False
    whole: bool = True
    anchored: bool = True

    @property
    def for_values(self) -> Expressions:
        """How those for headers and query parameters are compared: somewhere inside, where not as a whole."""
        return replace(self, anchored=False)

    def found(self, pattern: str, text: str) -> Match | GaveUp | None:
        """What of a text fits; None: nothing does, or the proxy refuses the expression."""
        begun = pattern if self.whole or not self.anchored else f"^{pattern}"
        return searched(as_bytes(begun), PCRE if self.perl else RE2, as_bytes(text), whole=self.whole)


@dataclass(frozen=True)
class DataPlane:
    """What carries a Gateway: where proxies differ though each is true to the API.

    Args:
        paths: what is made of a path before it is compared; by the API's letter it is compared as it is sent.
        reads: does that instead, where the proxy is no Envoy.
        sends_as_sent: whether the backend gets the path that the client sent, not the one that is compared.
        one_host: whether only the routes of the closest host name that any route has are asked; by the letter
            a wider host name takes over where the closest one has no match.
        envoy_kinds: whether it reads Envoy Gateway's own filters and policies.
        one_path: whether only the matches of the path that wins are asked; 404 where none of them fits.
        order: which of the matches that fit wins, a key of `sim.routing.gateway.precedence.ORDERS`.
        expressions: how a regular expression is compared.
        preflights: whether a CORS filter brings a match for preflights with it, where its own names a method.
        answers_options: whether a CORS filter answers every OPTIONS, preflight or not, also where nobody is
            behind the rule.
        keeps_stars: whether stars for methods and headers are answered as such, without credentials.
        rewrites: how the prefix that fits is replaced, a key of `sim.routing.gateway.rewriting.REWRITES`.
        session_paths: whether the cookie of a session is for the path of the match alone, an expression
            taken as text up to its first star.
        misdirected: answer to a Host that belongs to another listener than the handshake.
        refuses: types of filters for which the rule answers 500.
        ignores: fields of a rule that change nothing here.
    """

    paths: PathRules = AS_SENT
    reads: Callable[[str], Received] | None = None
    sends_as_sent: bool = False
    one_host: bool = False
    envoy_kinds: bool = False
    one_path: bool = False
    order: str = "api"
    expressions: Expressions = Expressions()
    preflights: bool = False
    answers_options: bool = False
    keeps_stars: bool = False
    rewrites: str = "api"
    session_paths: bool = False
    misdirected: int = 421
    refuses: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()

    def received(self, target: str) -> Received:
        """What is made of a path with its query."""
        return self.reads(target) if self.reads is not None else received(target, self.paths)


LETTER = DataPlane()


def received(target: str, rules: PathRules) -> Received:
    """Apply the rules to a path with its query, in Envoy's order.

    >>> received("/a//b/../%63?x=//", PathRules(normalize_path=True, merge_slashes=True)).path
    '/a/c?x=//'
    """
    path, question, query = target.partition("?")
    slashed = _ESCAPED_SLASH.search(path) is not None
    path, status, because = ESCAPED_SLASHES[rules.escaped_slashes](path) if slashed else (path, None, "")
    if status == 400 or (rules.normalize_path and _NUL.search(path)):
        return Received(target, 400, because or f"the path {path} is none that can be normalised")
    path = canonical(path) if rules.normalize_path else path
    path = merged(path) if rules.merge_slashes else path
    return Received(f"{path}{question}{query}", status, because)


def canonical(path: str) -> str:
    """Dots resolved, never above the root; unreserved characters decoded; a backslash is a slash.

    Parameters of dots (`..;x`) go with them.

    >>> canonical("/a/%2e%2E/b/./%7Ec/..;x")
    '/b/'
    """
    kept: list[str] = []
    elements = [_element(raw) for raw in path.replace("\\", "/").removeprefix("/").split("/")]
    for element in elements:
        if element == "..":
            del kept[-1:]
        elif element != ".":
            kept.append(element)
    if elements[-1] in (".", ".."):
        kept.append("")
    return _ALWAYS_ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", "/" + "/".join(kept))


def _element(raw: str) -> str:
    """One element decoded; a percent sign that would then begin an escape is escaped itself."""
    if dots := _DOTS.match(raw):
        return dots[1]
    decoded = _ESCAPED_UNRESERVED.sub(_character, _LONE_PERCENT.sub("\0", raw))
    return _NOW_AN_ESCAPE.sub("%25", decoded).replace("\0", "%")


def merged(path: str) -> str:
    """Several slashes become one; a path of slashes alone keeps its first and its last.

    >>> merged("//a///b//"), merged("///")
    ('/a/b/', '//')
    """
    if "//" not in path:
        return path
    return "/" + "/".join(filter(None, path.split("/"))) + ("/" if path.endswith("/") else "")


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _unescaped(path: str) -> str:
    return _ESCAPED_SLASH.sub(_character, path)


Rewritten = tuple[str, int | None, str]

ESCAPED_SLASHES: dict[str, Callable[[str], Rewritten]] = {
    "KEEP_UNCHANGED": lambda path: (path, None, ""),
    "REJECT_REQUEST": lambda path: (path, 400, f"the path {path} has an escaped slash, which is refused"),
    "UNESCAPE_AND_FORWARD": lambda path: (_unescaped(path), None, ""),
    "UNESCAPE_AND_REDIRECT": lambda path: (
        _unescaped(path), 307, "the client shall write out the escaped slash"),
}  # fmt: skip
"""What to do with a path that has an escaped slash: the path, and the answer instead of it."""
