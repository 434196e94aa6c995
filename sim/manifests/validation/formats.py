"""Forms that names, ports, labels and paths must have. A check returns what is wrong; nothing means fine.

Source: kubernetes apimachinery `util/validation/validation.go` and `api/validation/path/name.go`. Lengths are
in bytes of UTF-8, as Go counts them.
"""

import re
from functools import lru_cache

Messages = tuple[str, ...]
_remembered = lru_cache(maxsize=10_000)
"""The same names stand all over a set."""

LABEL_BYTES = 63
SUBDOMAIN_BYTES = 253
PORT_NAME_BYTES = 15
CRON_JOB_BYTES = 52
"""A Job's name is that of its CronJob and eleven more characters."""

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_IS_LABEL = re.compile(_LABEL)
_IS_1035_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_IS_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_IS_WILDCARD = re.compile(rf"\*\.{_LABEL}(\.{_LABEL})*")
_IS_NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_IS_PORT_NAME = re.compile(r"[-a-z0-9]+")
_IS_PERCENT = re.compile(r"[0-9]+%")
_IS_ENVIRONMENT_NAME = re.compile(r"[ -<>-~]+")
_IS_HTTP_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")

_NAME_PART = (
    "must be letters, digits, '-', '_' and '.', with a letter or a digit first and last (such as MyName)"
)
_PREFIX_ALLOWED = " after an optional DNS subdomain and '/' (such as example.com/MyName)"


@_remembered
def dns_label(value: str) -> Messages:
    """RFC 1123 label.

    >>> dns_label("web-1"), len(dns_label("Web."))
    ((), 1)
    """
    message = (
        "must be a lowercase RFC 1123 label: lower case letters, digits and '-', "
        "with a letter or a digit first and last (such as my-name)"
    )
    return (*_at_most(LABEL_BYTES, value), *_unless(_IS_LABEL.fullmatch(value), message))


@_remembered
def dns_1035_label(value: str) -> Messages:
    """RFC 1035 label, which begins with a letter: the names of Services until Kubernetes 1.36 (KEP-5311)."""
    message = (
        "must be a DNS-1035 label: lower case letters, digits and '-', "
        "with a letter first and a letter or a digit last (such as my-name)"
    )
    return (*_at_most(LABEL_BYTES, value), *_unless(_IS_1035_LABEL.fullmatch(value), message))


@_remembered
def dns_subdomain(value: str) -> Messages:
    """RFC 1123 subdomain: labels with dots between."""
    message = (
        "must be a lowercase RFC 1123 subdomain: lower case letters, digits, '-' and '.', "
        "with a letter or a digit first and last (such as example.com)"
    )
    return (*_at_most(SUBDOMAIN_BYTES, value), *_unless(_IS_SUBDOMAIN.fullmatch(value), message))


def wildcard_subdomain(value: str) -> Messages:
    """`*.` before a subdomain."""
    message = (
        "must start with '*.' before a lowercase DNS subdomain, without a further '*' (such as *.example.com)"
    )
    return (*_at_most(SUBDOMAIN_BYTES, value), *_unless(_IS_WILDCARD.fullmatch(value), message))


def host_name(value: str) -> Messages:
    """A host of an Ingress: a wildcard if it holds a star, else a subdomain."""
    return wildcard_subdomain(value) if "*" in value else dns_subdomain(value)


def fully_qualified_domain_name(value: str) -> Messages:
    """At least two labels; a dot may end it. The server joins what is wrong with each part."""
    name = value.removesuffix(".")
    if wrong := dns_subdomain(name):
        return (", ".join(wrong),)
    labels = name.split(".")
    too_few = _unless(len(labels) > 1, "must be a domain of at least two parts with a dot between them")
    return too_few or tuple(", ".join(dns_label(label)) for label in labels if dns_label(label))


def path_segment(value: str) -> Messages:
    """What can be one part of a URL: the names of roles, and of other things without a stricter form."""
    if value in {".", ".."}:
        return (f"may not be '{value}'",)
    return tuple(f"may not contain '{part}'" for part in "/%" if part in value)


def cron_job_name(value: str) -> Messages:
    """A subdomain short enough for the names of its Jobs."""
    return (*dns_subdomain(value), *_at_most(CRON_JOB_BYTES, value))


@_remembered
def qualified_name(value: str) -> Messages:
    """The key of a label: a name, with an optional subdomain and '/' before it.

    >>> qualified_name("app.kubernetes.io/name"), len(qualified_name("")), len(qualified_name("a/b/c"))
    ((), 2, 1)
    """
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        return (f"a qualified name {_NAME_PART}{_PREFIX_ALLOWED}",)
    wrong_prefix = (dns_subdomain(prefix) if prefix else (_EMPTY,)) if slash else ()
    wrong_length = _at_most(LABEL_BYTES, name) if name else (_EMPTY,)
    wrong_name = (*wrong_length, *_unless(_IS_NAME_PART.fullmatch(name), _NAME_PART))
    return (*(f"prefix part {m}" for m in wrong_prefix), *(f"name part {m}" for m in wrong_name))


@_remembered
def label_value(value: str) -> Messages:
    """The value of a label, which may be empty."""
    well_formed = not value or _IS_NAME_PART.fullmatch(value)
    return (*_at_most(LABEL_BYTES, value), *_unless(well_formed, f"{_NAME_PART}, or nothing at all"))


@_remembered
def port_name(value: str) -> Messages:
    """IANA service name, lower case (RFC 6335).

    >>> port_name("http"), len(port_name("-8080--"))
    ((), 3)
    """
    return (
        *_at_most(PORT_NAME_BYTES, value),
        *_unless(_IS_PORT_NAME.fullmatch(value), "must contain only lower case letters, digits and '-'"),
        *_unless(re.search("[a-z]", value), "must contain at least one letter (a-z)"),
        *_unless("--" not in value, "must not contain two '-' in a row"),
        *_unless(value.strip("-") == value, "must not begin or end with '-'"),
    )


def port_number(value: int) -> Messages:
    """A TCP or UDP port."""
    return _unless(1 <= value <= 65535, "must be between 1 and 65535, inclusive")


def percent(value: str) -> Messages:
    """A whole number and '%'."""
    return _unless(_IS_PERCENT.fullmatch(value), "must be a number and '%' (such as 25%)")


def environment_name(value: str) -> Messages:
    """The name of a variable: since Kubernetes 1.34 any printable ASCII but '=' (KEP-4369)."""
    message = "must consist of printable ASCII characters other than '='"
    return _unless(_IS_ENVIRONMENT_NAME.fullmatch(value), message)


def domain_prefixed_path(value: str) -> Messages:
    """A subdomain, '/', and a path: the name of a controller."""
    domain, _, path = value.partition("/")
    if not domain or not path:
        return ("must be a domain-prefixed path (such as example.com/controller)",)
    message = "after the first '/', must hold only characters of an HTTP path (RFC 3986)"
    return (*dns_subdomain(domain), *_unless(_IS_HTTP_PATH.fullmatch(path), message))


def size(value: str) -> int:
    """Bytes of UTF-8."""
    return len(value.encode("utf-8", "surrogatepass"))


def _at_most(most: int, value: str) -> Messages:
    return _unless(size(value) <= most, f"must be no more than {most} bytes")


def _unless(held: object, message: str) -> Messages:
    return () if held else (message,)


_EMPTY = "must be non-empty"
