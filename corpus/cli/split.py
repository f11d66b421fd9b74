"""`corpus split`: a short function for the verb, which passes values along."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..checks.document_summary import Summary
    from ..core.schema import Schema
    from ..core.settings import Settings
    from ..files import Index
    from ..pipeline.shard import Shard

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
Progress = Callable[["Iterator[Shard]", int], "Iterator[Shard]"]


def split(args: argparse.Namespace) -> int:
    """Give every document that has no split one, so that what belongs together is in one split.

    Documents of one `story`, near-copies, and near-copies of near-copies make a story. It goes to the
    split that one of its documents, or a near-copy, is in already; else where the hash of its name, or
    its first day, falls. What has a split keeps it. Documents that belong to two splits at once are a
    finding (C614) and get none. The record is given `split`, and `story` where it has none.

    [tool.corpus.split] of pyproject.toml says how: `by` is "hash" (the default) or "date"; `proportions`
    such as {train = 0.8, dev = 0.1, test = 0.1}, for the hash; `days`, the first day of each split but the
    first, such as {dev = 2026-05-01, test = 2026-07-01}.

    Exit code: 0 all documents have a split, or --check and --diff found nothing to do; 1 some have none,
    or there is something to do; 2 the tool could not run.
    """
    from ..checks.suppress.suppressions import all_severities
    from ..core.schema import Schema
    from ..core.settings import read_settings, root_of
    from ..core.text import visible
    from ..edit.rewriter import Rewriter
    from ..edit.write_splits import Put, put_splits
    from ..files import Index
    from ..splits.assign import checked, choose, explained, stories

    root = root_of(args.root)
    schema, settings = Schema.read(root), read_settings(root, all_severities())
    with Index(root) as index:
        documents = _documents(index, schema, settings, args)
        if documents is None:
            print("no split was chosen: errors come first, see `corpus validate`", file=sys.stderr)
            return 1
        rule = checked(settings.split, schema.splits, documents)
        if args.explain is not None:
            for line in explained(args.explain, documents, rule):
                print(visible(line))
            return 0
        chosen: dict[str, Put] = {}
        left = 0
        for story in stories(documents):
            choice = choose(story, documents, rule)
            if choice is None:
                left += len(story.documents)
            else:
                chosen |= {documents[i].doc_id: Put(choice.split, story.name) for i in story.documents}
        rewriter = Rewriter(root, not (args.check or args.diff), print if args.diff else None)
        put_splits(index, schema, chosen, rewriter)
    for doc_id, put in sorted(chosen.items()) if not args.diff else ():
        print(visible(f"{doc_id}: {put.split}, story {put.story!r}"))
    _say(chosen, left, documents, schema.splits)
    return 1 if left or (chosen and (args.check or args.diff)) else 0


def _documents(index: Index, schema: Schema, settings: Settings, args: argparse.Namespace) -> list[Summary] | None:
    """What is known of all documents, None when one has errors; those that belong to two splits are reported."""
    from .. import report
    from ..checks.corpus_wide import bridged_splits
    from ..checks.document_summary import Corpus
    from ..pipeline.cache import open_store
    from ..pipeline.check import Policy
    from ..pipeline.run import shards
    from ..pipeline.shard import Validation

    policy = Policy(settings.severity)
    task = Validation(policy, cache=open_store(index.root, schema, policy, len(index)))
    documents: list[Summary] = []
    for shard in args.progress(shards(index, task, schema, args.workers), len(index)):
        shard.problems.close()
        documents += shard.summaries
    if len(documents) < len(index):
        return None
    if args.explain is None:
        report.text(bridged_splits(Corpus(tuple(documents)), schema), sys.stdout)
    return documents


def _say(chosen: dict[str, Any], left: int, documents: list[Summary], splits: tuple[str, ...]) -> None:
    """How many documents each split has, for the person, on stderr."""
    sys.stdout.flush()
    sizes = Counter(one.split for one in documents if one.split) + Counter(put.split for put in chosen.values())
    all_, of = sizes.total(), [f"{name} {sizes[name]:,}" for name in splits]
    shares = [f" ({sizes[name] / all_:.0%})" if all_ else "" for name in splits]
    said = ", ".join(name + share for name, share in zip(of, shares, strict=True))
    given = f"{len(chosen):,} {'document was' if len(chosen) == 1 else 'documents were'} given a split"
    print(f"{given}, {left:,} {'has' if left == 1 else 'have'} none: {said}", file=sys.stderr)


def add_verbs(verbs: Any, add: Add, workers: Callable[[argparse.ArgumentParser], None], progress: Progress) -> None:
    """Add the verb to the command line."""
    verb = add(verbs, "split", split)
    verb.add_argument("--check", action="store_true", help="only ask; change nothing")
    verb.add_argument("--diff", action="store_true", help="show what would change; change nothing")
    verb.add_argument("--explain", metavar="DOC_ID", help="say of one document where it goes, and why")
    workers(verb)
    verb.set_defaults(progress=progress)
