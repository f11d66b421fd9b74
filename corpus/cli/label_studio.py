"""`corpus label-studio`: annotate in Label Studio, and import the annotations."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .label_studio_config import LAYERS, config
from .label_studio_migrate import migrate
from .label_studio_options import OVERWRITE, absolute
from .label_studio_server import ProgressBar, of_project, open_server
from .options import PATH_TYPE, Common, NameList, Number, VerbGroup, format_option, named, warn
from .outputs import text_report

if TYPE_CHECKING:
    from ..labelstudio.convert import Result


@click.group("label-studio", cls=VerbGroup, commands=[migrate])
def label_studio() -> None:
    """Annotate in Label Studio, and import the annotations.

    `push`, `status`, `pull` and `migrate` use the API of a server; `config` and `convert` need none. The
    token is read from LABEL_STUDIO_API_KEY, or from the file that
    LABEL_STUDIO_API_KEY_FILE names.
    """


_config = label_studio.command("config")(config)


@label_studio.command("push")
@click.argument("doc_ids", nargs=-1, metavar="[DOC]…", help="Only these documents.")
@of_project
@click.option("--annotator", default="", metavar="NAME", help="Also send the annotations of this annotator.")
@click.option("--new", is_flag=True, help="Only documents that the project does not have yet.")
@LAYERS
@click.option(
    "--annotators",
    "overlap",
    type=Number(int, 1, 100),
    default=None,
    metavar="N",
    help="How many people annotate each document; default: as the project has it, or everyone in --assign.",
)
@click.option(
    "--assign", type=NameList(), default=(), metavar="A,B,…", help="Share the documents out among these annotators."
)
@click.option(
    "--adjudicate",
    type=NameList(),
    default=(),
    metavar="A,B,…",
    help="The conflicts of each two of these annotators, for someone to decide.",
)
@click.option("--predictions", type=PATH_TYPE, metavar="DIR", help="Predictions of a model: DIR/<doc_id>.json.")
@click.option("--model-version", default="", metavar="NAME", help="Name of the predictions; default: their annotator.")
@click.pass_obj
def push(
    common: Common,
    doc_ids: tuple[str, ...],
    project: str,
    server: str | None,
    timeout: float,
    ca_file: Path | None,
    annotator: str,
    new: bool,
    layers: tuple[str, ...],
    overlap: int | None,
    assign: tuple[str, ...],
    adjudicate: tuple[str, ...],
    predictions: Path | None,
    model_version: str,
) -> int:
    """Send articles to a project of a Label Studio server.

    The project is created if needed. All articles whose text is available are sent,
    without twins (changed copies of articles), or those you name. The project gets
    the labelling config of the schema. Nothing is sent when the project already has
    one of the articles; --new skips those instead.

    --layers offers the labels of these layers only. The records of the others, from
    --annotator, are shown and can be referred to. Without it, the project keeps its
    layers; a new project has all.

    --annotators 2 offers each document to two people, none of whom sees the work of
    the other in the label stream. --assign chooses them: the annotators get as many
    documents each, and a tab with their documents.

    --adjudicate sends the documents in which two annotators differ, with the records
    of both in place and a list of the conflicts; `pull --adjudicated` imports the
    decisions. What `corpus adjudicate` has decided is not asked again.

    --predictions adds the annotations in DIR as predictions to the tasks of their
    documents, which are created if needed. Sending the same ones again changes nothing.

    Examples:

      corpus label-studio push --project bridge --server https://labels.example.org
      corpus label-studio push otr-001 otr-002 --project bridge --annotator ann-a
      corpus label-studio push --project quotes --annotator ann-a --layers quotes
      corpus label-studio push --project bridge --annotators 2 --assign ann-a,ann-b,ann-c
      corpus label-studio push --project conflicts --adjudicate ann-a,ann-b
      corpus label-studio push --project bridge --predictions model/output
    """
    from ..core.schema import Schema
    from ..labelstudio.push import push as send
    from ..labelstudio.team import Team
    from .label_studio_team import STATES, push_conflicts, push_model, refuse_clashes, warn_of_strangers, warn_of_twins

    root = common.root()
    others = {"--annotator": annotator, "--new": new, "--layers": layers, "--annotators": overlap, "--assign": assign}
    refuse_clashes(adjudicate, predictions, model_version, others)
    of = open_server(server, project, timeout, ca_file)
    if adjudicate:
        return push_conflicts(common, of, project, adjudicate, doc_ids)
    if predictions:
        return push_model(common, of, project, named(predictions), model_version, doc_ids)
    team = Team(overlap or 0, assign)
    with common.bar(unit="doc") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        did = send(of, root, Schema.read(root), project, doc_ids, annotator, new, progress, team, layers)
    common.say(f"project {did.project.id} {did.project.title!r}: {STATES[did.config]}")
    if did.withheld:
        warn(f"skipped, the text is not available: {', '.join(did.withheld)}")
    if did.present:
        warn(f"skipped, already in the project: {', '.join(did.present)}")
    warn_of_twins(did.twins)
    warn_of_strangers(root, assign)
    with_ = f", {did.predictions:,} with the annotation by {annotator}" if annotator else ""
    common.say(f"{did.tasks:,} document{'s' * (did.tasks != 1)} sent{with_}")
    return 0


@label_studio.command("status")
@of_project
@format_option(("text", "json"))
@click.pass_obj
def status(common: Common, project: str, server: str | None, timeout: float, ca_file: Path | None, format_: str) -> int:
    """Show what is done in a project, by annotator and document.

    An annotation is done if `pull` would import it, and quarantined otherwise, with the
    codes of its findings. Drafts and skipped documents are counted, and the time that
    Label Studio measured. The agreement is that of the documents that two people have
    done. Nothing is imported. Annotators have their pseudonyms; new people get one in
    annotators.toml.

    Examples:

      corpus label-studio status --project bridge
      corpus label-studio status --project bridge --format json
    """
    from ..core.schema import Schema
    from ..labelstudio import render_status
    from ..labelstudio.pseudonyms import NAME, Pseudonyms
    from ..labelstudio.status import status as state_of
    from .label_studio_team import warn_of_strangers

    root = common.root()
    of = open_server(server, project, timeout, ca_file)
    with ProgressBar(common) as bar:
        found = state_of(of, root, Schema.read(root), project, Pseudonyms(root / NAME), bar.more)
    warn_of_strangers(root, sorted({name for one in found.documents for name in one.assigned}))
    print({"text": render_status.as_text, "json": render_status.as_json}[format_](found), end="")
    return 0


@label_studio.command("pull")
@of_project
@click.option(
    "--since", default="", metavar="TIME", help="Only tasks changed after TIME (ISO 8601, or last: the last pull)."
)
@click.option("--prune", is_flag=True, help="Remove files whose annotation was deleted from the server.")
@click.option(
    "--snapshot", is_flag=True, help="All tasks as of one moment; the server may answer no one else meanwhile."
)
@click.option("--adjudicated", is_flag=True, help="Import the decisions on the conflicts, and write gold.")
@OVERWRITE
@click.pass_obj
def pull(
    common: Common,
    project: str,
    server: str | None,
    timeout: float,
    ca_file: Path | None,
    since: str,
    prune: bool,
    snapshot: bool,
    adjudicated: bool,
    overwrite: tuple[Path, ...],
) -> int:
    """Import the annotations of a project of a Label Studio server.

    There is one file for each document and annotator.
    Invalid annotations are quarantined in quarantine/ with their findings, one by
    one, and the rest is imported into annotations/. annotators.toml maps
    annotators to pseudonyms. Files whose annotation was deleted from the server are
    listed, and removed with --prune. A file that was edited since it was imported, or
    that was not imported, is left alone. An interrupted pull resumes.

    With --adjudicated, the project is one of `push --adjudicate`. The decisions go to
    the worklists of `corpus adjudicate`, adjudication/gold/, and documents without an
    open item to annotations/gold/.

    Exit code: 0 everything was imported; 1 something was quarantined, skipped,
    undecided or deleted from the server; 2 the command could not run.

    Examples:

      corpus label-studio pull --project bridge --server https://labels.example.org
      corpus label-studio pull --project bridge --since last
      corpus label-studio pull --project conflicts --adjudicated
    """
    from ..core.schema import Schema
    from ..labelstudio.pseudonyms import NAME, Pseudonyms
    from ..labelstudio.pull import pull as receive
    from .label_studio_team import pull_decisions

    if adjudicated and (since or prune or snapshot or overwrite):
        raise click.UsageError("--adjudicated cannot be combined with --since, --prune, --snapshot or --overwrite")
    root = common.root()
    of = open_server(server, project, timeout, ca_file)
    with ProgressBar(common) as bar:
        if adjudicated:
            return pull_decisions(common, of, project, bar.more)
        did = receive(
            of,
            root,
            Schema.read(root),
            project,
            Pseudonyms(root / NAME),
            root / "annotations",
            root / "quarantine",
            since,
            prune,
            bar.more,
            absolute(overwrite, root),
            warn,
            snapshot,
        )
    code = _report_result(common, did.result, of.origin)
    for one in did.gone:
        removed = "removed" if prune and one.known else "kept (--prune removes it)" if one.known else "kept"
        print(f"gone annotations/{one.path}: {one.reason}; {removed}")
    for task in did.unreadable:
        print(f"skipped task {task}: the server fails to send it, perhaps for a lone surrogate; its files are kept")
    for note in did.notes:
        warn(f"note: {note}")
    common.say(f"{did.tasks:,} task{'s' * (did.tasks != 1)} of project {did.project.id} {did.project.title!r}")
    return 1 if did.gone or did.unreadable else code


@label_studio.command("convert")
@click.argument("export", type=PATH_TYPE, metavar="EXPORT", help="A JSON export of Label Studio, or a .json.gz.")
@click.option(
    "--into", type=PATH_TYPE, metavar="DIR", help="The directory to write; default: annotations/ in the corpus."
)
@click.option(
    "--server", default="", metavar="SERVER", help="The server of the export: its URL, or its name in annotators.toml."
)
@OVERWRITE
@click.pass_obj
def convert(common: Common, export: Path, into: Path | None, server: str, overwrite: tuple[Path, ...]) -> int:
    """Convert an export file to annotation files, without a server.

    Invalid annotations are quarantined in quarantine/ with their findings, one by
    one, and the rest is imported. annotators.toml, which git ignores, maps
    annotators to pseudonyms. A file that was edited since it was imported, that was
    not imported, or that holds an annotation of another server, is left alone.

    Exit code: 0 everything was imported; 1 something was quarantined or skipped;
    2 the command could not run.

    Examples:

      corpus label-studio convert export.json
      corpus label-studio convert export.json.gz --into trial
    """
    from ..core.schema import Schema
    from ..files.lock import filling
    from ..labelstudio.convert import Origin, convert_tasks, read_export
    from ..labelstudio.pseudonyms import NAME, Pseudonyms

    root = common.edit()
    people = Pseudonyms(root / NAME)
    folder = named(into) if into else root / "annotations"
    with filling(root, folder, warn):
        result = convert_tasks(
            common.bar(read_export(export), unit="task"),
            root,
            Schema.read(root),
            people,
            Origin(server=people.server(server) if server else ""),
            folder,
            root / "quarantine",
            absolute(overwrite, root),
        )
    return _report_result(common, result)


def _report_result(common: Common, result: Result, origin: str = "") -> int:
    """Print findings on stdout and figures on stderr; return the exit code.

    On a terminal, the page of a task is a link on the server at `origin`. No file and no log gets that address.
    """
    from ..labelstudio.quarantine import SEE

    problems = result.problems
    if origin and sys.stdout.isatty():
        link = f"{SEE}{origin.rstrip('/')}/projects/"
        problems = [replace(one, suggestion=one.suggestion.replace(f"{SEE}/projects/", link)) for one in problems]
    counts = text_report(sys.stdout).add_all(problems)
    for path in result.quarantined:
        print(f"quarantined {path}")
    figures = ((result.written, "written"), (result.unchanged, "unchanged"), (result.quarantined, "quarantined"))
    common.say(", ".join(f"{len(paths):,} {what}" for paths, what in figures))
    return 1 if counts["error"] or counts["warning"] else 0
