"""What policies and sessions make of a route of Envoy: the filters of Envoy Gateway, each configured for a route.

Source: envoyproxy/gateway at d32f282, internal/xds/translator (cors.go, authorization.go, local_ratelimit.go,
ratelimit.go, session_persistence.go, httpfilters.go), internal/gatewayapi (securitypolicy.go, backendtrafficpolicy.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any

from live.behind import namespace_of
from live.tables import Manifest

Config = dict[str, Any]
API = "type.googleapis.com/envoy.extensions.filters.http"
_TYPES = "type.googleapis.com/envoy"
CORS, SESSIONS, RBAC, LIMITS, USERS, BUFFER, LOGIN = (
    f"envoy.filters.http.{name}"
    for name in ("cors", "stateful_session", "rbac", "local_ratelimit", "basic_auth", "buffer", "ext_authz")
)
_BYTES = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_UNITS = {"Second": "1s", "Minute": "60s", "Hour": "3600s"}
_PARTS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}


def http_filters(logins: Mapping[str, Config], users: str) -> list[Config]:
    """Those before the one that routes, in Envoy Gateway's order; they do nothing but for routes that say so.

    Args:
        logins: name of a filter -> extAuth of the policy that it is for.
        users: who has which password.
    """
    return [
        {"name": CORS, "typed_config": {"@type": f"{API}.cors.v3.Cors"}},
        *({"name": name, "disabled": True, "typed_config": _ext_authz(one)} for name, one in logins.items()),
        {"name": USERS, "disabled": True, "typed_config": _users("BasicAuth", users)},
        {"name": SESSIONS, "typed_config": {"@type": f"{API}.stateful_session.v3.StatefulSession"}},
        {"name": BUFFER, "disabled": True, "typed_config": {"@type": f"{API}.buffer.v3.Buffer", "max_request_bytes": 1}},
        {"name": RBAC, "typed_config": {"@type": f"{API}.rbac.v3.RBAC"}},
        {"name": LIMITS, "typed_config": {"@type": f"{API}.local_ratelimit.v3.LocalRateLimit", "stat_prefix": "l",
                                          "max_dynamic_descriptors": 10000}},
    ]  # fmt: skip


def seconds(text: str) -> float:
    """A duration of the Gateway API."""
    return sum(int(n) * _PARTS[unit] for n, unit in re.findall(r"([0-9]+)(ms|h|m|s)", text))


def closest(policies: Iterable[Manifest], route: Manifest, gateway: Manifest) -> Config:
    """The spec that counts for a route: one that names it, else one of its Gateway; merged where it asks for that."""
    of_route = _named(policies, route)
    of_gateway = _named(policies, gateway)
    if of_route is None:
        return of_gateway or {}
    return {**(of_gateway or {}), **of_route} if "mergeType" in of_route else of_route


def _named(policies: Iterable[Manifest], target: Manifest) -> Config | None:
    wanted = target["kind"], target["metadata"]["name"]
    for policy in policies:
        listed = [(t["kind"], t["name"]) for t in policy["spec"].get("targetRefs", ())]
        if namespace_of(policy) == namespace_of(target) and wanted in listed:
            return dict(policy["spec"])
    return None


def of_route(security: Config, traffic: Config, rule: Config, path: Config, users: str) -> Config:
    """The configuration of the filters, by their names.

    Args:
        path: of the match; a session's cookie is for it.
        users: who has which password.
    """
    made: Config = {}
    if "cors" in security:
        made[CORS] = _cors(security["cors"])
    if "basicAuth" in security:
        made[USERS] = _users("BasicAuthPerRoute", users)
    if "extAuth" in security:
        made[login_name(security)] = {"@type": f"{API}.ext_authz.v3.ExtAuthzPerRoute", "check_settings": {}}
    if "authorization" in security:
        made[RBAC] = _rbac(security["authorization"])
    if "rateLimit" in traffic:
        made[LIMITS] = _limits(traffic["rateLimit"]["local"]["rules"])
    if "requestBuffer" in traffic:
        made[BUFFER] = _buffer(traffic["requestBuffer"]["limit"])
    if "sessionPersistence" in rule:
        made[SESSIONS] = _session(rule["sessionPersistence"], path)
    return made


def login_name(security: Config) -> str:
    """The filter of a policy with a login."""
    target = security["targetRefs"][0]
    return f"{LOGIN}/{target['kind']}/{target['name']}"


def _users(kind: str, users: str) -> Config:
    return {"@type": f"{API}.basic_auth.v3.{kind}", "users": {"inline_string": users}}


def _ext_authz(asked: Config) -> Config:
    http = asked["http"]
    ref = http["backendRefs"][0]
    uri = (
        f"http://{ref['name']}.{ref.get('namespace', 'default')}:{ref['port']}{http.get('pathOverride', '')}"
    )
    named = [[{"exact": name, "ignore_case": True} for name in names] for names in (
        asked.get("headersToExtAuth", ()), http.get("headersToBackend", ()))]  # fmt: skip
    service: Config = {"server_uri": {"uri": uri, "cluster": "login", "timeout": "10s"}}
    service |= {"path_override": http["pathOverride"]} if "pathOverride" in http else {}
    service |= (
        {"authorization_response": {"allowed_upstream_headers": {"patterns": named[1]}}} if named[1] else {}
    )
    made: Config = {
        "@type": f"{API}.ext_authz.v3.ExtAuthz",
        "transport_api_version": "V3",
        "http_service": service,
    }
    return made | ({"allowed_headers": {"patterns": named[0]}} if named[0] else {})


def _buffer(limit: str) -> Config:
    count, unit = re.fullmatch(r"([0-9]+)(Ki|Mi|Gi|)", limit).groups()  # type: ignore[union-attr]
    return {
        "@type": f"{API}.buffer.v3.BufferPerRoute",
        "buffer": {"max_request_bytes": int(count) * _BYTES[unit]},
    }


def _cors(asked: Config) -> Config:
    origins = [
        {"safe_regex": {"regex": re.escape(one).replace(r"\*", ".*")}} if "*" in one else {"exact": one}
        for one in asked["allowOrigins"]
    ]
    lists = {
        name: "*" if "*" in asked.get(key, ()) else ", ".join(asked.get(key, ()))
        for name, key in (("allow_methods", "allowMethods"), ("allow_headers", "allowHeaders"))
    }
    return {
        "@type": f"{API}.cors.v3.CorsPolicy",
        "allow_origin_string_match": origins,
        "expose_headers": ", ".join(asked.get("exposeHeaders", ())),
        "allow_credentials": asked.get("allowCredentials", False),
        "forward_not_matching_preflights": False,
        **({"max_age": str(int(seconds(asked["maxAge"])))} if "maxAge" in asked else {}),
        **lists,
    }


def _rbac(asked: Config) -> Config:
    rules = [
        {
            "predicate": _from(rule["principal"]["clientCIDRs"]),
            "on_match": {"action": _action(rule["action"])},
        }
        for rule in asked.get("rules", ())
    ]
    matcher: Config = {"on_no_match": {"action": _action(asked["defaultAction"])}}
    matcher |= {"matcher_list": {"matchers": rules}} if rules else {}
    return {"@type": f"{API}.rbac.v3.RBACPerRoute", "rbac": {"matcher": matcher}}


def _action(word: str) -> Config:
    return {
        "name": word,
        "typed_config": {"@type": f"{_TYPES}.config.rbac.v3.Action", "name": word, "action": word.upper()},
    }


def _network(text: str) -> Config:
    prefix, _, length = text.partition("/")
    return {"address_prefix": prefix, "prefix_len": int(length)}


def _from(networks: Iterable[str]) -> Config:
    matching = f"{_TYPES}.extensions.matching"
    source = {"@type": f"{matching}.common_inputs.network.v3.SourceIPInput"}
    ranges = {
        "@type": f"{matching}.input_matchers.ip.v3.Ip",
        "stat_prefix": "client_ip",
        "cidr_ranges": [_network(one) for one in networks],
    }
    return {
        "single_predicate": {
            "input": {"name": "client_ip", "typed_config": source},
            "custom_match": {"name": "ip_matcher", "typed_config": ranges},
        }
    }


def _limits(rules: list[Config]) -> Config:
    everything = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    limits, descriptors = [], []
    for number, rule in enumerate(rules):
        actions, entries = [], []
        for key, entry, action in (
            part for s in rule.get("clientSelectors", ()) for part in _selected(s, number)
        ):
            actions.append({"remote_address_match": action | {"descriptor_key": key}})
            entries.append(entry | {"key": key})
        limits.append({"actions": actions})
        limit = rule["limit"]
        descriptors.append({"entries": entries, "token_bucket": _bucket(limit["requests"], limit["unit"])})
    return {
        "@type": f"{API}.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "l",
        "token_bucket": _bucket(2**32 - 1, "Second"),
        "filter_enabled": everything,
        "filter_enforced": everything,
        "descriptors": descriptors,
        "always_consume_default_token_bucket": False,
        "rate_limits": limits,
    }


def _selected(selector: Config, number: int) -> Iterator[tuple[str, Config, Config]]:
    """(key, entry of the descriptor, action) for a range of addresses; Distinct: for each address too."""
    source = selector["sourceCIDR"]
    matcher = {"ranges": [_network(source["value"])], "invert_match": source.get("invert", False)}
    network = {"address_matcher": matcher, "descriptor_value": source["value"]}
    yield f"rule-{number}-masked", {"value": source["value"]}, network
    if source.get("type") == "Distinct":
        alone = {"address_matcher": matcher, "descriptor_value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
        yield f"rule-{number}-remote", {}, alone


def _bucket(requests: int, unit: str) -> Config:
    return {"max_tokens": requests, "tokens_per_fill": requests, "fill_interval": _UNITS[unit]}


def _session(asked: Config, path: Config) -> Config:
    value = path["value"]
    if path["type"] == "RegularExpression":
        value = "/".join(takewhile(lambda part: "*" not in part, value.split("/")))
    cookie: Config = {"name": asked["sessionName"], "path": value}
    if "absoluteTimeout" in asked:
        cookie["ttl"] = f"{int(seconds(asked['absoluteTimeout']))}s"
    state = {
        "@type": f"{_TYPES}.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState",
        "cookie": cookie,
    }
    session = {"session_state": {"name": "envoy.http.stateful_session.cookie", "typed_config": state}}
    return {"@type": f"{API}.stateful_session.v3.StatefulSessionPerRoute", "stateful_session": session}
