"""Write the dataset card, `README.md`, from DATASET_CARD.md and the tables that were built.

The prose is written by hand; front matter, figures and tables are filled in, so that they cannot
drift from the data. A line `<!-- corpus:NAME -->` of the prose marks where a table goes; the tables configs,
counts, fields, labels and columns are added at the end if they have no such line. `hard-cases`, `frequencies`,
`prompts`, `rereading`, `citation` and `agreement` are made only if the prose has their marker; most read every
document again.

The `datasets` library caches by the content of the card and not by the files, so every config carries
the version and the content hash (huggingface/datasets#6493). It also converts the strings of the files to
ClassLabels by the label names in the card.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..agreement import card_table
from ..core.card_text import Prose
from ..core.hard_cases import occurrences
from ..core.model import GOLD, CorpusError, Record
from ..core.schema import Label, Schema
from ..core.yaml_file import dump_yaml
from ..pipeline.tables import TWINS_CONFIG, WITHHELD, Config, Labels, configs
from ..pipeline.tables.parquet import TWINS, ColumnCounts
from ..report.tables import markdown
from .citation import bibtex, read_citation
from .frequencies import frequencies, notes, table
from .prompts import told
from .rereading import rereading
from .tables import Split

_MARKER = re.compile(r"^<!-- corpus:([a-z-]+) -->$", re.MULTILINE)
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_TAGS = {
    "quotes": ("quote-attribution",),
    "stances": ("stance-detection", "text-classification", "multi-class-classification"),
    "mentions": ("token-classification", "named-entity-recognition", "coreference-resolution", "entity-linking"),
}
"""Layer → the tags, tasks and task ids that a card may have only with this layer."""
_NO_PROMPTS = "The instructions of single passes are not kept in `annotations/prompts/`."
Splits = dict[str, dict[str, Split]]


def card(root: Path, schema: Schema, version: str, splits: Splits, content: str) -> str:
    """Return the text of the card. Raises CorpusError if DATASET_CARD.md is invalid or names an unknown table."""
    written = Prose.read(root / "DATASET_CARD.md")
    front, prose = _front(written.front, schema), written.text
    built = [config for config in configs(schema) if config.name in splits]
    by_split = _counts_of_articles(schema, splits)
    counts: ColumnCounts = sum(by_split.values(), Counter())
    documents = counts["doc_id",]
    front.setdefault("language", sorted(key[1] for key in counts if key[0] == "language" and len(key) == 2))
    front.setdefault("size_categories", [next((name for top, name in _SIZES if documents < top), "n>1M")])
    tables = {
        "configs": _configs_table(built, splits),
        "counts": _counts_table(schema, by_split),
        "labels": _label_tables(schema, counts),
        "fields": _field_tables(schema),
        "columns": _column_tables(built),
    }
    missing = [f"<!-- corpus:{name} -->" for name in tables if f"<!-- corpus:{name} -->" not in prose]
    for name in dict.fromkeys(_MARKER.findall(prose)):
        if name == "hard-cases":
            tables[name] = _hard_cases_table(splits, schema)
        elif name == "frequencies":
            tables[name] = _frequencies_table(schema, splits)
        elif name == "prompts":
            rows, texts = told(root, _annotations(splits))
            tables[name] = "\n".join([_table(["file", "pass", "annotations"], rows), *texts] if rows else [_NO_PROMPTS])
        elif name == "rereading":
            tables[name] = _rereading(root, schema, splits)
        elif name == "citation":
            cited = read_citation(root)
            tables[name] = f"```bibtex\n{bibtex(cited, version, None)}\n```" if cited else "There is no CITATION.cff."
        elif name == "agreement":
            tables[name] = card_table(root).rstrip("\n")
        elif name not in tables:
            known = ", ".join((*tables, "hard-cases", "frequencies", "prompts", "rereading", "citation", "agreement"))
            raise CorpusError(f"{root / 'DATASET_CARD.md'}: unknown table {name!r}; the tables are {known}")
    prose = "\n\n".join([prose.rstrip("\n"), *missing]) + "\n"
    return _joined(front, built, version, splits, content, _MARKER.sub(lambda match: tables[match[1]], prose))


def refuse_agreement(root: Path) -> None:
    """Raise CorpusError if the card has figures of agreement, which are computed from all files of the corpus."""
    if "agreement" in _MARKER.findall(Prose.read(root / "DATASET_CARD.md").text):
        raise CorpusError(
            "DATASET_CARD.md has <!-- corpus:agreement -->, for which every annotation must be on this machine: "
            "remove the line, or build from a copy of the corpus"
        )


def _front(written: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the front matter without the tags of layers that the schema does not have."""
    wrong = {tag for layer, tags in _TAGS.items() if layer not in schema.layers for tag in tags}
    return {
        name: [one for one in value if one not in wrong] if isinstance(value, list) else value
        for name, value in written.items()
    }


