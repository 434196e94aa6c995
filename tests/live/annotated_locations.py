"""What stands in a location of nginx, from the annotations of its Ingress: the template of ingress-nginx.

What the controller does in Lua (the redirect to https, canaries, sessions, Services without Pods) stands here as
maps, `if` and `return`; rewriting comes last, for nginx leaves that phase with it. Source:
kubernetes/ingress-nginx at dbb11b92d, rootfs/etc/nginx/template/nginx.tmpl, rootfs/etc/nginx/lua,
internal/ingress/controller/template/template.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from live.annotated import Canary, Place
from live.behind import READY
from live.nginx import NOBODY

METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS"
HEADERS = (
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,"
    "Authorization"
)
EXEMPT = "/.well-known/acme-challenge"
SCHEMES = {"HTTPS": "https", "GRPC": "grpc", "GRPCS": "grpcs"}


class Here(NamedTuple):
    """Where a location stands: a word that no other location has, and the number of its set.

    Args:
        told: what the ConfigMap has every server say.
    """

    word: str
    table: int
    canaries: Mapping[str, Canary]
    told: str = ""


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _ranges(asks: Mapping[str, str]) -> tuple[list[str], list[str]]:
    allowed = asks.get("allowlist-source-range", asks.get("whitelist-source-range", ""))
    return _words(asks.get("denylist-source-range", "")), _words(allowed)


def _is_denied(asks: Mapping[str, str]) -> bool:
    """A list of networks that cannot be read closes every location of its Ingress."""
    try:
        return not all(ip_network(one, strict=False) for ranges in _ranges(asks) for one in ranges)
    except ValueError:
        return True


def outside(place: Place, here: Here) -> Iterator[str]:
    """What a location needs beside the servers: zones, shares, cookies."""
    asks = place.said
    canary = here.canaries.get(place.service)
    if canary is not None and (share := _share(canary)) not in (0, 100):
        yield f'split_clients "$request_id" $part_{here.word} {{ {share}% 1; * 0; }}'
    if asks.get("affinity") == "cookie":
        name = asks.get("session-cookie-name", "INGRESSCOOKIE")
        set_now = f'map "$upstream_addr:$cookie_{name}" $sticky_{here.word}'
        yield f'{set_now} {{ "~^.+:$" "{name}=x"; default ""; }}'


def zones(place: Place, table: int) -> Iterator[str]:
    """The counters of an Ingress."""
    word = _zone(place, table)
    exempt = _words(place.said.get("limit-allowlist", place.said.get("limit-whitelist", "")))
    rates = [(place.said.get(f"limit-{name}"), unit) for name, unit in (("rps", "s"), ("rpm", "m"))]
    if any(rate for rate, _ in rates):
        yield f"geo $exempt_{word} {{ default 0; {' '.join(f'{one} 1;' for one in exempt)} }}"
        yield f'map $exempt_{word} $counted_{word} {{ 1 ""; default $binary_remote_addr; }}'
    for rate, unit in rates:
        if rate:
            yield f"limit_req_zone $counted_{word} zone={word}_{unit}:1m rate={rate}r/{unit};"


def _zone(place: Place, table: int) -> str:
    return re.sub(r"\W", "_", f"{place.ingress}_{table}")


def body(place: Place, here: Here) -> list[str]:
    """The directives of a location, those of the rewrite phase in their order."""
    asks = place.said
    if _is_denied(asks):
        return ["return 503;"]
    target = asks.get("rewrite-target", "")
    rewrites = target not in ("", place.path)
    rewrite = [f'rewrite "(?i){place.path}" {target} break;'] if rewrites else []
    leads_away = target.startswith(("http://", "https://"))
    return [
        *_cors(asks),
        *_redirect(asks),
        *(rewrite if leads_away else ()),
        *_to_https(place, here.table),
        *_service(place, here),
        *(() if leads_away else rewrite),
        *_access(asks),
        *_login(asks, here),
        *_limits(place, here.table),
        *_size(asks),
        *_sent(place, here),
    ]


def _cors(asks: Mapping[str, str]) -> Iterator[str]:
    if asks.get("enable-cors") != "true":
        return
    origins = _words(asks.get("cors-allow-origin", "*"))
    if "*" in origins:
        yield "set $origin *; set $cors true;"
    else:
        either = "|".join(f"({_origin(one)})" for one in origins)
        yield f'set $origin $http_origin; if ($http_origin ~* "({either})$") {{ set $cors true; }}'
    yield 'if ($request_method = OPTIONS) { set $cors "${cors}options"; }'
    yield "add_header Access-Control-Allow-Origin $cors_origin always;"
    for name, value in (
        ("Credentials", asks.get("cors-allow-credentials", "true")),
        ("Methods", asks.get("cors-allow-methods", METHODS)),
        ("Headers", asks.get("cors-allow-headers", HEADERS)),
    ):
        yield f'set $cors_{name} "{value}"; add_header Access-Control-Allow-{name} $its_cors_{name} always;'
    for name in ("expose-headers", "max-age"):
        usual = "1728000" if name == "max-age" else ""
        if value := asks.get(f"cors-{name}", usual):
            yield f'add_header Access-Control-{name.title()} "{value}" always;'
    yield "if ($cors = trueoptions) { return 204; }"


def _origin(text: str) -> str:
    """Source: template.go (buildOriginRegex)."""
    return re.escape(text).replace(r"\*", r"[A-Za-z0-9\-]+", 1).replace(r"\-", "-")


def _redirect(asks: Mapping[str, str]) -> Iterator[str]:
    for kind, usual, last in (("temporal", 302, 307), ("permanent", 301, 308)):
        if f"{kind}-redirect" in asks:
            code = int(asks.get(f"{kind}-redirect-code", usual))
            yield f"return {code if 300 <= code <= last else usual} {asks[f'{kind}-redirect']};"
            return


def _to_https(place: Place, table: int) -> Iterator[str]:
    if place.path.startswith(EXEMPT):
        return
    uri = "$request_uri" if place.said.get("preserve-trailing-slash") == "true" else "$bare_uri"
    port = ":443" if place.said.get("use-port-in-redirects") == "true" else ""
    away = f"return 308 https://$host{port}{uri};"
    if place.said.get("force-ssl-redirect") == "true":
        yield f"if ($scheme = http) {{ {away} }}"
    elif place.said.get("ssl-redirect") != "false":
        yield f"if ($away_{table}) {{ {away} }}"


def _service(place: Place, here: Here) -> Iterator[str]:
    yield f"set $service {place.service};"
    canary = here.canaries.get(place.service)
    if canary is not None:
        yield from _canary(place.service, canary, here)
    if place.state != READY:
        yield "return 503;"


def _share(canary: Canary) -> float:
    """In percent."""
    weight, total = (
        int(canary.said.get(f"canary-weight{end}", usual)) for end, usual in (("", 0), ("-total", 100))
    )
    return min(100.0, round(100 * weight / max(100, total), 2))


def _canary(main: str, canary: Canary, here: Here) -> Iterator[str]:
    """By weight, unless a cookie says otherwise, unless a header does."""
    asks, new = canary.said, f"set $service {canary.service};"
    share = _share(canary)
    if share == 100:
        yield new
    elif share:
        yield f"if ($part_{here.word} = 1) {{ {new} }}"
    if cookie := asks.get("canary-by-cookie"):
        yield f"if ($cookie_{cookie} = always) {{ {new} }}"
        yield f"if ($cookie_{cookie} = never) {{ set $service {main}; }}"
    header = asks.get("canary-by-header", "").lower().replace("-", "_")
    if header and "canary-by-header-value" in asks:
        yield f'if ($http_{header} = "{asks["canary-by-header-value"]}") {{ {new} }}'
    elif header and "canary-by-header-pattern" in asks:
        yield f'if ($http_{header} ~ "{asks["canary-by-header-pattern"]}") {{ {new} }}'
    elif header:
        yield f"if ($http_{header} = always) {{ {new} }}"
        yield f"if ($http_{header} = never) {{ set $service {main}; }}"


def _access(asks: Mapping[str, str]) -> Iterator[str]:
    refused, allowed = _ranges(asks)
    yield from (f"deny {one};" for one in refused)
    yield from (f"allow {one};" for one in allowed)
    if allowed:
        yield "deny all;"


def _login(asks: Mapping[str, str], here: Here) -> Iterator[str]:
    """By password, or by a service beside."""
    if asks.get("auth-type") == "basic":
        yield f'auth_basic "{asks.get("auth-realm", "")}"; auth_basic_user_file users;'
    if "auth-url" in asks:
        yield f"auth_request /_login_{here.word};"
        for number, name in enumerate(_words(asks.get("auth-response-headers", ""))):
            variable = name.lower().replace("-", "_")
            yield f"auth_request_set $login_{number} $upstream_http_{variable};"
            yield f"proxy_set_header {name} $login_{number};"


def login_location(place: Place, here: Here) -> str:
    """Where a service beside is asked; empty: none is."""
    url = urlsplit(place.said.get("auth-url", ""))
    if not url.path and not url.netloc:
        return ""
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    return (
        f"location = /_login_{here.word} {{ internal; proxy_pass_request_body off;"
        f' proxy_set_header Content-Length ""; proxy_set_header Host {url.netloc};'
        f" proxy_pass http://login{target}; }}"
    )


def _limits(place: Place, table: int) -> Iterator[str]:
    for name, unit in (("rps", "s"), ("rpm", "m")) if place.service != NOBODY else ():
        if rate := place.said.get(f"limit-{name}"):
            burst = int(rate) * int(place.said.get("limit-burst-multiplier", "5"))
            yield f"limit_req zone={_zone(place, table)}_{unit} burst={burst} nodelay;"


def _size(asks: Mapping[str, str]) -> Iterator[str]:
    yield f"client_max_body_size {asks.get('proxy-body-size', '1m')};"


def _sent(place: Place, here: Here) -> Iterator[str]:
    """To the Pods, as their protocol asks; every Pod says what came."""
    protocol = place.said.get("backend-protocol", "HTTP").upper()
    scheme = "$scheme" if protocol == "AUTO_HTTP" else SCHEMES.get(protocol, "http")
    proxy = "grpc" if scheme.startswith("grpc") else "proxy"
    host = f'"{place.said["upstream-vhost"]}"' if "upstream-vhost" in place.said else "$http_host"
    yield f"{proxy}_set_header X-Service $service; {proxy}_set_header Host {host};"
    if place.said.get("affinity") == "cookie" and place.service != NOBODY:
        yield f"add_header Set-Cookie $sticky_{here.word};"
    if read := place.said.get("proxy-read-timeout"):
        yield f"{proxy}_read_timeout {read}s;"
    yield "add_header Strict-Transport-Security $stay always;"
    if place.said.get("relative-redirects") == "true":
        yield "absolute_redirect off;"
    silent = place.service.split(":")[0].endswith("/silent")
    yield f"{proxy}_pass {scheme}://{'silent' if silent else f'echo_{scheme}'};"
