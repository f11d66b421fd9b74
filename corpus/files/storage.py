"""Files in a directory that is on this machine or in object storage: `s3://bucket/corpus`, `gs://…`, a path.

Arrow's file systems do the work. Object storage renames nothing and has no locks: a file appears whole when its stream
is closed, and what names the others is written last. Access and addresses come from the environment, as for every
tool (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`), or from the URL.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa
import pyarrow.fs as pafs

from ..core.model import CorpusError
from ..core.regular_file import open_file, read_file
from .writer import replace_file

_BLOCK = 2**20


class Item(NamedTuple):
    """A name in a directory: whether it is a directory, or a symbolic link."""

    name: str
    is_folder: bool
    is_link: bool = False


def is_url(place: str) -> bool:
    """Return True for the address of object storage, False for a path."""
    return "://" in place


class Storage:
    """A directory by its path or URL; names in it are relative, with `/`. It can be sent to other processes."""

    def __init__(self, place: str | Path):
        """Raises CorpusError for a URL that is not understood."""
        self.place = str(place) if is_url(str(place)) else os.path.abspath(place)
        self.is_local = not is_url(self.place)
        self._fs, self._path = _file_system(self.place)

    def __reduce__(self) -> tuple[type[Storage], tuple[str]]:
        return Storage, (self.place,)

    def __str__(self) -> str:
        """Return the path or URL without keys and settings, for messages."""
        if self.is_local:
            return self.place
        parts = urlsplit(self.place)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def path(self) -> Path:
        """The directory on this machine. Only for local storage."""
        assert self.is_local
        return Path(self.place)

    def beside(self, ending: str) -> Storage:
        """Return the directory whose name has a further ending."""
        if self.is_local:
            return Storage(self.place + ending)
        parts = urlsplit(self.place)
        return Storage(urlunsplit(parts._replace(path=parts.path.rstrip("/") + ending)))

    def is_within(self, other: Storage) -> bool:
        """Return True if this is the other directory or in it."""
        if self.is_local and other.is_local:
            return Path(os.path.realpath(self.place)).is_relative_to(os.path.realpath(other.place))
        return self._fs == other._fs and f"{self._path}/".startswith(f"{other._path}/")

    def list(self, folder: str = "") -> list[Item]:
        """Return what is directly in a directory, sorted by name, without hidden names; nothing if it is missing."""
        if self.is_local:
            try:
                with os.scandir(self.path / folder) as items:
                    found = [Item(one.name, one.is_dir(follow_symlinks=False), one.is_symlink()) for one in items]
            except FileNotFoundError:
                return []
        else:
            selector = pafs.FileSelector(self._at(folder), allow_not_found=True)
            infos = self._fs.get_file_info(selector)
            found = [Item(one.base_name, one.type == pafs.FileType.Directory) for one in infos]
        return sorted(one for one in found if one.name and not one.name.startswith("."))

    def walk(self, folder: str = "") -> Iterator[str]:
        """Yield the names of all files in and below a directory."""
        for item in self.list(folder):
            name = f"{folder}/{item.name}" if folder else item.name
            if item.is_folder:
                yield from self.walk(name)
            else:
                yield name

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return the bytes of a file. Raises FileNotFoundError, OSError and, for a link, CorpusError."""
        if self.is_local:
            return read_file(self.path / name, self.path, limit)
        with self._fs.open_input_stream(self._at(name), compression=None) as stream:
            return bytes(stream.read())

    def open_input(self, name: str) -> pa.NativeFile:
        """Open a file for reading at any place. Raises FileNotFoundError and OSError."""
        if self.is_local:
            return pa.PythonFile(open_file(self.path / name, self.path), "r")
        return self._fs.open_input_file(self._at(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file in blocks."""
        with self.open_input(name) as stream:
            while block := stream.read(_BLOCK):
                yield block

    def fetch(self, name: str, to: Path) -> None:
        """Copy a file to a path on this machine."""
        to.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(to) as file:
            for block in self.blocks(name):
                file.write(block)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for writing. It appears, or replaces the earlier one, if the block ends without an error."""
        if self.is_local:
            with replace_file(self.path / name) as file:
                yield file
            return
        stream = self._fs.open_output_stream(self._at(name), compression=None)
        try:
            yield stream
        except BaseException:
            # Arrow completes what it closes: what was cut off must not be taken for a file.
            with suppress(OSError):
                stream.close()
                self.delete(name)
            raise
        stream.close()

    def write(self, name: str, data: bytes) -> None:
        """Write a file, or replace it."""
        with self.writing(name) as file:
            file.write(data)

    def put(self, path: Path, name: str) -> None:
        """Copy a file of this machine to `name`."""
        with open_file(path) as source, self.writing(name) as file:
            while block := source.read(_BLOCK):
                file.write(block)

    def copy(self, name: str, to: Storage, as_name: str) -> None:
        """Copy a file: on one disk as a second name of the same bytes, in one object storage without a transfer."""
        if self.is_local and to.is_local:
            target = to.path / as_name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            try:
                os.link(self.path / name, target)
            except OSError:  # another disk, or a file system without hard links
                shutil.copyfile(self.path / name, target)
        elif self._fs == to._fs:
            self._fs.copy_file(self._at(name), to._at(as_name))
        else:
            with to.writing(as_name) as file:
                for block in self.blocks(name):
                    file.write(block)

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with suppress(FileNotFoundError):
            self._fs.delete_file(self._at(name))

    def delete_folder(self, folder: str) -> None:
        """Delete a directory with all that is in it, if it is there."""
        with suppress(FileNotFoundError):
            self._fs.delete_dir(self._at(folder))

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}" if name else self._path


@lru_cache(maxsize=16)
def _file_system(place: str) -> tuple[pafs.FileSystem, str]:
    if not is_url(place):
        return pafs.LocalFileSystem(), place
    try:
        # A small file is then one request instead of three.
        more = ("&" if "?" in place else "?") + "allow_delayed_open=true"
        file_system, path = pafs.FileSystem.from_uri(place + more * place.startswith("s3://"))
    except (ValueError, NotImplementedError, pa.ArrowException) as error:
        scheme = place.partition("://")[0]
        raise CorpusError(f"{scheme}:// is not an address of storage that can be used: {error}") from None
    return file_system, path.rstrip("/")
