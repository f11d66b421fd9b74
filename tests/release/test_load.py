"""What `corpus build` writes, as its readers see it: `datasets`, Arrow, pandas, Polars, DuckDB, and `corpus.load`."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import duckdb
import polars
import pyarrow.parquet as pq
import pytest
import yaml
from support import plain_rows
from support.copies import (
    REPOSITORY,
    VERSION,
    Rows,
    build,
    copy_repository,
    originals,
    parquet_rows,
    read,
    spans_in,
    without_alternatives,
    write,
    write_random,
)

import corpus
from corpus.core.model import CorpusError
from corpus.core.schema import Schema
from corpus.pipeline.tables import configs

CONFIGS = ("documents", "annotations", "entities", "quotes", "stances", "twins", "withheld")
WITHHELD = "barrage-hearing-delay"
OF_DEV = next(
    path.stem
    for path in sorted((REPOSITORY / "raw").glob("*.json"))
    if read(path)["split"] == "dev" and (REPOSITORY / "annotations" / "gold" / path.name).exists()
)


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture(scope="module")
def root(few_built: Path) -> Path:
    """A copy of this repository's corpus, built."""
    return few_built


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def expected(root: Path) -> Rows:
    """The rows of every config and split, computed from the files without the package's tables."""
    return plain_rows.rows(root)


@pytest.fixture(scope="module")
def loaded(root: Path, cache: str) -> dict[str, datasets.DatasetDict]:
    """Every config, by its name."""
    return {name: datasets.load_dataset(str(root / "build"), name, cache_dir=cache) for name in CONFIGS}


def named(feature: Any, value: Any) -> Any:
    """A loaded value with the names of its labels in place of their numbers."""
    if value is None:
        return None
    if isinstance(feature, datasets.ClassLabel):
        return feature.int2str(value)
    if isinstance(feature, datasets.List):
        return [named(feature.feature, item) for item in value]
    if isinstance(feature, dict):
        return {name: named(feature[name], item) for name, item in value.items()}
    return value


def test_a_reader_who_names_no_config_gets_the_documents(root: Path, cache: str, expected: Rows) -> None:
    found = datasets.load_dataset(str(root / "build"), cache_dir=cache)
    assert {name: split["doc_id"] for name, split in found.items()} == {
        split: [row["doc_id"] for row in rows] for (config, split), rows in expected.items() if config == "documents"
    }
    assert str(found["train"].info.version) == VERSION


@pytest.mark.parametrize("config", CONFIGS)
def test_every_row_is_the_one_that_the_files_give(
    loaded: dict[str, datasets.DatasetDict], expected: Rows, config: str
) -> None:
    assert set(loaded[config]) == {split for name, split in expected if name == config}
    for split, rows in loaded[config].items():
        assert [named(rows.features, row) for row in rows] == expected[config, split]


@pytest.mark.parametrize("config", CONFIGS)
def test_streaming_gives_the_same_rows(
    root: Path, cache: str, loaded: dict[str, datasets.DatasetDict], config: str
) -> None:
    streamed = datasets.load_dataset(str(root / "build"), config, streaming=True, cache_dir=cache)
    assert set(streamed) == set(loaded[config])
    for split, rows in streamed.items():
        assert rows.features == loaded[config][split].features
        assert list(rows) == list(loaded[config][split])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sloppy", [False, True], ids=["anywhere", "sloppy"])
