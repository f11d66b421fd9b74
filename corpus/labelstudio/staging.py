"""Files that take their places together, at the end, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

_FEW = 64
"""Up to as many files are flushed to the disk one by one; more of them with one call, which is faster."""


class Staging:
    """A context manager: what is put is written beside the folder's files, and moved into place by `commit`."""

    def __init__(self, folder: Path) -> None:
        self.written: list[str] = []
        self.unchanged: list[str] = []
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._beside = tempfile.mkdtemp(prefix=".staging-", dir=folder)
        self._files: dict[str, str | None] = {}

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._beside, ignore_errors=True)

    def put(self, name: str, data: bytes) -> None:
        """Let the file `name` hold `data` in the end. What was put under the name before is forgotten."""
        if self._is(name, data):
            self._files[name] = None
            return
        self._files[name] = staged = f"{self._beside}/{len(self._files)}"
        with open(staged, "wb") as file:
            file.write(data)

    def commit(self) -> None:
        """Move all files into place; those that hold what they held stay untouched."""
        staged = [path for path in self._files.values() if path]
        if len(staged) > _FEW:
            os.sync()
        else:
            for path in staged:
                descriptor = os.open(path, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
        for folder in {os.path.dirname(name) for name, path in self._files.items() if path}:
            (self._folder / folder).mkdir(parents=True, exist_ok=True)
        for name, staged_at in self._files.items():
            if staged_at:
                os.replace(staged_at, f"{self._folder}/{name}")
        self.written = sorted(name for name, path in self._files.items() if path)
        self.unchanged = sorted(name for name, path in self._files.items() if not path)

    def _is(self, name: str, data: bytes) -> bool:
        path = f"{self._folder}/{name}"
        if not os.path.lexists(path):
            return False
        with open(path, "rb") as file:
            return file.read(len(data) + 1) == data
