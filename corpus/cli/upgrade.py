"""`corpus upgrade`: a corpus that an earlier version began, brought to this one."""

from __future__ import annotations

import click

from .options import Common, Verb, warn


@click.command("upgrade", cls=Verb)
@click.option("--dry-run", is_flag=True, help="Show the changes as a diff and write nothing.")
@click.option("--checker", metavar="OWNER/NAME@COMMIT", help="What the workflow and the hooks run from now on.")
@click.pass_obj
def upgrade(common: Common, dry_run: bool, checker: str | None) -> int:
    """Bring a corpus that version 1.0.0 began to this version.

    The schema gets what changed since, and keeps what you added, changed or removed
    in it. The guidelines, the schema's README, the workflow and the hooks are
    replaced if you did not edit them; in edited ones only the tables and the commit
    of the checker change. Exceptions, the baseline and the severities in pyproject.toml
    get the codes of today. Articles and annotations stay as they are: each is tested
    against the new schema first.

    Where you and this version changed the same place in different ways, the place is
    named as a conflict with both values, and nothing is written: edit it as the message
    says, and run the command again.
    Commit first, so that `git diff` shows what it did.

    Exit code: 0 upgraded, or nothing to do; 1 conflicts, and nothing was written; 2
    the command could not run.

    Examples:

      corpus upgrade --dry-run
      corpus upgrade --checker my-lab/on-the-record@COMMIT
    """
    from ..core.regular_file import read_file
    from ..core.schema import shipped
    from ..core.text import visible
    from ..edit.init import installed_from, read_checker
    from ..edit.text_diff import unified
    from ..edit.upgrade import BEGUN, plan_upgrade, write_upgrade

    root = common.root() if dry_run else common.edit()
    plan = plan_upgrade(root, read_checker(checker) if checker else installed_from())
    for name, data in plan.files.items() if dry_run else ():
        for line in unified(name, read_file(root / name, root), data):
            print(line)
    for note in plan.notes:
        warn(visible(f"note: {note}"))
    for conflict in plan.conflicts:
        warn(visible(f"conflict: {conflict}"))
    if plan.conflicts:
        warn(f"the schemas in full: 1.0.0 in {BEGUN}, this version in {shipped()}")
        count = f"{len(plan.conflicts)} conflict{'s' * (len(plan.conflicts) != 1)}"
        warn(f"nothing was written: {count}; correct your files as said above, and run the command again")
        return 1
    if not plan.files:
        common.say("nothing to upgrade")
        return 0
    if dry_run:
        files = f"{len(plan.files)} file{'s' * (len(plan.files) != 1)}"
        common.say(f"nothing was written; without --dry-run, the command changes {files}: {', '.join(plan.files)}")
        return 0
    write_upgrade(root, plan)
    for name in plan.files:
        common.say(f"{name}: upgraded")
    common.say("next: corpus validate")
    return 0
