"""Progress without a terminal: a line now and then, and nothing that is done at once has one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from support.corpora import Corpus

from corpus.cli import bar
from corpus.cli.bar import EVERY, HiddenBar, LoggedBar
from corpus.cli.options import Common


class Clock:
    """A clock that stands still until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_comes_after_each_interval() -> None:
    clock, lines = Clock(), list[str]()
    with LoggedBar(None, lines.append, clock, total=1_200, unit="doc") as shown:
        for passed in (0.0, EVERY - 0.1, EVERY, EVERY + 1, 2 * EVERY - 0.1, 3 * EVERY, 4 * EVERY - 1):
            clock.now = 100 + passed
            shown.update(200)
    assert lines == ["600 of 1,200 docs after 30 s", "1,200 of 1,200 docs after 90 s"]
    assert shown.n == 1_400


def test_a_line_of_bytes_counts_millions_and_needs_no_total() -> None:
    clock, lines = Clock(), list[str]()
    shown = LoggedBar(None, lines.append, clock, desc="download", unit="B", unit_scale=True)
    clock.now += EVERY
    shown.update(2_540_000)
    assert lines == ["download: 2.5 MB after 30 s"]


def test_items_count_when_they_are_done() -> None:
    clock, lines = Clock(), list[str]()

    def slow() -> Iterator[str]:
        for name in ("a", "b", "c"):
            clock.now += EVERY
            yield name

    assert list(LoggedBar(slow(), lines.append, clock, total=3)) == ["a", "b", "c"]
    assert lines == ["1 of 3 docs after 30 s", "2 of 3 docs after 60 s", "3 of 3 docs after 90 s"]


def test_a_log_has_lines_and_a_quiet_run_has_none(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar, "EVERY", 0.0)
    *lines, last = corpus.run("validate").err.splitlines()
    assert set(lines) == {"2 of 2 docs after 0 s"}
    assert last == "no findings in 2 documents"
    assert corpus.run("validate", "--quiet").err == ""
    common = Common()
    common.quiet = True
    assert type(common.bar()) is HiddenBar


@pytest.mark.parametrize("verb", ["validate", "build", "release"])
def test_infos_are_hidden_and_counted(corpus: Corpus, verb: str) -> None:
    for doc_id in ("alpha", "beta"):
        record = corpus.read(f"raw/{doc_id}.json")
        corpus.write(f"raw/{doc_id}.json", {**record, "published": "9999-01-01"})
    corpus.write("pyproject.toml", '[tool.corpus]\nversion = "1.0.0"\n\n[tool.corpus.severity]\nC630 = "info"\n')
    argv = (verb, "1.0.0", "--allow-dirty") if verb == "release" else (verb,)
    some = corpus.run(*argv, "--least", "warning")
    assert (some.code, some.out) == (0, "")
    assert "; 2 not shown\n" in some.err
    shutil.rmtree(corpus.root / "releases", ignore_errors=True)
    assert corpus.run(*argv).out.count(" info C630 ") == 2


def test_no_error_is_hidden(corpus: Corpus) -> None:
    corpus.write("raw/alpha.json", {**corpus.read("raw/alpha.json"), "split": "nowhere"})
    ran = corpus.run("build", "--least", "error")
    assert (ran.code, ran.out.count(" error S204 ")) == (1, 1)
