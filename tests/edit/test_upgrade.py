"""`corpus upgrade` on a corpus that version 1.0.0 began: begun-1.0.0/ is what its `corpus init` wrote."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.copies import contents
from support.corpora import Corpus, run

from corpus.core.schema import shipped
from corpus.edit.rename_severities import rename_severities
from corpus.edit.upgrade import BEGUN

FOLDER = Path(__file__).parent / "begun-1.0.0"
HIDDEN = {
    "gitignore": ".gitignore",
    "gitattributes": ".gitattributes",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "submission.yml": ".github/workflows/submission.yml",
}
"""Files that git and GitHub would read under their own names."""
SCHEMA = "schema/annotation.schema.json"
OLD, NEW = f"someone/on-the-record@{'a' * 40}", f"else/checker@{'b' * 40}"
Json = dict[str, Any]


@pytest.fixture
def begun(tmp_path: Path) -> Corpus:
    root = shutil.copytree(FOLDER, tmp_path / "begun")
    for name, own in HIDDEN.items():
        (root / own).parent.mkdir(parents=True, exist_ok=True)
        (root / name).rename(root / own)
    for path in BEGUN.glob("*.json"):
        shutil.copy(path, root / "schema")
    return Corpus(root)


def change(corpus: Corpus, path: str, edit: Callable[[Json], object]) -> None:
    value = corpus.read(path)
    edit(value)
    (corpus.root / path).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def labels(schema: Json, layer: str, field: str) -> list[Json]:
    found: list[Json] = schema["properties"][layer]["items"]["properties"][field]["oneOf"]
    return found


def test_an_unedited_corpus_becomes_what_init_writes_today(begun: Corpus, tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "new"), "--checker", NEW).code == 0
    ran = begun.run("upgrade", "--checker", NEW)
    assert (ran.code, "note" not in ran.err) == (0, True), ran.err
    upgraded, new = contents(begun.root), contents(tmp_path / "new")
    own = {name for name in upgraded if upgraded[name] != new[name]}
    assert own == {"pyproject.toml"}
    assert begun.run("validate").code == 0
    again = begun.run("upgrade", "--checker", NEW)
    assert (again.code, "nothing to upgrade" in again.err) == (0, True)
    assert contents(begun.root) == upgraded


def test_edits_of_the_schema_are_kept_beside_what_is_new(begun: Corpus) -> None:
    def edit(schema: Json) -> None:
        labels(schema, "entities", "type").append({"const": "SHIP", "title": "Ship", "description": "A ship."})
        del schema["properties"]["nonquotes"]
        claims = json.loads(json.dumps(schema["properties"]["stances"]))
        schema["properties"]["claims"] = claims | {"title": "Claims"}

    change(begun, SCHEMA, edit)
    for path in begun.root.glob("annotations/*/*.json"):
        value = json.loads(path.read_bytes())
        value.pop("nonquotes")
        value["layers_done"].remove("nonquotes")
        path.write_text(json.dumps(value), "utf-8")
    assert begun.run("fmt").code == 0
    before = contents(begun.root / "annotations")
    ran = begun.run("upgrade")
    assert ran.code == 0, ran.err
    assert "/properties/nonquotes was removed here" in ran.err
    schema = begun.read(SCHEMA)
    assert "SHIP" in {one["const"] for one in labels(schema, "entities", "type")}
    assert "fields_done" in schema["properties"]
    assert "conditions" in schema["properties"]["stances"]["items"]
    assert {"claims"} <= schema["properties"].keys() - {"nonquotes"} == schema["properties"].keys()
    assert contents(begun.root / "annotations") == before
    assert begun.run("validate").code == 0


def test_a_conflict_is_named_and_nothing_is_written(begun: Corpus) -> None:
    """A field of the user's has the name of a new one, and a version is not the next one."""
    change(begun, SCHEMA, lambda schema: schema["properties"]["schema_version"].update(enum=["1.0", "ours"]))
    change(begun, "schema/article.schema.json", lambda schema: schema["properties"].update(set={"type": "string"}))
    before = contents(begun.root)
    ran = begun.run("upgrade")
    assert ran.code == 1
    article = "schema/article.schema.json"
    assert f'conflict: {SCHEMA}: /properties/schema_version/enum: you added it as ["1.0", "ours"]' in ran.err
    assert f'conflict: {article}: /properties/set: you added it as {{"type": "string"}}' in ran.err
    assert "nothing was written: 2 conflicts; correct your files as said above, and run the command again" in ran.err
    assert contents(begun.root) == before