def card_of_copy(readme: Path, schema: Schema, version: str, splits: Splits, content: str, notice: str) -> str:
    """Return the card `readme` with a notice before its prose and front matter for the tables in `splits`."""
    written = Prose.read(readme)
    front, prose = dict(written.front), written.text
    built = [config for config in configs(schema) if config.name in splits]
    return _joined(front, built, version, splits, content, f"{notice}\n{prose}")


def _joined(front: dict[str, Any], built: list[Config], version: str, splits: Splits, content: str, body: str) -> str:
    """Join the body to a front matter that describes the tables to `datasets`."""
    front["configs"] = [
        _config_entry(config, version, content, splits[config.name], config is built[0]) for config in built
    ]
    front["dataset_info"] = [_info(config, splits[config.name]) for config in built]
    return f"---\n{dump_yaml(front)}---\n{body}"


def features(columns: Iterable[pa.Field], labels: Labels, path: str = "") -> list[dict[str, Any]]:
    """Return the columns as `dataset_info` features; columns in `labels` become class labels."""
    return [{"name": field.name, **_feature(field.type, labels, f"{path}{field.name}")} for field in columns]


def _feature(kind: pa.DataType, labels: Labels, path: str) -> dict[str, Any]:
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        return {"list": features(kind.value_type, labels, f"{path}.")}
    if pa.types.is_list(kind):
        inner = _feature(kind.value_type, labels, path)
        return {"list": inner["dtype"]}
    if pa.types.is_struct(kind):
        return {"struct": features(kind, labels, f"{path}.")}
    if path in labels:
        return {"dtype": {"class_label": {"names": {str(i): name for i, name in enumerate(labels[path])}}}}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}


def _config_entry(
    config: Config, version: str, content: str, splits: dict[str, Split], is_default: bool
) -> dict[str, Any]:
    entry: dict[str, Any] = {"config_name": config.name}
    if is_default:
        entry["default"] = True
    entry |= {"version": version, "description": f"content-sha256:{content}"}
    return entry | {"data_files": [{"split": split, "path": f"{config.name}/{split}-*.parquet"} for split in splits]}


def _info(config: Config, splits: dict[str, Split]) -> dict[str, Any]:
    files = [file for split in splits.values() for file in split.files]
    return {
        "config_name": config.name,
        "features": features(config.columns, config.labels),
        "splits": [
            {"name": name, "num_bytes": split.size, "num_examples": split.rows} for name, split in splits.items()
        ],
        "download_size": sum(file.size for file in files),
        "dataset_size": sum(split.size for split in splits.values()),
    }


def _table(head: list[str], rows: Iterable[Iterable[object]]) -> str:
    cells = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|").replace("\n", " ")


def _configs_table(built: list[Config], splits: Splits) -> str:
    names = list(dict.fromkeys(split for config in built for split in splits[config.name]))
    rows = (
        [
            f"`{config.name}`",
            config.description,
            *(splits[config.name][n].rows if n in splits[config.name] else 0 for n in names),
        ]
        for config in built
    )
    validation = "\n\n`dev` is the validation split." * ("dev" in names and "validation" not in names)
    return _table(["config", "a row", *names], rows) + validation


def _counts_of_articles(schema: Schema, splits: Splits) -> dict[str, ColumnCounts]:
    """Return the counts of all articles and their gold annotations by split, with or without text."""
    found: dict[str, ColumnCounts] = {}
    of_articles = [splits.get(config, {}) for config in ("documents", TWINS_CONFIG, WITHHELD)]
    for name, of in ((split, of) for split in schema.splits for of in of_articles):
        if name in of:
            found[name] = found.get(name, Counter()) + of[name].counts
    return found


def _counts_table(schema: Schema, by_split: dict[str, ColumnCounts]) -> str:
    """Count articles, those of each set, and records. Twins have a row of their own and are counted nowhere else."""
    rows: list[list[object]] = [["articles", *(counts["doc_id",] for counts in by_split.values())]]
    sets = next((one.labels for one in schema.article_fields if one.name == "set"), ())
    for label in sets:
        of_set = [counts["set", label.name] for counts in by_split.values()]
        if any(of_set):
            rows.append([f"articles of set `{label.name}`", *of_set])
    twins = [counts[TWINS] for counts in by_split.values()]
    if any(twins):
        rows.append(["twins, not counted in any figure", *twins])
    withheld = [counts["doc_id",] - counts["text",] for counts in by_split.values()]
    if any(withheld):
        rows.append(["articles whose text is withheld", *withheld])
    rows += [[layer, *(counts[layer,] for counts in by_split.values())] for layer in schema.layers]
    return _table(["", *by_split], rows)


