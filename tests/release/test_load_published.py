"""What was published loads through a real server of the hub's reading side: by `datasets`, and by `corpus.load`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.corpora import Corpus
from support.hub_stand_in import Hub
from support.olah_server import serving
from support.publishing import REPO, publish

import corpus as package
from corpus.core.model import CorpusError


def test_a_version_comes_from_where_it_is_said_to_be(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match=r"no release 1\.0\.0, and no repository of the hub is configured"):
        package.load("quotes", version="1.0.0", root=corpus.root)
    with pytest.raises(CorpusError, match="give `version` with `repo`"):
        package.load("quotes", repo=REPO)
    with pytest.raises(CorpusError, match="is OWNER/NAME, not name"):
        package.load("quotes", version="1.0.0", repo="name")
    with pytest.raises(CorpusError, match=r"a version is X\.Y\.Z"):
        package.load("quotes", version="../build", root=corpus.root)
    corpus.write("pyproject.toml", '[tool.corpus]\nhub = "a/b/c"\n')
    with pytest.raises(CorpusError, match="hub must be"):
        package.load("quotes", version="1.0.0", root=corpus.root)


@pytest.fixture
def served(released: Corpus, hub: Hub, tmp_path: Path) -> Iterator[str]:
    """The address of a server that has release 1.0.0 as it was published; the release is not here any more."""
    ran = publish(released, hub)
    assert ran.code == 0, ran.err
    (released.root / "releases").rename(tmp_path / "away")
    with serving(hub.folder, tmp_path / "olah") as url:
        yield url


def python(code: str, url: str, folder: Path, **more: str) -> Any:
    """What a process prints as JSON that has this hub, and caches of its own; the last line of its error otherwise."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": url, "HF_HOME": str(folder / "home"), "NO_PROXY": "127.0.0.1", **more}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    return json.loads(ran.stdout) if ran.returncode == 0 else ran.stderr.strip().splitlines()[-1]


def load(url: str, folder: Path, how: str, **more: str) -> Any:
    return python(f"import corpus, json; print(json.dumps(corpus.load({how}).to_list()))", url, folder, **more)


@pytest.mark.slow
def test_a_version_that_the_hub_has_not(hub: Hub, tmp_path: Path) -> None:
    hub.create(REPO, public=True)
    said = load(hub.url, tmp_path, f'"quotes", version="1.0.0", repo={REPO!r}', HF_TOKEN=hub.token)
    assert said.endswith(f"CorpusError: {REPO} has no version 1.0.0: there is no tag v1.0.0")


@pytest.mark.slow
def test_what_was_published_loads(served: str, released: Corpus, hub: Hub, tmp_path: Path) -> None:
    rows = {
        config: pq.read_table(next((tmp_path / f"away/1.0.0/{config}").glob("train-*"))).to_pylist()
        for config in ("documents", "quotes", "entities")
    }
    root = f"root={str(released.root)!r}"
    by_datasets = """
import json, datasets
loaded = datasets.load_dataset({repo!r}, {config!r}, revision="v1.0.0", split="train")
names = {{n: f for n, f in loaded.features.items() if isinstance(f, datasets.ClassLabel)}}
print(json.dumps([{{n: names[n].int2str(v) if n in names else v for n, v in row.items()}} for row in loaded]))
"""
    assert python(by_datasets.format(repo=REPO, config="quotes"), served, tmp_path) == rows["quotes"]
    for how in (f"repo={REPO!r}", root):
        if how == root:
            released.write("pyproject.toml", f'[tool.corpus]\nhub = "{REPO}"\n')
        found = load(served, tmp_path, f'"documents", version="1.0.0", split="train", {how}')
        assert [row["text"] for row in found] == [row["text"] for row in rows["documents"]]
    assert "CorpusError: a/b: " in load(served, tmp_path, '"quotes", version="1.0.0", repo="a/b"')


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["changed", "more"])
def test_what_was_changed_on_the_hub_does_not_load(
    served: str, released: Corpus, hub: Hub, tmp_path: Path, damage: str
) -> None:
    """Whoever may write to the repository can move a tag."""
    table = next((hub.repo(REPO) / "quotes").glob("train-*.parquet"))
    other = table if damage == "changed" else table.with_name("train-00001-of-00002.parquet")
    pq.write_table(pq.read_table(table).slice(1), other)
    hub.git(REPO, "tag", "--force", "v1.0.0", hub.commit(REPO, "changed"))
    said = load(served, tmp_path, f'"quotes", version="1.0.0", split="train", repo={REPO!r}')
    expected = {"changed": "differs from the released file", "more": "is not in the manifest of the release"}
    assert expected[damage] in said
