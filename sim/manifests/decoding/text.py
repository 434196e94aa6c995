"""Text of a file in messages: cut, quoted, and unable to write to the terminal."""

import re

_FIXED = "\xa0"
"""The space that breaks no line, between a number and its unit."""


def shown(text: str, width: int = 60) -> str:
    """Text of a file in a message: in quotes, cut, without control characters."""
    return f"'{printable(text[:width])}'"


def printable(text: str) -> str:
    r"""Text without control characters, so that a file cannot write to the terminal.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == _FIXED else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> str:
    """As `printable`, but lines stay lines."""
    return "\n".join(map(printable, text.split("\n")))


_COMMAND = re.compile(r"\s*(?=::[A-Za-z][\w-]*[^:]*::|##\[)")


def without_command(line: str) -> str:
    r"""A line that no runner of workflows takes for a command: a backslash stands before one.

    GitHub's runner obeys a line that begins with `::name::`, white space aside, wherever it comes from.

    >>> without_command("  ::error::a"), without_command("::1/128")
    ('  \\::error::a', '::1/128')
    """
    found = _COMMAND.match(line)
    return f"{found[0]}\\{line[found.end() :]}" if found else line
