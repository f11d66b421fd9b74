"""`corpus score`: predictions in every form, what is refused, submissions to a release, and the reports."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.corpora import TEXT, Corpus, annotation, span, tiny

from corpus.core.model import CorpusError
from corpus.score import Score, render, score
from corpus.score.sums import Figure

SAFE = "The bridge is safe,"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two documents of the split train, each its own story, and one of test."""
    made = tiny(tmp_path / "corpus")
    made.add("gamma", split="test", story="bridge")
    return made


def predicted(folder: Path, *doc_ids: str, **changed: Any) -> Path:
    """A directory of annotations as the tests' gold has them."""
    folder.mkdir(exist_ok=True)
    for doc_id in doc_ids:
        text = TEXT.replace("safe", "not safe") if doc_id == "beta" else TEXT
        (folder / f"{doc_id}.json").write_text(json.dumps(annotation(doc_id, text, "model", **changed)))
    return folder


def rows(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """Flat rows of quotes: the right one of each document of train."""
    words = {"alpha": SAFE, "beta": SAFE.replace("safe", "not safe")}
    texts = {"alpha": TEXT, "beta": TEXT.replace("safe", "not safe")}
    found = [
        {"doc_id": doc_id, "content": [span(texts[doc_id], words[doc_id])], "type": "direct"}
        for doc_id in ("alpha", "beta")
    ]
    return [*found, *more]


def named(result: Score) -> dict[str, float]:
    """Each figure that has a value."""
    return {
        f"{one.layer} {one.metric}" + f" [{one.group}]" * bool(one.group): one.value
        for one in result.figures
        if one.value == one.value
    }


def test_gold_itself_scores_1_in_every_figure(corpus: Corpus, tmp_path: Path) -> None:
    result = score(predicted(tmp_path / "p", "alpha", "beta"), corpus.root)
    assert (result.split, result.documents, result.stories, result.system) == ("train", 2, 2, "p")
    assert {one.layer for one in result.figures} == {"entities", "mentions", "quotes"}
    wrong = {name: value for name, value in named(result).items() if value not in (1, pytest.approx(1))}
    assert not wrong


def test_an_annotator_of_the_corpus_is_scored_by_name(corpus: Corpus) -> None:
    assert score("ann-a", corpus.root, missing="empty").missing == ("beta",)


def test_documents_without_a_prediction_are_left_out_and_named(corpus: Corpus, tmp_path: Path) -> None:
    """Each figure says that it is of a part, and no part is a submission, or is compared with another part."""
    part = predicted(tmp_path / "p", "alpha")
    with pytest.raises(CorpusError, match=r"beta is missing, of 2 documents; .*`--missing leave-out` only those that"):
        score(part, corpus.root, split="train")
    result = score(part, corpus.root, split="train", missing="leave-out")
    assert (result.documents, result.missing, result.left_out) == (1, (), ("beta",))
    assert {one.split for one in result.figures} == {"train, 1 of 2 documents"}
    assert {value for name, value in named(result).items() if "recall" in name} == {1}
    ran = corpus.run("score", str(part), "--split", "train", "--missing", "leave-out")
    assert ran.out.startswith("p against gold, train, 1 of 2 documents: 1 story\n")
    assert "left out, since nothing is predicted, so the split is scored in part: beta" in ran.out
    whole = score(predicted(tmp_path / "w", "alpha", "beta"), corpus.root, split="train", missing="leave-out")
    assert (whole.split, whole.left_out) == ("train", ())
    with pytest.raises(CorpusError, match="different documents"):
        result.compare(whole)
    for more in ({"submission": tmp_path / "s.jsonl"}, {"twins": "noisy"}, {"originals_of": "noisy"}):
        with pytest.raises(CorpusError, match=r"does not go with twins or a submission|no noisy twin"):
            score(part, corpus.root, split="train", missing="leave-out", **more)
    assert not (tmp_path / "s.jsonl").exists()


def test_rows_cannot_be_left_out(corpus: Corpus) -> None:
    rows = [{"doc_id": "alpha", "content": [{"start": 0, "end": 3}]}]
    with pytest.raises(CorpusError, match="rows do not tell a skipped document from one without records"):
        score(rows, corpus.root, split="train", missing="leave-out")


def test_lines_of_a_file_are_scored_like_files(corpus: Corpus, tmp_path: Path) -> None:
    folder = predicted(tmp_path / "p", "alpha", "beta", quotes=[])
    lines = tmp_path / "p.jsonl"
    lines.write_text("\n".join(path.read_text() for path in sorted(folder.iterdir(), reverse=True)) + "\n")
    assert repr(score(lines, corpus.root).figures) == repr(score(folder, corpus.root).figures)
    assert named(score(lines, corpus.root))["quotes exact recall"] == 0


def test_flat_rows_are_scored_on_their_columns_alone(corpus: Corpus, tmp_path: Path) -> None:
    invented = {"doc_id": "beta", "content": [{"start": 0, "end": 5}], "type": "indirect"}
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(invented)))
    found = named(score(path, corpus.root))
    assert {name.split()[0] for name in found} == {"quotes"}
    assert found["quotes exact precision"] == pytest.approx(2 / 3, abs=1e-5)
    assert not any("cue" in name or "speaker" in name for name in found)
    table = pa.Table.from_pylist(rows(invented))
    pq.write_table(table, tmp_path / "rows.parquet")
    assert named(score(tmp_path / "rows.parquet", corpus.root)) == found
    assert named(score(rows(invented), corpus.root)) == found


