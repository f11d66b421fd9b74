"""`corpus init`, `corpus add` and `corpus guidelines`: a corpus of one's own, and that everything works in it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import datasets
import pytest
import yaml
from support.corpora import REPOSITORY, Corpus, Ran, run

import corpus as on_the_record
from corpus.cli.main import app
from corpus.core.schema import Schema
from corpus.edit import init as starting
from corpus.edit.guidelines import edition

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CHECKER = f"someone/on-the-record@{COMMIT}"
TITLE = 'Press of the "Wendle" valley: a corpus'


def begin(folder: Path, *argv: str) -> Ran:
    return run("init", str(folder), "--title", TITLE, "--checker", CHECKER, *argv)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A corpus as `corpus init` leaves it, with a build."""
    root = tmp_path_factory.mktemp("init") / "deep" / "valley"
    assert begin(root).code == 0
    started = Corpus(root)
    assert started.run("build").code == 0
    return started


@pytest.fixture
def fresh(tmp_path: Path) -> Corpus:
    """A corpus as `corpus init` leaves it, to be changed."""
    assert begin(tmp_path / "valley").code == 0
    return Corpus(tmp_path / "valley")


# corpus init


def test_nothing_is_found_and_nothing_is_to_format(begun: Corpus) -> None:
    assert begun.run("validate") == Ran(0, "", "no findings in 1 document\n")
    assert begun.run("fmt", "--check").code == 0
    assert begun.run("guidelines", "--check") == Ran(0, "", "")


def test_every_config_loads(begun: Corpus, tmp_path: Path) -> None:
    for config in ("documents", "annotations", "entities", "quotes", "stances"):
        found = datasets.load_dataset(str(begun.root / "build"), config, split="train", cache_dir=str(tmp_path))
        assert len(found) > 0, config
    quotes = on_the_record.load("quotes", split="train", root=begun.root, cache_dir=str(tmp_path))
    assert [quote["speaker_name"] for quote in quotes] == ["Idris Pemberly", "Idris Pemberly", "Petra Lunn"]


def test_two_annotators_are_compared(begun: Corpus) -> None:
    ran = begun.run("agreement", "--layer", "quotes")
    assert ran.code == 0
    assert ran.out.startswith("Agreement of ann-a and ann-b on 1 document\n")


def test_label_studio_has_the_labels_of_the_schema(begun: Corpus) -> None:
    ran = begun.run("label-studio", "config")
    assert ran.code == 0
    assert "free_indirect" in ran.out


def test_it_can_be_released_and_compared(fresh: Corpus) -> None:
    assert fresh.run("release", "0.1.0").code == 0
    assert fresh.run("verify").code == 0
    assert fresh.run("diff", "0.1.0").out == "0.1.0 → the working tree: none\n"
    cited = yaml.safe_load((fresh.root / "releases" / "0.1.0" / "CITATION.cff").read_text("utf-8"))
    assert (cited["title"], cited["license"]) == (TITLE, "CC-BY-4.0")


def test_every_table_of_the_card_is_filled_in(begun: Corpus) -> None:
    card = (begun.root / "build" / "README.md").read_text("utf-8")
    front = yaml.safe_load(card.split("---\n")[1])
    assert (front["pretty_name"], front["license"], front["language"]) == (TITLE, "cc-by-4.0", ["en"])
    assert "<!-- corpus:" not in card
    written = (begun.root / "DATASET_CARD.md").read_text("utf-8")
    for table in ("configs", "counts", "fields", "labels", "agreement", "hard-cases"):
        assert f"<!-- corpus:{table} -->" in written


def test_the_schema_is_the_shipped_one(begun: Corpus) -> None:
    for path in sorted((REPOSITORY / "schema").iterdir()):
        same = (begun.root / "schema" / path.name).read_bytes() == path.read_bytes()
        assert same == (path.name not in ("targets.json", "GUIDELINES.md")), path.name
    in_skeleton = {path.name for path in (starting.SKELETON / "schema").iterdir()}
    assert in_skeleton == {"targets.json"}
    assert len(Schema.read(begun.root).targets) == 1


