"""Attribute quotes to their speakers with a linear ranker, and compare it with the nearest person or organisation.

    python examples/quotes.py [FOLDER]      FOLDER: a build or release; default: ./build

Trains on `train` and scores on `test`: accuracy on the quotes that have a speaker. Mentions and their entities are
given, cues and sources are not. The baseline chooses the entity of type PER or ORG with the mention nearest to the
content, outside it. Runs in seconds on a CPU.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from datasets import load_dataset
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

Row = dict[str, Any]


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


def main(folder: str) -> None:
    """Print the accuracy of the baseline and of the ranker."""
    data = load_dataset(folder, "documents")
    features, right = [], []
    for _, quote, found in examples(data["train"]):
        for entity, one in found.items():
            features.append({**one["sight"], "mentions": min(one["mentions"], 10) / 10})
            right.append(entity == quote["speaker"])
    model = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=2000, class_weight="balanced"))
    model.fit(features, right)
    types = data["test"].features["entities"].feature["type"].names
    asked = nearest = ranked = 0
    for document, quote, found in examples(data["test"]):
        asked += 1
        voices = {e["id"] for e in document["entities"] if types[e["type"]] in ("PER", "ORG")}
        near = min((one["distance"], entity) for entity, one in found.items() if entity in voices)
        nearest += near[1] == quote["speaker"]
        names = list(found)
        scores = model.predict_proba(
            [{**found[n]["sight"], "mentions": min(found[n]["mentions"], 10) / 10} for n in names]
        )
        ranked += max(zip(scores[:, 1], names, strict=True))[1] == quote["speaker"]
    print(f"{sum(right)} training quotes, {asked} test quotes")
    print(f"nearest person or organisation   accuracy {nearest / asked:.3f}")
    print(f"linear ranker                    accuracy {ranked / asked:.3f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "./build")
