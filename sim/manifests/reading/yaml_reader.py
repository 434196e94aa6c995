"""YAML texts -> documents, as kubectl would read them: YAML 1.1 with the scalars of go-yaml.

Nothing is executed: a tag that makes an object is refused. Documents are read one at a time, each
part between two `---` lines by itself, so that a fault in one hides no other and memory holds one of them.
Source of the scalars: sigs.k8s.io/yaml, goyaml.v2/resolve.go: `no`, `y` and `on` are booleans, 1e3 and 010
numbers, 12:30:45 and dates are text. Left out: complex keys.
"""

import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from sim.errors import ParseError
from sim.manifests.documents import Builder, Document

Resolve = Callable[[str], Any]
"""An unquoted scalar's text -> its value."""
_PARSER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_BOUNDARY = re.compile(r"^---(?=[ \t\n]|$)", re.MULTILINE)
_DIRECTIVES_ONLY = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n|%[^\n]*\n)*%[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*")
_TEMPLATE_NAME = re.compile(r"(?:---[^\n]*\n)?(?:[ \t]*(?:#(?! Source: )[^\n]*)?\n)*# Source: (\S[^\n]*)")
_TRAILING_TABS = re.compile(r"[ \t]*\t[ \t]*$", re.MULTILINE)
_UNREADABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?=[ \n]|$)", re.MULTILINE)
_HINTED = frozenset("0123456789+-.~yYnNtTfFoO")
_HINTED_OR_EMPTY = _HINTED | {""}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 1000
"""Characters; no number of a manifest comes near, and Python refuses to read far longer ones."""
_OLD_OCTAL = re.compile(r"[-+]?0[0-7]+")
_CORE = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_LETTERS = frozenset("yYnN")
_TEMPLATE_FIX = "render it first: helm template CHART | sim … -f -"


def yaml_documents(text: str, file: str, letters: bool = False) -> Iterator[Document | ParseError]:
    r"""The documents of a YAML text; in place of one that is no YAML, what is wrong with it.

    Args:
        text: with line ends as \n.
        file: the name for messages.
        letters: whether a plain `y` or `n` is the letter. kubectl reads a boolean there; the formats of this
            project are read by other YAML 1.1 libraries too, to which only whole words are booleans.
    """
    plain = _plain_or_letter if letters else _plain
    for part, first_line in _parts(text):
        readable = part if yaml.__with_libyaml__ else _TRAILING_TABS.sub("", part)
        yield from _read_part(readable, file, first_line, plain)


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """The text cut before each `---`, with the line each part begins on.

    A line of three dashes at the margin always begins a document, whatever stands before it; only directives
    (`%YAML`) belong to the part that follows.
    """
    cuts = [m.start() for m in _BOUNDARY.finditer(text)]
    if cuts and _DIRECTIVES_ONLY.fullmatch(text, 0, cuts[0]):
        del cuts[0]
    line = 0
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        part = text[start:end]
        if part:
            yield part, line
        line += part.count("\n")


def _read_part(part: str, file: str, first_line: int, plain: Resolve) -> Iterator[Document | ParseError]:
    unreadable = _UNREADABLE.search(part)
    if unreadable:
        yield _no_text(part, unreadable.start(), Builder(file, first_line))
        return
    found = _TEMPLATE_NAME.match(part)
    template = found[1].strip() if found else None
    try:
        for builder in _build(_PARSER(part), file, first_line, plain):
            if builder.value is not None:
                yield builder.document(template)
    except ParseError as error:
        yield error
    except yaml.MarkedYAMLError as error:
        yield _explained(error, part, Builder(file, first_line))


def _no_text(part: str, place: int, at: Builder) -> ParseError:
    line, column = part.count("\n", 0, place), place - part.rfind("\n", 0, place) - 1
    message = f"the control character {part[place]!a}: this is no text; is it a binary file?"
    return at.error(message, line, column, "remove it, or save the file as UTF-8", "SIM1002")


