"""The system's own PCRE2, called through ctypes: what nginx calls. Bytes in and out, no options but letter case."""

from __future__ import annotations

import ctypes
from ctypes.util import find_library

CASELESS, MATCH_LIMIT = 8, -47
_NAME = find_library("pcre2-8")
IS_HERE = _NAME is not None


def _library() -> ctypes.CDLL:
    found = ctypes.CDLL(_NAME)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    signatures = {
        "pcre2_compile_8": (pointer, [ctypes.c_char_p, size, ctypes.c_uint32, pointer, pointer, pointer]),
        "pcre2_match_data_create_from_pattern_8": (pointer, [pointer, pointer]),
        "pcre2_match_8": (
            ctypes.c_int,
            [pointer, ctypes.c_char_p, size, size, ctypes.c_uint32, pointer, pointer],
        ),
        "pcre2_get_ovector_pointer_8": (ctypes.POINTER(size), [pointer]),
        "pcre2_get_ovector_count_8": (ctypes.c_uint32, [pointer]),
        "pcre2_match_data_free_8": (None, [pointer]),
        "pcre2_code_free_8": (None, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


class RefusedError(ValueError):
    """PCRE2 does not compile the pattern; its number."""


class Compiled:
    """A pattern; free it by leaving the block."""

    def __init__(self, pattern: str, caseless: bool = False) -> None:
        self._library = _library()
        raw, number, offset = pattern.encode("latin-1"), ctypes.c_int(), ctypes.c_size_t()
        self._code = self._library.pcre2_compile_8(
            raw, len(raw), CASELESS if caseless else 0, ctypes.byref(number), ctypes.byref(offset), None
        )
        if not self._code:
            raise RefusedError(number.value)
        self._found = self._library.pcre2_match_data_create_from_pattern_8(self._code, None)

    def __enter__(self) -> Compiled:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.pcre2_match_data_free_8(self._found)
        self._library.pcre2_code_free_8(self._code)

    def search(self, text: str) -> tuple[tuple[int, int], ...] | int | None:
        """The spans of the groups, the whole first; None: nothing fits; a number: the error."""
        raw = text.encode("latin-1")
        count = self._library.pcre2_match_8(self._code, raw, len(raw), 0, 0, self._found, None)
        if count == -1:
            return None
        if count < 0:
            return count
        places = self._library.pcre2_get_ovector_pointer_8(self._found)
        groups = self._library.pcre2_get_ovector_count_8(self._found)
        unset = ctypes.c_size_t(-1).value
        pairs = [(places[2 * n], places[2 * n + 1]) for n in range(groups)]
        return tuple((-1, -1) if unset in pair else pair for pair in pairs)
