"""The variables of nginx that a request fills, wherever a setting names one: rewrites, keys of a hash.

In a run the client's address and its session are not known before it comes; a text is first divided into
parts that are, and those that are not. Source: nginx, ngx_http_variables.c, ngx_http_core_module.
"""

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Literal

from sim.routing.controllers.ingress_nginx.canary import cookie_of, cookies_of, header_of
from sim.routing.controllers.ingress_nginx.uri import as_text, normalised
from sim.routing.trace import Request

Part = tuple[Literal["text", "address", "packed", "session"], str]
"""A text as it is; or the client's address, written out or in its bytes; or the value of its session."""

OF_CLIENT: dict[str, Part] = {
    "binary_remote_addr": ("packed", ""),
    "remote_addr": ("address", ""),
    "the_real_ip": ("address", ""),
}
"""Variables for the client's address; the third is ingress-nginx's own. Source: nginx.tmpl."""

SESSION = "session"
"""Not nginx's: the value of the cookie that binds a client to a Pod, whatever its name."""

_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)


def parts_of(text: str, request: Request, cookie: str = "") -> tuple[Part, ...]:
    """A text in the parts that its variables leave; neighbours that are known are one.

    Args:
        cookie: that binds a client to a Pod; empty: none does.
    """
    sent, parts, done = cookies_of(request), list[Part](), 0
    for found in _NAME.finditer(text):
        name = found[1] or found[2]
        parts.append(("text", text[done : found.start()]))
        value: Part = ("text", known(name, request) or "")
        if name == SESSION:
            value = ("text", sent[cookie].partition("|")[0]) if cookie in sent else ("session", "")
        parts.append(OF_CLIENT.get(name, value))
        done = found.end()
    return tuple(_joined_texts([*parts, ("text", text[done:])]))


def _joined_texts(parts: Iterable[Part]) -> Iterable[Part]:
    whole = ""
    for kind, text in parts:
        if kind == "text":
            whole += text
            continue
        if whole:
            yield "text", whole
        whole = ""
        yield kind, ""
    if whole:
        yield "text", whole


def filled(parts: Iterable[Part], address: str, session: str = "") -> str:
    """The text for one client.

    Args:
        address: that the proxy sees; `session`: the value of the cookie that binds the client.
    """
    return "".join(
        text if kind == "text" else session if kind == "session" else _address(address, kind == "packed")
        for kind, text in parts
    )


def _address(address: str, packed: bool) -> str:
    """Bytes that are no UTF-8 stand as Python keeps them, and become the same bytes when they are hashed."""
    return ip_address(address).packed.decode("utf-8", "surrogateescape") if packed else address


def value_of(text: str, request: Request) -> str:
    """A text with all of its variables filled in by one request."""
    return filled(parts_of(text, request), request.client_ip)


def known(name: str, request: Request) -> str | None:
    """What a variable stands for; None: it is none of those that a request alone fills."""
    if name in VARIABLES:
        return VARIABLES[name](request)
    kind, _, rest = name.partition("_")
    return OF_KIND[kind](request, rest) if rest and kind in OF_KIND else None


def _whole(request: Request) -> str:
    return request.path.partition("#")[0]


def _path(request: Request) -> str:
    return as_text(normalised(_whole(request).partition("?")[0]) or "")


def _arguments(request: Request) -> str:
    return _whole(request).partition("?")[2]


def _argument(request: Request, name: str) -> str:
    """The first of that name, as it is sent: nginx decodes none of them."""
    pairs = (pair.partition("=") for pair in _arguments(request).split("&"))
    return next((value for key, _, value in pairs if key.lower() == name.lower()), "")


def _header(request: Request, name: str) -> str:
    if name.lower() == "host":
        return request.host_header
    return header_of(request, name) or ""


def _host(request: Request) -> str:
    return request.host_header.lower().partition(":")[0]


VARIABLES: dict[str, Callable[[Request], str]] = {
    "args": _arguments,
    "document_uri": _path,
    "host": _host,
    "is_args": lambda request: "?" if _arguments(request) else "",
    "query_string": _arguments,
    "request": lambda request: f"{request.method} {_whole(request)} HTTP/1.1",
    "request_method": lambda request: request.method,
    "request_uri": _whole,
    "scheme": lambda request: request.scheme,
    "server_port": lambda request: str(request.target_port),
    "uri": _path,
}
"""Variable -> what it stands for."""

OF_KIND: dict[str, Callable[[Request, str], str]] = {
    "arg": _argument,
    "cookie": lambda request, name: cookie_of(request, name) or "",
    "http": _header,
}
"""Kinds of variables that carry a name of their own."""
