"""How a request ends, in words: the end, of several each with its share, its headers, and who gets copies."""

from collections.abc import Iterator, Mapping

from sim.routing.final import Final, Mirror, Outcome


def end_in_words(end: Final | Outcome) -> str:
    """The end in one phrase."""
    word = end.state if end.status is None else f"{end.state} {end.status}"
    return f"{word} (a loop)" if end.loop else word


def likeliest_in_words(final: Final) -> str:
    """The end in one phrase; its share where there are others."""
    word = end_in_words(final)
    if len(final.outcomes) < 2:
        return word
    return f"{word}, {share_of_requests(max(o.probability for o in final.outcomes))}"


def outcomes_in_words(final: Final) -> Iterator[str]:
    """Every end with its share and its backend, where there are several; every backend that gets a copy."""
    for one in final.outcomes if len(final.outcomes) > 1 else ():
        backend = f"  {one.backend}" if one.backend else ""
        yield f"{share_of_requests(one.probability):>6}  {end_in_words(one)}{backend}"
    yield from map(mirror_in_words, final.mirrors)


def answer_headers_in_words(final: Final) -> Iterator[str]:
    """What a proxy makes of each header of the answer."""
    for name, value in final.response_headers.items():
        yield f"{name}: {value}" if value is not None else f"without {name}"


def grpc_in_words(shares: Mapping[str, float]) -> Iterator[str]:
    """The status that a gRPC client sees where no application answers.

    Args:
        shares: status -> the share of calls that see it.
    """
    for status, share in shares.items():
        yield f"{'' if share == 1 else f'{share_of_requests(share)}: '}a client sees status {status}"


def tls_in_words(final: Final) -> Iterator[str]:
    """What becomes of TLS: of the client's, where no request is read, and towards the backend."""
    sent = final.sent
    if sent is None:
        return
    name = f", for {sent.backend_sni}" if sent.backend_sni else ""
    if sent.tls == "passthrough":
        yield f"passed through{name}: it ends at the Pod"
    elif sent.tls == "terminated":
        yield "the client's ends at the Gateway"
    if sent.tls != "passthrough" and sent.backend_protocol == "tls":
        yield f"spoken to the backend{name}"


def mirror_in_words(one: Mirror) -> str:
    """Who gets a copy of which requests, and why it is lost where it is."""
    which = "each request" if one.share >= 1 else f"{share_of_requests(one.share)} of the requests"
    return f"a copy of {which} goes to {one.backend}" + (f", and is lost: {one.lost}" if one.lost else "")


def share_of_requests(probability: float) -> str:
    """A share to three digits; what is nearly all is not called all.

    >>> share_of_requests(0.9), share_of_requests(1 / 3), share_of_requests(0.99999)
    ('90 %', '33.3 %', 'more than 99.9 %')
    """
    shown = f"{100 * probability:.3g}"
    return "more than 99.9 %" if shown == "100" and probability < 1 else f"{shown} %"
