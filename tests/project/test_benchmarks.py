"""The benchmarks run: on little input, whose counts are compared. Their times are for people to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, run

from corpus.labelstudio.export import read_export


@pytest.mark.parametrize(("kind", "layer", "records"), [("spans", "nonquotes", 30), ("records", "quotes", 5)])
def test_the_export_of_label_studio_is_converted_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, layer: str, records: int
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY / "benchmarks")
    import label_studio

    root = tmp_path / "corpus"
    label_studio.write(root, kind, 3)
    assert [task["id"] for task in read_export(root / "export.json")] == [1, 2, 3]
    arguments = label_studio.CONTENDERS["corpus label-studio convert"][3:]
    ran = run(*(one.format(root=root, scratch=tmp_path) for one in arguments))
    assert (ran.code, "3 written, 0 unchanged, 0 quarantined" in ran.err) == (0, True), ran.out + ran.err
    written = sorted((tmp_path / "annotations").rglob("*.json"))
    assert len(written) == 3
    for path in written:
        assert f'"{layer}": [' in path.read_text()
        assert path.read_text().count('"id": ') >= records


def test_the_benchmark_of_label_studio_prints_a_table(tmp_path: Path) -> None:
    pytest.importorskip("label_studio_sdk", reason="compares with label-studio-sdk, an extra of its own")
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "benchmarks" / "label_studio.py"), "--tasks", "3", "--repeat", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ") and "what" not in line]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        "corpus label-studio convert",
        "label-studio-sdk → CoNLL-2003",
    ] * 2


def test_the_stages_of_a_conversion_are_measured() -> None:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "benchmarks" / "label_studio_stages.py"), "--tasks", "3", "--repeat", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:]]
    assert [row[0] for row in rows][:3] == ["parse the export", "read the article", "group by annotator"]
    times = {row[0]: row[1:] for row in rows}
    assert all(int(one) > 0 for one in times["build the annotation"])


def test_an_earlier_version_is_measured_beside_this_one() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/frozen.py", ".", "--documents", "20", "--repeat", "1"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| corpus")]
    assert [row[0] for row in rows] == ["corpus validate", "corpus build", "corpus build, 2 processes"]
    for _, then, now, ratio, *_ in rows:
        # Seconds are shown with two digits, and some half a second is taken.
        assert float(ratio) == pytest.approx(float(now) / float(then), abs=0.05)
