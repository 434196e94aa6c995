"""The public names of the package: what each is, from its signature and docstring."""

from __future__ import annotations

import inspect

import sim

INTRO = """\
# In Python

Everything that is public stands in `sim` itself; each name is imported when it is first asked for. A function
takes values and returns a value, and values show themselves in a notebook.
"""


def page() -> str:
    """The page of the public names."""
    return "\n".join((INTRO, *(_entry(name) for name in sim.__all__ if name != "__version__")))


def _entry(name: str) -> str:
    kind = "class" if inspect.isclass(getattr(sim, name)) else "function"
    members = "\n   :members:" if kind == "class" else ""
    return f"## {name}\n\n```{{eval-rst}}\n.. auto{kind}:: sim.{name}{members}\n```\n"
