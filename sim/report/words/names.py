"""Names as pictures and sentences have room for them."""

from collections.abc import Sequence


def short_name(name: str, most: int = 48) -> str:
    """A name whose middle gives way where it is long."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-most // 2 + 1 :]}"


def in_a_row(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    >>> in_a_row(["shop", "api"]), in_a_row(["shop", "api", "blog"]), in_a_row([])
    ('shop and api', 'shop, api and blog', 'none')
    """
    *first, last = names or ("none",)
    return f"{', '.join(first)} and {last}" if first else last
