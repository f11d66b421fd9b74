"""Tag named entities in sentences with a linear model, and compare it with a word list.

    python examples/entities.py [FOLDER [COUNTS]]      FOLDER: a build or release; default: ./build

Trains on `train`, is tuned on `dev` and scores on `test` once: F1 of whole entities, with exact boundaries and type.
The model sees a token and its neighbours. The baseline gives each capitalised word its most frequent tag in the
training data, and O to unknown words. Runs in seconds on a CPU. COUNTS is a file to write counts of each document to,
for `corpus score --baselines`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

STRENGTHS = (1, 10)
"""The inverse of the regularisation: the larger, the closer to the training data."""
Spans = set[tuple[int, int, int, str]]
"""(sentence, first token, token after the last, type)."""


def features(tokens: list[str], i: int) -> dict[str, bool]:
    """Return the features of token `i`: the token, its shape, and the two tokens on either side."""
    word = tokens[i]
    found = {
        f"word {word.lower()}",
        f"end {word[-3:].lower()}",
        f"shape {word[:1].isupper()} {word.isupper()} {word.isdigit()}",
    }
    for step in (-2, -1, 1, 2):
        other = tokens[i + step] if 0 <= i + step < len(tokens) else "-"
        found |= {f"{step} {other.lower()}", f"{step} upper {other[:1].isupper()}"}
    return dict.fromkeys(found, True)


def spans(sentences: list[list[str]]) -> Spans:
    """Return the entities of IOB2 tags. An I- without a B- before it begins an entity."""
    found: Spans = set()
    for number, tags in enumerate(sentences):
        start, kind = 0, ""
        for i, tag in enumerate([*tags, "O"]):
            if kind and tag != f"I-{kind}":
                found.add((number, start, i, kind))
                kind = ""
            if tag != "O" and not kind:
                start, kind = i, tag[2:]
    return found


def f1(gold: Spans, guessed: Spans) -> float:
    """Return the F1 of whole entities, from 0 to 1."""
    return 2 * len(gold & guessed) / (len(gold) + len(guessed)) if gold or guessed else 1.0


def tagged(model: Any, split: Dataset) -> list[list[str]]:
    """Return the tags that a model gives each sentence."""
    return [list(model.predict([features(tokens, i) for i in range(len(tokens))])) for tokens in split["tokens"]]


def counts(split: Dataset, gold: Spans, guessed: Spans) -> dict[str, list[int]]:
    """Return for each document: right entities, those in gold, those predicted."""
    found: dict[str, list[int]] = {doc_id: [0, 0, 0] for doc_id in split["doc_id"]}
    doc_ids = list(split["doc_id"])
    for i, some in enumerate((gold & guessed, gold, guessed)):
        for number, *_ in some:
            found[doc_ids[number]][i] += 1
    return found


def main(folder: str = "./build", out: str = "") -> None:
    """Print F1 of the baseline and of the model; write counts of each document to `out`."""
    data = load_dataset(folder, "entities")
    names = data["train"].features["ner_tags"].feature.names

    def tags(split: Dataset) -> list[list[str]]:
        return [[names[tag] for tag in row] for row in split["ner_tags"]]

    train, dev, test = data["train"], data["dev"], data["test"]
    learned = tags(train)
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for tokens, row in zip(train["tokens"], learned, strict=True):
        for token, tag in zip(tokens, row, strict=True):
            seen[token][tag] += 1
    listed = [
        [seen[t].most_common(1)[0][0] if t in seen and t[:1].isupper() else "O" for t in tokens]
        for tokens in test["tokens"]
    ]
    rows = [features(tokens, i) for tokens in train["tokens"] for i in range(len(tokens))]
    wanted = [tag for row in learned for tag in row]
    models = [
        make_pipeline(DictVectorizer(), LogisticRegression(C=strength, max_iter=300)).fit(rows, wanted)
        for strength in STRENGTHS
    ]
    of_dev = spans(tags(dev))
    model = max(models, key=lambda one: f1(of_dev, spans(tagged(one, dev))))
    gold = spans(tags(test))
    print(f"{len(train)} training sentences, {len(test)} test sentences, {len(gold)} entities")
    systems = {}
    for name, guessed in (("word list", spans(listed)), ("linear model", spans(tagged(model, test)))):
        print(f"{name:<12}   F1 {f1(gold, guessed):.3f}")
        systems[name] = counts(test, gold, guessed)
    if out:
        value = {"task": "named entities", "kind": "matched", "systems": systems}
        Path(out).write_text(json.dumps(value), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