def test_a_dataset_with_numbered_labels_is_scored_by_their_names(corpus: Corpus) -> None:
    data = datasets.Dataset.from_list(rows()).cast_column("type", datasets.ClassLabel(names=["indirect", "direct"]))
    assert named(score(data, corpus.root))["quotes type F1"] == 1


def test_a_row_names_the_source_by_its_span_and_the_speaker_by_golds_entity(corpus: Corpus) -> None:
    source = span(TEXT, "she")
    given = [
        {**row, "source": [{"start": source["start"], "end": source["end"]}], "speaker": "e1"} for row in rows()[:1]
    ]
    wrong = {**rows()[1], "source": [{"start": 0, "end": 5}], "speaker": "e1"}
    found = named(score([*given, wrong], corpus.root))
    assert found["quotes speaker F1"] == 1
    assert found["quotes source F1"] == 0.5
    assert not any(name.startswith(("entities", "mentions")) for name in found)


REFUSED = [
    ({}, {"text_sha256": "0" * 64}, "belongs to another text of alpha"),
    ({}, {"quotes": [{"id": "q1", "content": [{"start": 0, "end": 5}], "type": "shouted"}]}, "quotes/0"),
    (
        {},
        {"mentions": [{"id": "m", "spans": [{"start": 9, "end": 900}], "form": "NAM", "entity": "e1"}]},
        r"\[9, 900\)",
    ),
    ({}, {"entities": []}, "'e1' is not in entities"),
    ({"doc_id": "omega"}, {}, "omega has no gold annotation here"),
]


@pytest.mark.parametrize(("row", "changed", "message"), REFUSED, ids=[message for *_, message in REFUSED])
def test_predictions_that_cannot_be_scored_are_refused(
    corpus: Corpus, tmp_path: Path, row: dict[str, Any], changed: dict[str, Any], message: str
) -> None:
    value = {**annotation("alpha", TEXT, "model"), **changed, **row}
    path = tmp_path / "p.jsonl"
    path.write_text(f"{json.dumps(value)}\n{json.dumps(annotation('beta', TEXT.replace('safe', 'not safe')))}\n")
    with pytest.raises(CorpusError, match=message):
        score(path, corpus.root)