def test_the_advice_of_each_conflict_resolves_it(begun: Corpus) -> None:
    """One place that both reworded, and one that the user reworded and this version removed."""
    done, const = ("properties", "layers_done"), ("properties", "schema_version")

    def at(schema: Json, keys: tuple[str, ...]) -> Json:
        for key in keys:
            schema = schema[key]
        return schema

    change(begun, SCHEMA, lambda schema: at(schema, done).update(description="Ours."))
    change(begun, SCHEMA, lambda schema: at(schema, const).update(const="1.0.0"))
    ran = begun.run("upgrade")
    assert ran.code == 1
    assert "/properties/layers_done/description: 1.0.0 had " in ran.err
    assert 'yours is "Ours.", and that of this version is "The layers that were annotated. ' in ran.err
    assert "write the one of this version; you can change it again after the upgrade" in ran.err
    assert '1.0.0 had "1.0", yours is "1.0.0", and this version has removed it: write the one of 1.0.0' in ran.err
    new = json.loads((shipped() / "annotation.schema.json").read_bytes())
    change(begun, SCHEMA, lambda schema: at(schema, done).update(description=at(new, done)["description"]))
    change(begun, SCHEMA, lambda schema: at(schema, const).update(const="1.0"))
    assert begun.run("upgrade").code == 0
    change(begun, SCHEMA, lambda schema: at(schema, done).update(description="Ours."))
    assert begun.run("validate").code == 0


def test_a_dry_run_shows_a_diff_and_writes_nothing(begun: Corpus) -> None:
    before = contents(begun.root)
    ran = begun.run("upgrade", "--dry-run", "--checker", NEW)
    assert ran.code == 0
    assert '+    "fields_done": {' in ran.out
    assert f"-    uses: {OLD.replace('@', '/.github/workflows/submission.yml@')}" in ran.out
    assert (
        "nothing was written; without --dry-run, the command changes 8 files: schema/annotation.schema.json" in ran.err
    )
    assert contents(begun.root) == before


def test_edited_texts_keep_their_edits(begun: Corpus) -> None:
    rule, job = "Our rule: ships are facilities.\n", "  more:\n    runs-on: ubuntu-latest\n"
    for name, words in (("schema/GUIDELINES.md", rule), (HIDDEN["submission.yml"], job), (".gitignore", "ours/\n")):
        with (begun.root / name).open("a") as file:
            file.write(words)
    ran = begun.run("upgrade", "--checker", NEW)
    assert ran.code == 0
    book = (begun.root / "schema/GUIDELINES.md").read_text("utf-8")
    assert book.endswith(rule)
    assert "schema/GUIDELINES.md: has your edits, so it stays as it is; compare it" in ran.err
    workflow = (begun.root / HIDDEN["submission.yml"]).read_text("utf-8")
    assert workflow.endswith(job)
    assert (workflow.count(OLD.split("@")[1]), workflow.count(NEW.split("@")[1])) == (0, 2)
    ignored = (begun.root / ".gitignore").read_text("utf-8")
    assert ignored.endswith("ours/\n.corpus-tmp-*\n")


def test_codes_that_were_replaced_are_renamed(begun: Corpus) -> None:
    head = '[[exception]]\ndoc_id = "wendle-clock"\nannotator = "ann-a"\nrecord = "q1"\n'
    begun.write(
        "annotations/exceptions.toml", f'{head}code = "Q510"\nreason = "It is so."\nuntil = 2030-01-01\n'.encode()
    )
    assert begun.run("validate").code == 2
    assert begun.run("upgrade").code == 0
    assert b'code = "S501"' in (begun.root / "annotations/exceptions.toml").read_bytes()
    assert begun.run("validate").code in (0, 1)


