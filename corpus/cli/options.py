"""What the verbs share: the options that every one has, types of values, and a command class that adds the options.

Imports of other rooms are inside functions: `corpus --help` loads every module of this room and must stay fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core.model import CorpusError
from .bar import HiddenBar, LoggedBar, progress_bar
from .help_text import help_line, write_lines, write_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..pipeline.shard import Shard

PATH_TYPE = click.Path(path_type=Path)
MOST_WORKERS = 1024
"""More processes than any machine has processors for; a larger number is a typing error."""


RELATIVE = "Relative to the working directory, or else to the corpus."


def named(path: Path) -> Path:
    """Return the absolute path of a file or directory that the user named, and not a corpus: a link is followed."""
    return Path(os.path.realpath(path) if path.is_symlink() else os.path.abspath(path))


class Common:
    """The options that every verb has, and what they decide: the corpus, and how much is written to stderr."""

    def __init__(self, own_process: bool = False) -> None:
        self.given_root: Path | None = None
        self.given_url = ""
        self.quiet = self.verbose = False
        self.unwritten = ""
        """What an interruption would leave as it was, as a sentence; "" if that cannot be said."""
        self.own_process = own_process
        """True if this process runs the command and nothing else."""

    def without_pandas(self) -> None:
        """Keep pyarrow from loading pandas, for a command that makes no arrays from pandas."""
        if self.own_process:
            from ..core.no_pandas import without_pandas

            without_pandas()

    def one_thread(self) -> None:
        """Keep libraries from starting threads, so that this process can be forked."""
        if self.own_process:
            from ..pipeline.processes import one_thread

            one_thread()

    def root(self) -> Path:
        """Return the directory of the corpus. Raises CorpusError when there is none."""
        from ..core.settings import root_of

        if self.given_url:
            raise CorpusError(f"this command reads no object storage: copy {self.given_url} to this machine first")
        root = root_of(self.given_root)
        self.detail(f"corpus: {root}")
        return root

    def edit(self) -> Path:
        """Return the directory of the corpus, whose content no other command writes until this one ends.

        The verb that ends releases the lock. Raises CorpusError when there is no corpus.
        """
        from ..files.lock import editing

        root = self.root()
        click.get_current_context().with_resource(editing(root, warn))
        return root

    def make(self, folder: Path) -> Path:
        """Return the absolute path of a directory to make, which no other command writes until this one ends."""
        from ..files.lock import making

        path = Path(os.path.abspath(folder))
        click.get_current_context().with_resource(making(path, warn))
        return path

    def make_named(self, folder: Path) -> Path:
        """Return what `make` returns for a directory that the user named: a symbolic link leads to it."""
        return self.make(named(folder))

    def say(self, line: str) -> None:
        """Print a line on stderr, after everything reported so far; not with --quiet."""
        if not self.quiet:
            warn(line)

    def detail(self, line: str) -> None:
        """Print a line on stderr with --verbose only."""
        if self.verbose:
            warn(line)

    def bar(self, iterable: Iterable[Any] | None = None, **settings: Any) -> HiddenBar:
        """Return a progress bar if stderr is a terminal, else one that writes a line now and then; not with --quiet."""
        if self.quiet:
            return HiddenBar(iterable)
        return progress_bar(iterable, **settings) if sys.stderr.isatty() else LoggedBar(iterable, warn, **settings)

    def progress(self, shards: Iterator[Shard], documents: int) -> Iterator[Shard]:
        """Yield the shards and show a progress bar over `documents`."""
        with self.bar(total=documents, unit="doc") as bar:
            for shard in shards:
                # The findings of the shard are printed meanwhile, and would begin on the line of the bar.
                bar.clear()
                yield shard
                bar.update(shard.documents)
                bar.refresh()


def warn(line: str) -> None:
    """Print a line on stderr, after everything reported so far; also with --quiet."""
    sys.stdout.flush()
    print(line, file=sys.stderr)


def in_corpus(root: Path, paths: Iterable[Path]) -> list[Path]:
    """Return the paths of files of the corpus, each named relative to the working directory, or else to the corpus."""
    found = []
    for path in paths:
        here = Path(os.path.abspath(path))
        use_corpus = not (here.is_relative_to(root) and os.path.lexists(here)) and os.path.lexists(root / path)
        found.append(root / path if use_corpus else path)
    return found


def today() -> date:
    """Return the day in UTC: exceptions expire on the same day everywhere."""
    return datetime.now(UTC).date()


class OneOf(click.ParamType[str]):
    """One of some names, which are asked for when a value is read or completed."""

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name. Raises BadParameter with all names when it is none of them."""
        names = list(self._names())
        if value not in names:
            self.fail(f"{value!r} is not one of {', '.join(names)}", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin with `incomplete`."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self._names() if name.startswith(incomplete)]


def format_option(names: Collection[str]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return the option `--format`, one of these names, the first by default."""
    first, *_ = names
    shown = f"{', '.join(names)}; default: {first}."
    return click.option("--format", "format_", type=OneOf(lambda: names), default=first, metavar="FORMAT", help=shown)


class Number(click.ParamType[float]):
    """A number within bounds, both included."""

    name = "number"

    def __init__(self, kind: type[int] | type[float], least: float, most: float) -> None:
        self._kind, self._least, self._most = kind, least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number. Raises BadParameter with the bounds when it is outside of them, or not a number."""
        try:
            number = self._kind(value)
        except ValueError:
            number = None
        if number is None or not self._least <= number <= self._most:
            kind = "whole number" if self._kind is int else "number"
            shown = value if len(str(value)) <= 40 else f"{value[:40]}…"
            self.fail(f"{shown!r} is not a {kind} from {self._least:,} to {self._most:,}", param, ctx)
        return number


class Day(click.ParamType[date]):
    """A day, YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day. Raises BadParameter."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2027-01-31", param, ctx)


class NameList(click.ParamType[tuple[str, ...]]):
    """Names with commas between them."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names."""
        if isinstance(value, tuple):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())


class Assignment(click.ParamType[tuple[str, str]]):
    """NAME=VALUE."""

    name = "assignment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the name and the value. Raises BadParameter."""
        name, equals, of = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        return name, of


class PlaceType(click.ParamType["Path | str"]):
    """A directory as a Path, or the URL of one in object storage as a string."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """Return a Path or a URL."""
        return value if isinstance(value, Path) or "://" in value else Path(value)


def _keep_workers(ctx: click.Context, _: click.Parameter, value: int) -> int:
    if value > 1:
        ctx.find_root().obj.one_thread()
    return value


workers = click.option(
    "--workers",
    type=Number(int, 1, MOST_WORKERS),
    default=1,
    callback=_keep_workers,
    metavar="N",
    help="Process documents in N processes; default: 1.",
)


def common_options() -> list[click.Parameter]:
    """Return the options that may come before a verb and after it; the last one wins."""
    return [
        click.Option(
            ["--root"],
            type=PlaceType(),
            metavar="DIR",
            expose_value=False,
            callback=_keep_root,
            help="The corpus; default: the nearest parent with a schema/.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_keep_quiet,
            help="Show findings and errors only: no progress, no summary.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_keep_verbose,
            help="Also show which corpus is used and the time taken.",
        ),
    ]


def _keep_root(ctx: click.Context, _: click.Parameter, value: Path | str | None) -> None:
    if value is not None:
        common = ctx.ensure_object(Common)
        common.given_root = value if isinstance(value, Path) else None
        common.given_url = value if isinstance(value, str) else ""


def _keep_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        common = ctx.ensure_object(Common)
        common.quiet, common.verbose = True, False


def _keep_verbose(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        common = ctx.ensure_object(Common)
        common.quiet, common.verbose = False, True


_CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class Verb(click.Command):
    """A command that has the common options, and whose help keeps the lines of its docstring."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{"context_settings": _CONTEXT, **settings})
        self.params += common_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises UsageError, always with the context that knows the verb."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # Click leaves it out when an option lacks its value.
            raise

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the docstring as it is: its examples and lists have lines of their own."""
        write_lines(self.help or "", formatter)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments of the verb."""
        arguments = [param for param in self.get_params(ctx) if isinstance(param, click.Argument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([argument.get_help_record(ctx) for argument in arguments])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the verb, then those that every verb has."""
        write_options(self, ctx, formatter)


class VerbGroup(click.Group):
    """Verbs below a verb; the modules of `sections` are imported when one of their verbs is used or listed.

    `sections` has, for each heading of the help, the name of each verb and its "module:attribute" in this room.
    """

    command_class = Verb

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, str]] | None = None, **settings: Any) -> None:
        super().__init__(*args, **{"subcommand_metavar": "VERB …", "context_settings": _CONTEXT, **settings})
        self.params += common_options()
        self.sections = sections or {}
        self._places = {name: place for verbs in self.sections.values() for name, place in verbs.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return [*self._places, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb, None when there is none of this name."""
        if cmd_name in self._places:
            module, _, attribute = self._places[cmd_name].partition(":")
            command: click.Command = getattr(import_module(f".{module}", __package__), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb. Raises NoSuchCommand with the names that are alike."""
        names = self.list_commands(ctx)
        if args[0] not in names and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=names, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the docstring as it is."""
        write_lines(self.help or "", formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section of verbs with the first line of their help, then the options."""
        width = max(map(len, self.list_commands(ctx)))
        sections = self.sections or {"Verbs": dict.fromkeys(self.commands, "")}
        for heading, names in sections.items():
            with formatter.section(heading):
                commands = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(name.ljust(width), help_line(command)) for name, command in commands if command])
        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the epilog as it is."""
        write_lines(self.epilog or "", formatter)