def test_spans_that_lie_anywhere_give_the_rows_that_the_files_give(
    tmp_path: Path, seed: int, sloppy: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever turns a check of the spans down still gets right words; sloppy: some are left out, some out of order."""
    write_random(tmp_path, seed, 60, sloppy)
    found, expected = parquet_rows(build(tmp_path)), plain_rows.rows(tmp_path)
    capsys.readouterr()
    assert {key for key in found if key[0] != "disagreement"} == expected.keys()
    for (config, split), rows in expected.items():
        for one, other in zip(found[config, split], rows, strict=True):
            for column in other:
                assert one[column] == other[column], (config, split, other["doc_id"], column)


def test_spans_quote_the_text_and_tokens_lie_where_they_say(expected: Rows) -> None:
    """The reference is itself held against the text, so that it can share no mistake with what it is held against."""
    articles = [
        row for (name, _), rows in expected.items() if name in ("documents", "twins", "withheld") for row in rows
    ]
    texts = {row["doc_id"]: row["text"] for row in articles}
    spans = tokens = 0
    for rows in expected.values():
        for row in rows:
            text = texts[row["doc_id"]]
            for span in (span for field in row.values() for span in spans_in(field)):
                assert span["text"] == (None if text is None else text[span["start"] : span["end"]])
                spans += 1
            for token, start in zip(row.get("tokens", ()), row.get("token_starts", ()), strict=True):
                assert text[start : start + len(token)] == token
                assert row["start"] <= start < start + len(token) <= row["end"]
                tokens += 1
            if row.get("context") is not None:
                assert text[row["context_start"] :].startswith(row["context"])
                assert all(span["text"] in row["context"] for span in [*row["content"], *row["cue"]])
    assert spans > 1000
    assert tokens > 1000


def test_gold_is_counted_as_it_lies_in_the_files(root: Path, loaded: dict[str, datasets.DatasetDict]) -> None:
    gold = [read(path) for path in sorted((root / "annotations" / "gold").glob("*.json"))]
    twins = {path.stem for path in (root / "raw").glob("*.json") if read(path).get("twin_of")}
    here = {path.stem for path in (root / "raw").glob("*.txt")} - twins
    files = (root / "annotations").glob("*/*.json")
    others = [path for path in files if path.parent.name != "gold" and path.stem in here]
    count = {name: sum(split.num_rows for split in splits.values()) for name, splits in loaded.items()}
    of_here = [annotation for annotation in gold if annotation["doc_id"] in here]
    assert count["documents"] == len(here)
    assert count["annotations"] == len(others)
    assert count["twins"] == len(twins) > 1
    hidden = {path.stem for path in (root / "raw").glob("*.json")} - here - twins
    of_hidden = [path for path in (root / "annotations").glob("*/*.json") if path.stem in hidden]
    bare = hidden - {path.stem for path in of_hidden}
    assert count["withheld"] == len(bare) + len(of_hidden) > len(hidden) > 1
    assert count["quotes"] == sum(len(annotation["quotes"]) for annotation in of_here)
    stances = [row for split in loaded["stances"].values() for row in split if row["id"] is not None]
    assert len(stances) == sum(len(annotation["stances"]) for annotation in of_here) < count["stances"]
    manifest = read(root / "build" / "manifest.json")
    assert manifest["documents"] == count["documents"] + len(twins) + len(hidden)
    assert manifest["version"] == VERSION
    rows = {name: sum(split["rows"] for split in of.values()) for name, of in manifest["configs"].items()}
    assert rows.pop("disagreement") > 1000
    assert rows == count


def test_documents_lie_in_the_split_of_their_record(root: Path, loaded: dict[str, datasets.DatasetDict]) -> None:
    split_of = {path.stem: read(path)["split"] for path in (root / "raw").glob("*.json")}
    for splits in loaded.values():
        for split, rows in splits.items():
            assert {split_of[doc_id] for doc_id in rows["doc_id"]} == {split}
            assert list(splits) == [name for name in ("train", "dev", "test", "real") if name in splits]


def schema_labels(root: Path) -> dict[str, dict[str, list[str]]]:
    """Config → dotted path of a column → the names of its labels, read off the schema files."""
    nested: dict[str, list[str]] = {}
    flat: dict[str, dict[str, list[str]]] = {"quotes": {}, "stances": {}}
    for layer, items in plain_rows.layer_items(root).items():
        for name, field in items["properties"].items():
            if "oneOf" in field:
                nested[f"{layer}.{name}"] = [label["const"] for label in field["oneOf"]]
                absent = [field["withoutRecord"]["const"]] if "withoutRecord" in field else []
                flat.get(layer, {})[name] = nested[f"{layer}.{name}"] + absent
    properties = read(root / "schema" / "article.schema.json")["properties"]
    record = {name: [label["const"] for label in f["oneOf"]] for name, f in properties.items() if "oneOf" in f}
    tags = ["O", *(f"{p}-{name}" for name in nested["entities.type"] for p in "BI")]
    whole = {"documents": record | nested, "twins": record | nested, "withheld": record | nested, "annotations": nested}
    return {**whole, "entities": {"ner_tags": tags}, **flat}


def with_labels(feature: Any, labels: dict[str, list[str]], path: str = "") -> Any:
    """Features with a ClassLabel at each path of `labels`."""
    if path in labels and not isinstance(feature, datasets.List):
        return datasets.ClassLabel(names=labels[path])
    if isinstance(feature, datasets.List):
        return datasets.List(with_labels(feature.feature, labels, path))
    if isinstance(feature, dict):
        prefix = f"{path}." if path else ""
        return {name: with_labels(of, labels, prefix + name) for name, of in feature.items()}
    return feature


@pytest.mark.parametrize("config", CONFIGS)
def test_features_are_those_of_the_parquet_with_the_labels_of_the_schema(
    root: Path, loaded: dict[str, datasets.DatasetDict], config: str
) -> None:
    front = yaml.safe_load((root / "build" / "README.md").read_text("utf-8").split("---\n")[1])
    info = next(info for info in front["dataset_info"] if info["config_name"] == config)
    written = datasets.DatasetInfo._from_yaml_dict(info)
    for path in (root / "build" / config).glob("*.parquet"):
        columns = pq.read_schema(path)
        derived = with_labels(dict(datasets.Features.from_arrow_schema(columns)), schema_labels(root)[config])
        assert datasets.Features(derived) == written.features
    assert all(rows.features == written.features for rows in loaded[config].values())


def test_every_label_converts_both_ways(root: Path, loaded: dict[str, datasets.DatasetDict]) -> None:
    for config, labels in schema_labels(root).items():
        features = next(iter(loaded[config].values())).features
        for path, names in labels.items():
            feature: Any = features
            for part in path.split("."):
                feature = (feature.feature if isinstance(feature, datasets.List) else feature)[part]
            feature = feature.feature if isinstance(feature, datasets.List) else feature
            assert feature.names == names
            assert [feature.int2str(feature.str2int(name)) for name in names] == names


def test_the_card_says_how_much_there_is(root: Path, expected: Rows) -> None:
    front = yaml.safe_load((root / "build" / "README.md").read_text("utf-8").split("---\n")[1])
    manifest, written = read(root / "build" / "manifest.json"), parquet_rows(root / "build")
    assert [entry["config_name"] for entry in front["configs"] if entry.get("default")] == ["documents"]
    for entry in front["configs"]:
        assert entry["version"] == VERSION
        assert entry["description"] == f"content-sha256:{manifest['content_sha256']}"
    for info in front["dataset_info"]:
        config = info["config_name"]
        assert {s["name"]: s["num_examples"] for s in info["splits"]} == {
            split: len(rows) for (name, split), rows in (written | expected).items() if name == config
        }
        files = list((root / "build" / config).glob("*.parquet"))
        assert info["download_size"] == sum(path.stat().st_size for path in files)
        assert info["dataset_size"] == sum(split["num_bytes"] for split in info["splits"])


def test_the_card_counts_labels_as_the_files_do(root: Path) -> None:
    paths = sorted((root / "annotations" / "gold").glob("*.json"))
    gold = [read(path) for path in paths if not read(root / "raw" / path.name).get("twin_of")]
    lines = (root / "build" / "README.md").read_text("utf-8").split("\n")
    for layer, items in plain_rows.layer_items(root).items():
        for name, field in items["properties"].items():
            if "oneOf" in field:
                count = Counter(record[name] for annotation in gold for record in annotation[layer])
                begin = next(i for i, line in enumerate(lines) if f"`{layer}.{name}`" in line and line.startswith("#"))
                for label in field["oneOf"]:
                    row = next(line for line in lines[begin:] if line.startswith(f"| `{label['const']}` |"))
                    assert row.endswith(f"| {count[label['const']]:,} |"), row


@pytest.mark.parametrize("kind", ["arrow", "pandas", "polars", "numpy", "torch"])
def test_other_formats_give_the_same_rows(loaded: dict[str, datasets.DatasetDict], expected: Rows, kind: str) -> None:
    if kind == "torch":
        pytest.importorskip("torch")
    for config, splits in loaded.items():
        if config == "twins":
            continue  # all of them are in test
        rows = splits["train"].with_format(kind)
        whole, one = rows[:], rows[0]
        assert len(whole["doc_id"]) == len(expected[config, "train"])
        assert [str(doc_id) for doc_id in whole["doc_id"]] == [row["doc_id"] for row in expected[config, "train"]]
        assert len(one["doc_id"]) == 1 or one["doc_id"] == expected[config, "train"][0]["doc_id"]
    tokens = loaded["entities"]["train"].with_format(kind)[:]["tokens"][3]
    assert [str(token) for token in tokens] == expected["entities", "train"][3]["tokens"]


def test_pandas_and_polars_see_nested_records(loaded: dict[str, datasets.DatasetDict], expected: Rows) -> None:
    frame = loaded["documents"]["train"].to_pandas()
    first = frame["quotes"][1][0]["content"][0]
    assert first["text"] == expected["documents", "train"][1]["quotes"][0]["content"][0]["text"]
    columns = loaded["documents"]["train"].to_polars()
    quotes = columns.select("doc_id", "quotes").drop_nulls().explode("quotes").unnest("quotes")
    assert quotes["id"].to_list() == [q["id"] for row in expected["documents", "train"] for q in row["quotes"] or ()]


def asked(query: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers."""
    return duckdb.connect().execute(query).fetchall()


def test_duckdb_asks_the_nested_files(root: Path, expected: Rows) -> None:
    files = f"{root}/build/documents/*.parquet"
    found = asked(f"SELECT q.type, count(*) FROM (SELECT unnest(quotes) q FROM '{files}') GROUP BY 1")
    documents = [row for (name, _), rows in expected.items() if name == "documents" for row in rows]
    assert dict(found) == Counter(quote["type"] for row in documents for quote in row["quotes"] or ())
    found = asked(
        f"""SELECT e.name, count(*) FROM (SELECT unnest(mentions) m, entities FROM '{files}'), unnest(entities) AS u(e)
        WHERE m.entity = e.id AND m.form = 'NAM' GROUP BY 1"""
    )
    assert dict(found) == Counter(
        next(entity["name"] for entity in row["entities"] if entity["id"] == mention["entity"])
        for row in documents
        for mention in row["mentions"] or ()
        if mention["form"] == "NAM"
    )
    spans = asked(
        f"""SELECT count(*), count(*) FILTER (substring(text, s.start + 1, s."end" - s.start) = s.text)
        FROM (SELECT text, unnest(m.spans) s FROM (SELECT text, unnest(mentions) m FROM '{files}'))
        WHERE text NOT NULL"""
    )
    assert spans[0][0] == spans[0][1] > 100


def test_polars_scans_the_files(root: Path, expected: Rows) -> None:
    frame = polars.scan_parquet(f"{root}/build/quotes/*.parquet")
    found = (
        frame.filter(polars.col("type") == "direct").select("doc_id", "id", "content_text", "speaker_name").collect()
    )
    wanted = [
        row for (name, _), rows in expected.items() if name == "quotes" for row in rows if row["type"] == "direct"
    ]
    assert sorted(found.rows(), key=str) == sorted(
        [(row["doc_id"], row["id"], row["content_text"], row["speaker_name"]) for row in wanted], key=str
    )


def test_every_file_of_a_config_has_the_same_columns(root: Path) -> None:
    for config in CONFIGS:
        schemas = [pq.read_schema(path) for path in (root / "build" / config).glob("*.parquet")]
        assert len(schemas) > (config not in ("twins", "withheld"))
        assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
        assert "null" not in str(schemas[0])


def test_columns_with_nothing_in_them_keep_their_type(tmp_path: Path, cache: str) -> None:
    """A split of one article without gold: every layer of it is null throughout."""
    copy_repository(tmp_path, (WITHHELD, OF_DEV), ("gold",))
    (tmp_path / "annotations" / "gold" / f"{OF_DEV}.json").unlink()
    found = datasets.load_dataset(str(build(tmp_path)), cache_dir=cache)
    assert found["dev"].features == found["train"].features
    assert [found["dev"][0][layer] for layer in plain_rows.NESTED] == [None] * 5
    written = [pq.read_schema(path) for path in (tmp_path / "build" / "documents").glob("*.parquet")]
    assert written[0].equals(written[1], check_metadata=True)


def test_nobody_looked_is_not_nothing_found(tmp_path: Path) -> None:
    """A gold annotation without the mentions layer says nothing about names, and must not give all-O sentences."""
    copy_repository(tmp_path, (WITHHELD, "barrage-cost-analysis"), ("gold",))
    without_alternatives(tmp_path, WITHHELD)
    path = tmp_path / "annotations" / "gold" / f"{WITHHELD}.json"
    annotation = {key: value for key, value in read(path).items() if key not in plain_rows.NESTED}
    write(path, annotation | {"layers_done": ["nonquotes"], "nonquotes": []})
    found = parquet_rows(build(tmp_path))
    row = next(row for row in found["documents", "train"] if row["doc_id"] == WITHHELD)
    assert row["layers_done"] == ["nonquotes"]
    assert row["nonquotes"] == []
    assert row["mentions"] is row["quotes"] is row["stances"] is None
    assert WITHHELD not in {row["doc_id"] for row in found["entities", "train"]}


def test_each_field_may_be_absent(tmp_path: Path, cache: str) -> None:
    """Each document lacks another field: it is null in its rows, and there in those of the others."""
    root = copy_repository(tmp_path / "corpus", tuple(originals("annotations/gold")[::3]), ("gold",))
    items = plain_rows.layer_items(root)
    absent = [
        (layer, name) for layer, one in items.items() for name in one["properties"] if name not in one["required"]
    ]
    paths = sorted((root / "annotations" / "gold").glob("*.json"))
    values = {path: read(path) for path in paths if not read(root / "raw" / path.name).get("twin_of")}
    lacking: dict[str, tuple[str, str]] = {}
    for layer, name in absent:
        path = next(path for path, value in values.items() if value[layer] and path.stem not in lacking)
        lacking[path.stem] = layer, name
    for path, value in values.items():
        if path.stem in lacking:
            without_alternatives(root, path.stem)
            value, (layer, name) = read(path), lacking[path.stem]
            records = [{key: one for key, one in record.items() if key != name} for record in value[layer]]
            fields = [one for one in items[layer]["properties"] if one != name]
            write(path, value | {layer: records, "fields_done": {layer: fields}, "schema_version": "1.1"})
    folder = str(build(root))
    splits = datasets.load_dataset(folder, cache_dir=cache)
    withheld = datasets.load_dataset(folder, "withheld", cache_dir=cache)
    documents = datasets.concatenate_datasets(
        [*splits.values(), *(rows.remove_columns("annotator") for rows in withheld.values())]
    )
    seen = set()
    for row in documents:
        layer, name = lacking.get(row["doc_id"], ("", ""))
        assert (row["fields_done"] or {}).get(layer) == (
            None if not layer else [n for n in items[layer]["properties"] if n != name]
        )
        for record in row[layer] or () if layer else ():
            assert record[name] is None
            seen.add((layer, name))
    assert seen == set(absent)
    for config in ("quotes", "stances"):
        for row in (row for split in datasets.load_dataset(folder, config, cache_dir=cache).values() for row in split):
            layer, name = lacking.get(row["doc_id"], ("", ""))
            assert layer != config or row[name] is None
    untagged = {("mentions", "form"), ("mentions", "entity"), ("entities", "type")}
    for split in datasets.load_dataset(folder, "entities", cache_dir=cache).values():
        for row in split:
            assert (row["ner_tags"] is None) == (lacking.get(row["doc_id"]) in untagged)


def test_the_cache_does_not_hold_on_to_old_rows(tmp_path: Path) -> None:
    """Same path, same cache, same counts, one label changed: `datasets` alone would give the old rows."""
    root, cache = copy_repository(tmp_path / "corpus", (WITHHELD,), ("gold",)), str(tmp_path / "cache")
    path = root / "annotations" / "gold" / f"{WITHHELD}.json"
    annotation = read(path)
    for label in ("favor", "against"):
        annotation["stances"][2]["label"] = label
        write(path, annotation)
        folder = build(root)
        rows = datasets.load_dataset(str(folder), "stances", split="train", cache_dir=cache)
        assert named(rows.features, rows[2])["label"] == label
        rows = datasets.load_dataset(str(folder), split="train", cache_dir=cache)
        assert named(rows.features, rows[0])["stances"][2]["label"] == label


def test_the_cache_does_not_hold_on_to_old_labels(tmp_path: Path) -> None:
    """The order of the labels decides their numbers, and no row changes with it."""
    root, cache = copy_repository(tmp_path / "corpus", (WITHHELD,), ("gold",)), str(tmp_path / "cache")
    before = datasets.load_dataset(str(build(root)), "stances", split="train", cache_dir=cache)
    path = root / "schema" / "annotation.schema.json"
    schema = read(path)
    schema["properties"]["stances"]["items"]["properties"]["label"]["oneOf"].reverse()
    write(path, schema)
    after = datasets.load_dataset(str(build(root)), "stances", split="train", cache_dir=cache)
    assert after.features["label"].names == [*before.features["label"].names[-2::-1], "none"]
    assert [named(after.features, row) for row in after] == [named(before.features, row) for row in before]


def test_a_missing_build_is_not_looked_up_in_the_cache(
    root: Path, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`datasets` caches under the name of the directory, so that `load_dataset("build")` may find another corpus."""
    datasets.load_dataset(str(root / "build"), "quotes", cache_dir=cache)
    monkeypatch.chdir(tmp_path)
    with pytest.raises((OSError, ValueError)):
        datasets.load_dataset("./build", "quotes", cache_dir=cache)


def test_the_public_names_are_seen_before_they_are_used() -> None:
    """In a new process, `dir` and `help` show what `__getattr__` imports later."""
    show = "import corpus, pydoc; print(dir(corpus)); print(pydoc.plain(pydoc.render_doc(corpus)))"
    shown = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True, cwd="/").stdout
    names, page = shown.split("\n", 1)
    assert "'Annotator'" in names
    assert "'load'" in names
    assert "'__version__'" in names
    assert "load(" in page


def test_every_column_is_described(root: Path) -> None:
    """A column is a field of the schema, which describes it, or the card says what it holds."""
    card, schema = (root / "build" / "README.md").read_text("utf-8"), Schema.read(root)
    for config in configs(schema):
        own = schema.layers[config.name].fields if config.name in schema.layers else ()
        fields = {one.name for one in own} if config.name != "entities" else set()
        if config.name in ("documents", "annotations", "twins", "withheld"):
            fields = {*schema.layers, *(one.name for one in schema.article_fields)}
        of_config = card.partition(f"#### Columns of `{config.name}`")[2].partition("####")[0]
        for name in config.columns.names:
            assert name in fields or f"| `{name}` | {config.about[name]}" in of_config.replace("\\|", "|"), name
    assert "`dev` is the validation split." in card


def test_load_finds_the_corpus_around_the_working_folder(
    root: Path, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "annotations" / "gold")
    quotes = corpus.load("quotes", cache_dir=cache)
    assert set(quotes) == {"train", "dev", "test"}
    wanted = [path for path in (root / "raw").glob("*.json") if read(path)["split"] == "dev"]
    assert corpus.load(split="dev", cache_dir=cache).num_rows == len(wanted) > 1
    assert "text" in next(iter(corpus.load("stances", split="test", streaming=True, cache_dir=cache)))
    monkeypatch.chdir("/")
    assert corpus.load("quotes", split="train", root=root, cache_dir=cache).num_rows == quotes["train"].num_rows


def test_load_outside_any_corpus_names_what_it_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=f"not inside a corpus; loading from {REPOSITORY}"), pytest.raises(CorpusError):
        corpus.load("no such config")


def test_load_says_what_is_missing(root: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no config 'quote'; it has annotations, disagreement, documents, entities"):
        corpus.load("quote", root=root)
    copy_repository(tmp_path, (WITHHELD,))
    with pytest.raises(CorpusError, match="run `corpus build` first"):
        corpus.load("quotes", root=tmp_path)
    with pytest.raises(CorpusError):
        corpus.load("../../etc", root=root)


def test_only_the_documents_are_needed(tmp_path: Path, cache: str) -> None:
    """A corpus that nobody annotated yet is a corpus, and loads."""
    copy_repository(tmp_path, (WITHHELD,), ("nobody",))
    found = datasets.load_dataset(str(build(tmp_path)), cache_dir=cache)
    assert found["train"][0]["quotes"] is None


def test_every_config_of_the_card_loads_when_a_split_has_none_of_its_rows(tmp_path: Path, cache: str) -> None:
    """Here dev has no gold, and so no quote, no stance and no sentence; and train has no second annotator."""
    copy_repository(tmp_path, (WITHHELD, OF_DEV))
    (tmp_path / "annotations" / "gold" / f"{OF_DEV}.json").unlink()
    for annotator in ("ann-a", "ann-b"):
        (tmp_path / "annotations" / annotator / f"{WITHHELD}.json").unlink()
    folder = build(tmp_path)
    for entry in yaml.safe_load((folder / "README.md").read_text("utf-8").split("---\n")[1])["configs"]:
        name = entry["config_name"]
        found = datasets.load_dataset(str(folder), name, cache_dir=cache)
        assert sum(rows.num_rows for rows in found.values()) > 0
        assert {split: rows.num_rows for split, rows in found.items() if rows.num_rows} == {
            split: len(rows) for (config, split), rows in parquet_rows(folder).items() if config == name and rows
        }
