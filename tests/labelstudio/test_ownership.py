"""Which files a conversion may replace: those that an earlier one wrote and that nobody edited since."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
from support.corpora import Corpus, Ran
from support.exports import SCHEMA, Convert, exported, made
from support.studio import TICKED

from corpus.labelstudio.convert import Result
from corpus.labelstudio.ownership import content_sha256
from corpus.labelstudio.pseudonyms import server_id

FILE = "annotations/ann-2/alpha.json"
LATER = {"updated_at": "2026-11-25T07:00:00Z"}


def codes(result: Result) -> list[tuple[str, str, str]]:
    return [(one.code, one.severity, one.file) for one in result.problems]


def convert_file(corpus: Corpus, one: dict[str, Any], *more: str) -> Ran:
    return corpus.run("label-studio", "convert", str(corpus.write("export.json", json.dumps([one]))), *more)


def people(corpus: Corpus, **names: str) -> None:
    lines = "".join(f'"{user[1:]}" = "{name}"\n' for user, name in names.items())
    corpus.write("annotators.toml", f"[people]\n{lines}")


def test_the_provenance_has_the_checksum_of_what_was_written(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11)))
    value = corpus.read(FILE)
    assert value["provenance"]["content_sha256"] == content_sha256(value, SCHEMA)
    assert not [line for line in corpus.run("validate").out.splitlines() if " F1" in line and FILE in line]


def test_a_file_of_an_earlier_conversion_is_replaced(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11)))
    compact = json.dumps(corpus.read(FILE))
    corpus.write(FILE, compact)  # `corpus fmt` and other layouts are no edit
    result = convert(exported(1, "alpha", made(11, result=TICKED, **LATER)))
    assert (result.written, result.problems) == (["ann-2/alpha.json"], [])
    assert corpus.read(FILE)["quotes"] == []


@pytest.mark.parametrize("edit", ["layers", "tool", "no checksum", "not JSON", "no annotation"])
def test_a_file_that_was_edited_or_not_imported_is_left_alone(corpus: Corpus, convert: Convert, edit: str) -> None:
    convert(exported(1, "alpha", made(11)))
    value = corpus.read(FILE)
    if edit == "layers":
        value["quotes"][0]["type"] = "indirect"
    elif edit == "tool":
        value["provenance"] = {"tool": "corpus adjudicate"}
    elif edit == "no checksum":
        del value["provenance"]["content_sha256"]
    before = {"not JSON": "{", "no annotation": "[]"}.get(edit, json.dumps(value))
    corpus.write(FILE, before)
    result = convert(exported(1, "alpha", made(11, result=TICKED, **LATER), made(12, 8)))
    assert (codes(result), result.written) == ([("L110", "warning", FILE)], ["ann-3/alpha.json"])
    assert (corpus.root / FILE).read_text() == before
    assert "--overwrite" in result.problems[0].suggestion


def test_gold_is_not_replaced_by_an_account_that_was_named_gold(corpus: Corpus, convert: Convert) -> None:
    people(corpus, u7="gold")
    before = (corpus.root / "annotations/gold/alpha.json").read_bytes()
    ran = convert_file(corpus, exported(1, "alpha", made(11, result=TICKED)))
    assert (ran.code, "warning L110 " in ran.out) == (1, True)
    assert (corpus.root / "annotations/gold/alpha.json").read_bytes() == before


def test_an_older_export_does_not_win(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11, **LATER)))
    before = (corpus.root / FILE).read_bytes()
    result = convert(exported(1, "alpha", made(11, result=TICKED)))
    assert (codes(result), result.written) == ([("L111", "warning", FILE)], [])
    assert (corpus.root / FILE).read_bytes() == before


def test_another_project_does_not_win(corpus: Corpus, convert: Convert) -> None:
    convert(exported(1, "alpha", made(11)))
    before = (corpus.root / FILE).read_bytes()
    result = convert(exported(1, "alpha", made(11, result=TICKED, project=4, **LATER), project=4))
    assert (codes(result), result.written) == ([("L112", "warning", FILE)], [])
    assert (corpus.root / FILE).read_bytes() == before


class TestOverwrite:
    def git(self, corpus: Corpus, *argv: str) -> None:
        who = ("-c", "user.name=lead", "-c", "user.email=lead@example.org")
        subprocess.run(["git", "-C", str(corpus.root), *who, *argv], check=True, capture_output=True)

    def test_a_file_is_replaced_when_git_has_it(self, corpus: Corpus) -> None:
        people(corpus, u7="gold")
        one, name = exported(1, "alpha", made(11, result=TICKED)), "annotations/gold/alpha.json"
        before = (corpus.root / name).read_bytes()
        for _ in ("no repository", "not committed"):
            ran = convert_file(corpus, one, "--overwrite", name)
            assert (ran.code, "commit it first" in ran.err) == (2, True)
            assert (corpus.root / name).read_bytes() == before
            self.git(corpus, "init", "--quiet")
        self.git(corpus, "add", "--all")
        self.git(corpus, "commit", "--quiet", "--message", "start")
        (corpus.root / name).write_bytes(before + b"\n")
        assert convert_file(corpus, one, "--overwrite", name).code == 2
        (corpus.root / name).write_bytes(before)
        ran = convert_file(corpus, one, "--overwrite", str(corpus.root / name))
        assert (ran.code, ran.out) == (0, "")
        assert corpus.read(name)["quotes"] == []

    def test_only_the_named_file_is_replaced(self, corpus: Corpus) -> None:
        people(corpus, u7="gold", u8="ann-a")
        corpus.write("annotations/ann-a/alpha.json", "{}")
        self.git(corpus, "init", "--quiet")
        self.git(corpus, "add", "--all")
        self.git(corpus, "commit", "--quiet", "--message", "start")
        one = exported(1, "alpha", made(11, result=TICKED), made(12, 8))
        ran = convert_file(corpus, one, "--overwrite", "annotations/gold/alpha.json")
        assert (ran.code, ran.out.count(" L110 ")) == (1, 1)
        assert (corpus.root / "annotations/ann-a/alpha.json").read_text() == "{}"


class TestRenamed:
    """The lead edits annotators.toml after an import."""

    def test_the_former_file_goes(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        people(corpus, u7="mira")
        result = convert(exported(1, "alpha", made(11)))
        assert codes(result) == [("L113", "info", FILE)]
        assert "annotations/mira/alpha.json" in result.problems[0].message
        assert not (corpus.root / "annotations/ann-2").exists()
        assert corpus.read("annotations/mira/alpha.json")["annotator"] == "mira"
        assert convert(exported(1, "alpha", made(11))).problems == []

    def test_a_former_file_that_was_edited_is_kept_and_named(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        value = corpus.read(FILE)
        value["quotes"][0]["type"] = "indirect"
        corpus.write(FILE, json.dumps(value))
        people(corpus, u7="mira")
        for _ in range(2):
            assert codes(convert(exported(1, "alpha", made(11)))) == [("L113", "warning", FILE)]
            assert corpus.read(FILE) == value

    def test_two_annotators_swap_names(self, corpus: Corpus, convert: Convert) -> None:
        tasks = exported(1, "alpha", made(11), made(12, 8, result=TICKED))
        convert(tasks)
        people(corpus, u7="ann-3", u8="ann-2")
        assert convert(tasks).problems == []
        found = [
            corpus.read(f"annotations/{name}/alpha.json")["provenance"]["annotation"] for name in ("ann-2", "ann-3")
        ]
        assert found == [12, 11]

    def test_a_file_of_another_annotation_stays(self, corpus: Corpus, convert: Convert) -> None:
        convert(exported(1, "alpha", made(11)))
        people(corpus, u7="ann-2", u8="mira")
        assert convert(exported(1, "alpha", made(12, 8))).problems == []
        assert (corpus.root / FILE).exists()


class TestServers:
    """Two servers count users, projects, tasks and annotations from 1."""

    FILE = "annotations/ann-1/alpha.json"
    LAB, MOVED, OTHER = "https://labels.example.net", "https://moved.example.net/studio/", "https://other.example.org"

    def convert(self, corpus: Corpus, server: str, *annotations: dict[str, Any]) -> Ran:
        server_option = ("--server", server) if server else ()
        return convert_file(corpus, exported(1, "alpha", *annotations), *server_option)

    def declare(self, corpus: Corpus, **addresses: str) -> None:
        path = corpus.root / "annotators.toml"
        before = path.read_text() if path.exists() else ""
        head, _, rest = before.partition("[people]")
        declared = "".join(f'"{getattr(self, address)}" = "{name}"\n' for address, name in addresses.items())
        path.write_text(f"{head}[servers]\n{declared}[people]{rest}")

    def test_provenance_names_the_server_without_its_address(self, corpus: Corpus) -> None:
        assert self.convert(corpus, self.LAB, made(11)).code == 0
        value = corpus.read(self.FILE)
        assert re.fullmatch("[0-9a-f]{12}", value["provenance"]["server"])
        assert corpus.codes(self.FILE) == corpus.codes("annotations/gold/alpha.json")
        self.declare(corpus, LAB="lab")
        assert self.convert(corpus, self.LAB, made(11)).code == 0
        assert corpus.read(self.FILE)["provenance"]["server"] == "lab"

    def test_a_schema_without_the_property_gets_no_name(self, corpus: Corpus) -> None:
        schema = corpus.read("schema/annotation.schema.json")
        del schema["properties"]["provenance"]["properties"]["server"]
        corpus.write("schema/annotation.schema.json", schema)
        assert self.convert(corpus, self.LAB, made(11)).code == 0
        assert "server" not in corpus.read(self.FILE)["provenance"]

    @pytest.mark.parametrize("second", ["OTHER", ""])
    def test_another_server_does_not_win(self, corpus: Corpus, second: str) -> None:
        people(corpus, u7="ann-1")
        self.convert(corpus, self.LAB, made(11))
        name = corpus.read(self.FILE)["provenance"]["server"]
        before = (corpus.root / self.FILE).read_bytes()
        address = getattr(self, second) if second else ""
        # the same person, since the lead says so
        server = f"{server_id(address)}/" if address else ""
        text = (corpus.root / "annotators.toml").read_text()
        (corpus.root / "annotators.toml").write_text(text + (f'"{server}7" = "ann-1"\n' if server else ""))
        for _ in range(2):
            ran = self.convert(corpus, address, made(12, result=TICKED, **LATER))
            assert (ran.code, f"warning L114 The file holds an annotation of another server: {name} in" in ran.out) == (
                1,
                True,
            ), ran.out
            assert (corpus.root / self.FILE).read_bytes() == before

    def test_an_annotation_that_was_created_at_another_time_is_of_another_server(self, corpus: Corpus) -> None:
        self.convert(corpus, "", made(11))
        before = (corpus.root / self.FILE).read_bytes()
        ran = self.convert(corpus, "", made(11, result=TICKED, created_at="2026-11-24T08:00:00Z", **LATER))
        assert (ran.code, " L114 " in ran.out) == (1, True)
        assert (corpus.root / self.FILE).read_bytes() == before
        ran = self.convert(corpus, "", made(11, result=TICKED, created_at="2026-11-24T08:00:00+01:00", **LATER))
        assert (ran.code, ran.out) == (0, "")

    def test_the_same_annotation_needs_no_server(self, corpus: Corpus) -> None:
        self.convert(corpus, self.LAB, made(11))
        ran = self.convert(corpus, "", made(11, result=TICKED, **LATER))
        assert (ran.code, ran.out, corpus.read(self.FILE)["quotes"]) == (0, "", [])

    def test_a_server_that_moved_is_declared_the_same(self, corpus: Corpus) -> None:
        self.convert(corpus, self.LAB, made(11))
        assert self.convert(corpus, self.MOVED, made(12, **LATER)).code == 0
        assert corpus.read("annotations/ann-2/alpha.json")["provenance"]["annotation"] == 12, "another person so far"
        shutil.rmtree(corpus.root / "annotations/ann-2")
        self.declare(corpus, LAB="lab", MOVED="lab")
        ran = self.convert(corpus, self.MOVED, made(12, **LATER))
        assert (ran.code, "two pseudonyms, ann-1 and ann-2: remove one" in ran.err) == (2, True)
        path = corpus.root / "annotators.toml"
        path.write_text(re.sub('.*"ann-2"\n', "", path.read_text()))
        ran = self.convert(corpus, self.MOVED, made(12, **LATER))
        assert (ran.code, ran.out, ran.err) == (0, "", "1 written, 0 unchanged, 0 quarantined\n")
        assert (
            corpus.read(self.FILE)["provenance"] | {"server": "lab", "annotation": 12}
            == corpus.read(self.FILE)["provenance"]
        )

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("http://localhost:8080", "http://127.0.0.1:8080/", True),
            ("http://[::1]:8080", "http://LOCALHOST:8080", True),
            ("https://a.example.org", "https://A.example.org:443/", True),
            ("http://localhost:8080", "http://localhost:8081", False),
            ("https://a.example.org/one", "https://a.example.org/two", False),
        ],
    )
    def test_the_spellings_of_an_address_are_one(self, one: str, other: str, same: bool) -> None:
        assert (server_id(one) == server_id(other)) is same

    def test_a_user_of_another_server_is_another_person(self, corpus: Corpus) -> None:
        self.convert(corpus, self.LAB, made(11))
        assert self.convert(corpus, self.OTHER, made(11)).code == 0
        assert len(list((corpus.root / "annotations").glob("ann-[12]"))) == 2
        assert self.convert(corpus, self.LAB, made(11)).code == 0
        assert (
            corpus.read(self.FILE)["provenance"]["server"]
            != corpus.read(self.FILE.replace("1", "2"))["provenance"]["server"]
        )
        self.declare(corpus, OTHER="other")
        assert self.convert(corpus, "other", made(11, **LATER)).code == 0
        assert corpus.read("annotations/ann-2/alpha.json")["provenance"]["server"] == "other"

    def test_a_user_of_the_first_server_may_have_its_name_too(self, corpus: Corpus) -> None:
        corpus.write(
            "annotators.toml", f'server = "lab"\n[servers]\n"{self.LAB}" = "lab"\n[people]\n"lab/7" = "mira"\n'
        )
        assert self.convert(corpus, self.LAB, made(11)).code == 0
        assert (corpus.root / "annotations/mira/alpha.json").exists()

    def test_plain_ids_of_an_older_file_are_of_the_first_server(self, corpus: Corpus) -> None:
        people(corpus, u7="mira")
        for server, name in ((self.LAB, "mira"), (self.OTHER, "ann-1"), ("", "mira")):
            shutil.rmtree(corpus.root / "annotations" / name, ignore_errors=True)
            assert self.convert(corpus, server, made(11)).code == 0
            assert (corpus.root / "annotations" / name / "alpha.json").exists()

    def test_one_mail_address_on_two_servers_is_one_person(self, corpus: Corpus) -> None:
        who = {"id": 7, "email": "mira@example.org"}
        self.convert(corpus, self.LAB, made(11, who))
        self.convert(corpus, self.OTHER, made(12, {**who, "id": 9}))
        assert re.findall('= "(ann-.)"', (corpus.root / "annotators.toml").read_text()) == ["ann-1"] * 3

    @pytest.mark.parametrize("server", ["lab", "labels.example.net", "https://", 'https://a"b', "http://[::1"])
    def test_a_server_that_is_not_declared_is_refused(self, corpus: Corpus, server: str) -> None:
        ran = self.convert(corpus, server, made(11))
        assert (ran.code, ran.out, "example.net" in ran.err) == (2, "", False)
        assert not (corpus.root / self.FILE).exists()

    @pytest.mark.parametrize(
        "text",
        ["server = 7", 'server = "https://labels.example.net"', 'servers = "x"', '[servers]\n"https://x" = "a/b"'],
    )
    def test_a_file_that_cannot_be_understood_is_named(self, corpus: Corpus, text: str) -> None:
        corpus.write("annotators.toml", text)
        ran = self.convert(corpus, "", made(11))
        assert (ran.code, "annotators.toml" in ran.err, "example.net" in ran.err) == (2, True, False)
