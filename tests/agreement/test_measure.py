"""`corpus agreement`: who is compared on what, what is left out, and how it is shown."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.copies import change, copy_repository, read, to_bulk, withhold, write
from support.corpora import REPOSITORY, Corpus, run
from support.source_layer import add_layer, with_sentences

from corpus.agreement import Result, agreement, card_table
from corpus.core.model import CorpusError

DOCUMENT = "annotations/ann-b/alpha.json"


@pytest.fixture
def pair(corpus: Corpus) -> Corpus:
    """Two annotators that say the same of one document."""
    value = corpus.read("annotations/ann-a/alpha.json")
    corpus.write(DOCUMENT, value | {"annotator": "ann-b"})
    return corpus


def figure(result: Result, layer: str, field: str, measure: str, who: str = "", doc_id: str = "") -> float:
    table = result.figures if who else result.overall
    table = table[(table["layer"] == layer) & (table["field"] == field) & (table["measure"] == measure)]
    if who:
        table = table[(table["annotators"] == who) & (table["doc_id"] == doc_id)]
    (value,) = table["value"]
    return float(value)


def test_annotators_that_say_the_same_agree_in_everything(pair: Corpus) -> None:
    values = agreement(pair.root).overall["value"].dropna()
    assert len(values) > 15
    assert set(values) == {1.0}


def without(value: dict[str, Any], layer: str, *names: str) -> dict[str, Any]:
    """The annotation of somebody who did not annotate these fields of a layer."""
    records = [{key: one for key, one in record.items() if key not in names} for record in value[layer]]
    fields = {key: None for record in records for key in record}
    done = {**value.get("fields_done", {}), layer: list(fields)}
    return value | {layer: records, "fields_done": done, "schema_version": "1.1"}


def measured(result: Result) -> set[tuple[str, str, str]]:
    """Layer, field and measure of each figure."""
    return {(row.layer, row.field, row.measure) for row in result.overall.itertuples()}


@pytest.mark.parametrize(
    ("layer", "name", "gone"),
    [
        ("quotes", "cue", {("cue", "unitizing_alpha"), ("cue", "token_alpha"), ("cue", "span_f1_exact")}),
        ("quotes", "speaker", {("speaker", "accuracy")}),
        ("quotes", "type", {("type", "alpha"), ("content", "unitizing_alpha"), ("", "record_f1_labelled")}),
        ("mentions", "form", {("form", "alpha"), ("", "record_f1_labelled")}),
        ("mentions", "entity", {("entity", "lea_f1"), ("entity", "accuracy"), ("spans", "token_alpha")}),
        ("entities", "type", {("type", "alpha"), ("", "record_f1_labelled")}),
    ],
)
def test_a_field_that_one_of_them_did_not_annotate_has_no_figure(
    pair: Corpus, layer: str, name: str, gone: set[tuple[str, str]]
) -> None:
    before = measured(agreement(pair.root))
    pair.write(DOCUMENT, without(pair.read(DOCUMENT), layer, name))
    result = agreement(pair.root)
    missing = before - measured(result)
    assert {(layer, *one) for one in gone} <= missing
    assert {one for one in missing if one[0] == layer and one[1] not in ("", name)} <= {
        (layer, place, measure) for place in ("content", "spans") for measure in ("token_alpha", "unitizing_alpha")
    }
    assert set(result.overall["value"].dropna()) == {1.0}
    assert result.left_out == {}


def test_entities_without_mentions_of_them_are_not_matched(pair: Corpus) -> None:
    """Entities are matched by their mentions: nothing is known of them where these have no entity."""
    pair.write(DOCUMENT, without(pair.read(DOCUMENT), "mentions", "entity"))
    found = measured(agreement(pair.root))
    assert not [one for one in found if one[0] == "entities"]
    assert ("quotes", "speaker", "accuracy") not in found
    assert ("quotes", "source", "accuracy") in found


def test_a_label_that_differs_lowers_the_figures_of_that_label_alone(pair: Corpus) -> None:
    change(pair.root / DOCUMENT, lambda value: value["mentions"][1].update(form="NOM"))
    result = agreement(pair.root)
    lowered = result.overall[result.overall["value"] < 1]
    assert {(row.layer, row.field, row.measure) for row in lowered.itertuples()} == {
        ("mentions", "", "record_f1_labelled"),
        ("mentions", "form", "alpha"),
        ("mentions", "form", "kappa"),
    }
    assert result.confusions.values.tolist() == [["mentions", "form", "ann-a, ann-b", "PRO", "NOM", 1]]


def test_a_speaker_that_differs_is_seen_though_ids_are_the_annotators_own(pair: Corpus) -> None:
    def rename(value: dict[str, Any]) -> None:
        value["entities"][0]["id"] = "somebody"
        for mention in value["mentions"]:
            mention["entity"] = "somebody"
        value["quotes"][0]["speaker"] = "somebody"

    change(pair.root / DOCUMENT, rename)
    assert figure(agreement(pair.root), "quotes", "speaker", "accuracy") == 1
    change(pair.root / DOCUMENT, lambda value: value["quotes"][0].update(speaker=None))
    assert figure(agreement(pair.root), "quotes", "speaker", "accuracy") == 0


def test_a_layer_that_one_did_not_look_at_is_not_compared(pair: Corpus) -> None:
    change(pair.root / DOCUMENT, lambda value: (value["layers_done"].remove("quotes"), value.pop("quotes")))
    assert set(agreement(pair.root).figures["layer"]) == {"entities", "mentions"}


def test_a_layer_in_which_one_found_nothing_is_compared(pair: Corpus) -> None:
    change(pair.root / DOCUMENT, lambda value: value.update(quotes=[]))
    assert figure(agreement(pair.root), "quotes", "", "record_f1") == 0
    assert figure(agreement(pair.root), "quotes", "content", "span_f1_partial") == 0


def test_a_folder_whose_name_no_annotator_can_have_is_none(pair: Corpus) -> None:
    pair.write("annotations/\x1b[31mred/alpha.json", pair.read(DOCUMENT))
    ran = pair.run("agreement")
    assert ran.code == 0
    assert "Agreement of ann-a and ann-b on 1 document\n" in ran.out
    assert "\x1b" not in ran.out


def test_gold_is_compared_when_it_is_named(pair: Corpus) -> None:
    assert set(agreement(pair.root).figures["annotators"]) == {"ann-a, ann-b"}
    assert set(agreement(pair.root, ["gold", "ann-a"]).figures["annotators"]) == {"ann-a, gold"}


def test_several_annotators_are_compared_pair_by_pair_and_together(pair: Corpus) -> None:
    value = pair.read(DOCUMENT) | {"annotator": "ann-c", "quotes": []}
    pair.write("annotations/ann-c/alpha.json", value)
    result = agreement(pair.root)
    assert [figure(result, "quotes", "", "record_f1", who) for who in ("ann-a, ann-b", "ann-a, ann-c")] == [1, 0]
    assert figure(result, "quotes", "", "record_f1", "all") == 0.5
    shown = pair.run("agreement", "--layer", "quotes").out
    assert "ann-a, ann-b and ann-c" in shown
    assert "kappa" not in set(result.overall["measure"])


def test_a_withheld_text_is_left_out_of_tokens_alone(tmp_path: Path) -> None:
    root = copy_repository(tmp_path, ("storm-ketterick-brief", "barrage-hearing-delay"))
    before = agreement(root)
    withhold(root, "storm-ketterick-brief", attach=False)
    after = agreement(root)
    assert after.left_out == {"documents without their text, in figures on tokens": 1}
    measures = ("token_alpha", "unitizing_alpha", "span_f1_exact", "lea_f1")
    documents = {name: after.overall[after.overall["measure"] == name]["documents"].max() for name in measures}
    assert documents == {"token_alpha": 1, "unitizing_alpha": 2, "span_f1_exact": 2, "lea_f1": 2}
    assert figure(after, "mentions", "spans", "unitizing_alpha") == figure(
        before, "mentions", "spans", "unitizing_alpha"
    )


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda value: value.update(text_sha256="0" * 64), "annotations of another text"),
        (
            lambda value: value["mentions"][0]["spans"][0].update(end=10**9),
            "annotations with a span outside of the text",
        ),
        (lambda value: value["mentions"][0].pop("entity"), "annotations that `corpus validate` rejects"),
    ],
)
def test_what_cannot_be_compared_is_left_out_and_said(
    pair: Corpus, edit: Callable[[dict[str, Any]], object], reason: str
) -> None:
    change(pair.root / DOCUMENT, edit)
    ran = pair.run("agreement")
    assert ran.code == 1
    assert ran.err.startswith("nothing was compared: two of them annotated 1 document, but none can be compared: 1 ")
    assert f"- 1 {reason}\n" in ran.out
    assert "on 0 documents" in ran.out


def test_references_to_nothing_are_compared_as_they_are(pair: Corpus) -> None:
    change(pair.root / DOCUMENT, lambda value: value["quotes"][0].update(speaker="nobody", source=["m9"]))
    change(pair.root / DOCUMENT, lambda value: value["mentions"][0].update(entity="nobody"))
    assert figure(agreement(pair.root), "quotes", "speaker", "accuracy") == 0


def test_a_layer_that_python_does_not_know_is_measured(pair: Corpus) -> None:
    def add(schema: dict[str, Any]) -> None:
        layer = schema["properties"]["nonquotes"]
        schema["properties"]["figures"] = json.loads(json.dumps(layer)) | {"title": "Figures"}

    change(pair.root / "schema" / "annotation.schema.json", add)
    figures = [
        {"id": "f1", "spans": [{"start": 0, "end": 5, "text": "Mayor"}], "reason": "term"},
        {"id": "f2", "spans": [{"start": 6, "end": 9, "text": "Åsa"}], "reason": "title"},
    ]
    for name, other in (("ann-a", "term"), ("ann-b", "slogan")):
        found = [figures[0] | {"reason": other}, figures[1]]
        path = pair.root / f"annotations/{name}/alpha.json"
        value = read(path)
        write(path, value | {"figures": found, "layers_done": [*value["layers_done"], "figures"]})
    result = agreement(pair.root, layers=["figures"])
    assert figure(result, "figures", "spans", "span_f1_exact") == 1
    assert figure(result, "figures", "spans", "token_alpha") < 1
    assert figure(result, "figures", "", "record_f1_labelled") == 0.5
    assert figure(result, "figures", "reason", "kappa") == pytest.approx(1 / 3, abs=1e-6)


def test_the_worst_document_stands_first() -> None:
    result = agreement(REPOSITORY, layers=("stances",))
    assert result.worst["mean"].is_monotonic_increasing
    assert result.worst["mean"].iloc[0] < result.worst["mean"].iloc[-1]


def test_the_form_of_the_files_does_not_matter(tmp_path: Path) -> None:
    root = copy_repository(tmp_path, annotators=("ann-a", "ann-b"))
    first = run("--root", str(root), "agreement", "--format", "json").out
    to_bulk(root, 3)
    assert run("--root", str(root), "agreement", "--format", "json").out == first


def test_every_format_shows_the_same_figures(tmp_path: Path) -> None:
    root = copy_repository(tmp_path, ("cup-final-goal-line", "vellish-signs-opinion"))
    ran = {
        name: run("--root", str(root), "agreement", "--format", name) for name in ("text", "json", "markdown", "csv")
    }
    assert {one.code for one in ran.values()} == {0}
    figures = json.loads(ran["json"].out)["figures"]
    rows = list(csv.DictReader(io.StringIO(ran["csv"].out)))
    assert len(rows) == len(figures) == len(agreement(root).figures)
    for row, one in zip(rows, figures, strict=True):
        assert {key: row[key] for key in ("layer", "measure")} == {key: one[key] for key in ("layer", "measure")}
        assert (float(row["value"]) if row["value"] else None) == one["value"]
        assert one["value"] is None or not math.isnan(one["value"])
    stance = next(
        one for one in figures if (one["layer"], one["field"], one["measure"]) == ("stances", "", "record_f1")
    )
    assert f"{stance['value']:.3f}" in next(
        line for line in ran["text"].out.splitlines() if line.startswith("stances ")
    )
    assert f"| stances |  | records, F1 | {stance['value']:.3f} |" in ran["markdown"].out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--layer", "quoets"), "no layer quoets; it has entities, "),
        (("--annotators", "ann-a,ann-z"), "unknown annotator ann-z; the annotators are ann-a, ann-b, gold"),
        (("--annotators", "ann-a"), "needs two annotators or more, not ann-a"),
        (("--plot", "figures.pdf"), "a plot must be a .png or .svg file"),
    ],
)
def test_what_is_not_there_is_named(pair: Corpus, argv: tuple[str, ...], said: str) -> None:
    ran = pair.run("agreement", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_plot_without_its_library_says_what_to_install(pair: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ran = pair.run("agreement", "--plot", "figures.png")
    assert ran.code == 2
    assert "matplotlib" in ran.err
    assert "pip install" in ran.err


def test_the_card_has_the_main_figures_and_five_confusions() -> None:
    lines = card_table(REPOSITORY).splitlines()
    assert "ann-a, ann-b, ann-c and ann-d" in lines[0]
    figures = [line for line in lines if line.count("|") == 6]
    assert {line.split("|")[1].strip() for line in figures[2:]} == {
        *("entities", "mentions", "quotes", "nonquotes", "stances")
    }
    assert any("quotes | speaker | accuracy" in line for line in figures)
    assert 2 < len([line for line in lines if line.count("|") == 7]) <= 7


def test_the_card_says_that_there_are_not_two_annotators(corpus: Corpus) -> None:
    assert card_table(corpus.root) == "No document was annotated by two annotators.\n"
    with pytest.raises(CorpusError, match="two annotators or more"):
        agreement(corpus.root)


@pytest.mark.parametrize(("end", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_plot_is_the_same_bytes_each_time(tmp_path: Path, end: str, begins: bytes) -> None:
    root = copy_repository(tmp_path / "corpus", ("cup-final-goal-line", "vellish-signs-opinion"))
    found = []
    for name in ("first", "second"):
        path = tmp_path / name / f"plot.{end}"
        ran = run("--root", str(root), "agreement", "--plot", str(path))
        assert (ran.code, ran.err) == (0, f"note: {path.parent} is a new directory\n")
        found.append(path.read_bytes())
    assert found[0] == found[1]
    assert found[0].startswith(begins)


def test_the_tokens_of_a_source_are_not_compared(pair: Corpus) -> None:
    add_layer(pair)
    for path in ("annotations/ann-a/alpha.json", DOCUMENT):
        change(pair.root / path, lambda value: value.update(with_sentences(value)))
    assert "sentences" not in {layer for layer, _, _ in measured(agreement(pair.root))}
    with pytest.raises(CorpusError, match="sentences holds the tokens of a source"):
        agreement(pair.root, layers=["sentences"])
