"""`corpus repartition`: a copy of a corpus in files of as many documents each."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from ..core.model import CorpusError
from . import options
from .options import Common, Number, PlaceType, Verb

_MOST = 10_000_000


@click.command("repartition", cls=Verb)
@click.option("--out", type=PlaceType(), required=True, metavar="DIR|URL", help="The directory of the new corpus.")
@click.option(
    "--documents",
    type=Number(int, 1, _MOST),
    default=50_000,
    metavar="N",
    help="How many documents each partition has; default: 50000.",
)
@options.workers
@click.pass_obj
def repartition(common: Common, out: Path | str, documents: int, workers: int) -> int:
    """Write a copy of the corpus in partitions for many machines.

    A partition is a bulk file of N documents, raw/00000.jsonl.zst, with
    annotations/*/00000.jsonl.zst. Partitions can be validated and built on any
    number of machines (see docs/scale.md). The content does not change, nor does
    the content hash of a build. Files of neither articles nor annotations are
    copied; hidden ones and build/ are not.

    Exit code: 0 written; 2 the command could not run.

    Examples:

      corpus repartition --out /data/corpus
      corpus repartition --out s3://bucket/corpus --documents 20000 --workers 4
    """
    from ..files import Index, new_folder
    from ..files.storage import Storage
    from ..pipeline.executors import local_engine
    from ..pipeline.repartition import repartition as write

    root = common.root()
    to = Storage(out if isinstance(out, str) else options.named(out))
    if to.is_within(Storage(root)):
        raise CorpusError(f"{to} is in the corpus: choose another --out")
    if to.list():
        raise CorpusError(f"{to} is not empty; choose another --out")
    with ExitStack() as stack:
        index = stack.enter_context(Index(root))
        bar = stack.enter_context(common.bar(total=len(index), unit="doc"))
        engine = stack.enter_context(local_engine(workers))
        if to.is_local:
            common.make(to.path)
            new = stack.enter_context(new_folder(to.path))
            count = write(index, documents, Storage(new.path), engine, bar.update)
            new.commit()
        else:
            count = write(index, documents, to, engine, bar.update)
        size = len(index)
    common.say(f"{to}: {size:,} document{'s' * (size != 1)} in {count:,} partition{'s' * (count != 1)}")
    return 0
