"""Reports of one form, 70 in each of two splits, with half of the words in common; all in one in the good corpus."""

import hashlib
import json
from pathlib import Path
from random import Random

WORDS = "boats harbour wind wall keeper ferry noon rain field market bridge lamp north crew tide storm gale snow mill"


def made_up(seed: int, length: int) -> str:
    return " ".join(Random(seed).choices(WORDS.split(), k=length))


def make(bad: Path, good: Path) -> None:
    form, own = made_up(10, 60), {"train": made_up(2, 36), "test": made_up(3, 36)}
    for side in (bad, good):
        lines = []
        for split, words in own.items():
            for day in range(70):
                text = f"{form} {words} {day}."
                record = {
                    "doc_id": f"weather-{split}-{day}",
                    "title": "Weather",
                    "language": "en",
                    "license": "CC-BY-4.0",
                }
                record |= {"redistribution": "full", "text_sha256": hashlib.sha256(text.encode()).hexdigest()}
                record |= {"length": len(text), "split": split if side is bad else "train", "text": text}
                lines.append(json.dumps(record) + "\n")
        (side / "raw").mkdir(parents=True, exist_ok=True)
        (side / "raw" / "weather.jsonl").write_text("".join(lines), "utf-8")
