"""Results for continuous integration: JUnit XML, SARIF, Markdown, and annotations for GitHub's workflows.

A command's answer becomes a `Report` once; every format is made from that.
"""

from collections.abc import Callable

from sim.report.ci.junit import junit
from sim.report.ci.markdown import markdown
from sim.report.ci.remarks import Report
from sim.report.ci.sarif import sarif

FORMATS: dict[str, Callable[[Report], str]] = {"junit": junit, "sarif": sarif, "markdown": markdown}
"""Option that names the file -> the text of the file."""
