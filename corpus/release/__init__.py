"""Tables → a folder that loads; releases, what differs between two, and whether one is as it was made."""

from .attaching import Attached, attach_texts
from .comparison import Comparison, compare
from .folder import build_folder
from .making import make_release
from .verifying import read_manifest, verify

__all__ = [
    "Attached",
    "Comparison",
    "attach_texts",
    "build_folder",
    "compare",
    "make_release",
    "read_manifest",
    "verify",
]