def _build(parser: Any, file: str, first_line: int, plain: Resolve) -> Iterator[Builder]:
    """One builder per document, filled with its events."""
    next_event, builder = parser.get_event, Builder(file, first_line)
    while True:
        event = next_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            _take_scalar(builder, event, plain)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            _take_start(builder, event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            builder.close()
        elif kind is yaml.AliasEvent:
            mark = event.start_mark
            builder.alias(event.anchor, mark.line, mark.column)
        elif kind is yaml.DocumentEndEvent:
            yield builder
            builder = Builder(file, first_line)
        elif kind is yaml.StreamEndEvent:
            return


def _take_scalar(builder: Builder, event: Any, plain: Resolve) -> None:
    mark, text = event.start_mark, event.value
    if builder.wants_key:
        if event.implicit[0] and text == "<<":
            builder.merge_key(mark.line, mark.column)
        else:
            builder.key(_key(builder, event, plain), mark.line, mark.column)
        return
    value = plain(text) if event.implicit[0] else text
    if event.tag is not None:
        value = _tagged(builder, event, event.tag)
    builder.scalar(value, mark.line, mark.column, event.anchor)


def _take_start(builder: Builder, event: Any, container: Any) -> None:
    mark = event.start_mark
    if builder.wants_key:
        fix = f"a key is a plain word; is this an unrendered template ({{{{ … }}}})? {_TEMPLATE_FIX}"
        raise builder.error("a mapping or list as a key", mark.line, mark.column, fix, "SIM1005")
    if event.tag is not None and event.tag not in (_CORE + "map", _CORE + "seq", "!"):
        raise _unknown_tag(builder, event)
    builder.open(container, mark.line, mark.column, event.anchor)


def _key(builder: Builder, event: Any, plain: Resolve) -> str:
    """A key as JSON has it: text; a number or a boolean is written out, as sigs.k8s.io/yaml does."""
    if not event.implicit[0] or event.value[:1] not in _HINTED_OR_EMPTY:
        return sys.intern(event.value)
    value = plain(event.value)
    if value is None:
        mark = event.start_mark
        raise builder.error(
            "an empty key", mark.line, mark.column, "write a word before the colon", "SIM1001"
        )
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _unknown_tag(builder: Builder, event: Any) -> ParseError:
    mark = event.start_mark
    name = event.tag.replace(_CORE, "!!")
    fix = "remove it; Kubernetes manifests need no tags"
    return builder.error(f"the tag {name} is not known here", mark.line, mark.column, fix, "SIM1008")


def _tagged(builder: Builder, event: Any, tag: str) -> Any:
    """A scalar with a tag of its own; only those of YAML's core schema are read."""
    name = tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
    if name in {"str", "binary", "timestamp", "!"}:
        return event.value
    value = _plain(event.value)
    kinds: dict[str, tuple[type, ...]] = {
        "int": (int,),
        "float": (int, float),
        "bool": (bool,),
        "null": (type(None),),
    }
    if name not in kinds:
        raise _unknown_tag(builder, event)
    if not isinstance(value, kinds[name]) or (isinstance(value, bool) and name != "bool"):
        mark = event.start_mark
        raise builder.error(f"this is no !!{name}", mark.line, mark.column, "remove the tag", "SIM1008")
    return value


def _plain(text: str) -> Any:
    """An unquoted scalar, as go-yaml resolves it.

    >>> [_plain(t) for t in ("80", "no", "1.10", "1e3", "010", "12:30:45", "2024-01-01", "~")]
    [80, False, 1.1, 1000, 8, '12:30:45', '2024-01-01', None]
    """
    if not text:
        return None
    if text[0] not in _HINTED:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in "0123456789+-." else text


def _plain_or_letter(text: str) -> Any:
    """As `_plain`, but `y`, `Y`, `n` and `N` are letters."""
    return text if text in _LETTERS else _plain(text)


def _number(text: str) -> Any:
    """An integer in base 2, 8, 10 or 16, a float, or the text; a whole float is an integer, as in JSON.

    go-yaml takes integers of 64 bits; decimal ones beyond that are floats, others are text.
    """
    plain = text.replace("_", "")
    if not plain.isascii() or len(plain) > _LONGEST_NUMBER:
        return text
    try:
        whole = int(plain, 8) if _OLD_OCTAL.fullmatch(plain) else int(plain, 0)
    except ValueError:
        whole = None
    if whole is not None and -(2**63) <= whole < 2**64:
        return whole
    if not _FLOAT.fullmatch(plain) or math.isinf(float(plain)):
        return text
    number = float(plain)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _explained(error: yaml.MarkedYAMLError, part: str, at: Builder) -> ParseError:
    """The parser's complaint in words that lead to the cause."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = part.split("\n")
    said = lines[line] if line < len(lines) else ""
    conflict = _CONFLICT.search(part)
    if conflict:
        line = part.count("\n", 0, conflict.start())
        message = "a merge conflict was left in the file"
        return at.error(message, line, 0, "keep one of the two sides and delete the markers", "SIM1007")
    if "{{" in said or "{%" in said:
        return at.error("looks like an unrendered Helm template", line, column, _TEMPLATE_FIX, "SIM1005")
    if "\t" in said[: column + 1]:
        message = "a tab is used as indentation; YAML allows spaces only"
        return at.error(message, line, column, "replace the tab by spaces", "SIM1001")
    problem = " ".join(filter(None, (error.problem, error.context)))
    return at.error(f"not valid YAML: {problem}", line, column, None, "SIM1001")
