"""`corpus label-studio migrate`: a project of a server after the schema changed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .label_studio_server import ProgressBar, of_project, open_server
from .options import Common, VerbGroup

if TYPE_CHECKING:
    from ..core.schema import Schema

_FILES = ("annotation.schema.json", "article.schema.json", "targets.json", "targets.schema.json")


@click.command("migrate", cls=VerbGroup.command_class)
@of_project
@click.option(
    "--from",
    "from_",
    required=True,
    metavar="COMMIT|DIR",
    help="Where the old schema is: a commit of this corpus, or a directory with a schema/ of its own.",
)
@click.option(
    "--rename",
    multiple=True,
    metavar="OLD=NEW",
    help="A layer, field or label that has another name now, such as quotes.type.indirect=reported. Repeatable.",
)
@click.option(
    "--drop", multiple=True, metavar="NAME", help="A layer or field that is gone, and its values with it. Repeatable."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.pass_obj
def migrate(
    common: Common,
    project: str,
    server: str | None,
    timeout: float,
    ca_file: Path | None,
    from_: str,
    rename: tuple[str, ...],
    drop: tuple[str, ...],
    dry_run: bool,
) -> int:
    """Make old annotations fit a changed schema.

    The annotations are checked against the old schema and the new one. Renamed
    layers, fields and labels are mapped, in annotations, drafts and predictions, if the
    schema lists the former name under `formerly`, or --rename says it. The tasks get
    the version of the schema, and the project its labelling config. A field that only
    the new schema has stays blank in tasks with annotations from before: their
    fields_done do not name it. If one annotation cannot be mapped, nothing is changed.
    An interrupted run can be repeated. Each result that is replaced is kept in
    .label-studio/.

    Exit code: 0 all was migrated; 1 something cannot be mapped, or was invalid before;
    2 the command could not run.

    Examples:

      corpus label-studio migrate --project bridge --from v1.0.0 --dry-run
      corpus label-studio migrate --project bridge --from v1.0.0 --rename quotes.type.indirect=reported
    """
    from ..core.schema import Schema
    from ..labelstudio.migrate import migrate as run
    from ..labelstudio.pseudonyms import NAME, Pseudonyms

    root = common.root()
    of = open_server(server, project, timeout, ca_file)
    people = Pseudonyms(root / NAME)
    with ProgressBar(common) as bar:
        old, new = _schema(root, from_), Schema.read(root)
        did = run(of, root, old, new, project, people, rename, drop, dry_run, bar.more)
    for step in did.steps:
        for line in (*step.notes, *step.invalid):
            print(f"task {step.task} ({step.doc_id}): {line}")
        for line in step.refusals:
            print(f"refused task {step.task} ({step.doc_id}): {line}")
    changed = sum(step.is_needed for step in did.steps)
    common.say(f"{changed:,} of {did.tasks:,} tasks, labelling config {did.config}: {_outcome(did.done, did.refused)}")
    return 1 if did.refused or any(step.invalid for step in did.steps) else 0


def _outcome(done: bool, refused: bool) -> str:
    if refused:
        return "nothing was changed; add --rename or --drop for what cannot be mapped, or correct it in Label Studio"
    return "migrated" if done else "nothing was changed (--dry-run)"


def _schema(root: Path, written: str) -> Schema:
    """Return the schema in a directory, or in a commit of the corpus. Raises CorpusError."""
    from ..core.model import CorpusError
    from ..core.schema import Schema
    from ..files.git import Git

    if Path(written).is_dir():
        return Schema.read(Path(written))
    git = Git(root)
    commit = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{written}^{{commit}}")
    if not commit:
        raise CorpusError(f"--from {written}: neither a directory nor a commit of this corpus")
    with tempfile.TemporaryDirectory(prefix="corpus-schema-") as name:
        (Path(name) / "schema").mkdir()
        for file in _FILES:
            (Path(name) / "schema" / file).write_bytes(git.read("show", f"{commit}:./schema/{file}"))
        return Schema.read(Path(name))
