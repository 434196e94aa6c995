"""Lines of nginx: common and combined format, with a host before them, and that of ingress-nginx.

Sources: nginx, ngx_http_log_module (combined); ingress-nginx, user guide, log format. Apache's vhost_combined
begins with the host. What a log collector writes before a line is passed over.
"""

import re

from sim.scenario.traffic_files.formats.logged import Logged, asked, common_time_s

_QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TIME = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ")
_ANSWERED = re.compile(rf"({_QUOTED}) (\d{{3}}) (\d{{1,15}}|-)(?!\S)(?: {_QUOTED} {_QUOTED}(.*))?", re.DOTALL)
_UPSTREAM = re.compile(r" (\d{1,15}) [\d.-]+ \[([^\]]*)\](?: \[[^\]]*\])? ([^\s,]+)")
_HOST = re.compile(r"[\w*-]+(?:\.[\w-]+)+(?::\d{1,5})?|[\w*-]+:\d{1,5}")
_ESCAPED = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\]))')


def read(line: str) -> Logged | None:
    """The request of a line; None: it has no time in brackets, or nothing like a request behind it."""
    time = _TIME.search(line)
    found = _ANSWERED.match(line, time.end()) if time else None
    if time is None or found is None:
        return None
    try:
        at_s = common_time_s(time[1])
    except (ValueError, OverflowError):
        return None
    method, host, path = asked(plain(found[1][1:-1]))
    sent = 0 if found[3] == "-" else int(found[3])
    behind = _UPSTREAM.match(found[4]) if found[4] else None
    host = host or _host_before(line[: time.start()])
    if behind is None:
        return Logged(at_s, host, path, method, sent, more=found[4] or "")
    return Logged(at_s, host, path, method, sent, int(behind[1]), behind[2] or "-", address=behind[3])


def _host_before(head: str) -> str:
    """The host, where one stands before address, `-` and user."""
    words = head.split()
    named = words[-4] if len(words) >= 4 else ""
    return named if _HOST.fullmatch(named) else ""


def plain(text: str) -> str:
    r"""A field without the escapes of nginx (`\x22`) and Apache (`\"`).

    >>> plain(r"/a\x22b")
    '/a"b'
    """
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
