"""Keep pyarrow from loading pandas."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _Refused(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)
        return None


def without_pandas() -> None:
    """Let pyarrow look for pandas now and find none, for the rest of this process.

    With its first array, pyarrow loads pandas where it is installed, which takes a third of a second and is of use only
    for arrays that are made from pandas. Code that makes such arrays would lose what means null in pandas, so this is
    for a process that does nothing else. `import pandas` works as before.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    refused = _Refused()
    sys.meta_path.insert(0, refused)
    try:
        pa.array(())
    finally:
        sys.meta_path.remove(refused)
