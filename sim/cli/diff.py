"""The command `sim diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sim import __version__
from sim.cli.options import lines_of, manifests_of, output_format, show_json, warn
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.differences import Side
    from sim.routing import Request


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", required=False)
@output_format
@click.option("-n", "namespace", default="default", metavar="NAMESPACE", help="For objects that name none.")
@click.option("--requests", "file", metavar="FILE", help="URLs, one a line ([METHOD ]URL); else derived.")
@click.option("--controller", "controllers", multiple=True, metavar="NAME", help="Of OLD, then of NEW.")
@click.option("--gateway", metavar="NS/NAME", help="Let NEW enter through this Gateway (Ingress and twin).")
def diff(old: str, new: str | None, output: str, namespace: str, **how: Any) -> int:
    """What two sets of manifests, or two controllers, answer differently, and why."""
    from sim.differences import differences
    from sim.probes import derived_requests
    from sim.report import diff_lines, terminal

    sides = _sides(old, new, namespace, how["controllers"], how["gateway"])
    clusters = [side.cluster for side in sides]
    requests = _read(how["file"]) if how["file"] else derived_requests(*clusters)
    if not requests:
        raise UsageError("neither side has a rule to derive requests from; give --requests FILE")
    found = differences(*sides, requests)
    if output == "json":
        shown = {"schema": "sim.diff/1", "requests": len(requests)}
        show_json(shown | {"differences": [d.to_json() for d in found], "version": __version__})
    else:
        terminal.show(diff_lines.diff_lines(found, len(requests)))
    return 1 if found else 0


def _sides(
    old: str, new: str | None, namespace: str, controllers: tuple[str, ...], gateway: str | None
) -> tuple[Side, Side]:
    """Both sides; without NEW the same manifests with another controller, or through a Gateway.

    Raises:
        UsageError: there is nothing to compare.
    """
    from sim.differences import Side
    from sim.tracing import cluster_for

    if new is None and len(controllers) < 2 and gateway is None:
        raise UsageError(
            "nothing to compare: give NEW, or --controller A --controller B, or --gateway NS/NAME"
        )
    if len(controllers) > 2:
        raise UsageError("at most two controllers: one for OLD, one for NEW")
    names: list[str | None] = [*controllers] if len(controllers) == 2 else [*controllers * 2] or [None, None]
    made = []
    for path, name in zip((old, new or old), names, strict=True):
        manifests = manifests_of((path,), namespace)
        warn(manifests)
        made.append((cluster_for(manifests, name), None if name == "none" else name))
    to = f"gateway:{gateway}" if gateway else None
    return Side(*made[0]), Side(*made[1], to)


def _read(path: str) -> list[Request]:
    from sim.routing import Request

    found = []
    for line in lines_of(path):
        method, space, url = line.rpartition(" ")
        found.append(Request.parse(url, **({"method": method.strip()} if space else {})))
    return found
