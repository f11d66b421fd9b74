"""Tag named entities in sentences with a linear model, and compare it with a word list.

    python examples/entities.py [FOLDER]      FOLDER: a build or release; default: ./build

Trains on `train` and scores on `test`: F1 of whole entities, with exact boundaries and type. The model sees a token and
its neighbours. The baseline gives each capitalised word its most frequent tag in the training data, and O to unknown
words. Runs in seconds on a CPU.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

from datasets import Dataset, load_dataset
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

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


def main(folder: str) -> None:
    """Print F1 of the baseline and of the model."""
    data = load_dataset(folder, "entities")
    names = data["train"].features["ner_tags"].feature.names

    def tags(split: Dataset) -> list[list[str]]:
        return [[names[tag] for tag in row] for row in split["ner_tags"]]

    train, test = data["train"], data["test"]
    tagged, gold = tags(train), spans(tags(test))
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for tokens, row in zip(train["tokens"], tagged, strict=True):
        for token, tag in zip(tokens, row, strict=True):
            seen[token][tag] += 1
    listed = [
        [seen[t].most_common(1)[0][0] if t in seen and t[:1].isupper() else "O" for t in tokens]
        for tokens in test["tokens"]
    ]
    model = make_pipeline(DictVectorizer(), LogisticRegression(C=10, max_iter=300))
    rows = [features(tokens, i) for tokens in train["tokens"] for i in range(len(tokens))]
    model.fit(rows, [tag for row in tagged for tag in row])
    guessed = [list(model.predict([features(tokens, i) for i in range(len(tokens))])) for tokens in test["tokens"]]
    print(f"{len(train)} training sentences, {len(test)} test sentences, {len(gold)} entities")
    print(f"word list      F1 {f1(gold, spans(listed)):.3f}")
    print(f"linear model   F1 {f1(gold, spans(guessed)):.3f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "./build")
