"""The programs that the model is held against, each with the version that is here."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from live import envoy, nginx
from live.fronts import haproxy_program

_NUMBER = re.compile(r"\d+(?:\.\d+)+")


def _said(program: str | None, *arguments: str) -> str | None:
    """The first number that a program says of itself; None if it is not here."""
    if program is None:
        return None
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    found = _NUMBER.search(done.stdout + done.stderr)
    return found[0] if found else None


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _linux() -> str | None:
    """Without what a vendor appends."""
    found = _NUMBER.match(platform.release())
    return found[0] if found and platform.system() == "Linux" else None


PROGRAMS: dict[str, tuple[str, Callable[[], str | None]]] = {
    "linux": ("Linux", _linux),
    "iptables": ("iptables", lambda: _said(shutil.which("iptables"), "--version")),
    "nftables": ("nftables", lambda: _said(shutil.which("nft"), "--version")),
    "nginx": ("nginx", lambda: _said(nginx.program(), "-v")),
    "envoy": ("Envoy", lambda: _envoy()),
    "haproxy": ("HAProxy", lambda: _said(haproxy_program(), "-v")),
    "kubernetes-validate": ("kubernetes-validate", lambda: _package("kubernetes-validate")),
}
"""Key -> name as it is written, and what asks for the version."""


def _envoy() -> str | None:
    """Envoy says where it lies and a hash before its number."""
    program = envoy.program()
    said = (
        subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        if program
        else ""
    )
    found = re.search(r"/(\d+\.\d+\.\d+)/", said)
    return found[1] if found else None


def versions() -> dict[str, str]:
    """Of every program that is here."""
    asked = {key: ask() for key, (_, ask) in PROGRAMS.items()}
    return {key: found for key, found in asked.items() if found is not None}
