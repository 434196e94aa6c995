"""The page in a notebook: the same module and style as an anywidget. Needs the extra `notebook`."""

import anywidget
from traitlets import Unicode

from sim.report.page import module, style


class ReplayWidget(anywidget.AnyWidget):
    """A replay in an output cell.

    Args:
        data: the recordings as text, as the page has them.
    """

    _esm = module()
    _css = style()
    data = Unicode().tag(sync=True)
