"""Workers are forks of a process that has one thread, and new processes of any other."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from support.corpora import REPOSITORY, Corpus

from corpus.pipeline.executors import Processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone says how many threads a process has")


def run(program: str, *argv: str) -> str:
    """What a program of its own process prints."""
    ran = subprocess.run(
        [sys.executable, "-c", program, *argv], capture_output=True, text=True, cwd=REPOSITORY, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


PROGRAM = """
import sys, threading
from corpus.pipeline.processes import one_thread, starting
if sys.argv[1] != "libraries":
    one_thread()
import corpus.pipeline.run
if sys.argv[1] == "thread":
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print(starting().get_start_method())
"""


@pytest.mark.parametrize(("case", "way"), [("alone", "fork"), ("thread", "spawn"), ("libraries", "spawn")])
def test_a_process_with_another_thread_is_not_forked(case: str, way: str) -> None:
    assert run(PROGRAM, case) == f"{way}\n"


COMMAND = """
import sys
from corpus.cli.main import main
from corpus.pipeline import processes
known = processes.starting
def shown():
    print(known().get_start_method())
    return known()
processes.starting = shown
main()
"""


@pytest.mark.parametrize("verb", ["build", "validate"])
def test_commands_with_workers_have_one_thread(verb: str, corpus: Corpus) -> None:
    """A library that starts a thread when it is imported would make each worker import everything again."""
    assert "fork" in run(COMMAND, "-q", "--root", str(corpus.root), verb, "--workers", "2").splitlines()


SIGNALLED = """
import os, signal
from corpus.pipeline.processes import one_thread
one_thread()
from corpus.pipeline.executors import Processes
def ended(*_):
    raise SystemExit(143)
signal.signal(signal.SIGTERM, ended)
with Processes(1) as pool:
    first = pool.submit(os.getpid).result()
    pool.submit(signal.raise_signal, signal.SIGINT).result()
    print(pool.submit(os.getpid).result() == first)
    try:
        pool.submit(signal.raise_signal, signal.SIGTERM).result()
    except Exception as error:
        print(type(error).__name__)
    print(pool.submit(os.getpid).result() == first)
"""


def test_a_fork_does_not_answer_signals_as_its_parent_does() -> None:
    assert run(SIGNALLED) == "True\nBrokenProcessPool\nFalse\n"


def test_workers_start_with_the_first_call() -> None:
    began = time.monotonic()
    with Processes(2):
        pass
    assert time.monotonic() - began < 0.5
