"""The commands and Python of the documents, run as a reader runs them.

`corpus …`, `python FILE` and Python blocks run in this process: each would otherwise import the same libraries anew,
which took half of the time of the documents. All other commands run in bash.
"""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from corpus.cli.main import main

UNSHOWN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that Python does not show."""


class Shell:
    """Runs commands and Python in a folder; `cd` holds for the commands that follow."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def command(self, line: str) -> str:
        """Run a command line; return what it prints, stdout and stderr together."""
        words = [] if re.search(r"[|;&<>$*`]", line) else shlex.split(line)
        match words:
            case ["cd", folder]:
                self.root /= folder
                return ""
            case ["corpus", *argv]:
                return self._here(lambda: main(argv), together=True)
            case ["python", script, *argv]:
                return self._here(lambda: _run_script(script, argv), together=True)
            case _:
                return self._bash(line)

    def python(self, code: str) -> str:
        """Run Python; return what it prints to stdout."""
        return self._here(lambda: exec(compile(code, "<document>", "exec"), {"__name__": "__main__"}), together=False)

    def _here(self, run: Callable[[], object], together: bool) -> str:
        out = io.StringIO()
        err = out if together else io.StringIO()
        with chdir(self.root), redirect_stdout(out), redirect_stderr(err), _no_warning():
            code = run()
        assert code in (None, 0, 1), out.getvalue()
        return out.getvalue()

    def _bash(self, line: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["bash", "-c", line],
            cwd=self.root,
            env=os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert ran.returncode in (0, 1), f"{line}\n{ran.stdout}"
        return ran.stdout


def _run_script(script: str, argv: list[str]) -> None:
    with patch("sys.argv", [script, *argv]):
        runpy.run_path(script, run_name="__main__")


@contextmanager
def _no_warning() -> Iterator[None]:
    """Fail where a reader would see a warning of Python."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for category in UNSHOWN:
            warnings.simplefilter("ignore", category)
        yield
    assert not seen, [str(warning.message) for warning in seen]
