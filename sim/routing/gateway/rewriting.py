"""What becomes of a path whose matched prefix is replaced: by the API's letter, and as Envoy Gateway does it.

Sources: Gateway API v1, HTTPPathModifier (the table of replacePrefixMatch); envoyproxy/gateway at d32f282,
internal/xds/translator/route.go (buildPathMatch, buildXdsURLRewriteAction, buildXdsRedirectAction).
"""

from collections.abc import Callable, Mapping


def _api(path: str, prefix: str, new: str, redirects: bool) -> str:
    """A slash at the end of prefix or replacement does not count."""
    return new.removesuffix("/") + path[len(prefix.removesuffix("/")) :] or "/"


def _as_text(path: str, prefix: str, new: str, redirects: bool) -> str:
    """Envoy puts one text in the place of the other; a replacement by nothing is an expression."""
    if new in ("", "/"):
        rest = path.removeprefix(prefix)
        return "/" + rest.lstrip("/") if path.startswith(prefix) else path
    fits = prefix.removesuffix("/") or "/"
    return (new if redirects else new.removesuffix("/")) + path[len(fits) :]


REWRITES: Mapping[str, Callable[[str, str, str, bool], str]] = {
    "api": _api,
    "as-text": _as_text,
}
"""Name in `DataPlane.rewrites` -> how; a redirect may do it otherwise than a rewrite."""
