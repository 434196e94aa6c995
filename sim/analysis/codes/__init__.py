"""A page per message code; `sim explain SIM2003` shows one.

SIM10xx: reading files. SIM11xx to SIM15xx: objects that do not fit together. SIM2xxx: a request's way.
"""

from __future__ import annotations

from sim.analysis.codes import controllers, gateways, nginx, objects, reading, tls
from sim.analysis.codes import ends as ways
from sim.analysis.codes.page import Code

_PAGES = (
    *reading.PAGES,
    *objects.PAGES,
    *ways.PAGES,
    *gateways.PAGES,
    *nginx.PAGES,
    *controllers.PAGES,
    *tls.PAGES,
)

CODES: dict[str, Code] = {page.code: page for page in _PAGES}
