"""What stands behind rules: Services with their ports and whether anything is ready, as manifests say it.

And the certificates of all Secrets that are named: each made here, with the key of the Secret as its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from live.tables import Manifest

READY, EMPTY, MISSING = "ready", "empty", "missing"


def namespace_of(item: Manifest) -> str:
    """`default` where it states none."""
    return item["metadata"].get("namespace", "default")


def key_of(item: Manifest) -> str:
    """`NAMESPACE/NAME`."""
    return f"{namespace_of(item)}/{item['metadata']['name']}"


class Behind:
    """The Services of a set."""

    def __init__(self, objects: Iterable[Manifest]) -> None:
        listed = list(objects)
        self.services = {key_of(o): o for o in listed if o["kind"] == "Service"}
        self.slices: dict[str, list[Manifest]] = {}
        for item in (o for o in listed if o["kind"] == "EndpointSlice"):
            name = item["metadata"]["labels"]["kubernetes.io/service-name"]
            self.slices.setdefault(f"{namespace_of(item)}/{name}", []).append(item)

    def find(self, key: str, port: Any) -> tuple[str, str]:
        """`NAMESPACE/NAME:NUMBER` of a port that is named or numbered, and what is there.

        A Service without slices counts as one whose Pods are ready.
        """
        service = self.services.get(key)
        ports = service["spec"].get("ports", []) if service else []
        found = next(
            (p["port"] for p in ports if port in (p["port"], p.get("name"), p.get("targetPort"))), None
        )
        if service is None or found is None:
            return f"{key}:{port}", MISSING
        ends = [end for one in self.slices.get(key, ()) for end in one.get("endpoints") or ()]
        ready = key not in self.slices or any(e.get("conditions", {}).get("ready", True) for e in ends)
        return f"{key}:{found}", READY if ready else EMPTY


def certificates(keys: Iterable[str], folder: Path) -> None:
    """A self-signed certificate for each Secret, `folder/NAMESPACE/NAME.crt`, all with the key `folder/key`."""
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    folder.mkdir(exist_ok=True)
    (folder / "key").write_bytes(text)
    for name in dict.fromkeys(keys):
        file = folder / f"{name}.crt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_signed(name, key).public_bytes(serialization.Encoding.PEM))


def _signed(name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
