"""Attribute quotes to their speakers with a linear ranker, and compare it with the nearest person or organisation.

    python examples/quotes.py [FOLDER [COUNTS]]      FOLDER: a build or release; default: ./build

Trains on `train`, is tuned on `dev` and scores on `test` once: accuracy on the quotes that have a speaker. Mentions
and their entities are given, cues and sources are not. The baseline chooses the entity of type PER or ORG with the
mention nearest to the content, outside it. Runs in seconds on a CPU. COUNTS is a file to write counts of each document
to, for `corpus score --baselines`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets import load_dataset
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

Row = dict[str, Any]
STRENGTHS = (0.1, 1, 10)
"""The inverse of the regularisation: the larger, the closer to the training data."""


def candidates(document: Row, quote: Row) -> dict[str, Row]:
    """Return the features of each entity of the article: the distance and kind of its mention nearest to the quote."""
    text, content = document["text"], quote["content"]
    first, last = content[0]["start"], content[-1]["end"]
    kinds = {entity["id"]: entity["type"] for entity in document["entities"]}
    paragraph = (text.rfind("\n", 0, first) + 1, text.find("\n", last) % (len(text) + 1))
    found: dict[str, Row] = {}
    for mention in document["mentions"]:
        start, end = mention["spans"][0]["start"], mention["spans"][-1]["end"]
        if any(span["start"] <= start and end <= span["end"] for span in content):
            continue
        before = end <= first
        away = first - end if before else start - last if start >= last else 0
        sight = {
            "away": min(away, 400) / 100,
            "close": away <= 12,
            "near": away <= 40,
            f"form {mention['form']} {before}": True,
            f"after said {text[end : end + 6].strip()[:5].lower()}": True,
            f"before said {text[max(0, start - 6) : start].strip()[-5:].lower()}": True,
            "in paragraph": paragraph[0] <= start < paragraph[1],
            "begins paragraph": start == paragraph[0],
            f"type {kinds[mention['entity']]}": True,
        }
        best = found.setdefault(mention["entity"], {"distance": away, "mentions": 0, "sight": sight})
        best["mentions"] += 1
        if away < best["distance"]:
            best.update(distance=away, sight=sight)
    return found


def examples(split: Any) -> Iterator[tuple[Row, Row, dict[str, Row]]]:
    """Yield each quote that has a speaker, with its document and its candidates."""
    for document in split:
        for quote in document["quotes"] or () if document["text"] else ():
            if quote["speaker"]:
                yield document, quote, candidates(document, quote)


def described(one: Row) -> Row:
    """Return the features of a candidate."""
    return {**one["sight"], "mentions": min(one["mentions"], 10) / 10}


def nearest(document: Row, found: dict[str, Row], types: list[str]) -> str:
    """Return the entity of a person or organisation with the mention nearest to the quote."""
    voices = {e["id"] for e in document["entities"] if types[e["type"]] in ("PER", "ORG")}
    return min(((one["distance"], entity) for entity, one in found.items() if entity in voices), default=(0, ""))[1]


def ranked(model: Any, found: dict[str, Row]) -> str:
    """Return the entity that the model ranks first."""
    names = list(found)
    if not names:
        return ""
    scores = model.predict_proba([described(found[name]) for name in names])
    return str(max(zip(scores[:, 1], names, strict=True))[1])


def main(folder: str = "./build", out: str = "") -> None:
    """Print the accuracy of the baseline and of the ranker; write counts of each document to `out`."""
    data = load_dataset(folder, "documents")
    features, right = [], []
    for _, quote, found in examples(data["train"]):
        for entity, one in found.items():
            features.append(described(one))
            right.append(entity == quote["speaker"])
    models = [
        make_pipeline(DictVectorizer(), LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")).fit(
            features, right
        )
        for strength in STRENGTHS
    ]
    dev = list(examples(data["dev"]))
    model = max(models, key=lambda one: sum(ranked(one, found) == quote["speaker"] for _, quote, found in dev))
    types = data["test"].features["entities"].feature["type"].names
    systems: dict[str, dict[str, list[int]]] = {"nearest person or organisation": {}, "linear ranker": {}}
    for document, quote, found in examples(data["test"]):
        for of, guess in zip(systems.values(), (nearest(document, found, types), ranked(model, found)), strict=True):
            counts = of.setdefault(document["doc_id"], [0, 0])
            counts[0] += guess == quote["speaker"]
            counts[1] += 1
    asked = sum(all_ for of in list(systems.values())[:1] for _, all_ in of.values())
    print(f"{sum(right)} training quotes, {asked} test quotes")
    for name, of in systems.items():
        print(f"{name:<30}   accuracy {sum(good for good, _ in of.values()) / asked:.3f}")
    if out:
        value = {"task": "speakers of quotes", "kind": "share", "systems": systems}
        Path(out).write_text(json.dumps(value), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
