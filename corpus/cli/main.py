"""The command line: the group of all verbs, and what every error becomes."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from ..core.model import CorpusError
from .options import Common, VerbGroup

_COMPLETE = "_CORPUS_COMPLETE"
_READER_GONE = 128 + 13
"""The exit code of a command that SIGPIPE ends. Not 0: the run was cut short, so it may have had findings."""

_OBJECTS = 100_000
"""New objects between two garbage collections. Python's 700 would be a tenth of the time of all imports."""

VERBS = {
    "Start a corpus": {
        "init": "init_add:init",
        "add": "init_add:add",
        "import": "import_export:import_",
        "upgrade": "upgrade:upgrade",
    },
    "Check and correct": {
        "validate": "validate:validate",
        "fmt": "fmt:fmt",
        "rule": "rule:rule",
        "exceptions": "exceptions:exceptions",
        "baseline": "exceptions:baseline",
    },
    "Annotate and adjudicate": {
        "show": "show:show",
        "view": "view:view",
        "label-studio": "label_studio:label_studio",
        "agreement": "agreement:agreement",
        "adjudicate": "agreement:adjudicate",
        "guidelines": "init_add:guidelines",
        "stats": "stats:stats",
    },
    "Score systems": {
        "score": "score:score",
        "twin": "twin:twin",
    },
    "Compile and publish": {
        "split": "split:split",
        "repartition": "repartition:repartition",
        "build": "build:build",
        "diff": "release:diff",
        "release": "release:release",
        "verify": "release:verify",
        "publish": "release:publish",
    },
    "Exchange with others": {
        "export": "import_export:export",
        "attach": "attach:attach",
    },
}
"""The verbs by purpose: the name of each, and the module and attribute that has it."""


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(version("on-the-record"))
        ctx.exit()


app = VerbGroup(
    "corpus",
    sections=VERBS,
    no_args_is_help=True,
    help="Validate news corpora that say who is named, who said what, and where they\nstand, and compile them for NLP.",
    epilog="""\
    `corpus VERB --help` explains a verb and shows examples.

    Completion of verbs and options in bash (zsh_source for zsh, fish_source for
    fish); put it into ~/.bashrc to keep it:

      eval "$(_CORPUS_COMPLETE=bash_source corpus)"
    """,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        )
    ],
)
"""The command `corpus` with all its verbs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0: done. 1: there were findings. 2: the command could not run; one line on stderr says why.
    130: it was interrupted. 143: SIGTERM ended it. 141: what reads its output ended first, as `head` does.
    """
    if instruction := os.environ.get(_COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(app, {}, "corpus", _COMPLETE, instruction)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    common = Common(argv is None)
    with _ended_by_sigterm():
        try:
            code = _run(common, list(sys.argv[1:] if argv is None else argv))
            sys.stdout.flush()
            return code
        except click.exceptions.Exit as ended:
            return ended.exit_code
        except click.UsageError as error:
            return _refuse_usage(error)
        except CorpusError as error:
            return _refuse(error)
        except BrokenPipeError:
            # Python flushes stdout once more when it exits; the reader is gone, so that must go nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _READER_GONE
        except KeyboardInterrupt:
            print(f"corpus: interrupted{common.unwritten and '; '}{common.unwritten}", file=sys.stderr)
            return 130
        except _Ended:
            print(f"corpus: ended by SIGTERM{common.unwritten and '; '}{common.unwritten}", file=sys.stderr)
            raise
        except ModuleNotFoundError as error:
            from ..core.extras import missing_extra

            missing = missing_extra(error)
            if missing is None:
                raise
            return _refuse(missing)
        except OSError as error:
            return _refuse(error)


def _run(common: Common, argv: list[str]) -> int:
    if common.own_process:
        gc.set_threshold(_OBJECTS)
    wall, cpu = time.monotonic(), time.process_time()
    with app.make_context("corpus", argv, obj=common) as ctx:
        code = int(app.invoke(ctx) or 0)
    common.detail(f"took {time.monotonic() - wall:.2f} s, {time.process_time() - cpu:.2f} s of CPU in this process")
    return code


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Exit through `finally` on SIGTERM, so that no temporary files are left; restore the handler afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python sets handlers in the main thread only.
        return
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Ended(SystemExit):
    """Raised where SIGTERM meets the command."""


def _exit(*_: object) -> None:
    raise _Ended(128 + signal.SIGTERM)


def _refuse(error: Exception) -> int:
    from ..core.text import visible

    print(f"corpus: {visible(str(error))}", file=sys.stderr)
    return 2


def _refuse_usage(error: click.UsageError) -> int:
    """Print what is wrong in one line; the usage of the verb before it, unless one value alone is wrong."""
    from ..core.text import visible

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return 2
    verb = error.ctx.command_path if error.ctx else "corpus"
    wrong_value = isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter)
    if error.ctx and not wrong_value:
        print(error.ctx.get_usage(), file=sys.stderr)
    message = visible(error.format_message()).rstrip(".")
    print(f"{verb}: {message} (see `{verb} --help`)", file=sys.stderr)
    return 2
