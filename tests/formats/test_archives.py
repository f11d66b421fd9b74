"""Project archives of INCEpTION: zip archives in a zip archive, read as they are and within bounds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from support.corpora import run
from support.exchange import EXAMPLES, SAID, annotations, imported

from corpus.formats import archives

UIMA = EXAMPLES / "uima"
XMI = (UIMA / "annotation/report.txt/novak.xmi").read_bytes()
TYPES = (UIMA / "TypeSystem.xml").read_bytes()
RECORD = [f"--record={key}={value}" for key, value in SAID.items()]


def packed(files: dict[str, bytes]) -> bytes:
    """A zip archive of files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def project(**more: bytes) -> dict[str, bytes]:
    """The files of a project: an archive for each annotator, and what else INCEpTION exports."""
    one = packed({"novak.xmi": XMI, "TypeSystem.xml": TYPES})
    return {
        "exportedproject123.json": b"{}",
        "source/report.txt": b"Ada",
        "source/notes.xmi": XMI,
        "annotation/report.txt/novak.zip": one,
        "annotation/report.txt/meier.zip": packed({"meier.xmi": XMI, "TypeSystem.xml": TYPES}),
        "annotation/report.txt/INITIAL_CAS.zip": packed({"INITIAL_CAS.xmi": XMI, "TypeSystem.xml": TYPES}),
        "annotation_ser/report.txt/novak.ser": b"\xac\xed",
        "curation/report.txt/CURATION_USER.zip": packed({"CURATION_USER.xmi": XMI, "TypeSystem.xml": TYPES}),
        "__MACOSX/annotation/report.txt/._novak.xmi": b"",
        **more,
    }


def test_a_project_is_read_as_it_was_exported(tmp_path: Path) -> None:
    (tmp_path / "project.zip").write_bytes(packed(project()))
    ran = run("import", "uima-xmi", str(tmp_path / "project.zip"), "--into", str(tmp_path / "new"), *RECORD)
    assert (ran.code, ran.out) == (0, "")
    assert sorted(annotations(tmp_path / "new")) == [f"{one}/report.txt.json" for one in ("gold", "meier", "novak")]
    for said in (
        "dropped 1 file *.ser: this format reads .xmi",
        "dropped 1 file: no pattern of the map's `files` matches source/notes.xmi",
        "dropped 1 file: INITIAL_CAS is the document before its annotation, not an annotator",
    ):
        assert said in ran.err


def test_archives_in_a_directory_are_read_too(tmp_path: Path) -> None:
    for name, data in project().items():
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_bytes(data)
    assert imported("uima-xmi", tmp_path / "source", tmp_path / "new")[0] == []
    assert sorted(annotations(tmp_path / "new")) == [f"{one}/report.txt.json" for one in ("gold", "meier", "novak")]


def test_a_document_without_annotators_has_its_text(tmp_path: Path) -> None:
    files = {name: data for name, data in project().items() if "INITIAL_CAS" in name}
    (tmp_path / "project.zip").write_bytes(packed(files))
    assert imported("uima-xmi", tmp_path / "project.zip", tmp_path / "new")[0] == []
    assert (tmp_path / "new/raw/report.txt.txt").exists()
    assert not (tmp_path / "new/annotations").exists()


def test_another_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "project.zip").write_bytes(
        packed({"annotation/a.txt/novak.tsv": b"", "annotation/b.txt/novak.tsv": b""})
    )
    ran = run("import", "uima-xmi", str(tmp_path / "project.zip"), "--into", str(tmp_path / "new"), *RECORD)
    assert ran.code == 2
    assert "found no .xmi file to import; it has 2 .tsv files: corpus import webanno-tsv" in ran.err


def test_a_finding_in_an_archive_has_its_path(tmp_path: Path) -> None:
    broken = packed({"eve.xmi": XMI.replace(b'end="46"', b'end="99"'), "TypeSystem.xml": TYPES})
    (tmp_path / "project.zip").write_bytes(packed(project(**{"annotation/report.txt/eve.zip": broken})))
    problems, _ = imported("uima-xmi", tmp_path / "project.zip", tmp_path / "new")
    shown = f"{tmp_path}/project.zip/annotation/report.txt/eve.zip/eve.xmi"
    assert [(one.code, one.file, one.line) for one in problems] == [("IMP3", shown, 6)]


ONE = packed({"novak.xmi": XMI, "TypeSystem.xml": TYPES})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK", "damaged-archive"),
        (ONE[:-30], "damaged-archive"),
        (packed({"a.zip": packed({"b.zip": ONE})}), "archives in each other"),
    ],
)
def test_a_faulty_archive_is_a_finding_and_the_others_are_read(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "project.zip").write_bytes(packed(project(**{"annotation/report.txt/eve.zip": data})))
    problems, _ = imported("uima-xmi", tmp_path / "project.zip", tmp_path / "new")
    assert [one.code for one in problems] == ["IMP1"]
    assert said in problems[0].message
    assert len(annotations(tmp_path / "new")) == 3


def test_a_damaged_member_is_a_finding(tmp_path: Path) -> None:
    data = bytearray(packed({"annotation/report.txt/novak.xmi": XMI, "TypeSystem.xml": TYPES}))
    data[80] ^= 0xFF
    (tmp_path / "project.zip").write_bytes(data)
    problems, _ = imported("uima-xmi", tmp_path / "project.zip", tmp_path / "new")
    assert [one.code for one in problems] == ["IMP1"]


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MAX_FILES", 8, "more than 8 files"),
        ("MAX_BYTES", 100, "more than 0 MiB"),
        ("MAX_ARCHIVE", 100, "is larger than 100 bytes"),
        ("MAX_GROWTH", 0, "the archives unpack to more than they may"),
    ],
)
def test_an_archive_has_bounds(
    limit: str, value: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, limit, value)
    if limit == "MAX_GROWTH":
        monkeypatch.setattr(archives, "MAX_UNPACKED", 3000)
    (tmp_path / "project.zip").write_bytes(packed(project()))
    problems, _ = imported("uima-xmi", tmp_path / "project.zip", tmp_path / "new")
    assert problems != []
    assert {one.code for one in problems} == {"IMP1"}
    assert said in problems[0].message


def test_a_name_in_an_archive_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.xmi").write_bytes(XMI)
    files = {"../secret.xmi": XMI, "/etc/x.xmi": XMI, "TypeSystem.xml": TYPES}
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/project.zip").write_bytes(packed(files))
    assert imported("uima-xmi", tmp_path / "folder/project.zip", tmp_path / "new")[0] == []
    assert [path.name for path in tmp_path.iterdir()].count("new") == 1
    assert list(annotations(tmp_path / "new")) == ["etc/x.json"]


def test_a_symbolic_link_to_an_archive_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "project.zip").write_bytes(packed(project()))
    (tmp_path / "source").mkdir()
    (tmp_path / "source/link.zip").symlink_to(tmp_path / "project.zip")
    (tmp_path / "source/link.xmi").symlink_to(UIMA / "annotation/report.txt/novak.xmi")
    problems, _ = imported("uima-xmi", tmp_path / "source", tmp_path / "new")
    assert [(one.code, "symlink" in one.message) for one in problems] == [("IMP1", True)]
