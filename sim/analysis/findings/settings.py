"""Settings of controllers: keys of a ConfigMap that no version reads, and values that none can read."""

from collections.abc import Iterator, Mapping

from sim.analysis.findings.index import Index, finding, nearest
from sim.cluster.configuration import configured
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.workloads import ConfigMap
from sim.routing.building import KNOWN, found_controllers
from sim.routing.controllers import PROFILES, Profile


def unknown_settings(index: Index) -> Iterator[Finding]:
    """What a ConfigMap says in vain, for the profiles of which all keys are known."""
    for item, profile in _read(index).values():
        for key, text in item.data.items():
            message, fix = _in_vain(key, text, profile)
            if message:
                yield finding(item, "SIM1320", "warning", message, ("data", key), fix)


def _read(index: Index) -> Mapping[str, tuple[ConfigMap, Profile]]:
    """The ConfigMaps that controllers of the set are told to read, and whose each is."""
    found, _ = configured(found_controllers(index.manifests), index.manifests, KNOWN)
    owned = ((c.config_map, PROFILES[c.profile]) for c in found)
    return {item.key: (item, profile) for item, profile in owned if item is not None and profile.known_keys}


def _in_vain(key: str, text: str, profile: Profile) -> tuple[str, str | None]:
    """Why a key has no effect, empty if it has one; and what to write."""
    if key not in profile.known_keys:
        meant = nearest(key, profile.known_keys)
        said = f"no version of {profile.name} reads the key {shown(key)}, so it has no effect"
        return said, f"write {meant}" if meant else "remove it, or look it up in the documentation"
    read = profile.keys.get(key)
    if read is None or read(text) is not None:
        return "", None
    said = f"{profile.name} cannot read the value of {key}, so its default holds"
    return said, "write a value that the documentation names, in quotes"


CHECKS = (unknown_settings,)
