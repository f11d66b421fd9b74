"""The public modules of version 1.0 are found under their old names, with a warning."""

from __future__ import annotations

import subprocess
import sys

import pytest

from corpus.core.old_paths import OLD_PATHS

WAYS = {
    "import corpus.model as old; import corpus.core.model as new": "corpus.model",
    "from corpus import model as old; from corpus.core import model as new": "corpus.model",
    "from corpus.model import CorpusError as old; from corpus.core.model import CorpusError as new": "corpus.model",
    "from corpus.schema import Schema as old; from corpus.core.schema import Schema as new": "corpus.schema",
    "from corpus.checks.check import found as old; from corpus.checks.rule import found as new": "corpus.checks.check",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_old_path_warns_once_and_gives_the_same(way: str) -> None:
    code = f"{way}\nassert old is new\nimport {WAYS[way]}\nassert new.__name__"
    found = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True)
    old = WAYS[way]
    message = f"DeprecationWarning: {old} is now {OLD_PATHS[old]}; the old name goes in version 3.0"
    assert [line.partition(": ")[2] for line in found.stderr.splitlines() if "Warning" in line] == [message]
    assert found.stderr.startswith("<string>:1:")


@pytest.mark.parametrize("name", ["corpus.no_such", "corpus.checks.no_such", "corpus.tokens"])
def test_no_other_name_is_found(name: str) -> None:
    found = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, text=True)
    assert f"No module named '{name}'" in found.stderr


def test_the_package_itself_warns_of_nothing() -> None:
    code = "import sys, corpus, corpus.core.model, corpus.checks; print([n for n in sys.modules if n in %r])"
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code % list(OLD_PATHS)], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"
