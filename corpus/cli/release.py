"""`corpus diff`, `release`, `verify` and `publish`: versions of the corpus, from comparison to publication."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..core.model import CorpusError, Problem, Severity
from . import options
from .options import PATH_TYPE, Common, Verb, format_option, warn
from .outputs import least_severity, not_shown, text_report

NOW = "."
"""The name of the working tree."""
_RENDERERS = {"text": "as_text", "json": "as_json", "markdown": "as_markdown"}
"""The output formats of `diff`, and the function of `release.render_diff` for each."""


@click.command("diff", cls=Verb)
@click.argument("a", metavar="A", help="A version, the directory of a build, or . for the working tree.")
@click.argument("b", metavar="[B]", required=False, default=NOW, help="The same; default: the working tree.")
@format_option(_RENDERERS)
@click.pass_obj
def diff(common: Common, a: str, b: str, format_: str) -> int:
    """Compare two releases or builds and suggest a version bump.

    It is the smallest that the changes need.
    A and B are versions in releases/, directories of builds, or "." for the working
    tree, which is compiled first. Documents and annotations are matched by id; each
    difference shows the field and both values. Major: a field or label changed, a
    document was removed or moved to another split. Minor: documents, layers or
    targets were added, or gold changed outside of the first split. Patch:
    everything else.

    Exit code: 0 no differences; 1 differences; 2 the command could not run.

    Examples:

      corpus diff 1.0.0
      corpus diff 1.0.0 1.1.0 --format markdown
    """
    from ..core.text import visible
    from ..release import render_diff
    from ..release.diff import compare

    root = common.root()
    with _folder(common, root, a) as (old, first), _folder(common, root, b) as (new, second):
        found = compare(old, new, (first, second))
    rendered = getattr(render_diff, _RENDERERS[format_])(found)
    if format_ == "text":
        for line in rendered:
            print(visible(line))
    else:
        sys.stdout.write(rendered)
    return 0 if found.bump == "none" else 1


@click.command("release", cls=Verb)
@click.argument("version", metavar="X.Y.Z", help="The version of the release.")
@click.option("--notes", type=PATH_TYPE, metavar="FILE", help="Begin CHANGES.md with this Markdown file.")
@click.option("--allow-dirty", is_flag=True, help="Release uncommitted changes; no commit is recorded.")
@least_severity
@options.workers
@click.pass_obj
def release(common: Common, version: str, notes: Path | None, allow_dirty: bool, least: Severity, workers: int) -> int:
    """Validate and compile the corpus as an immutable release.

    The release is written to releases/X.Y.Z/. It is refused, and nothing is written, when a finding is an error; when
    the version exists, is not above the last release, or is a smaller bump than the
    changes need (`corpus diff LAST .` shows it); and when there are uncommitted
    changes. The directory has the card, the tables, the schema, CHANGES.md with the
    comparison, CITATION.cff, .zenodo.json, and a manifest with all checksums and the
    commit. CHANGES.md lists what changed; --notes adds what users should do about it.

    Exit code: 0 released; 1 errors were found; 2 the command could not run.

    Examples:

      corpus release 1.1.0
      corpus release 2.0.0 --notes docs/from-1.0-to-2.0.md
    """
    from ..files.git import Git
    from ..pipeline.check import Policy
    from ..pipeline.open_run import Resources, local_corpus, open_run
    from ..pipeline.shard import Compilation
    from ..release.make import check_version, make_release

    common.without_pandas()
    root = common.root()
    check_version(version)  # before it becomes the name of a folder to lock
    common.make(root / "releases" / version)
    shown = text_report(sys.stdout, least)
    schema, settings, suppressions = _rules(root)
    task = Compilation(Policy(settings.severity, suppressions))
    how = Resources(workers, beside=root / "releases" / version)
    with open_run(local_corpus(root), task, schema, how) as run:
        made = make_release(
            run,
            task,
            schema,
            version,
            notes=notes,
            allow_dirty=allow_dirty,
            on_problem=shown.add,
            progress=common.progress,
        )
    if made is None:
        warn("release failed: fix the errors above first")
        return 1
    built, found = made
    since = f": {found.bump} since {found.old}" if found else ", the first release"
    of = f"{built.documents:,} document{'s' * (built.documents != 1)}"
    common.say(f"{root / 'releases' / built.version}: {of}{since}{not_shown(shown)}")
    if Git(root).ask("rev-parse", "--is-inside-work-tree") is None:
        common.say("note: not a git repository, so the release names no commit")
    return 0


@click.command("verify", cls=Verb)
@click.argument(
    "versions", nargs=-1, metavar="[VERSION]…", help="Versions, or directories of builds; default: all releases."
)
@click.pass_obj
def verify(common: Common, versions: tuple[str, ...]) -> int:
    """Recompute the checksums of releases and report mismatches.

    Each file has a SHA-256. Each table also has a logical checksum, which does not
    depend on compression or library versions: when a table was rewritten with the
    same content, only the checksum of its file differs.

    Exit code: 0 all checksums match; 1 mismatches; 2 the command could not run.

    Examples:

      corpus verify
      corpus verify 1.0.0 build
    """
    from ..core.text import visible
    from ..files.releases import versions as released
    from ..release.verify import verify as mismatches

    root = common.root()
    names = versions or released(root)
    if not names:
        raise CorpusError(f"{root} has no releases; name the directory of a build")
    count = 0
    for name in names:
        for line in mismatches(_named(root, name)):
            count += 1
            print(visible(f"{name}: {line}"))
    of = f"{len(names)} {'directory' if len(names) == 1 else 'directories'} verified"
    found = f"{count:,} mismatch{'es' * (count != 1)}" if count else "all checksums match"
    common.say(f"{of}: {found}")
    return 1 if count else 0


@click.command("publish", cls=Verb)
@click.argument("version", metavar="[VERSION]", required=False, help="A version in releases/; default: the last.")
@click.option("--repo", metavar="OWNER/NAME", help="The dataset repository; default: hub in [tool.corpus].")
@click.option("--private", is_flag=True, help="Create a private repository; refuse a public one.")
@click.pass_obj
def publish(common: Common, version: str | None, repo: str | None, private: bool) -> int:
    """Publish a release to the Hugging Face hub as tag vX.Y.Z.

    It goes to a dataset repository. The release is verified first; nothing is published when a checksum does not
    match or the tag exists. The repository is created if needed. At the tag it
    holds the files of the release and no others; README.md is the dataset card.
    Run an interrupted command again: files that the hub has are not sent again, and
    the tag is created last.

    The token is read from the environment variable HF_TOKEN only; HF_ENDPOINT
    names another hub.

    Exit code: 0 published; 1 the release is damaged; 2 the hub refused, or the
    command could not run.

    Examples:

      corpus publish
      corpus publish 1.0.0 --repo my-lab/on-the-record --private
    """
    from ..checks.suppress.suppressions import all_severities
    from ..core.settings import REPO, read_settings
    from ..core.text import visible
    from ..files.releases import versions
    from ..release.hub import publish as push
    from ..release.verify import read_manifest
    from ..release.verify import verify as mismatches

    root = common.root()
    repo = repo or read_settings(root, all_severities()).hub
    if not REPO.fullmatch(repo):
        raise CorpusError(f"--repo, or hub in [tool.corpus], must be OWNER/NAME, not {repo!r}")
    known = versions(root)
    version = version or (known[-1] if known else "")
    if version not in known:
        raise CorpusError(f"there is no release {version}".rstrip() + f" in {root / 'releases'}")
    folder = root / "releases" / version
    damaged = False
    for line in mismatches(folder):
        damaged = True
        print(visible(f"{version}: {line}"))
    if damaged:
        warn("nothing was published: the release does not match its checksums")
        return 1
    manifest = read_manifest(folder)
    if manifest["version"] != version or "texts_of" in manifest:
        raise CorpusError(
            f"{folder} is not the release {version}: its manifest has another version, or texts were attached"
        )
    common.say(push(folder, version, repo, private=private))
    return 0


def _rules(root: Path) -> tuple[Any, Any, Any]:
    from ..checks.suppress.suppressions import all_severities, read_suppressions
    from ..core.schema import Schema
    from ..core.settings import read_settings

    return Schema.read(root), read_settings(root, all_severities()), read_suppressions(root, options.today())


def _named(root: Path, name: str) -> Path:
    """Return the directory that a version or a path names. Raises CorpusError."""
    for folder in (root / "releases" / name, Path(name)):
        if (folder / "manifest.json").is_file():
            return folder
    raise CorpusError(f"{name} is neither a version in {root / 'releases'} nor the directory of a build")


@contextmanager
def _folder(common: Common, root: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Yield the directory to compare and its name; compile the working tree to a temporary directory."""
    if name != NOW:
        yield _named(root, name), name
        return
    from ..files.storage import Storage
    from ..pipeline.check import Policy
    from ..pipeline.open_run import local_corpus, open_run
    from ..pipeline.shard import Compilation
    from ..release.build import build_folder

    schema, settings, suppressions = _rules(root)
    # A document that moved to another split is a difference to show here, not an error that stops the build.
    settings = replace(settings, severity={**settings.severity, "C608": "info"})

    shown = text_report(sys.stderr)

    def on_problem(problem: Problem) -> None:
        if problem.severity == "error":
            shown.add(problem)

    task = Compilation(Policy(settings.severity, suppressions))
    with (
        tempfile.TemporaryDirectory(prefix="corpus-diff-") as temporary,
        open_run(local_corpus(root), task, schema) as run,
    ):
        folder = Path(temporary) / "build"
        built = build_folder(
            run,
            task,
            schema,
            settings.version,
            Storage(folder),
            on_problem=on_problem,
            progress=common.progress,
        )
        if built is None:
            raise CorpusError("the working tree has errors: fix the errors above first")
        yield folder, "the working tree"
