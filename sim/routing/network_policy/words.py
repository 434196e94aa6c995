"""What a verdict says, in sentences: which policy isolates, what allows, and where the nearest rule fails."""

from sim.routing.network_policy.values import EndVerdict, NewConnection

VERBS = {"ingress": "come in", "egress": "go out"}


def says(side: EndVerdict, connection: NewConnection) -> str:
    """Why one end lets a connection through, or does not."""
    if side.local_node:
        return "what passes between a Pod and its own node is always allowed"
    if not side.isolated_by:
        return "no policy isolates it" if side.decided_by == "default" else f"{side.decided_by}: it decides"
    by = f"{', '.join(side.isolated_by[:3])}{' and more' if side.isolated_by[3:] else ''}"
    if side.allowed_by:
        return f"isolated by {by}; {', '.join(side.allowed_by[:3])} lets it {VERBS[side.direction]}"
    return f"isolated by {by}, and nothing lets it {VERBS[side.direction]}{nearest(side, connection)}"


def nearest(side: EndVerdict, connection: NewConnection) -> str:
    """Where the nearest rule fails, after a semicolon."""
    near = side.nearest
    if near is None:
        return ""
    if near.fails_at == "no-rules":
        return f"; no rule of {near.policy} allows anything"
    return f"; nearest is {near.rule}, but {_why(side, connection)}"


def _why(side: EndVerdict, connection: NewConnection) -> str:
    assert side.nearest is not None
    other = connection.target if side.direction == "egress" else connection.masqueraded or connection.source
    pod, protocol = other.pod, connection.protocol
    name, namespace = (pod.key, pod.namespace) if pod is not None else (other.address, "")
    return {
        "not-a-pod": f"selectors fit Pods alone, and {other.address} is none",
        "namespace": f"without a namespaceSelector it means its own namespace, and {name} is in {namespace}",
        "namespaceSelector": f"the labels of namespace {namespace} do not fit",
        "cidr": f"{other.address} is outside its range",
        "podSelector": f"the labels of {name} do not fit",
        "except": f"its except takes {other.address} out",
        "protocol": f"none of its ports is of {protocol}",
        "port": f"its ports do not contain {connection.port}/{protocol}",
        "no-rules": "",
    }[side.nearest.fails_at]
