"""The status that a gRPC client sees where no application answers.

A proxy that knows gRPC writes it into the trailers of a 200; of one that does not, the client makes it of the
HTTP status, by the same table. Source: grpc/grpc, doc/http-grpc-status-mapping.md; Envoy,
Grpc::Utility::httpToGrpcStatus.
"""

from collections.abc import Mapping

from sim.routing.final import Final, Outcome

OF_HTTP: Mapping[int, str] = {
    400: "INTERNAL",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "UNIMPLEMENTED",
    429: "UNAVAILABLE",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "UNAVAILABLE",
}
"""HTTP status -> gRPC status; every other one is UNKNOWN."""

NO_ANSWER = "UNAVAILABLE"
"""Of a connection that could not be made, or that was cut."""


def of_status(status: int) -> str:
    """The gRPC status that an HTTP status stands for."""
    return OF_HTTP.get(status, "UNKNOWN")


def grpc_status(final: Final | Outcome) -> str | None:
    """What a gRPC client sees; None: the application answers."""
    if final.state == "delivered":
        return None
    return NO_ANSWER if final.status is None else of_status(final.status)


def seen_by_grpc(end: Final | Outcome) -> dict[str, str]:
    """The same as a key of JSON; none where the application answers."""
    status = grpc_status(end)
    return {"grpc_status": status} if status is not None else {}


def grpc_shares(final: Final) -> dict[str, float]:
    """Status -> the share of calls that see it, where no application answers."""
    found = dict[str, float]()
    for one in final.shares():
        status = grpc_status(one)
        if status is not None:
            found[status] = found.get(status, 0.0) + one.probability
    return found
