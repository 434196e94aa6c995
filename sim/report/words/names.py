"""Names as pictures and sentences have room for them."""


def short_name(name: str, most: int = 48) -> str:
    """A name whose middle gives way where it is long."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-most // 2 + 1 :]}"
