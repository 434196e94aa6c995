"""What a case document may hold: the keys of each part and the shape of each value, refused at its line.

A wrong shape says what was wanted; a key that means nothing is an error too: it would be ignored in silence.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sim.errors import InputError
from sim.manifests.decoding import printable
from sim.manifests.objects.meta import Origin
from sim.routing.controllers import USUAL

Shape = tuple[str, Callable[[Any], bool]]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18


def _is_list_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(part, kind) for part in value)


def _is_map(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


PROTOCOLS = ("http", "grpc", "tls", "tcp", "udp")

TEXT: Shape = ("a text; write it in quotes", lambda value: isinstance(value, str))
TEXTS: Shape = ("a list of texts", _is_list_of(str))
MAPPING: Shape = ("a mapping", lambda value: isinstance(value, dict))
MAPPINGS: Shape = ("a list of mappings", _is_list_of(dict))
ANY: Shape = ("anything", lambda _: True)
YES_OR_NO: Shape = ("true or false", lambda value: isinstance(value, bool))
STATUS: Shape = (
    "a whole number, such as 200, or 5xx for any of them",
    lambda value: _is_whole(value) or value == "5xx",
)
PROTOCOL: Shape = ("one of http, grpc, tls, tcp, udp", lambda value: value in PROTOCOLS)
PORT: Shape = ("a whole number from 1 to 65535", lambda value: _is_whole(value) and 1 <= value <= 65535)
REPEAT: Shape = ("a whole number from 1 to 1000000", lambda value: _is_whole(value) and 1 <= value <= 10**6)
AMOUNTS: Shape = ("a mapping to numbers", _is_map(_is_amount))
HEADERS: Shape = (
    "a mapping from names to texts; write them in quotes",
    _is_map(lambda value: isinstance(value, str)),
)
HEADER_CHANGES: Shape = (
    "a mapping from names to texts, or to null for a header that is not there",
    _is_map(lambda value: value is None or isinstance(value, str)),
)
NAMES_OF_CERTIFICATES: Shape = ("a mapping from NAMESPACE/NAME to a list of host names", _is_map(TEXTS[1]))

BACKEND_CERTIFICATES: Shape = (
    "a mapping from NAMESPACE/SERVICE:PORT to names and authority",
    _is_map(
        lambda value: (
            isinstance(value, dict)
            and set(value) <= {"names", "authority"}
            and TEXTS[1](value.get("names", []))
            and isinstance(value.get("authority", ""), str)
        )
    ),
)
AUTHORITIES: Shape = ("a mapping from NAMESPACE/CONFIGMAP to the name of an authority", HEADERS[1])

DOCUMENT: Mapping[str, Shape] = {
    "name": ANY,
    "source": ANY,
    "implementation": TEXT,
    "controllers": (f"a list of mappings, such as [{{controller: {USUAL.controller}}}]", MAPPINGS[1]),
    "certs": NAMES_OF_CERTIFICATES,
    "features": TEXTS,
    "backend_tls": BACKEND_CERTIFICATES,
    "authorities": AUTHORITIES,
    "manifests": MAPPINGS,
    "files": TEXTS,
    "cases": MAPPINGS,
}
CONTROLLER: Mapping[str, Shape] = {"controller": TEXT, "flags": TEXTS, "default-backend-service": TEXT}
CASE: Mapping[str, Shape] = {"id": ANY, "request": MAPPING, "expect": MAPPING, "why": ANY}
REQUEST: Mapping[str, Shape] = {
    "method": TEXT,
    "scheme": TEXT,
    "host": TEXT,
    "path": TEXT,
    "port": PORT,
    "headers": HEADERS,
    "sni": TEXT,
    "client_ip": TEXT,
    "repeat": REPEAT,
    "gateway": TEXT,
    "protocol": PROTOCOL,
    "service": TEXT,
}
_TEXTS_EXPECTED = (
    "backend", "rule", "outcome", "location", "location_host", "upstream_path", "upstream_scheme",
    "upstream_host", "certificate", "set_cookie", "state", "code",
    "grpc_status", "tls", "backend_protocol", "backend_sni",
)  # fmt: skip
EXPECT: Mapping[str, Shape] = {
    **dict.fromkeys(_TEXTS_EXPECTED, TEXT),
    "status": STATUS,
    "endpoints": TEXTS,
    "distribution": AMOUNTS,
    "outcomes": AMOUNTS,
    "upstream_headers": MAPPING,
    "response_headers": HEADER_CHANGES,
    "tries": STATUS,
    "timeout_s": ("a number of seconds", _is_amount),
    "loop": YES_OR_NO,
}


def check_shape(
    value: Mapping[Any, Any], shapes: Mapping[str, Shape], what: str, origin: Origin | None, *place: str | int
) -> None:
    """Refuse a key that is not known, or a value of another shape than its key has; empty ones are none.

    Args:
        what: names the part in messages, such as `request `.
        place: of the part in the document of `origin`.

    Raises:
        InputError: at the key.
    """
    for key, item in value.items():
        source = origin.at(*place, key) if origin else None
        if key not in shapes:
            fix = f"use one of {', '.join(sorted(shapes))}"
            raise InputError(f"unknown {what}key {printable(repr(key))}", source, fix)
        wanted, fits = shapes[key]
        if item is not None and not fits(item):
            wrong = _wrong_parts(item, fits)
            source = origin.at(*place, key, *wrong) if origin else None
            raise InputError(f"{what}{key}: must be {wanted}, not {_short(item)}", source)


def _wrong_parts(item: Any, fits: Callable[[Any], bool]) -> tuple[int, ...]:
    """The number of the first part of a list that does not fit; nothing for what is no list."""
    parts = item if isinstance(item, list) else ()
    return next(((index,) for index, part in enumerate(parts) if not fits([part])), ())


def _short(value: Any) -> str:
    """A value in few letters."""
    try:
        said = repr(value)
    except ValueError:  # A number too long for Python to write in digits.
        said = "a number of thousands of digits"
    return printable(said if len(said) <= 40 else f"{said[:40]}…")


def check_document_shape(value: Mapping[Any, Any], origin: Origin) -> None:
    """Refuse a document of the wrong shape: its own keys, its controllers and its cases, in this order.

    Raises:
        InputError: at the first fault.
    """
    check_shape(value, DOCUMENT, "", origin)
    for index, one in enumerate(value.get("controllers") or ()):
        check_shape(one, CONTROLLER, "controller ", origin, "controllers", index)
        if not one.get("controller"):
            fix = f"name it, such as {USUAL.controller}"
            raise InputError("a controller needs the key controller", origin.at("controllers", index), fix)
    cases = value.get("cases") or ()
    if not cases:
        raise InputError(
            "no cases: nothing to check", origin.at("cases"), "add cases with request and expect"
        )
    for index, case in enumerate(cases):
        check_case_shape(case, origin, "cases", index)


def check_case_shape(case: Mapping[Any, Any], origin: Origin | None, *place: str | int) -> None:
    """Refuse a case of the wrong shape.

    Raises:
        InputError: at the first fault.
    """
    if case.get("request") is None or case.get("expect") is None:
        raise InputError("a case needs request and expect", origin.at(*place) if origin else None)
    check_shape(case, CASE, "case ", origin, *place)
    check_shape(case["request"], REQUEST, "request ", origin, *place, "request")
    check_shape(case["expect"], EXPECT, "expect ", origin, *place, "expect")
