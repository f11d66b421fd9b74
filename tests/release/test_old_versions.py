"""A release is one thing whatever makes it and whatever reads it: other pyarrow, older datasets, older releases."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from support.copies import copy_repository, parquet_rows, read, withhold
from support.corpora import REPOSITORY, run
from support.environments import clean, environment

from corpus.files.releases import versions

OLD_DATASETS = ("datasets==3.6.0", "huggingface_hub==2.4.0", "numpy==2.4.6", "pandas==3.1.1", "pyarrow==26.0.1")
OLD_PYARROW = "pyarrow==24.0.0"
ARTICLES = ("barrage-hearing-delay", "barrage-cost-analysis", "glow-fever-brief", "cup-final-goal-line")
MADE = "made here"

LOAD = """
import hashlib, json, sys
import datasets
folder, cache = sys.argv[1:]
found = {}
for config in datasets.get_dataset_config_names(folder):
    for split, table in datasets.load_dataset(folder, config, cache_dir=cache).items():
        rows = [dict(row) for row in table]
        found[f"{config} {split}"] = {
            "rows": len(rows),
            "version": str(table.info.version),
            "labels": {n: f.names for n, f in table.features.items() if isinstance(f, datasets.ClassLabel)},
            "sha256": hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest(),
        }
print(json.dumps([datasets.__version__, found]))
"""
"""Loads every config and split of a folder, and says what is in them."""


@pytest.fixture(scope="module")
def corpus_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with a split of each kind, a withheld text and an article without gold."""
    root = copy_repository(tmp_path_factory.mktemp("old-versions"), ARTICLES)
    withhold(root, ARTICLES[1], attach=False)
    (root / "annotations/gold" / f"{ARTICLES[3]}.json").unlink()
    shutil.copy(REPOSITORY / "CITATION.cff", root)
    return root


@pytest.fixture(scope="module")
def made(corpus_root: Path) -> Path:
    """A release of it."""
    ran = run("--root", str(corpus_root), "release", "1.2.3")
    assert ran.code == 0, ran.out + ran.err
    return corpus_root / "releases" / "1.2.3"


@pytest.fixture(params=[*versions(REPOSITORY), MADE])
def release(request: pytest.FixtureRequest, made: Path) -> Path:
    """Each release of this repository, and one made now."""
    return made if request.param == MADE else REPOSITORY / "releases" / request.param


def loaded(python: Path | str, folder: Path, cache: Path) -> tuple[str, dict[str, Any]]:
    """The version of `datasets`, and what it loads: "config split" → rows, version, labels, a hash of the rows."""
    ran = subprocess.run([python, "-c", LOAD, folder, cache], capture_output=True, text=True, env=clean())
    assert ran.returncode == 0, ran.stderr
    version, found = json.loads(ran.stdout)
    return version, found


def loaded_here(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the `datasets` of this process loads, which spares a process that imports it anew."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "argv", ["", str(folder), str(cache)])
    with redirect_stdout(out):
        exec(LOAD, {})
    _, found = json.loads(out.getvalue())
    assert isinstance(found, dict)
    return found


def test_every_release_is_as_it_was_made_and_can_be_loaded(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read(release / "manifest.json")
    ran = run("--root", str(release.parent.parent), "verify", release.name)
    assert ran.code == 0, ran.out
    found = loaded_here(release, tmp_path, monkeypatch)
    rows = {
        f"{config} {split}": made["rows"] for config, of in manifest["configs"].items() for split, made in of.items()
    }
    assert {name: one["rows"] for name, one in found.items()} == rows
    assert {one["version"] for one in found.values()} == {release.name}


@pytest.mark.slow
def test_every_release_can_be_loaded_with_datasets_3_6(release: Path, tmp_path: Path) -> None:
    """With the same rows and the same names of labels as today's."""
    python = environment("datasets-3.6", OLD_DATASETS)
    new, today = loaded(sys.executable, release, tmp_path / "new")
    old, then = loaded(python, release, tmp_path / "old")
    assert (old, new.split(".")[0]) == ("3.6.0", "5")
    assert then == today


@pytest.mark.slow
def test_another_pyarrow_gives_the_same_hash_of_content(corpus_root: Path, tmp_path: Path) -> None:
    """The bytes of the files differ, for they name the version that wrote them; rows and logical hashes do not."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["agreement"],
    ]  # which the card of a build needs
    names = [re.sub("[_.]", "-", name.split(">")[0].lower()) for name in wanted]
    pins = [line for line in (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
    pins = [pin for pin in pins if re.sub("[_.]", "-", pin.split("==")[0].lower()) in {*names} - {"pyarrow"}]
    assert len(pins) == len(names) - 1
    python = environment("pyarrow-24", (OLD_PYARROW, *pins))
    package = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "package", REPOSITORY]
    subprocess.run(package, check=True, stdout=sys.stderr)
    variables = clean() | {"PYTHONPATH": str(tmp_path / "package")}
    command = ["-m", "corpus", "--root", str(corpus_root), "build", "--out"]
    for interpreter, out in ((python, "old"), (Path(sys.executable), "new")):
        ran = subprocess.run(
            [interpreter, *command, tmp_path / out], cwd=tmp_path, capture_output=True, text=True, env=variables
        )
        assert ran.returncode == 0, ran.stderr
    old, new = (read(tmp_path / out / "manifest.json") for out in ("old", "new"))
    assert old["tools"]["pyarrow"] == OLD_PYARROW.split("==")[1]
    assert new["tools"]["pyarrow"].split(".")[0] != "24"
    assert old["content_sha256"] == new["content_sha256"]
    assert old["configs"] == new["configs"]
    assert old["files"] != new["files"]
    assert parquet_rows(tmp_path / "old") == parquet_rows(tmp_path / "new")
    ran = run("--root", str(corpus_root), "verify", str(tmp_path / "old"))
    assert ran.code == 0, ran.out
