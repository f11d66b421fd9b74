"""`corpus diff`, `release`, `verify` and `publish`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import CorpusError, Problem

if TYPE_CHECKING:
    from ..pipeline.shard import Shard

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""
Progress = Callable[["Iterator[Shard]", int], "Iterator[Shard]"]
FORMATS = ("text", "json", "markdown")
NOW = "."
"""Stands for the working tree."""


def diff(args: argparse.Namespace) -> int:
    """Show what differs between two releases or builds, and the least version bump that says so.

    A and B are versions in releases/, folders of builds, or "." for the corpus as it lies here, which
    is compiled first. Documents and annotations are matched by id, and each difference has the field and
    both values. Major: a field or label changed, a document gone or in another split. Minor: documents,
    layers or targets added, gold changed outside of the first split. Patch: the rest.

    Exit code: 0 nothing differs, 1 something does, 2 the tool could not run.
    """
    from ..core.text import visible
    from ..release.diff import compare
    from ..release.render_diff import as_json, as_markdown, as_text

    with _folder(args, args.a) as (old, first), _folder(args, args.b) as (new, second):
        found = compare(old, new, (first, second))
    if args.format == "json":
        sys.stdout.write(as_json(found))
    elif args.format == "markdown":
        sys.stdout.write(as_markdown(found))
    else:
        for line in as_text(found):
            print(visible(line))
    return 0 if found.bump == "none" else 1


def release(args: argparse.Namespace) -> int:
    """Validate, compile, compare with the last release, and write releases/X.Y.Z/, never to be changed.

    It is refused, and nothing is written, when a finding is an error, when the version exists, is not
    above the last, or is smaller than what changed asks for (`corpus diff LAST .` shows it), and when
    what is to be released is not committed. The folder holds the card, the tables, the schema, CHANGES.md
    made from the comparison, CITATION.cff, .zenodo.json and a manifest with every hash and the commit.
    """
    from .. import report
    from ..files import Index
    from ..release.make import make_release

    root = _root(args)
    counts: report.Counts = report.Counts()
    schema, settings, suppressions = _rules(root)

    def on_problem(problem: Problem) -> None:
        counts.update(report.text([problem], sys.stdout))

    with Index(root) as index:
        made = make_release(
            index,
            schema,
            settings,
            suppressions,
            args.version,
            workers=args.workers,
            allow_dirty=args.allow_dirty,
            on_problem=on_problem,
            progress=args.progress,
        )
    if made is None:
        print("nothing was released: errors come first", file=sys.stderr)
        return 1
    built, found = made
    said = f": {found.bump} since {found.old}" if found else ", the first release"
    print(f"{root / 'releases' / built.version}: {built.documents:,} documents{said}", file=sys.stderr)
    return 0


def verify(args: argparse.Namespace) -> int:
    """Make every hash of releases and builds anew, and say what differs from the manifest.

    Without an argument, all releases. Each file has a SHA-256, and each table a logical hash that no
    codec or library version changes: a table that was rewritten with the same content differs in its
    file alone.

    Exit code: 0 all is as it was made, 1 something differs, 2 the tool could not run.
    """
    from ..core.text import visible
    from ..files.releases import versions
    from ..release.verify import verify as differences

    root = _root(args)
    names = args.version or versions(root)
    if not names:
        raise CorpusError(f"{root} has no releases; name the folder of a build")
    differ = 0
    for name in names:
        folder = _named(root, name)
        for line in differences(folder):
            differ += 1
            print(visible(f"{name}: {line}"))
    count = f"{len(names)} {'folder' if len(names) == 1 else 'folders'}"
    print(f"{count} verified: {f'{differ:,} differences' if differ else 'all as made'}", file=sys.stderr)
    return 1 if differ else 0


def publish(args: argparse.Namespace) -> int:
    """Push a release to a dataset repository of the Hugging Face hub, as the tag vX.Y.Z.

    The release is verified first, and nothing is pushed when it is not as it was made, or when the tag
    is there. The repository is made when it is not there. At the tag it holds the files of the release
    and none else; README.md is its card. A run that was killed is run again: what the hub has is not sent
    again, and the tag comes last.

    The token is read from the environment variable HF_TOKEN and from nowhere else; HF_ENDPOINT names
    another hub.

    Exit code: 0 it is published, 1 the release is damaged, 2 the hub refused or the tool could not run.
    """
    from ..checks.suppress.suppressions import all_severities
    from ..core.settings import REPO, read_settings
    from ..core.text import visible
    from ..files.releases import versions
    from ..release.hub import publish as push
    from ..release.verify import read_manifest
    from ..release.verify import verify as differences

    root = _root(args)
    repo = args.repo or read_settings(root, all_severities()).hub
    if not REPO.fullmatch(repo):
        raise CorpusError(f"--repo, or hub in [tool.corpus], must be OWNER/NAME and not {repo!r}")
    known = versions(root)
    version = args.version or (known[-1] if known else "")
    if version not in known:
        raise CorpusError(f"there is no release {version}".rstrip() + f" in {root / 'releases'}")
    folder = root / "releases" / version
    damaged = False
    for line in differences(folder):
        damaged = True
        print(visible(f"{version}: {line}"))
    if damaged:
        print("nothing was published: the release is not as it was made", file=sys.stderr)
        return 1
    manifest = read_manifest(folder)
    if manifest["version"] != version or "texts_of" in manifest:
        raise CorpusError(
            f"{folder} is not the release {version}: its manifest says another version, or has texts put back"
        )
    print(push(folder, version, repo, private=args.private), file=sys.stderr)
    return 0


def add_verbs(verbs: Any, add: Add, workers: Callable[[argparse.ArgumentParser], None], progress: Progress) -> None:
    """Add the verbs to the command line."""
    verb = add(verbs, "diff", diff)
    verb.add_argument("a", metavar="A", help="a version, the folder of a build, or . for the working tree")
    verb.add_argument("b", metavar="B", nargs="?", default=NOW, help="the same; default: the working tree")
    verb.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    verb.set_defaults(progress=progress)

    verb = add(verbs, "release", release)
    verb.add_argument("version", metavar="X.Y.Z", help="the version of the release")
    verb.add_argument("--allow-dirty", action="store_true", help="release what is not committed; no commit is named")
    workers(verb)
    verb.set_defaults(progress=progress)

    verb = add(verbs, "verify", verify)
    verb.add_argument(
        "version", metavar="VERSION", nargs="*", help="versions, or folders of builds; default: all releases"
    )

    verb = add(verbs, "publish", publish)
    verb.add_argument("version", metavar="VERSION", nargs="?", help="a version in releases/; default: the last")
    verb.add_argument("--repo", metavar="OWNER/NAME", help="the dataset repository; default: hub in [tool.corpus]")
    verb.add_argument("--private", action="store_true", help="make a private repository; refuse one that is public")


def _root(args: argparse.Namespace) -> Path:
    from ..core.settings import root_of

    return root_of(args.root)


def _rules(root: Path) -> tuple[Any, Any, Any]:
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings

    return Schema.read(root), read_settings(root, all_severities()), read_suppressions(root, datetime.now(UTC).date())


def _named(root: Path, name: str) -> Path:
    """The folder that a version or a path names."""
    for folder in (root / "releases" / name, Path(name)):
        if (folder / "manifest.json").is_file():
            return folder
    raise CorpusError(f"{name} is no version in {root / 'releases'} and no folder of a build")


@contextmanager
def _folder(args: argparse.Namespace, name: str) -> Iterator[tuple[Path, str]]:
    """The folder to compare and what to call it; the working tree is compiled into a temporary one."""
    root = _root(args)
    if name != NOW:
        yield _named(root, name), name
        return
    from .. import report
    from ..files import Index
    from ..release.build import build_folder

    schema, settings, suppressions = _rules(root)
    settings = replace(settings, severity={**settings.severity, "C608": "info"})  # that a document moved is shown

    def on_problem(problem: Problem) -> None:
        if problem.severity == "error":
            report.text([problem], sys.stderr)

    with tempfile.TemporaryDirectory(prefix="corpus-diff-") as temporary, Index(root) as index:
        built = build_folder(
            index,
            schema,
            settings,
            suppressions,
            Path(temporary) / "build",
            on_problem=on_problem,
            progress=args.progress,
        )
        if built is None:
            raise CorpusError("the working tree has errors; they come first")
        yield Path(temporary) / "build", "the working tree"
