"""Build the texts of articles from a treebank in CoNLL-U, such as GUM or UD_English-GUM.

    # newdoc id = NAME     a document begins; joined files hold many
    # newpar               a paragraph begins; paragraphs are joined by an empty line
    # text = …             a sentence; the sentences of a paragraph are joined by one space

A text ends with a line feed. Nothing is normalized, so that the checksum of the record tells whether it is the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core.model import CorpusError
from ..core.regular_file import open_file
from ..files.index import MAX_BYTES

_NEWDOC, _NEWPAR, _TEXT = b"# newdoc", b"# newpar", b"# text = "


def texts_of(files: Sequence[Path]) -> dict[str, bytes]:
    """Return the text of each document in the files, as UTF-8, by the id after `# newdoc id =`.

    Raises CorpusError if a file is missing, unreadable or not CoNLL-U with documents, or if two documents have one id
    and different texts.
    """
    found: dict[str, bytes] = {}
    for file in files:
        before = len(found)
        for doc_id, text in _documents(file):
            if found.setdefault(doc_id, text) != text:
                raise CorpusError(f"{file}: the document {doc_id} occurs twice, with different texts")
            before = -1
        if before >= 0:
            raise CorpusError(f"{file} has no line `# newdoc id = …`: it is not CoNLL-U with documents")
    return found


def _documents(file: Path) -> Iterator[tuple[str, bytes]]:
    name: str | None = None
    paragraphs: list[list[bytes]] = []
    for line in _lines(file):
        if line.startswith(_NEWDOC):
            if name is not None:
                yield name, _text(paragraphs)
            _, _, value = line.partition(b"=")
            name, paragraphs = value.strip().decode("utf-8", "replace"), []
        elif line == _NEWPAR or line.startswith((_NEWPAR + b" ", _NEWPAR + b"=")):
            paragraphs.append([])
        elif line.startswith(_TEXT):
            if not paragraphs:
                paragraphs.append([])
            paragraphs[-1].append(line[len(_TEXT) :])
    if name is not None:
        yield name, _text(paragraphs)


def _lines(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file without their ends. Raises CorpusError for a line that no article could have."""
    try:
        with open_file(file) as opened:
            while line := opened.readline(MAX_BYTES + 1):
                if len(line) > MAX_BYTES:
                    raise CorpusError(f"{file} has a line of more than {MAX_BYTES:,} bytes: it is not CoNLL-U")
                yield line.rstrip(b"\r\n")
    except FileNotFoundError:
        raise CorpusError(f"{file} does not exist") from None


def _text(paragraphs: Sequence[Sequence[bytes]]) -> bytes:
    return b"\n\n".join(b" ".join(sentences) for sentences in paragraphs if sentences) + b"\n"
