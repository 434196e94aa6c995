"""Certificates of a key that is written down, so that they are the same in every run."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@cache
def pem(*names: str, common: str = "", start: datetime = START, end: datetime = END) -> str:
    """The certificate for some names, as text."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)] if common else [])
    made = x509.CertificateBuilder(subject, subject, KEY.public_key(), 1, start, end)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
    return made.sign(KEY, None).public_bytes(serialization.Encoding.PEM).decode()


def encoded(text: str) -> str:
    """As the data of a Secret has it."""
    return b64encode(text.encode()).decode()