SEVERITIES = {
    "a key": ('Q510 = "info"  # ours\n', 'S501 = "info"  # ours\n'),
    "a key in quotes": ("'Q510'=\"info\"\n", "'S501'=\"info\"\n"),
    "two codes": ('Q510 = "info"\n# and\nT502 = "info"\nC657 = "info"\n', 'S501 = "info"\n# and\nC657 = "info"\n'),
    "the new code too": ('S501 = "info"\nQ510 = "info"', 'S501 = "info"\n'),
    "the code elsewhere": (
        'P307 = "info" # Q510\nQ510 = "info"\n[tool.else]\nQ510 = "info"\n',
        'P307 = "info" # Q510\nS501 = "info"\n[tool.else]\nQ510 = "info"\n',
    ),
}


@pytest.mark.parametrize("name", SEVERITIES)
def test_severities_of_codes_that_were_replaced_are_renamed(begun: Corpus, name: str) -> None:
    before, after = SEVERITIES[name]
    path = begun.root / "pyproject.toml"
    head = path.read_bytes()
    path.write_bytes(head + before.encode())
    refused = begun.run("validate")
    assert (refused.code, "Q510 is S501 now, since the schema states the rule; " in refused.err) == (2, True)
    ran = begun.run("upgrade")
    assert ran.code == 0, ran.err
    assert (
        'note: pyproject.toml: Q510 is S501 now, which is the code of all conditions of the schema: "info"' in ran.err
    )
    assert path.read_bytes() == head + after.encode()
    assert begun.run("validate").code == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('severity = {Q510 = "info", T502 = "info"}', 'severity = {S501 = "info"}'),
        ('severity = {T502 = "info" , C657 = "info", S501="info"}', 'severity = {C657 = "info", S501="info"}'),
        ('severity.Q510 = "info"\r\nseverity.T502 = "info"\r\n', 'severity.S501 = "info"\r\n'),
    ],
)
def test_severities_are_renamed_in_any_form_of_toml(before: str, after: str) -> None:
    assert rename_severities(f"[tool.corpus]\n{before}")[0] == f"[tool.corpus]\n{after}"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            'S501 = "warning"\nQ510 = "info"\n',
            'has S501 = "warning", Q510 = "info", and Q510 is S501 now: write one severity for S501, and delete Q510',
        ),
        (
            'Q510 = "info"\nT502 = "error"\n',
            'has Q510 = "info", T502 = "error", and Q510 and T502 are S501 now: write one severity for S501',
        ),
        ('"Q51\\u0030" = "info"\n', 'Q510 is S501 now: write S501 = "info" in its place'),
    ],
)
def test_severities_that_cannot_be_renamed_are_conflicts(begun: Corpus, lines: str, said: str) -> None:
    with (begun.root / "pyproject.toml").open("a") as file:
        file.write(lines)
    before = contents(begun.root)
    ran = begun.run("upgrade")
    assert ran.code == 1
    assert f"conflict: pyproject.toml: [tool.corpus.severity] {said}" in ran.err
    assert contents(begun.root) == before


def test_a_severity_of_a_code_that_never_was_is_a_conflict(begun: Corpus) -> None:
    with (begun.root / "pyproject.toml").open("a") as file:
        file.write('X999 = "info"\n')
    ran = begun.run("upgrade")
    assert (ran.code, "there is no check X999" in ran.err) == (1, True)
    assert (begun.root / SCHEMA).read_bytes() == (BEGUN / "annotation.schema.json").read_bytes()


def test_annotations_that_would_no_longer_be_valid_are_named(begun: Corpus) -> None:
    """A corpus that had a field of today's name, of another kind."""
    change(begun, "schema/article.schema.json", lambda schema: schema.update(additionalProperties=True))
    change(begun, "raw/wendle-clock.json", lambda record: record.update(twin_kind="of ours"))
    ran = begun.run("upgrade")
    assert ran.code == 1
    assert "raw/wendle-clock.json:1: does not follow the merged schema" in ran.err
