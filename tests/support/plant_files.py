"""Kinds of faults in the bytes of files and in their names."""

from __future__ import annotations

import random
from collections.abc import Callable

import orjson
import zstandard

from support.plant import Planted, kind
from support.plant_ground import Ground, as_bytes


def in_bytes(title: str, *codes: str, change: Callable[[bytes], bytes], of: str = "gold") -> None:
    """Add the kind that changes the bytes of one file: of gold, of the record or of the text."""

    def plant(ground: Ground, rng: random.Random) -> Planted | None:
        doc = ground.doc
        paths = {"gold": doc.path(), "record": f"raw/{doc.doc_id}.json", "text": f"raw/{doc.doc_id}.txt"}
        data = {"gold": as_bytes(doc.gold), "record": as_bytes(doc.record), "text": doc.text.encode()}[of]
        new = change(data)
        if new == data:
            return None
        ground.files[paths[of]] = new
        return Planted(files=(paths[of], f"raw/{doc.doc_id}.json") if of == "text" else (paths[of],))

    plant.__doc__ = f"{title}."
    kind(*codes, one=True)(plant)


def conflict(data: bytes) -> bytes:
    at = data.index(b"\n", len(data) // 2) + 1
    line = data[at : data.index(b"\n", at) + 1]
    return data[:at] + b"<<<<<<< HEAD\n" + line + b"=======\n" + line + b">>>>>>> other\n" + data[at:]


def twice(data: bytes) -> bytes:
    at = data.index(b'"annotator"')
    return data[:at] + b'"annotator": "gold",\n ' + data[at:]


def a_byte_of_windows(data: bytes) -> bytes:
    return data.replace("ö".encode(), b"\xf6").replace("å".encode(), b"\xe5").replace("é".encode(), b"\xe9")


def nested(data: bytes) -> bytes:
    return data[:1] + b'"x": ' + b"[" * 1000 + b"]" * 1000 + b"," + data[1:]


def utf16(data: bytes) -> bytes:
    return data.decode().encode("utf-16")


in_bytes("A text is in Windows-1252", "F101", change=a_byte_of_windows, of="text")
in_bytes("A text is in UTF-16", "F101", change=utf16, of="text")
in_bytes("An annotation is in UTF-16", "F101", change=utf16)
in_bytes("A text begins with a byte order mark", "F102", change=lambda data: b"\xef\xbb\xbf" + data, of="text")
in_bytes("An annotation begins with a byte order mark", "F102", change=lambda data: b"\xef\xbb\xbf" + data)
in_bytes("An annotation has a comma too many", "F103", change=lambda data: data.replace(b"\n}", b",\n}"))
in_bytes("An annotation is cut in the middle", "F103", change=lambda data: data[: len(data) // 2])
in_bytes("An annotation has conflict markers", "F103", change=conflict)
in_bytes(
    "A record has a single quotation mark as delimiter", "F103", change=lambda d: d.replace(b'"', b"'", 2), of="record"
)
in_bytes("An annotation has a key twice", "F104", change=twice)
in_bytes("An annotation is empty", "F110", change=lambda data: b"")
in_bytes("A text is empty", "F110", change=lambda data: b"", of="text")
in_bytes("A text has a control character", "F111", change=lambda data: data[:20] + b"\x07" + data[20:], of="text")
in_bytes("An annotation has half of a surrogate pair", "F112", change=lambda d: d.replace(b'"gold"', b'"\\ud83d"', 1))
in_bytes("An annotation is nested a thousand levels deep", "F113", change=nested)
in_bytes("A number has forty digits", "F120", change=lambda d: d.replace(b'"end": ', b'"end": ' + b"9" * 40, 1))
in_bytes("The line ends of a text are those of Windows", "P301", change=lambda d: d.replace(b"\n", b"\r\n"), of="text")
in_bytes("A text ends with one more line end", "P301", change=lambda data: data + b"\n", of="text")
in_bytes(
    "A word of a text was edited",
    "P301",
    change=lambda d: d.replace(b" the ", b" teh ", 1),
    of="text",
)
in_bytes(
    "A text has other quotation marks than annotated",
    "P301",
    change=lambda d: d.replace(b'"', "“".encode(), 1),
    of="text",
)


@kind("F106", docs=2)
def orphan(ground: Ground, rng: random.Random) -> Planted:
    """An annotation has no article."""
    doc = ground.doc
    ground.files[f"raw/{doc.doc_id}.txt"] = ground.files[f"raw/{doc.doc_id}.json"] = None
    return Planted(files=(doc.path(),))


@kind("F115")
def without_text(ground: Ground, rng: random.Random) -> Planted:
    """The text of an article is missing."""
    doc = ground.doc
    ground.files[f"raw/{doc.doc_id}.txt"] = None
    return Planted(files=(f"raw/{doc.doc_id}.json",))


@kind("F116")
def without_record(ground: Ground, rng: random.Random) -> Planted:
    """The record of an article is missing."""
    doc = ground.doc
    ground.files[f"raw/{doc.doc_id}.json"] = None
    return Planted(files=(f"raw/{doc.doc_id}.txt",))


@kind("F117")
def backup(ground: Ground, rng: random.Random) -> Planted:
    """A copy that an editor made is beside an annotation."""
    path = ground.doc.path() + "~"
    ground.files[path] = as_bytes(ground.doc.gold)
    return Planted(files=(path,))


@kind("F107")
def unportable(ground: Ground, rng: random.Random) -> Planted:
    """The name of a text has a blank and a bracket, as of a second download."""
    path = f"raw/{ground.doc.doc_id} (1).txt"
    ground.files[path] = ground.doc.text.encode()
    return Planted(files=(path,))


@kind("F108")
def link(ground: Ground, rng: random.Random) -> Planted:
    """An annotation is a symbolic link."""
    path = ground.doc.path()
    ground.files[path] = None
    ground.prepare = lambda root: (
        (root / path).parent.mkdir(parents=True, exist_ok=True),  # type: ignore[func-returns-value,assignment]
        (root / "elsewhere.json").write_bytes(as_bytes(ground.doc.gold)),
        (root / path).symlink_to(root / "elsewhere.json"),
    )
    return Planted(files=(path,))


@kind("F114")
def in_two_files(ground: Ground, rng: random.Random) -> Planted:
    """A document is in files of its own and in a bulk file."""
    doc = ground.doc
    ground.files["raw/all.jsonl"] = orjson.dumps({**doc.record, "text": doc.text}) + b"\n"
    return Planted(files=("raw/all.jsonl", f"raw/{doc.doc_id}.json", f"raw/{doc.doc_id}.txt"))


@kind("F118")
def damaged_archive(ground: Ground, rng: random.Random) -> Planted:
    """A compressed bulk file is cut in the middle."""
    doc = ground.doc
    line = orjson.dumps({**doc.record, "doc_id": "other", "text": doc.text, "text_sha256": doc.record["text_sha256"]})
    packed = zstandard.compress(line + b"\n")
    ground.files["raw/all.jsonl.zst"] = packed[: len(packed) // 2]
    return Planted(files=("raw/all.jsonl.zst",))


@kind("C613")
def bulk_files_alike(ground: Ground, rng: random.Random) -> Planted:
    """The names of two bulk files differ only in case."""
    doc = ground.doc
    for path, number in (("raw/more.jsonl", 1), ("raw/More.jsonl", 2)):
        record = {
            **doc.record,
            "doc_id": f"other-{number}",
            "text": doc.text,
            "story": None,
            "split": doc.record["split"],
        }
        ground.files[path] = orjson.dumps(record) + b"\n"
    return Planted(files=("raw/more.jsonl", "raw/More.jsonl"))
