"""What is raised on purpose. `sim.cli` alone catches it, prints it and returns 2.

SimError
├── InputError         a file, an object, a field: place, fault, way out
│   ├── ParseError     not YAML, not JSON, not text
│   ├── ManifestError  a Kubernetes object of the wrong shape, or one that the API server refuses
│   └── ScenarioError  a scenario file: unknown key, bad value (all its faults together)
├── UsageError         the command's words are off
└── UnsupportedError   an engine was asked for what it cannot do; the message names one that can
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SimError(Exception):
    """Anything that is told to the user in one sentence instead of a traceback."""


class InputError(SimError):
    """A mistake in what was given, at a place.

    Args:
        message: what is wrong, in a sentence.
        source: `FILE:LINE:COLUMN`, `-:LINE:COLUMN` for standard input, or None.
        fix: the way out, or None.
        code: its page in `sim explain`, or None.
    """

    def __init__(
        self, message: str, source: str | None = None, fix: str | None = None, code: str | None = None
    ) -> None:
        self.message, self.source, self.fix, self.code = message, source, fix, code
        place = f"{source}: " if source else ""
        way_out = f"\n  fix: {fix}" if fix else ""
        super().__init__(f"{place}{message}{way_out}")


class ParseError(InputError):
    """The text is neither YAML nor JSON."""


class ManifestError(InputError):
    """A Kubernetes object of the wrong shape, or one that the API server refuses."""


class ScenarioError(InputError):
    """A fault in a scenario file."""


class UsageError(SimError):
    """The words of a command do not fit together."""


class UnsupportedError(SimError):
    """This engine cannot do that; the message names one that can."""


def one_of(name: str, names: Iterable[str], what: str) -> str:
    """The same name, if a registry has it.

    Args:
        names: those that the registry has.
        what: they name.

    Raises:
        UsageError: it has none; the message says which one may be meant, and lists them.
    """
    there = list(names)
    if name in there:
        return name
    raise UsageError(f"no {what} {name}; {there_are(name, there)}")


_MOST_NAMES = 12
_NEAR = 0.65
"""From here on a name may be meant: cart for crat, but not linode for nope."""
_BEGUN = 3
"""So many letters begin a name."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that may be meant: the nearest, or the only one that goes on from there; None: there is none.

    >>> nearest("ingres", ["spec", "ingress-nginx"]), nearest("nope", ["linode"])
    ('ingress-nginx', None)
    """
    there = list(names)
    longer = [one for one in there if one.startswith(name)] if len(name) >= _BEGUN else []
    return next(iter(get_close_matches(name, there, 1, _NEAR)), longer[0] if len(longer) == 1 else None)


def there_are(name: str, names: Iterable[str]) -> str:
    """Which of the names that are there may be meant, and the first of them: the end of a sentence."""
    there = list(names)
    meant = nearest(name, there)
    hint = f"did you mean {meant}? " if meant else ""
    more = f" and {len(there) - _MOST_NAMES} more" if len(there) > _MOST_NAMES else ""
    return f"{hint}there are: {', '.join(there[:_MOST_NAMES]) or 'none'}{more}"
