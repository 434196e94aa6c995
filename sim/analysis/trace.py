"""Manifests and requests in, traces out: what `sim trace` does between reading and showing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from sim.analysis.doubts import doubts
from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.errors import UsageError
from sim.manifests.objects import Manifests
from sim.routing import Request, Trace, follow, route
from sim.routing.building import build
from sim.routing.controllers import PROFILES, Profile
from sim.routing.inside import connect
from sim.routing.kube_proxy import DEFAULT_MODE
from sim.routing.trace import Note


def trace_all(
    manifests: Manifests,
    requests: Sequence[Request],
    controllers: Sequence[str] = (),
    to: str | None = None,
    follow_redirects: bool = False,
    seed: int | None = None,
    origin: str = "client",
    mode: str = DEFAULT_MODE,
) -> list[Trace]:
    """One trace per request and controller (several where redirects are followed).

    Args:
        to: `lb:NAMESPACE/NAME`, `gateway:NAMESPACE/NAME`, or `node:NAME`: where the request goes.
        controllers: profiles to answer with; `none` for no controller at all; empty: the one that runs.
        seed: picks one Pod among equals; None leaves `pod` open where several are possible.
        origin: `client`, `node:NAME` or `pod:NAMESPACE/NAME`.
        mode: of kube-proxy.

    Raises:
        UsageError: there is no such profile.
    """
    at = _node_of(to)
    traces = []
    for name in controllers or (None,):
        cluster = cluster_for(manifests, name)
        profile = None if name in (None, "none") else name
        for request in requests:
            if origin != "client" or at is not None:
                traces.append(_picked(connect(cluster, request, origin, mode, at), seed))
                continue
            walk = follow if follow_redirects else _once
            walked = walk(cluster, request, controller=profile, to=to, mode=mode)
            traces += [_picked(with_doubts(manifests, cluster, t), seed) for t in walked]
    return [_dated(t, manifests.as_of) for t in traces]


def _dated(trace: Trace, as_of: str | None) -> Trace:
    """With a word on the age of a dump, where its objects show it."""
    if as_of is None:
        return trace
    note = Note(None, f"the cluster as it was at {as_of}, the newest time in these files")
    return replace(trace, notes=(*trace.notes, note))


def trace_in(
    cluster: Cluster,
    requests: Sequence[Request],
    seed: int | None = None,
    to: str | None = None,
    mode: str = DEFAULT_MODE,
    **options: Any,
) -> list[Trace]:
    """One trace per request in a cluster that stands already.

    Args:
        to: as in `trace_all`.
        options: more of those of `sim.routing.route`.
    """
    at = _node_of(to)
    if at is not None:
        return [_picked(connect(cluster, request, "client", mode, at), seed) for request in requests]
    return [_picked(route(cluster, request, to=to, mode=mode, **options), seed) for request in requests]


def _node_of(to: str | None) -> str | None:
    """The node of `node:NAME`."""
    return to.removeprefix("node:") if to is not None and to.startswith("node:") else None


def cluster_for(manifests: Manifests, controller: str | None) -> Cluster:
    """The cluster with the controller of a profile, with none, or with what the manifests show (None).

    Raises:
        UsageError: there is no such profile.
    """
    if controller is None:
        return build(manifests)
    if controller == "none":
        return build(manifests, Setup(controllers=()))
    return build(manifests, Setup(profile=profile_named(controller, "none").name))


def profile_named(name: str, *others: str) -> Profile:
    """The profile of this name.

    Args:
        others: what else the asker would understand.

    Raises:
        UsageError: there is no such profile.
    """
    if name in PROFILES:
        return PROFILES[name]
    there = [*PROFILES, *others]
    meant = get_close_matches(name, there, 1)
    hint = f"did you mean {meant[0]}? " if meant else ""
    raise UsageError(f"no controller profile {name}; {hint}there are: {', '.join(there)}")


def with_doubts(manifests: Manifests, cluster: Cluster, trace: Trace) -> Trace:
    """The trace with notes on what its answer leaves in doubt."""
    found = doubts(manifests, cluster, trace)
    return replace(trace, notes=(*trace.notes, *found)) if found else trace


def _once(cluster: Cluster, request: Request, **options: Any) -> tuple[Trace, ...]:
    return (route(cluster, request, **options),)


def _picked(trace: Trace, seed: int | None) -> Trace:
    """With a seed, one Pod of the last hop; drawn from the seed and the URL alone."""
    if seed is None or trace.final.state != "delivered" or not trace.hops[-1].branches:
        return trace
    from random import Random

    branches = trace.hops[-1].branches
    chosen = Random(f"{seed} {trace.request.url}").choices(branches, [b.probability for b in branches])[0]
    return replace(trace, seed=seed, final=replace(trace.final, pod=chosen.to))
