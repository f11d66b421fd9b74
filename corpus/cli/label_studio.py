"""`corpus label-studio …`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..labelstudio.convert import Result

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""


def config(args: argparse.Namespace) -> int:
    """Print the labelling config: the labels, choices and relations that the schema asks for, as XML.

    It is derived from the schema alone. Paste it into a project's labelling interface; `push` does so itself.
    """
    from ..core.schema import Schema
    from ..labelstudio.config import labelling_config

    print(labelling_config(Schema.read(_root(args))), end="")
    return 0


def push(args: argparse.Namespace) -> int:
    """Import articles into a project of a Label Studio server, which is made when it is not there.

    All articles whose text is here, or those named; the project gets the labelling config of the schema. When
    one of them is in the project already, nothing is imported. The token is read from LABEL_STUDIO_API_KEY, or
    from the file that LABEL_STUDIO_API_KEY_FILE names.
    """
    from tqdm import tqdm

    from ..core.schema import Schema
    from ..labelstudio.push import push
    from ..labelstudio.server import Server, read_token, server_origin

    root = _root(args)
    server = Server(server_origin(args.server), read_token(), args.timeout)
    with tqdm(unit="doc", disable=None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        did = push(server, root, Schema.read(root), args.project, args.doc_id, args.annotator, args.new, progress)
    config = {"new": "made", "changed": "there, its config brought up to date", "same": "there"}[did.config]
    print(f"project {did.project.id} {did.project.title!r} on {server.origin}: {config}", file=sys.stderr)
    if did.withheld:
        print(f"left out, their text is not here: {', '.join(did.withheld)}", file=sys.stderr)
    if did.present:
        print(f"left out, in the project already: {', '.join(did.present)}", file=sys.stderr)
    with_ = f", {did.predictions:,} with the annotation by {args.annotator}" if args.annotator else ""
    print(f"{did.tasks:,} documents imported{with_}", file=sys.stderr)
    return 0


def pull(args: argparse.Namespace) -> int:
    """Bring the annotations of a project into annotations/, one file a document and annotator.

    What is faulty is set aside in quarantine/ with its findings, one annotation at a time, and the rest comes
    in. Annotators become pseudonyms through annotators.toml. Files whose annotation the server no longer has
    are named, and removed with --prune. A pull that broke off goes on where it was. Exit code 1 when something
    was set aside or left out, or is gone.
    """
    from ..core.schema import Schema
    from ..labelstudio.pseudonyms import NAME, Pseudonyms
    from ..labelstudio.pull import pull
    from ..labelstudio.server import Server, read_token, server_origin

    root = _root(args)
    server = Server(server_origin(args.server), read_token(), args.timeout)
    with _Bar() as bar:
        did = pull(
            server,
            root,
            Schema.read(root),
            args.project,
            Pseudonyms(root / NAME),
            root / "annotations",
            root / "quarantine",
            args.since,
            args.prune,
            bar.more,
        )
    code = report_result(did.result)
    for one in did.gone:
        removed = "removed" if args.prune and one.known else "kept (--prune removes it)" if one.known else "kept"
        print(f"gone annotations/{one.path}: {one.reason}; {removed}")
    for note in did.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{did.tasks:,} tasks of project {did.project.id} {did.project.title!r}", file=sys.stderr)
    return 1 if did.gone else code


class _Bar:
    """A progress bar for one thing after another: the bytes of a download, then tasks."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._of = ""

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def more(self, amount: int, what: str) -> None:
        """Show that `amount` more of `what` has come."""
        from tqdm import tqdm

        if what != self._of:
            self.__exit__()
            unit = {"unit": "B", "unit_scale": True} if what == "download" else {"unit": "task"}
            self._bar, self._of = tqdm(desc=what, disable=None, leave=False, **unit), what
        self._bar.update(amount)


def convert(args: argparse.Namespace) -> int:
    """Turn an export file (JSON, also .gz) into annotation files, without a server.

    What is faulty is set aside in quarantine/ with its findings, one annotation at a time, and the rest
    comes in. Annotators become pseudonyms through annotators.toml, which stays out of git. Exit code 1 when
    something was set aside or left out.
    """
    from tqdm import tqdm

    from ..core.schema import Schema
    from ..labelstudio.convert import Origin, convert_tasks, read_export
    from ..labelstudio.pseudonyms import NAME, Pseudonyms

    root = _root(args)
    result = convert_tasks(
        tqdm(read_export(args.export), unit="task", disable=None, leave=False),
        root,
        Schema.read(root),
        Pseudonyms(root / NAME),
        Origin(),
        Path(os.path.abspath(args.into)) if args.into else root / "annotations",
        root / "quarantine",
    )
    return report_result(result)


def report_result(result: Result) -> int:
    """Say what a conversion did: findings on stdout, figures on stderr. The exit code."""
    from .. import report

    counts = report.text(result.problems, sys.stdout)
    for path in result.quarantined:
        print(f"set aside {path}")
    figures = ((result.written, "written"), (result.unchanged, "unchanged"), (result.quarantined, "set aside"))
    print(", ".join(f"{len(paths):,} {what}" for paths, what in figures), file=sys.stderr)
    return 1 if counts["error"] or counts["warning"] else 0


def add_verbs(verbs: Any, add: Add) -> None:
    """Add `label-studio` and its verbs to the command line."""
    group = verbs.add_parser("label-studio", help="annotate in Label Studio, and take the annotations from there")
    inner = group.add_subparsers(metavar="VERB", required=True)

    add(inner, "config", config)

    verb = add(inner, "push", push)
    verb.add_argument("doc_id", nargs="*", metavar="DOC", help="only these documents")
    _project(verb)
    verb.add_argument("--annotator", default="", metavar="NAME", help="send this annotator's annotations along")
    verb.add_argument("--new", action="store_true", help="only documents that the project does not have yet")

    verb = add(inner, "pull", pull)
    _project(verb)
    verb.add_argument(
        "--since", default="", metavar="TIME", help="only tasks changed after it (ISO 8601, or last: the last pull)"
    )
    verb.add_argument("--prune", action="store_true", help="remove files whose annotation is gone from the server")

    verb = add(inner, "convert", convert)
    verb.add_argument("export", type=Path, metavar="EXPORT", help="a JSON export of Label Studio")
    verb.add_argument("--into", type=Path, metavar="DIR", help="where to; default: annotations/ in the corpus")


def _project(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--project", required=True, metavar="NAME", help="the project's name on the server")
    verb.add_argument("--server", metavar="URL", help="https://HOST; default: what LABEL_STUDIO_URL says")
    verb.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long an answer may take; ten times that for a snapshot or an import; default: 60",
    )


def _root(args: argparse.Namespace) -> Path:
    from ..core.settings import root_of

    return root_of(args.root)
