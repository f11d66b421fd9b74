"""Files are read by `core/regular_file.py` and written by `files/writer.py`; a list says why a few are not.

A bare `open` follows a link to a secret, waits for ever on a named pipe, and leaves half a file when it is killed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent.parent / "corpus"
NAMES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "skeleton" not in path.parts
}

READER_AND_WRITER = {
    "corpus.core.regular_file": "the reader",
    "corpus.files.read": "the reader of articles and annotations, whose faults are findings",
    "corpus.files.storage": "the reader and writer of what may be in object storage",
    "corpus.files.writer": "the writer",
    "corpus.files.staging": "the writer of several files together",
    "corpus.files.lock": "opens folders to lock them",
}

IN_NEW_FOLDER = "fills a folder of `new_folder`, which is flushed and renamed when it is complete"
TEMPORARY = "a file in the system's temporary directory, with a name that no one else can take"

ALLOWED = {
    ("corpus.cli.attach", ".write_bytes"): TEMPORARY,
    ("corpus.cli.stats", "shutil.get_terminal_size"): "reads no file, only the width of the terminal",
    ("corpus.cli.main", "os.open"): "/dev/null, in place of an output that was closed",
    ("corpus.cli.label_studio_migrate", ".mkdir"): TEMPORARY,
    ("corpus.cli.label_studio_migrate", ".write_bytes"): TEMPORARY,
    ("corpus.edit.fmt", "open"): TEMPORARY,
    ("corpus.edit.init", ".mkdir"): IN_NEW_FOLDER,
    ("corpus.edit.init", ".write_bytes"): IN_NEW_FOLDER,
    ("corpus.edit.init", ".read_text"): "metadata of an installed package",
    ("corpus.edit.init", ".rename"): "moves a complete corpus into an existing empty directory",
    ("corpus.edit.init", "shutil.rmtree"): "takes it out again after an error",
    ("corpus.edit.rewriter", "open"): TEMPORARY,
    ("corpus.edit.rewriter", ".open"): TEMPORARY,
    ("corpus.edit.upgrade", ".mkdir"): TEMPORARY,
    ("corpus.edit.upgrade", ".write_bytes"): TEMPORARY,
    ("corpus.files.base_releases", ".mkdir"): TEMPORARY,
    ("corpus.files.base_releases", ".open"): TEMPORARY,
    ("corpus.files.git_changes", ".mkdir"): TEMPORARY,
    ("corpus.files.git_changes", ".open"): TEMPORARY,
    ("corpus.files.parquet_file", ".read_text"): "how much memory this process uses, which /proc says",
    ("corpus.files.unpack", ".open"): TEMPORARY,
    ("corpus.formats.archives", ".open"): "a member of an archive that is in memory",
    ("corpus.formats.spans_and_relations", ".open"): IN_NEW_FOLDER,
    ("corpus.formats.writing", ".mkdir"): IN_NEW_FOLDER,
    ("corpus.formats.writing", ".open"): IN_NEW_FOLDER,
    ("corpus.formats.writing", ".write_bytes"): IN_NEW_FOLDER,
    ("corpus.labelstudio.download", ".open"): "cuts an interrupted download after its last complete line",
    ("corpus.pipeline.cache", ".mkdir"): "the user's cache, which is no file of a corpus",
    ("corpus.pipeline.cache", ".touch"): "the user's cache, which is no file of a corpus",
    ("corpus.pipeline.part", ".mkdir"): TEMPORARY,
    ("corpus.pipeline.spool", "open"): TEMPORARY,
    ("corpus.release.build", ".read_bytes"): TEMPORARY,
    ("corpus.release.attach_texts", ".write_bytes"): IN_NEW_FOLDER,
    ("corpus.release.attach_texts", ".write_text"): IN_NEW_FOLDER,
    ("corpus.release.build", ".mkdir"): IN_NEW_FOLDER,
    ("corpus.release.build", ".write_bytes"): IN_NEW_FOLDER,
    ("corpus.release.build", ".write_text"): IN_NEW_FOLDER,
    ("corpus.release.make", ".mkdir"): IN_NEW_FOLDER,
    ("corpus.release.make", ".write_text"): IN_NEW_FOLDER,
    ("corpus.pipeline.tables.parquet", ".mkdir"): IN_NEW_FOLDER,
    ("corpus.view.png", "shutil.which"): "finds the browser, and changes nothing",
    ("corpus.report.github", ".open"): "appends to the file that GitHub names for the summary of a job",
}
"""Module, call → why it is neither the reader nor the writer."""

ATTRIBUTES = {"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "symlink_to", "hardlink_to"}
"""Methods of a path, whether they are called or handed on."""
CALLS = {"open", "rename", "touch"}
"""Methods of a path that other things have as attributes too."""
OS = {"open", "replace", "rename", "renames", "mkdir", "makedirs", "link", "symlink", "mkfifo", "mknod", "truncate"}
HARMLESS = {"copyfileobj", "disk_usage"}
"""Functions of shutil that open nothing."""


def bare(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield what of a module opens, makes, moves or removes files by itself, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if (owner == "os" and node.attr in OS) or (owner == "shutil" and node.attr not in HARMLESS):
                yield f"{owner}.{node.attr}", node.lineno
            elif node.attr in ATTRIBUTES:
                yield f".{node.attr}", node.lineno
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id == "open":
                yield "open", node.lineno
            elif isinstance(called, ast.Attribute) and called.attr in CALLS | {"replace"}:
                of_module = isinstance(called.value, ast.Name) and called.value.id in ("os", "shutil")
                # `replace` of a string or a time has two arguments or names them.
                renames = called.attr != "replace" or (len(node.args) == 1 and not node.keywords)
                if renames and not of_module:
                    yield f".{called.attr}", node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "shutil", "io"):
            for alias in node.names:
                if alias.name in OS or (node.module == "shutil" and alias.name not in HARMLESS):
                    yield f"from {node.module} import {alias.name}", node.lineno


def found_in(name: str) -> dict[str, int]:
    return dict(bare(ast.parse(NAMES[name].read_bytes())))


@pytest.mark.parametrize("name", sorted(NAMES.keys() - READER_AND_WRITER.keys()))
def test_a_module_reads_and_writes_through_the_one_reader_and_the_one_writer(name: str) -> None:
    wrong = {call: line for call, line in found_in(name).items() if (name, call) not in ALLOWED}
    assert not wrong, f"{name}: use read_file, open_file, replace_file or new_folder, or give a reason in ALLOWED"


def test_each_reason_is_still_needed() -> None:
    assert [one for one in ALLOWED if one[1] not in found_in(one[0])] == []
    assert READER_AND_WRITER.keys() <= NAMES.keys()


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("open(path)", "open"),
        ("path.open('rb')", ".open"),
        ("(root / 'x').read_text('utf-8')", ".read_text"),
        ("read = path.read_bytes", ".read_bytes"),
        ("path.mkdir()", ".mkdir"),
        ("os.open(path, 0)", "os.open"),
        ("os.replace(a, b)", "os.replace"),
        ("path.replace(target)", ".replace"),
        ("shutil.copy(a, b)", "shutil.copy"),
        ("from shutil import move", "from shutil import move"),
    ],
)
def test_what_is_bare_is_found(code: str, call: str) -> None:
    assert [one for one, _ in bare(ast.parse(code))] == [call]


@pytest.mark.parametrize(
    "code",
    ["text.replace('a', 'b')", "when.replace(tzinfo=UTC)", "merged.open", "shutil.copyfileobj(a, b)", "open_file(a)"],
)
def test_what_is_not_is_left_alone(code: str) -> None:
    assert list(bare(ast.parse(code))) == []