def _hard_cases_table(splits: Splits, schema: Schema) -> str:
    """Count each hard case over all splits."""
    rows = ([one.case.name, one.case.told_by, one.times, one.articles] for one in occurrences(_rows(splits), schema))
    return _table(["case", "told by", "times", "articles"], rows)


def _frequencies_table(schema: Schema, splits: Splits) -> str:
    names = [label.name for one in schema.article_fields if one.name == "set" for label in one.labels]
    found = frequencies(_rows(splits), names=names)
    return "\n".join([*markdown(table(found)), "", *notes(found)])


def _rows(splits: Splits) -> Iterator[Record]:
    """Yield the gold rows of all articles, without twins."""
    files = (
        file for name in ("documents", WITHHELD) for split in splits.get(name, {}).values() for file in split.files
    )
    for batch in (batch for file in files for batch in pq.ParquetFile(file.open_input()).iter_batches(64)):
        rows = (row for row in batch.to_pylist() if row.get("annotator") in (None, GOLD))
        yield from (row for row in rows if row.get("twin_of") is None)


def _rereading(root: Path, schema: Schema, splits: Splits) -> str:
    """Return the rates of errors that a fresh reader found in gold, by layer."""
    doc_ids = {row["doc_id"] for row in _annotations(splits) if row["annotator"] == GOLD}
    rates, about = rereading(root, schema, doc_ids)
    rows = [
        [one.layer, one.read, one.wrong, f"{one.wrong / one.read:.1%}", f"{one.low:.1%} to {one.high:.1%}"]
        for one in rates
    ]
    table = _table(["layer", "records read", "with an error", "share", "95% interval"], rows)
    return f"{table}\n\n{about}" if rows else about


def _annotations(splits: Splits) -> Iterator[Record]:
    """Yield doc_id, annotator and provenance of every annotation, gold's too, without other columns."""
    for config in ("documents", "annotations", TWINS_CONFIG, WITHHELD):
        for file in (file for split in splits.get(config, {}).values() for file in split.files):
            columns = ["doc_id", "provenance", *(["annotator"] if config != "documents" else [])]
            with file.open_input() as opened:
                for batch in pq.ParquetFile(opened).iter_batches(1024, columns=columns):
                    yield from ({"annotator": GOLD, **row} for row in batch.to_pylist())


def _label_tables(schema: Schema, counts: ColumnCounts) -> str:
    """Return a table for each label field: its labels, their descriptions, and their counts."""
    parts = []
    for layer in schema.layers.values():
        for field in layer.of_kind("label"):
            path = f"{layer.name}.{field.name}"
            rows = [_label_row(label, counts[path, label.name]) for label in field.labels]
            table = _table(["label", "title", "description", "count"], rows)
            parts.append(f"#### `{path}`: {field.title}\n\n{field.description}\n\n{table}")
    return "\n\n".join(parts)


def _label_row(label: Label, count: int) -> list[object]:
    return [f"`{label.name}`", label.title, label.description, count]


def _column_tables(built: list[Config]) -> str:
    """Return a table for each config: the columns that are not fields of the record or layer, and what they hold."""
    parts = []
    for config in built:
        rows = [[f"`{name}`", config.about[name]] for name in config.columns.names if name in config.about]
        parts.append(f"#### Columns of `{config.name}`\n\n{_table(['column', 'holds'], rows)}")
    return "\n\n".join(parts)


def _field_tables(schema: Schema) -> str:
    """Return tables for each layer: its fields with their kinds and descriptions, and its rules."""
    parts = []
    for layer in schema.layers.values():
        rows = [
            [
                f"`{f.name}`",
                ("list of " if f.many and f.kind != "spans" else "")
                + f.kind
                + (f" → {f.refers_to}" if f.refers_to else ""),
                f.description,
            ]
            for f in layer.fields
        ]
        parts.append(f"#### `{layer.name}`\n\n{layer.description}\n\n{_table(['field', 'kind', 'holds'], rows)}")
        if layer.conditions:
            rules = [[one.title, one.words, one.reason] for one in layer.conditions]
            parts.append(_table(["rule", "in the fields", "why"], rules))
    return "\n\n".join(parts)