BAD_ROWS = [
    (
        [{"doc_id": "alpha", "content": [{"start": 0, "end": 5}], "type": 1}],
        "numbers of labels differ between versions",
    ),
    ([{"doc_id": "alpha", "content": [{"start": 0, "end": 5}], "type": "spoken"}], "type is one of"),
    ([{"doc_id": "alpha", "content": [[0, 5]], "type": "direct"}], "content is a list of spans"),
    ([{"doc_id": "alpha", "content": [{"start": 5, "end": 5}], "type": "direct"}], "is not a span of a text"),
    ([{"doc_id": "alpha", "content": [{"start": 0, "end": 5}], "speaker": "e9"}], "speaker 'e9' is not in entities"),
    ([{"doc_id": "alpha", "words": "safe"}], "the rows fit no layer: .*; rows have the columns of a config, such as"),
    (
        [{"doc_id": "alpha", "label": "none", "evidence_quotes": [], "intensity": 1}],
        "the rows fit no layer: .*; rows of stances need scope, holder and target too",
    ),
    ([{"doc_id": "alpha", "cue": [], "polarity": "asserted"}], "; rows of quotes need content too"),
    ([{"doc_id": "alpha", "spans": [{"start": 0, "end": 5}]}], "fit the layers mentions, nonquotes; name one"),
    ([{"doc_id": 7, "content": []}], "names its document in doc_id"),
    ([], "holds no predictions"),
    ([annotation("alpha"), {"doc_id": "beta", "content": []}], "score one kind"),
    ([annotation("alpha"), annotation("alpha")], "alpha has two annotations"),
    ([annotation("alpha")], "beta is missing, of 2 documents; `--missing empty`"),
    (
        [
            annotation("alpha"),
            {**annotation("beta", TEXT.replace("safe", "not safe"), layers_done=["quotes"]), "quotes": []},
        ],
        "layers_done or fields_done differ from those of alpha",
    ),
]


PAIR: dict[str, Any] = {"scope": "speaker", "holder": "e1", "target": "keep-night-ferry"}
HEADLINE: dict[str, Any] = {"scope": "headline", "holder": None, "target": "keep-night-ferry"}


def stance_in_gold(corpus: Corpus) -> None:
    """Give the gold of `alpha` a stance, on PAIR."""
    gold = {"id": "s1", **PAIR, "label": "favor", "intensity": 2, "explicit": True, "evidence_spans": []}
    gold["evidence_quotes"] = ["q1"]
    changed = {"stances": [gold], "layers_done": ["entities", "mentions", "quotes", "nonquotes", "stances"]}
    corpus.write("annotations/gold/alpha.json", annotation("alpha", **changed))


@pytest.mark.parametrize(("field", "unknown"), [("target", "no-such-target"), ("holder", "e99")])
def test_a_row_without_a_stance_names_what_is_there(corpus: Corpus, field: str, unknown: str) -> None:
    stance_in_gold(corpus)
    with pytest.raises(CorpusError, match=unknown):
        score([{"doc_id": "alpha", **PAIR, "label": "none", field: unknown}], corpus.root, missing="empty")


def test_a_row_without_a_stance_predicts_that_there_is_none(corpus: Corpus) -> None:
    stance_in_gold(corpus)
    said, silent = (
        score([{"doc_id": "alpha", **PAIR, "label": label}], corpus.root, missing="empty")
        for label in ("favor", "none")
    )
    assert said.value("stances", "label over asked pairs, F1 of favor") == 1
    assert silent.value("stances", "label over asked pairs, F1 of favor") == 0


@pytest.mark.parametrize(
    ("pair", "without", "labels", "said"),
    [
        (PAIR, "", ("favor", "none"), "scope speaker, holder e1, target keep-night-ferry"),
        (PAIR, "", ("none", "none"), "scope speaker, holder e1, target keep-night-ferry"),
        (HEADLINE, "holder", ("against", "favor"), "scope headline, target keep-night-ferry"),
    ],
)
def test_two_rows_of_one_pair_are_refused(
    corpus: Corpus, tmp_path: Path, pair: dict[str, Any], without: str, labels: tuple[str, str], said: str
) -> None:
    """The same pair in another document is another pair."""
    stance_in_gold(corpus)
    given = [{"doc_id": doc_id, **pair, "label": labels[0]} for doc_id in ("beta", "alpha")]
    second = {name: value for name, value in given[1].items() if name != without} | {"label": labels[1]}
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*given, second]))
    with pytest.raises(CorpusError) as refused:
        score(path, corpus.root)
    assert str(refused.value) == (
        f"{path}:3: a second row of stances for one pair of alpha ({said}), after the one at {path}:2; keep one of them"
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in given))
    assert score(path, corpus.root).documents == 2


def test_the_columns_of_a_named_layer_are_named_though_rows_have_none(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="they have the columns doc_id, label; rows of quotes need content too"):
        score([{"doc_id": "alpha", "label": "none"}], corpus.root, layers=["quotes"])


