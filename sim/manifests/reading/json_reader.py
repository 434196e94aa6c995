"""JSON texts -> documents, strictly as RFC 8259 has it; several values may follow one another.

As `kubectl get -o json` writes it, twice if asked twice. Comments, trailing commas and NaN are refused at
their place.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.errors import ParseError
from sim.manifests.documents import Builder, Document

_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(
    r"""(?P<mark>[{}\[\],:])
    |"(?P<text>[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"
    |(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9a-zA-Z.])
    |(?P<word>true|false|null)(?![0-9a-zA-Z])""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None}
_COMMENT_FIX = "delete it; JSON has no comments, YAML has them behind #"


@dataclass(frozen=True)
class _Token:
    """One token with its place, both from 0; an empty kind is the end of the text."""

    kind: str
    value: Any
    line: int
    column: int


def json_documents(text: str, file: str) -> Iterator[Document | ParseError]:
    r"""The values of a JSON text; the first fault ends the reading.

    Args:
        text: with line ends as \n.
        file: the name for messages.
    """
    tokens = _tokens(text, Builder(file))
    try:
        for token in tokens:
            if not token.kind:
                return
            builder = Builder(file)
            _Grammar(builder, tokens).read(token)
            if builder.value is not None:
                yield builder.document()
    except ParseError as error:
        yield error


def _tokens(text: str, at: Builder) -> Iterator[_Token]:
    place = line = line_start = 0
    while True:
        space = _SPACE.match(text, place)
        end = space.end() if space else place
        if breaks := text.count("\n", place, end):
            line, line_start = line + breaks, text.rindex("\n", place, end) + 1
        found = _TOKEN.match(text, end)
        if found is None:
            if end < len(text):
                raise _unreadable(text, end, at, line, end - line_start)
            yield _Token("", None, line, end - line_start)
            return
        kind = str(found.lastgroup)
        yield _Token(kind if kind != "mark" else found[0], _value(kind, found[kind]), line, end - line_start)
        place = found.end()


def _value(kind: str, text: str) -> Any:
    if kind == "text":
        return _unescaped(text) if "\\" in text else text
    if kind == "number":
        return _number(text)
    return _WORDS.get(text)


def _unescaped(text: str) -> str:
    """The text with its escapes resolved; half a surrogate pair becomes U+FFFD, as in Go."""
    plain: str = json.loads(f'"{text}"')
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(text: str) -> int | float:
    """A whole number is an integer however it is written: 80.0 is 80 for the API server too."""
    if text.lstrip("-").isdigit() and len(text) <= 20:
        return int(text)
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _unreadable(text: str, place: int, at: Builder, line: int, column: int) -> ParseError:
    rest = text[place : place + 9]
    if rest.startswith(("//", "/*", "#")):
        return at.error("a comment in JSON", line, column, _COMMENT_FIX, "SIM1001")
    word = re.match(r"-?\w+", rest)
    if word and word[0] in {"NaN", "Infinity", "-Infinity"}:
        return at.error(f"{word[0]} is not JSON", line, column, "write a number", "SIM1001")
    if rest.startswith('"'):
        message = "a text that does not end on its line, or has an escape that JSON does not know"
        return at.error(message, line, column, 'close it with "', "SIM1001")
    if rest.startswith("{{"):
        fix = "render it first: helm template CHART | sim … -f -"
        return at.error("looks like an unrendered template", line, column, fix, "SIM1005")
    what = f"'{word[0]}'" if word else f"the character {rest[:1]!a}"
    return at.error(f"not valid JSON: {what} is no value", line, column, None, "SIM1001")


class _Grammar:
    """Feeds a builder with the tokens of one value; a stack of its own, so that depth costs no recursion."""

    def __init__(self, builder: Builder, tokens: Iterator[_Token]) -> None:
        self._builder, self._tokens = builder, tokens
        self._closers: list[str] = []
        self._is_fresh = False

    def read(self, token: _Token) -> None:
        """Take one value, from its first token to its last."""
        self._take_value(token)
        while self._closers:
            token = next(self._tokens)
            if token.kind == self._closers[-1]:
                self._close()
            else:
                self._take_entry(token if self._is_fresh else self._behind_comma(token))

    def _take_value(self, token: _Token) -> None:
        """A scalar, or the opening of an object or an array."""
        if token.kind in {"text", "number", "word"}:
            self._builder.scalar(token.value, token.line, token.column)
        elif token.kind in {"{", "["}:
            self._builder.open({} if token.kind == "{" else [], token.line, token.column)
            self._closers.append("}" if token.kind == "{" else "]")
            self._is_fresh = True
        else:
            raise self._unexpected(token, "a value")

    def _take_entry(self, token: _Token) -> None:
        self._is_fresh = False
        if self._closers[-1] == "]":
            self._take_value(token)
            return
        if token.kind != "text":
            raise self._unexpected(token, "a name in double quotes")
        self._builder.key(token.value, token.line, token.column)
        colon = next(self._tokens)
        if colon.kind != ":":
            raise self._unexpected(colon, "a colon")
        self._take_value(next(self._tokens))

    def _behind_comma(self, comma: _Token) -> _Token:
        if comma.kind != ",":
            raise self._unexpected(comma, f"a comma or {self._closers[-1]}")
        token = next(self._tokens)
        if token.kind in {"}", "]"}:
            message = f"a comma before {token.kind}"
            raise self._builder.error(message, token.line, token.column, "delete the comma", "SIM1001")
        return token

    def _close(self) -> None:
        self._builder.close()
        self._closers.pop()
        self._is_fresh = False

    def _unexpected(self, token: _Token, wanted: str) -> ParseError:
        found = f"'{token.kind}'" if token.kind in set("{}[],:") else f"a {token.kind}"
        what = found if token.kind else "the end of the file"
        message = f"not valid JSON: {wanted} belongs here, not {what}"
        return self._builder.error(message, token.line, token.column, None, "SIM1001")
