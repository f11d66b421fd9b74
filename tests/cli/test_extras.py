"""Validation needs none of the optional libraries; what needs one says how to install it."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
from support.corpora import REPOSITORY, Corpus, annotation

from corpus.core.extras import EXTRAS
from corpus.core.model import CorpusError
from corpus.release.load import load


class Blocked(MetaPathFinder):
    """Finds none of the optional libraries, as if they were not installed."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture(autouse=True)
def _without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in EXTRAS:
        for name in [name for name in sys.modules if name.partition(".")[0] == library]:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Blocked(), *sys.meta_path])


def test_a_corpus_is_validated_formatted_and_built_without_them(corpus: Corpus) -> None:
    value = annotation("alpha", annotator="ann-b")
    corpus.write("annotations/ann-b/alpha.json", value)
    assert corpus.run("validate").code == 0
    assert corpus.run("validate", "--statistics").code == 0
    assert corpus.run("fmt").code == 0
    assert corpus.run("build").code == 0


def test_what_needs_one_names_the_extra(corpus: Corpus) -> None:
    corpus.write("annotations/ann-b/alpha.json", annotation("alpha", annotator="ann-b"))
    ran = corpus.run("agreement")
    assert ran.code == 2
    assert re.fullmatch(r"corpus: \w+ is not installed: pip install 'on-the-record\[agreement\]'\n", ran.err)
    corpus.run("build")
    with pytest.raises(CorpusError, match=r"datasets is not installed: pip install 'on-the-record\[load\]'"):
        load("quotes", root=corpus.root)
    with pytest.raises(CorpusError, match=r"huggingface_hub is not installed: pip install 'on-the-record\[load\]'"):
        load("quotes", version="1.0.0", repo="a/b")


def test_a_card_with_a_table_of_agreement_needs_the_extra(corpus: Corpus) -> None:
    corpus.write("annotations/ann-b/alpha.json", annotation("alpha", annotator="ann-b"))
    corpus.write("DATASET_CARD.md", "---\nlicense: cc-by-4.0\n---\n# A corpus\n\n<!-- corpus:agreement -->\n")
    ran = corpus.run("build")
    assert ran.code == 2
    assert "pip install 'on-the-record[agreement]'" in ran.err


@pytest.mark.parametrize("page", ["README.md", "docs/your-own-corpus.md", "corpus/edit/skeleton/README.md"])
def test_what_a_beginner_installs_builds_every_card_and_loads(page: str) -> None:
    """The first line of these pages builds a corpus whose card may have that table, and the next ones load it."""
    lines = re.findall(r"^\$ .*pip install .*$", (REPOSITORY / page).read_text("utf-8"), re.MULTILINE)
    assert "[agreement,load]" in lines[0]


def test_each_library_is_in_its_extra() -> None:
    project = tomllib.loads((Path(REPOSITORY) / "pyproject.toml").read_text("utf-8"))["project"]
    for library, extra in EXTRAS.items():
        assert any(one.startswith(library) for one in project["optional-dependencies"][extra])
        assert not any(one.startswith(library) for one in project["dependencies"])
    assert "on-the-record[agreement,load]" in project["optional-dependencies"]["test"]