@pytest.mark.parametrize(("given", "message"), BAD_ROWS, ids=[message for _, message in BAD_ROWS])
def test_rows_that_cannot_be_scored_are_refused(corpus: Corpus, given: list[Any], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        score(given, corpus.root)


def test_only_the_asked_split_is_scored(corpus: Corpus, tmp_path: Path) -> None:
    folder = predicted(tmp_path / "p", "alpha", "beta", "gamma")
    assert score(folder, corpus.root).split == "train+test"
    result = score(folder, corpus.root, split="test")
    assert (result.documents, result.stories, result.split) == (1, 1, "test")
    with pytest.raises(CorpusError, match="the splits are train, dev, test"):
        score(folder, corpus.root, split="validation")
    with pytest.raises(CorpusError, match="no document of dev has an annotation by gold"):
        score(folder, corpus.root, split="dev")


def test_a_withheld_article_is_scored_by_offsets(corpus: Corpus, tmp_path: Path) -> None:
    corpus.add("delta", split="dev", redistribution="offsets-only", license="LicenseRef-All-rights-reserved")
    result = score(predicted(tmp_path / "p", "delta"), corpus.root)
    assert (result.documents, named(result)["quotes exact F1"]) == (1, 1)


def test_groups_of_documents(corpus: Corpus, tmp_path: Path) -> None:
    folder = predicted(tmp_path / "p", "alpha", "beta", "gamma")
    found = named(score(folder, corpus.root, by=("story", "length")))
    assert found["quotes exact F1 [story=bridge]"] == found["quotes exact F1 [length=0 to 999]"] == 1


def test_groups_of_hard_cases_are_the_same_from_a_build(corpus: Corpus, tmp_path: Path) -> None:
    """The one quote of each article has a pronoun as its source and marks that are curly throughout."""
    folder = predicted(tmp_path / "p", "alpha", "beta")
    found = named(score(folder, corpus.root, by=("hard-case",)))
    groups = {name for name in found if "hard-case=" in name}
    assert "quotes exact F1 [hard-case=pronoun as source]" in groups
    assert not any("quote in a quote" in name for name in groups)
    assert {name for name in named(score(folder, release=built(corpus), by=("hard-case",))) if "=" in name} == groups


def test_figures_of_groups_are_in_the_order_of_the_groups_and_text_has_the_first_ones(corpus: Corpus) -> None:
    """The first document counted, alpha, is long; the other is short and has a field that the first one lacks."""
    long = TEXT + "She left.\n" * 120
    corpus.add("alpha", long, story="z", annotators=("gold", "ann-a"))
    corpus.add("beta", story="a", annotators=("gold", "ann-a"))
    result = score("ann-a", corpus.root, by=("length", "story"), split="train")
    assert result.groups == ("length=0 to 999", "length=1,000 to 1,999", "story=a", "story=z")
    of_quotes = [one.group for one in result.figures if one.layer == "quotes" and one.group in result.groups]
    assert list(dict.fromkeys(of_quotes)) == list(result.groups)
    assert of_quotes == sorted(of_quotes, key=result.groups.index)
    shown = render.text(result)
    lines = shown.split("\nquotes, by group\n\n")[1].split("\n\n")[0].splitlines()
    assert [sum(group in line for line in lines) for group in result.groups] == [15, 15, 15, 15]
    left_out = sum(is_row(one, result.groups) for one in result.figures) - 60
    assert left_out > 0
    assert f"… and {left_out:,} more rows; --format json has all figures" in shown
    assert len(json.loads(render.json_(result))) == len(result.figures)
    assert "more row" not in render.markdown(result)
    differences = render.text(result, result.compare(result))
    assert sum("=" in line for line in differences.splitlines()) == 60


def is_row(one: Figure, groups: tuple[str, ...]) -> bool:
    """True for a figure of quotes by group that is not in the row of its F1."""
    return one.layer == "quotes" and one.group in groups and not one.metric.endswith(("precision", "recall"))


def test_a_group_that_articles_do_not_have_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no field genre to break figures down by"):
        score(predicted(tmp_path / "p", "alpha"), corpus.root, by=("genre",))


def built(corpus: Corpus) -> Path:
    """A build of the documents of train."""
    for path in corpus.root.rglob("gamma.*"):
        path.unlink()
    assert corpus.run("build").code == 0
    return corpus.root / "build"


def test_a_build_is_scored_against_without_its_corpus(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = predicted(tmp_path / "p", "alpha", "beta", quotes=[])
    of_corpus = score(folder, corpus.root)
    moved = built(corpus).rename(tmp_path / "downloaded")
    monkeypatch.chdir(tmp_path)
    result = score(folder, release=moved)
    assert repr(result.figures) == repr(of_corpus.figures)
    (moved / "documents" / "train-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(CorpusError, match="not the released file"):
        score(folder, release=moved)
    with pytest.raises(CorpusError, match="has no manifest"):
        score(folder, release=tmp_path)


def test_a_submission_comes_back_as_it_was_and_is_of_one_release(corpus: Corpus, tmp_path: Path) -> None:
    folder, build, path = predicted(tmp_path / "p", "alpha", "beta"), built(corpus), tmp_path / "mine.jsonl"
    first = score(folder, release=build, split="train", submission=path, system="mine")
    again = score(path, release=build)
    assert (again.system, again.split, named(again)) == ("mine", "train", named(first))
    head, *lines = path.read_text().splitlines()
    assert json.loads(head)["submission"]["lines"] == len(lines) == 2
    with pytest.raises(CorpusError, match="of the split train, not of test"):
        score(path, release=build, split="test")
    with pytest.raises(CorpusError, match="is not a release"):
        score(path, corpus.root)
    corpus.add("epsilon")
    built(corpus)
    with pytest.raises(CorpusError, match="has content"):
        score(path, release=corpus.root / "build")
    path.write_text(f"{head}\n{lines[0]}\n")
    with pytest.raises(CorpusError, match="1 predictions, but its first line promises 2"):
        score(path, release=build)
    path.write_text('{"submission": {"system": "mine"}}\n' + lines[0] + "\n")
    with pytest.raises(CorpusError, match="a submission names system, version"):
        score(path, release=build)
    with pytest.raises(CorpusError, match="name both with `--release` and `--split`"):
        score(folder, corpus.root, missing="empty", submission=path)


def test_every_report_has_every_figure(corpus: Corpus, tmp_path: Path) -> None:
    folder = str(predicted(tmp_path / "p", "alpha", "beta", quotes=[]))
    as_json = json.loads(corpus.run("score", folder, "--format", "json").out)
    assert {"layer", "metric", "value", "low", "high", "n", "split"} <= as_json[0].keys()
    found = score(folder, corpus.root).figures
    assert [(one["layer"], one["metric"]) for one in as_json] == [(one.layer, one.metric) for one in found]
    as_csv = list(csv.DictReader(io.StringIO(corpus.run("score", folder, "--format", "csv").out)))
    assert [one["metric"] for one in as_csv] == [one.metric for one in found]
    for format_ in ("text", "markdown", "html"):
        ran = corpus.run("score", folder, "--format", format_)
        assert ran.code == 0
        assert "quotes" in ran.out
        assert "B³ (exact match, with singletons) F1" in ran.out
    for table in ran.out.split("<table>")[1:]:
        ElementTree.fromstring(f"<table>{table.partition('</table>')[0]}</table>")


def test_two_systems_are_compared(corpus: Corpus, tmp_path: Path) -> None:
    one = predicted(tmp_path / "one", "alpha", "beta")
    other = predicted(tmp_path / "other", "alpha", "beta", quotes=[])
    ran = corpus.run("score", str(one), "--compare", str(other), "--layer", "quotes", "--format", "json")
    f1 = next(value for value in json.loads(ran.out) if value["metric"] == "exact F1")
    assert (f1["first"], f1["second"], f1["difference"], f1["p"]) == (1, 0, -1, 0.5)
    assert "p: randomisation over stories" in corpus.run("score", str(one), "--compare", str(other)).out


def test_a_mistake_is_one_line_and_exit_2(corpus: Corpus, tmp_path: Path) -> None:
    for given in ("nowhere", str(tmp_path / "nowhere.jsonl"), str(corpus.root / "schema" / "README.md")):
        ran = corpus.run("score", given)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
    assert corpus.run("score", "ann-a", "--layer", "nothing").code == 2
