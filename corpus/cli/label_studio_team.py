"""What `push --adjudicate`, `push --predictions` and `pull --adjudicated` of `corpus label-studio` do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Common, warn
from .outputs import text_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..labelstudio.server import Server

STATES = {"new": "created", "changed": "found, labelling config updated", "same": "found"}
"""What a push says about its project."""


def refuse_clashes(adjudicate: object, predictions: object, model_version: str, others: Mapping[str, object]) -> None:
    """Raise UsageError for options of `push` of which one would have no effect."""
    given = {**others, "--predictions": predictions, "--adjudicate": adjudicate}
    for alone in ("--adjudicate", "--predictions"):
        clashing = [name for name, value in given.items() if value and name != alone]
        if given[alone] and clashing:
            raise click.UsageError(f"{alone} cannot be combined with {clashing[0]}")
    if model_version and not predictions:
        raise click.UsageError("--model-version needs --predictions")


def warn_of_strangers(root: Path, names: Sequence[str]) -> None:
    """Warn if documents are assigned to a pseudonym that no account has: `pull` would give its work another one."""
    from ..labelstudio.pseudonyms import NAME, Pseudonyms

    if strangers := sorted({*names} - Pseudonyms(root / NAME).names):
        warn(
            f"{NAME} has no account for {', '.join(strangers)}: add a line for each before they begin; "
            "documents stay assigned to the name that an annotator had then"
        )


def push_conflicts(
    common: Common, server: Server, project: str, annotators: Sequence[str], doc_ids: Sequence[str]
) -> int:
    """Send the disagreements of two annotators, and print what was sent."""
    from ..core.schema import Schema
    from ..labelstudio.push_adjudication import push_adjudication

    root = common.root()
    with common.bar(unit="doc") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        did = push_adjudication(server, root, Schema.read(root), project, annotators, doc_ids, progress)
    if did.project:
        common.say(f"project {did.project.id} {did.project.title!r}: {STATES[did.config]}")
    for reason, names in (
        ("the project asks their conflicts already", did.present),
        ("they have gold of other means", did.elsewhere),
        ("the text is not available", did.withheld),
    ):
        if names:
            warn(f"skipped, {reason}: {', '.join(names)}")
    for doc_id, reason in did.failed.items():
        warn(f"skipped, decide {doc_id} in adjudication/gold/: {reason}")
    if did.settled:
        common.say(f"{_number(did.settled, 'document')} without a conflict: run `corpus adjudicate` to write gold")
    common.say(f"{_number(did.tasks, 'document')} sent, with {_number(did.conflicts, 'conflict')}")
    return 1 if did.failed else 0


def pull_decisions(common: Common, server: Server, project: str, progress: Callable[[int, str], object]) -> int:
    """Import the decisions of a project of adjudication, and print what became of each document."""
    from ..core.schema import Schema
    from ..labelstudio.pseudonyms import NAME, Pseudonyms
    from ..labelstudio.pull_adjudicated import pull_adjudicated
    from .agreement import show_merged

    root = common.root()
    schema, people = Schema.read(root), Pseudonyms(root / NAME)
    did = pull_adjudicated(server, root, schema, project, people, root / "quarantine", progress, warn)
    counts = text_report(sys.stdout).add_all(did.problems)
    for path in did.quarantined:
        print(f"quarantined {path}")
    for one in did.merged:
        show_merged(one, "gold")
    open_items = sum(one.open for one in did.merged)
    done = sum(not (one.open or one.problems or one.kept) for one in did.merged)
    waiting = f"; {_number(len(did.waiting), 'task')} not submitted" if did.waiting else ""
    common.say(f"{done:,} of {_number(len(did.merged), 'document')} done, {_number(open_items, 'item')} open{waiting}")
    return 1 if counts["error"] or counts["warning"] or done < len(did.merged) or did.waiting else 0


def push_model(
    common: Common,
    server: Server,
    project: str,
    folder: Path,
    version: str,
    doc_ids: Sequence[str],
) -> int:
    """Send the predictions of a model, and print how many."""
    from ..core.schema import Schema
    from ..labelstudio.predictions import push_predictions

    root = common.root()
    with common.bar(unit="doc") as bar:
        did = push_predictions(
            server, root, Schema.read(root), project, folder, version, doc_ids, lambda done: bar.update(done)
        )
    common.say(f"project {did.project.id} {did.project.title!r}: {STATES[did.config]}")
    warn_of_twins(did.twins)
    figures = ((did.added, "added"), (did.replaced, "replaced"), (did.unchanged, "unchanged"))
    shown = ", ".join(f"{count:,} {what}" for count, what in figures)
    common.say(f"predictions of {did.version}: {shown}; {_number(did.tasks, 'document')} sent")
    return 0


def warn_of_twins(count: int) -> None:
    """Print how many twins were skipped, if any."""
    if count:
        warn(f"skipped, not named: {_number(count, 'twin')}")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
