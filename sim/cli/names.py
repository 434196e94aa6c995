"""Options whose value is a name of a registry, which help, completion and defaults import when they ask."""

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from sim.errors import one_of

MODE_NAMES, DEFAULT_MODE = "sim.routing.kube_proxy:MODES", "sim.routing.kube_proxy:DEFAULT_MODE"
PROFILE_NAMES = "sim.routing.controllers:PROFILES"
PLAN_NAMES = "sim.plans:PLANS"
PROVIDER_NAMES = "sim.manifests.reading.loading:price_sheet_names"


class Imported:
    """What a module has under a name, imported when it is first asked for.

    Args:
        path: `MODULE:NAME` or `MODULE:NAME.ATTRIBUTE`; of a function, what it returns.
    """

    def __init__(self, path: str) -> None:
        self._module, _, self._name = path.partition(":")

    def __call__(self) -> Any:
        """The value."""
        found = reduce(getattr, self._name.split("."), import_module(self._module))
        return found() if callable(found) else found

    def __str__(self) -> str:
        return str(self())


class OneOf(click.Choice):  # type: ignore[type-arg]
    """A choice of a few words; what is none of them gets the word that may be meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The same word; UsageError for one that is not there."""
        flag = param.opts[-1] if param else "choice"
        return super().convert(one_of(value, self.choices, f"choice of {flag}"), param, ctx)


class _Name(click.ParamType):  # type: ignore[type-arg]
    """One of some names, of which the shell offers those that begin so."""

    name = "name"

    def __init__(self, names: Callable[[], list[str]], what: str | None) -> None:
        self._names, self._what = names, what

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same name; UsageError for one that is not there."""
        return value if self._what is None else one_of(value, self._names(), self._what)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so."""
        return [CompletionItem(name) for name in self._names() if name.startswith(incomplete)]


class _NameOption(click.Option):
    """An option with a name of a registry; {names} in its help stands for them."""

    def __init__(
        self, *flags: Any, names: Callable[[], list[str]], what: str | None, help: str, **how: Any
    ) -> None:
        super().__init__(*flags, **how)
        self.type, self.metavar = _Name(names, what), "NAME"
        self._names, self._about = names, help

    @property
    def help(self) -> str:
        """The text with the names in it."""
        *first, last = self._names()
        return self._about.format(names=f"{', '.join(first)} or {last}" if first else last)

    @help.setter
    def help(self, _text: str | None) -> None:
        """Click sets none here."""


def name_option(
    *flags: str,
    registry: str,
    what: str | None = None,
    also: tuple[str, ...] = (),
    default: str | None = None,
    **how: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option whose value is a name of a registry.

    Args:
        registry: `MODULE:NAME` of what has the names.
        what: the names name; None: names of the user's own are taken too.
        also: further names.
        default: `MODULE:NAME` of the name that is meant where none is given.
        how: as for click's own option; {names} in `help` stands for the names.
    """
    if default is not None:
        how |= {"default": Imported(default), "show_default": True}
    return click.option(
        *flags, cls=_NameOption, names=lambda: [*Imported(registry)(), *also], what=what, **how
    )
