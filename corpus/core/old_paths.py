"""Import public modules of version 1.0 from their old paths, until version 3, with a warning.

import corpus.model   →   DeprecationWarning, and corpus.core.model itself
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

OLD_PATHS = {
    "corpus.model": "corpus.core.model",
    "corpus.schema": "corpus.core.schema",
    "corpus.checks.check": "corpus.checks.rule",
}
"""Old name → new name of each module in docs/api.md that has moved."""


class OldPaths:
    """Finds and loads a module by its old name. Python asks it after all other finders, so only for missing modules.

    It has no base class: importlib.abc takes a third of the time of `corpus --help`.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for an old name, None for any other."""
        return ModuleSpec(fullname, self) if fullname in OLD_PATHS else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Warn, and put the module with the new name in the place of `module`."""
        old = module.__name__
        new = OLD_PATHS[old]
        warnings.warn(f"{old} is now {new}; the old name goes in version 3.0", DeprecationWarning, stacklevel=2)
        # Not a copy: an exception or a class must be the same object under both names.
        sys.modules[old] = importlib.import_module(new)
