"""`corpus split`: a split for every document that has none."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from . import options
from .options import Common, Verb, warn
from .outputs import text_report

if TYPE_CHECKING:
    from ..checks.corpus import Corpus
    from ..checks.summaries import Place
    from ..core.schema import Schema
    from ..core.settings import Settings
    from ..files import Index


@click.command("split", cls=Verb)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when a document has no split.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@click.option("--explain", metavar="DOC_ID", help="Explain which split one document gets, and why.")
@options.workers
@click.pass_obj
def split(common: Common, check: bool, diff: bool, explain: str | None, workers: int) -> int:
    """Assign splits to documents, keeping near-duplicates together.

    Documents with the same `story`, near-duplicates, and near-duplicates of those
    form one story. A story goes to the split that one of its documents, or a
    near-duplicate, already has; otherwise the hash of its name, or its first day,
    decides. A document that has a split keeps it. Documents that belong to two
    splits at once are reported (C614) and get none. The command writes `split` to
    the record, and `story` if it has none.

    Set the rule in [tool.corpus.split] of pyproject.toml: `by` is "hash" (the
    default) or "date". `proportions`, such as {train = 0.8, dev = 0.1, test = 0.1},
    are for hash. `days` are for date, and give the first day of each split but the
    first, such as {dev = 2026-05-01, test = 2026-07-01}.

    Exit code: 0 all documents have a split, or --check and --diff found nothing to
    do; 1 some have none, or there is something to do; 2 the command could not run.

    Examples:

      corpus split --diff
      corpus split
      corpus split --explain otr-001
    """
    from ..checks.suppress.suppressions import all_severities
    from ..core.schema import Schema
    from ..core.settings import read_settings
    from ..core.text import visible
    from ..edit.rewriter import Rewriter
    from ..edit.write_splits import Put, put_splits
    from ..files import Index
    from ..splits.assign import checked, choose, explained, stories

    root = common.root() if check or diff or explain is not None else common.edit()
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    with Index(root) as index:
        corpus = _corpus(common, index, schema, settings, workers, report_bridged=explain is None)
        if corpus is None:
            warn("no split was assigned: fix the errors that `corpus validate` reports first")
            return 1
        documents, near = corpus.summaries.places, corpus.near
        rule = checked(settings.split, schema.splits, documents)
        if explain is not None:
            for line in explained(explain, documents, near, rule):
                print(visible(line))
            return 0
        chosen: dict[str, Put] = {}
        left = 0
        for story in stories(documents, near):
            choice = choose(story, documents, rule)
            if choice is None:
                left += len(story.documents)
            else:
                chosen |= {documents[i].doc_id: Put(choice.split, story.name) for i in story.documents}
        rewriter = Rewriter(root, not (check or diff), print if diff else None)
        put_splits(index, schema, chosen, rewriter)
    for doc_id, put in sorted(chosen.items()) if not diff else ():
        print(visible(f"{doc_id}: {put.split}, story {put.story!r}"))
    common.say(_summary(chosen, left, documents, schema.splits))
    return 1 if left or (chosen and (check or diff)) else 0


def _corpus(
    common: Common, index: Index, schema: Schema, settings: Settings, workers: int, *, report_bridged: bool
) -> Corpus | None:
    """Return all documents, None when one has errors; report those that belong to two splits."""
    from ..checks.corpus import Corpus
    from ..checks.corpus_splits import bridged_splits
    from ..checks.corpus_wide import placed
    from ..checks.keyed import Context
    from ..checks.summaries import Summaries
    from ..pipeline.cache import open_store
    from ..pipeline.check import Policy
    from ..pipeline.run import shards
    from ..pipeline.shard import Validation

    policy = Policy(settings.severity)
    task = Validation(policy, cache=open_store(index.root, schema, policy))
    found: list[Summaries] = []
    for shard in common.progress(shards(index, task, schema, workers), len(index)):
        shard.problems.close()
        found.append(shard.summaries)
    corpus = Corpus(Summaries.joined(found))
    if len(corpus.summaries) < len(index):
        return None
    if report_bridged:
        bridged = bridged_splits(corpus, Context(schema))
        text_report(sys.stdout).add_all(placed(bridged_splits, one, corpus) for one in bridged)
    return corpus


def _summary(chosen: dict[str, Any], left: int, documents: list[Place], splits: tuple[str, ...]) -> str:
    """Return a line with the number of documents in each split, without twins."""
    counted = [one for one in documents if not one.twin_of]
    given = Counter(chosen[one.doc_id].split for one in counted if one.doc_id in chosen)
    sizes = Counter(one.split for one in counted if one.split) + given
    total, of = sizes.total(), [f"{name} {sizes[name]:,}" for name in splits]
    shares = [f" ({sizes[name] / total:.0%})" if total else "" for name in splits]
    each = ", ".join(name + share for name, share in zip(of, shares, strict=True))
    assigned = f"{len(chosen):,} {'document was' if len(chosen) == 1 else 'documents were'} assigned a split"
    twins = len(documents) - len(counted)
    without = f"; {twins:,} twin{'s are' if twins != 1 else ' is'} not counted in the shares" if twins else ""
    return f"{assigned}, {left:,} {'has' if left == 1 else 'have'} none: {each}{without}"