def test_the_guidelines_are_the_shipped_ones_with_all_rules(begun: Corpus) -> None:
    book = (begun.root / "schema" / "GUIDELINES.md").read_text("utf-8")
    shipped = (REPOSITORY / "schema" / "GUIDELINES.md").read_text("utf-8")
    rules, changes = book.split("## Changelog\n")
    assert rules == shipped.split("## Changelog\n")[0]
    assert edition(book) == edition(shipped) == "1.4"
    assert changes.count("\n- ") == 1
    assert "Edition 1.4 of the guidelines of On the Record" in changes


def test_nothing_is_left_to_fill_in_but_prose(begun: Corpus) -> None:
    for path in (path for path in begun.root.rglob("*") if path.is_file() and "build" not in path.parts):
        text = path.read_text("utf-8")
        assert text.replace("${{ ", "").count("{{ ") == 0, path
        assert "OWNER/on-the-record" not in text or path.name == "README.md", path
    assert tomllib.loads((begun.root / "pyproject.toml").read_text("utf-8"))["tool"]["corpus"]["version"] == "0.1.0"


def test_the_workflow_is_linted_and_safe_for_forks(begun: Corpus) -> None:
    path = begun.root / ".github" / "workflows" / "submission.yml"
    for command in (
        ["zizmor", "--offline", "--no-config", "--no-progress", "--persona=auditor", path],
        ["jactionlint", path],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", path],
        ["pre-commit", "validate-config", begun.root / ".pre-commit-config.yaml"],
    ):
        beside = Path(sys.executable).parent / str(command[0])
        done = subprocess.run([beside, *command[1:]], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    assert workflow[True] == "pull_request"
    assert workflow["permissions"] == {"contents": "read"}
    job = workflow["jobs"]["submission"]
    assert job["uses"] == f"someone/on-the-record/.github/workflows/submission.yml@{COMMIT}"
    called: dict[Any, Any] = yaml.safe_load(
        (REPOSITORY / ".github" / "workflows" / "submission.yml").read_text("utf-8")
    )
    inputs = called[True]["workflow_call"]["inputs"]
    assert job["with"].keys() <= inputs.keys()
    assert {name for name, one in inputs.items() if one.get("required")} <= job["with"].keys()


def parses(argv: list[str]) -> click.Context:
    """The command line with these arguments; UsageError when it does not take them."""
    command: click.Command = app
    while isinstance(command, click.Group):
        name = argv.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found, f"there is no verb {name}"
        command = found
    return command.make_context("corpus", argv)


def test_its_documents_name_commands_that_are_there(begun: Corpus) -> None:
    for path in (begun.root / "README.md", begun.root / ".github" / "pull_request_template.md"):
        named = re.findall(r"(?:`|^\$ )(corpus \w[^`\n]*)", path.read_text("utf-8"), re.MULTILINE)
        assert len(named) > 1
        for command in named:
            assert parses(shlex.split(command)[1:]), command


def test_hooks_are_those_of_this_repository(begun: Corpus) -> None:
    [repo] = yaml.safe_load((begun.root / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert repo["rev"] == COMMIT
    assert {hook["id"] for hook in repo["hooks"]} == {hook["id"] for hook in hooks}


def test_the_same_words_make_the_same_bytes(tmp_path: Path, begun: Corpus) -> None:
    assert begin(tmp_path / "valley").code == 0
    for path in (path for path in (tmp_path / "valley").rglob("*") if path.is_file()):
        assert path.read_bytes() == (begun.root / path.relative_to(tmp_path / "valley")).read_bytes()


def test_an_empty_folder_is_taken_and_so_is_a_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run("init", ".").code == 0
    assert run("validate").code == 0
    assert (tmp_path / "README.md").read_text("utf-8").startswith(f"# {tmp_path.name}\n")


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (["taken"], "taken is not empty"),
        (["file"], "file is not a directory"),
        (["new", "--title", "two\nlines"], "--title must be one line of printable text"),
        (["new", "--title", " "], "--title must be one line of printable text"),
        (["new", "--license", "by me"], "--license must be an SPDX identifier"),
        (["new", "--checker", "someone/on-the-record@main"], "--checker must be OWNER/NAME@COMMIT"),
        (["file/new"], "file"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_leaves_nothing(argv: list[str], why: str, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "a").write_text("a", "utf-8")
    (tmp_path / "file").write_text("a", "utf-8")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    ran = run("init", str(tmp_path / argv[0]), *argv[1:])
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("there", [False, True])
def test_a_corpus_is_begun_whole_or_not_at_all(there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "valley"
    if there:
        folder.mkdir()
    monkeypatch.setattr(starting, "SHIPPED", ("annotation.schema.json", "no-such-file.json"))
    assert begin(folder).code == 2
    assert list(tmp_path.rglob("*")) == ([folder] if there else [])


def test_the_checker_is_what_the_command_was_installed_from() -> None:
    def of(url: str, **vcs: str) -> starting.Checker:
        return starting.checker_of(json.dumps({"url": url, "vcs_info": {"vcs": "git", **vcs}}))

    known = starting.Checker("someone/on-the-record", COMMIT)
    assert of("https://github.com/someone/on-the-record", commit_id=COMMIT) == known
    assert of("https://github.com/someone/on-the-record.git", commit_id=COMMIT) == known
    assert of("ssh://git@github.com/someone/on-the-record.git", commit_id=COMMIT) == known
    assert of("https://git.example/someone/on-the-record", commit_id=COMMIT) == starting.UNKNOWN
    assert of("https://github.com/someone/on-the-record") == starting.UNKNOWN
    assert starting.checker_of('{"url": "file:///tmp/a", "dir_info": {}}') == starting.UNKNOWN
    assert starting.checker_of("{}") == starting.UNKNOWN


# corpus add

VALUES = ("language=en", "license=CC0-1.0", "split=train")


def test_a_text_becomes_an_article_byte_for_byte(fresh: Corpus, tmp_path: Path) -> None:
    data = "Rain 😀\r\n\r\nIt rained, said Tove Arnsen.\r\n".encode()
    (tmp_path / "rain.txt").write_bytes(data)
    ran = fresh.run("add", str(tmp_path / "rain.txt"), *VALUES, "title=Rain = weather", "topics=a", "topics=b", "url=")
    assert ran.code == 0, ran.err
    assert ran.err == f"raw/rain.json: {len(data.decode())} code points, SHA-256 {sha256(data).hexdigest()}\n"
    assert (fresh.root / "raw" / "rain.txt").read_bytes() == data
    record = fresh.read("raw/rain.json")
    assert record["length"] == len(data.decode()) == len(data) - 3
    assert (record["title"], record["topics"], record["url"]) == ("Rain = weather", ["a", "b"], None)
    assert (record["redistribution"], record["license"]) == ("full", "CC0-1.0")
    assert fresh.run("validate").code == 0
    assert fresh.run("fmt", "--check").code == 0


def test_a_text_that_lies_in_raw_stays(fresh: Corpus) -> None:
    path = fresh.write("raw/rain.txt", "It rained.\n")
    before = path.stat()
    assert fresh.run("add", str(path), *VALUES).code == 0
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert fresh.run("validate").code == 0


def test_a_text_that_may_not_be_passed_on_is_attached(fresh: Corpus, tmp_path: Path) -> None:
    (tmp_path / "rain.txt").write_text("It rained.\n", "utf-8")
    text = str(tmp_path / "rain.txt")
    assert fresh.run("add", text, "doc_id=wet", *VALUES, "redistribution=offsets_only").code == 0
    assert not (fresh.root / "raw" / "wet.txt").exists()
    assert (fresh.root / "raw" / "attached" / "wet.txt").read_text("utf-8") == "It rained.\n"
    assert "/raw/attached/" in (fresh.root / ".gitignore").read_text("utf-8").splitlines()
    assert fresh.run("validate").code == 0


def test_a_field_that_the_schema_adds_can_be_given(fresh: Corpus, tmp_path: Path) -> None:
    schema = fresh.read("schema/article.schema.json")
    schema["properties"]["words"] = {"title": "Words", "description": "How many.", "type": "integer"}
    schema["properties"]["paid"] = {"title": "Paid", "description": "Behind a wall.", "type": "boolean"}
    schema["required"].append("words")
    fresh.write("schema/article.schema.json", schema)
    (tmp_path / "rain.txt").write_text("It rained.\n", "utf-8")
    ran = fresh.run("add", str(tmp_path / "rain.txt"), *VALUES)
    assert (ran.code, ran.err) == (2, "corpus: give words=…; the schema requires it\n")
    assert fresh.run("add", str(tmp_path / "rain.txt"), *VALUES, "words=2", "paid=false").code == 0
    assert (fresh.read("raw/rain.json")["words"], fresh.read("raw/rain.json")["paid"]) == (2, False)


@pytest.mark.parametrize(
    ("data", "argv", "why"),
    [
        (b"a\n", [], "give language=… license=…; the schema requires it"),
        (b"a\n", [*VALUES, "colour=red"], "'colour=red' is not FIELD=VALUE; the fields are doc_id, title,"),
        (b"a\n", [*VALUES, "length=3"], "'length=3' is not FIELD=VALUE"),
        (b"a\n", [*VALUES, "split=dev"], "split is given twice"),
        (b"a\n", ["language=English", "license=CC0-1.0"], "language: "),
        (b"a\n", ["language=en", "license=CC0-1.0", "split=half"], "split: "),
        (b"a\n", ["language=en", "license=CC0-1.0", "published=yesterday"], "published: "),
        (b"", [*VALUES], "in.txt:1:1: empty-file"),
        (b" \n", [*VALUES], "in.txt:1:1: empty-file only white space"),
        (b"a\nb\xff\n", [*VALUES], "in.txt:2:2: not-utf8 byte 0xff"),
        (b"\xef\xbb\xbfa\n", [*VALUES], "in.txt:1:1: byte-order-mark"),
        (b"a\n", [*VALUES, "doc_id=../a"], "'../a' is not a document id"),
        (b"a\n", [*VALUES, "doc_id=wendle-clock"], "raw/wendle-clock.json already has a document wendle-clock"),
        (None, [*VALUES], "in.txt does not exist"),
    ],
)
def test_what_is_no_article_is_refused_and_writes_nothing(
    data: bytes | None, argv: list[str], why: str, fresh: Corpus, tmp_path: Path
) -> None:
    before = fresh.files()
    if data is not None:
        (tmp_path / "in.txt").write_bytes(data)
    ran = fresh.run("add", str(tmp_path / "in.txt"), *argv)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert fresh.files() == before


def test_a_text_of_another_article_is_not_written_over(fresh: Corpus, tmp_path: Path) -> None:
    fresh.write("raw/rain.txt", "It rained.\n")
    (tmp_path / "rain.txt").write_text("It poured.\n", "utf-8")
    ran = fresh.run("add", str(tmp_path / "rain.txt"), *VALUES)
    assert (ran.code, "raw/rain.txt already has a document rain" in ran.err) == (2, True)
    assert (fresh.root / "raw" / "rain.txt").read_text("utf-8") == "It rained.\n"


# corpus guidelines


def test_a_label_that_the_schema_adds_gets_its_row(fresh: Corpus) -> None:
    schema = fresh.read("schema/annotation.schema.json")
    medium = schema["properties"]["quotes"]["items"]["properties"]["medium"]["oneOf"]
    medium.append({"const": "sign", "title": "Sign | language", "description": "Signed, not spoken."})
    fresh.write("schema/annotation.schema.json", schema)
    assert fresh.run("guidelines", "--check").code == 1
    ran = fresh.run("guidelines")
    assert (ran.code, ran.err) == (0, "schema/GUIDELINES.md: tables written\n")
    guidelines = (fresh.root / "schema" / "GUIDELINES.md").read_text("utf-8")
    assert "| `sign` | Sign \\| language | Signed, not spoken. |\n" in guidelines
    assert fresh.run("guidelines", "--check") == Ran(0, "", "")


def test_a_condition_that_the_schema_adds_gets_its_row(fresh: Corpus) -> None:
    schema = fresh.read("schema/annotation.schema.json")
    rule = {"title": "Hope | fear", "reason": "Nobody hears them.", "if": {"medium": "thought"}, "then": {"cue": None}}
    schema["properties"]["quotes"]["items"]["conditions"].append(rule)
    fresh.write("schema/annotation.schema.json", schema)
    assert fresh.run("guidelines", "--check").code == 1
    assert fresh.run("guidelines").code == 0
    row = "| Hope \\| fear | if `medium` is `thought`, then `cue` is empty | Nobody hears them. |\n"
    assert row in (fresh.root / "schema" / "GUIDELINES.md").read_text("utf-8")
    nonquotes = schema["properties"]["nonquotes"]["items"]
    nonquotes["conditions"] = [rule | {"if": {"reason": "scare"}, "then": {"spans": {"not": None}}}]
    fresh.write("schema/annotation.schema.json", schema)
    assert "no table for conditions:nonquotes; put" in fresh.run("guidelines").out


def test_a_field_without_a_table_is_told(fresh: Corpus) -> None:
    path = fresh.root / "schema" / "GUIDELINES.md"
    text = path.read_text("utf-8")
    path.write_text(text.replace("labels:quotes.medium", "labels:quotes.mediums"), "utf-8")
    ran = fresh.run("guidelines")
    assert ran.code == 1
    assert ran.out.startswith(
        "schema/GUIDELINES.md: no table for labels:quotes.medium; put <!-- generated:labels:quotes.medium"
    )
    path.write_bytes(b"\xff")
    assert fresh.run("guidelines").code == 2
    path.unlink()
    assert fresh.run("guidelines").code == 2


# From a wheel


@pytest.mark.slow
def test_a_wheel_has_all_of_it(tmp_path: Path) -> None:
    """A wheel in a fresh environment, far from the checkout. Needs PyPI, as .ci/run does."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    env |= {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}

    def command(*argv: object, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            list(map(str, argv)), cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    command(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, REPOSITORY)
    [wheel] = tmp_path.glob("on_the_record-*.whl")
    command(sys.executable, "-m", "venv", "venv")
    bin_ = tmp_path / "venv" / "bin"
    command(bin_ / "pip", "install", "--quiet", "-c", REPOSITORY / "constraints.txt", f"{wheel}[agreement,load]")
    corpus = bin_ / "corpus"
    command(corpus, "init", "valley", "--title", TITLE, "--checker", CHECKER)
    root = tmp_path / "valley"
    assert begin(tmp_path / "here").code == 0
    made = {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    here = tmp_path / "here"
    assert made == {path.relative_to(here): path.read_bytes() for path in here.rglob("*") if path.is_file()}
    assert command(corpus, "validate", cwd=root) == "no findings in 1 document\n"
    command(corpus, "build", cwd=root)
    assert command(corpus, "agreement", cwd=root).startswith("Agreement of ann-a and ann-b on 1 document\n")
    config = ElementTree.fromstring(command(corpus, "label-studio", "config", cwd=root))
    assert (config.tag, config.find(".//Text").get("name")) == ("View", "text")  # type: ignore[union-attr]
    command(corpus, "release", "0.1.0", cwd=root)
    assert command(corpus, "diff", "0.1.0", cwd=root) == "0.1.0 → the working tree: none\n"
    code = 'import corpus; print(corpus.load("quotes", split="train", version="0.1.0")[2]["content_text"])'
    assert command(bin_ / "python", "-c", code, cwd=root).endswith("the plan “a very loud gift”\n")
