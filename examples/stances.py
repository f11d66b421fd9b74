"""Classify stances with a linear model, and compare it with the most frequent label.

    python examples/stances.py [FOLDER]      FOLDER: a build or release; default: ./build

Trains on `train` and scores on `test`: accuracy, and macro F1 over the labels in the test data. The model sees the
words of the text and the target. The targets of the test stories are not in the training data, as in cross-target
stance detection. Runs in seconds on a CPU.
"""

from __future__ import annotations

import sys
from typing import Any

from datasets import load_dataset
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline


def texts(split: Any) -> list[str]:
    """Return scope, target and words of each pair as one string; the scope is a separate word."""
    scopes = split.features["scope"].names
    return [f"scope{scopes[row['scope']]} {row['target_statement']} ; {row['text']}" for row in split]


def main(folder: str) -> None:
    """Print accuracy and F1 of the baseline and of the model."""
    data = load_dataset(folder, "stances").filter(lambda row: row["text"] is not None)
    train, test = data["train"], data["test"]
    print(f"{len(train)} training stances, {len(test)} test stances")
    models = {
        "most frequent label": DummyClassifier(strategy="most_frequent"),
        "linear model": make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(max_iter=2000, class_weight="balanced"),
        ),
    }
    for name, model in models.items():
        guessed = model.fit(texts(train), train["label"]).predict(texts(test))
        accuracy, f1 = accuracy_score(test["label"], guessed), f1_score(test["label"], guessed, average="macro")
        print(f"{name:<20}   accuracy {accuracy:.3f}   macro F1 {f1:.3f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "./build")
