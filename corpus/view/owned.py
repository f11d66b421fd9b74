"""The files of a site that an earlier run wrote, so that the next one replaces and deletes these and no others.

`index/site.json` names them all. While a run moves files into place, it names the old and the new ones: after a kill,
the next run still knows each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import orjson

from ..core.model import CorpusError
from ..core.regular_file import read_file
from ..files.writer import TEMPORARY

LIST = "index/site.json"
_MADE_BY = "corpus view"
_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*/){0,3}[A-Za-z0-9_][A-Za-z0-9._-]*")
_LARGEST = 2**30


def owned(out: Path) -> frozenset[str]:
    """Return the addresses of the files that earlier runs wrote to `out`, none if it is new or empty.

    Raises CorpusError if `out` is not a directory, holds other files than a site, or lost the list of its files.
    """
    if out.is_symlink() or (os.path.lexists(out) and not out.is_dir()):
        raise CorpusError(f"{out} is not a directory")
    if not out.is_dir() or all(one.name.startswith(TEMPORARY) for one in os.scandir(out)):
        return frozenset()
    try:
        value = orjson.loads(read_file(out / LIST, out, _LARGEST))
        names = value["files"] if value["made_by"] == _MADE_BY else None
    except FileNotFoundError:
        raise CorpusError(f"{out} holds other files than a site: name a new directory, or empty this one") from None
    except (ValueError, KeyError, TypeError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise CorpusError(f"{out / LIST} is damaged: delete {out} and run again")
    return frozenset(names)


def list_of(names: Iterable[str]) -> bytes:
    """Return the bytes of the list of a site's files."""
    return orjson.dumps({"made_by": _MADE_BY, "files": sorted({*names, LIST})}, option=orjson.OPT_INDENT_2) + b"\n"


class Owned:
    """Guards the files of a folder that are not of the site."""

    def __init__(self, out: Path) -> None:
        self.names = owned(out)
        self._out = out
        self._is_safe = lru_cache(maxsize=4096)(self._check_folder)

    def has(self, name: str) -> bool:
        """True if an earlier run wrote the file and it exists, reached through no link."""
        if name not in self.names:
            return False
        self._is_safe(os.path.dirname(name))
        return os.path.lexists(self._out / name)

    def refuse_foreign(self, name: str) -> None:
        """Raise CorpusError if a file of other origin has the name, or if a folder above it is a link."""
        self._is_safe(os.path.dirname(name))
        if name not in self.names and os.path.lexists(self._out / name):
            raise CorpusError(
                f"{self._out / name} is not of the site that is there, and has the name of one of its files: "
                "move it away, or name a new directory"
            )

    def _check_folder(self, folder: str) -> None:
        at = self._out
        for part in filter(None, folder.split("/")):
            at = at / part
            if at.is_symlink() or (os.path.lexists(at) and not at.is_dir()):
                raise CorpusError(f"{at} is not a directory of the site: move it away")
