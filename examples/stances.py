"""Classify stances with a linear model, and compare it with the most frequent label, of all or of a scope.

    python examples/stances.py [FOLDER [COUNTS]]      FOLDER: a build or release; default: ./build

Trains on `train`, is tuned on `dev` and scores on `test` once: macro F1 over the labels in the test data, and
accuracy. The model sees the scope of the stance, who holds it, and the words: those of the evidence for a speaker, else
the article, or its title if the article is long. The targets of the test stories are not in the training data, as in
cross-target stance detection, so the words of a target tell nothing and are left out. Runs in seconds on a CPU.

Pairs without a stance have the label `none`. Two further baselines see no text: the most frequent label of a scope, and
that of a scope in the articles of an outlet, or of the scope where the outlet has none. They are counted on `train` and
`dev`, since they have nothing to tune. Scope tells something, because articles discuss, headlines are neutral and most
speakers say nothing about a target: what a model has read is what it gains on these. COUNTS is a file to write counts
of each document to, for `corpus score --baselines`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

from datasets import load_dataset
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline

LONG = 1500
"""Code points from which on an article is represented by its title."""
GRAMS = ({"ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (3, 5)})
"""Words and pairs of words, or three to five characters of a word."""
STRENGTHS = (0.3, 1, 3, 10)
"""The inverse of the regularisation: the larger, the closer to the training data."""


def texts(split: Any) -> list[str]:
    """Return scope, holder and words of each pair as one string; scope and holder are words of their own."""
    scopes = split.features["scope"].names
    return [
        f"scope{scopes[row['scope']]} holder{row['holder_type']} "
        + (row["text"] if len(row["text"]) < LONG else row["title"] or "")
        for row in split
    ]


def without_text(known: Iterable[Any], asked: Any, *keys: Callable[[Any], Any]) -> list[int]:
    """Return for each asked pair the most frequent label of the known pairs with its first key that they have."""
    labels: dict[Any, Counter[int]] = defaultdict(Counter)
    for row in known:
        for key in keys:
            labels[key(row)][row["label"]] += 1
    of_pair = [next(labels[key(row)] for key in keys if key(row) in labels) for row in asked]
    return [min(of, key=lambda label: (-of[label], label)) for of in of_pair]


def linear(grams: dict[str, Any], strength: float) -> Any:
    """Return an untrained model."""
    model = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
    return make_pipeline(TfidfVectorizer(sublinear_tf=True, **grams), model)


def counts(split: Any, guessed: Any) -> dict[str, list[int]]:
    """Return for each document, and each label in turn: right, in gold, predicted."""
    names = split.features["label"].names
    found: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    for doc_id, gold, guess in zip(split["doc_id"], split["label"], guessed, strict=True):
        found[doc_id].update([(gold, 1), (int(guess), 2), *([(gold, 0)] if gold == guess else [])])
    return {doc_id: [of[label, i] for label in range(len(names)) for i in range(3)] for doc_id, of in found.items()}


def main(folder: str = "./build", out: str = "") -> None:
    """Print accuracy and macro F1 of the baseline and of the model; write counts of each document to `out`."""
    data = load_dataset(folder, "stances").filter(lambda row: row["text"] is not None)
    train, dev, test = data["train"], data["dev"], data["test"]
    print(f"{len(train)} training stances, {len(test)} test stances")

    def on_dev(setting: tuple[dict[str, Any], float]) -> float:
        guessed = linear(*setting).fit(texts(train), train["label"]).predict(texts(dev))
        return float(
            f1_score(dev["label"], guessed, average="macro", labels=sorted(set(dev["label"])), zero_division=0)
        )

    splits = load_dataset(folder, "documents").select_columns(["doc_id", "source"])
    outlets = {row["doc_id"]: row["source"] for rows in splits.values() for row in rows}
    known = [*train, *dev]

    def scope(row: Any) -> Any:
        return row["scope"]

    def outlet_and_scope(row: Any) -> Any:
        return outlets[row["doc_id"]], row["scope"]

    def fitted(model: Any) -> Any:
        return model.fit(texts(train), train["label"]).predict(texts(test))

    best = max(product(GRAMS, STRENGTHS), key=on_dev)
    guesses = {
        "most frequent label": fitted(DummyClassifier(strategy="most_frequent")),
        "scope, no text": without_text(known, test, scope),
        "outlet and scope, no text": without_text(known, test, outlet_and_scope, scope),
        "linear model": fitted(linear(*best)),
    }
    labels, systems = sorted(set(test["label"])), {}
    for name, guessed in guesses.items():
        f1 = f1_score(test["label"], guessed, average="macro", labels=labels, zero_division=0)
        print(f"{name:<25}   accuracy {accuracy_score(test['label'], guessed):.3f}   macro F1 {f1:.3f}")
        systems[name] = counts(test, guessed)
    if out:
        value = {"task": "stances", "kind": "labels", "labels": train.features["label"].names, "systems": systems}
        Path(out).write_text(json.dumps(value), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
