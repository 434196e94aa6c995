"""What a certificate says of itself: the names that it covers, and from when to when it is valid.

Only the certificate of a Secret (`tls.crt`) is looked into, which every client sees in the handshake; the key
beside it never enters. Source: RFC 5280; Go, crypto/x509 (VerifyHostname).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache


@dataclass(frozen=True)
class Certificate:
    """The first certificate of a chain.

    Args:
        names: DNS names of its subject alternative names, lower case, wildcards among them.
        common_name: of its subject, lower case; empty: it has none.
        not_before, not_after: when it is valid, in UTC.
    """

    names: tuple[str, ...]
    common_name: str
    not_before: datetime
    not_after: datetime


@lru_cache(maxsize=1024)
def certificate_in(pem: str) -> Certificate | None:
    """Read the first certificate of a chain; None: it cannot be read.

    Args:
        pem: the blocks of `tls.crt`.
    """
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        subject = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = _alternative_names(found)
    except ValueError:
        return None
    common = next((str(name.value).lower() for name in subject), "")
    return Certificate(names, common, found.not_valid_before_utc, found.not_valid_after_utc)


def _alternative_names(found: object) -> tuple[str, ...]:
    from cryptography import x509

    assert isinstance(found, x509.Certificate)
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))
