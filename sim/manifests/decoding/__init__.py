"""Documents -> objects, as the API server decodes them; and what it would refuse, with its place.

Strict about shapes, but one fault hides nothing: a field of the wrong type is left out and named, the rest of
its object is read, and so is the rest of the file. The data of Secrets stays outside.
"""

from sim.manifests.decoding.merging import merge
from sim.manifests.decoding.objects import from_document
from sim.manifests.decoding.read import fault_at, field_path
from sim.manifests.decoding.secret_data import without_secret_data
from sim.manifests.decoding.slices import is_derived, with_slices
from sim.manifests.decoding.text import printable, printable_lines, shown, without_command

__all__ = [
    "fault_at", "field_path", "from_document", "is_derived", "merge", "printable", "printable_lines",
    "shown", "with_slices", "without_command", "without_secret_data",
]  # fmt: skip
