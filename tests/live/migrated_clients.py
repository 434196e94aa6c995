"""What a ClientTrafficPolicy makes of a listener of Envoy.

Source: envoyproxy/gateway at d32f282, internal/gatewayapi/clienttrafficpolicy.go, internal/xds/translator
(listener.go, header_mutation.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from live.migrated_policies import API, seconds
from live.tables import Manifest

Config = dict[str, Any]
ACTIONS = {"Allow": "ALLOW", "DropHeader": "DROP_HEADER", "RejectRequest": "REJECT_REQUEST"}
_DETECTION = "type.googleapis.com/envoy.extensions.http.original_ip_detection"


def client_policy(policies: Iterable[Manifest], section: str) -> Config:
    """The spec of the policy that names a listener, else of the one of its Gateway."""
    found: dict[str | None, Config] = {
        target.get("sectionName"): policy["spec"]
        for policy in policies
        for target in policy["spec"]["targetRefs"]
    }
    return found.get(section, found.get(None, {}))


def of_clients(clients: Config) -> Config:
    """Options of the connection manager."""
    action = ACTIONS[clients.get("headers", {}).get("withUnderscoresAction", "RejectRequest")]
    common: Config = {"headers_with_underscores_action": action}
    if idle := clients.get("timeout", {}).get("http", {}).get("idleTimeout"):
        common["idle_timeout"] = f"{seconds(idle)}s"
    return {"common_http_protocol_options": common, **_detection(clients.get("clientIPDetection", {}))}


def _detection(asked: Config) -> Config:
    """Where the address of a client comes from; by itself, from the connection."""
    if "xForwardedFor" in asked:
        ranges = [one.split("/") for one in asked["xForwardedFor"]["trustedCIDRs"]]
        networks = [{"address_prefix": prefix, "prefix_len": int(length)} for prefix, length in ranges]
        how = {"@type": f"{_DETECTION}.xff.v3.XffConfig", "xff_trusted_cidrs": {"cidrs": networks}}
        extension = {"name": "envoy.extensions.http.original_ip_detection.xff", "typed_config": how}
        return {"use_remote_address": False, "original_ip_detection_extensions": [extension]}
    if "customHeader" in asked:
        how = {
            "@type": f"{_DETECTION}.custom_header.v3.CustomHeaderConfig",
            "header_name": asked["customHeader"]["name"],
        }
        extension = {"name": "envoy.extensions.http.original_ip_detection.custom_header", "typed_config": how}
        return {"use_remote_address": False, "original_ip_detection_extensions": [extension]}
    return {"use_remote_address": True}


def response_headers(clients: Config) -> Iterator[Config]:
    """The filter that writes headers of every answer."""
    asked = clients.get("headers", {}).get("lateResponseHeaders", {}).get("set", ())
    changes = [
        {
            "append": {
                "header": {"key": one["name"], "value": one["value"]},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        }
        for one in asked
    ]
    if changes:
        mutations = {"response_mutations": changes}
        config = {"@type": f"{API}.header_mutation.v3.HeaderMutation", "mutations": mutations}
        yield {"name": "envoy.filters.http.header_mutation", "typed_config": config}
