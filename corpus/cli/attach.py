"""`corpus attach`: a user's own copies of withheld texts, for the corpus or for a release of it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, Verb, warn


@click.command("attach", cls=Verb)
@click.argument("doc_id", required=False, metavar="[DOC_ID]", help="The document whose text it is.")
@click.option("--text", type=PATH_TYPE, metavar="FILE", help="Your copy of the text.")
@click.option("--release", type=PATH_TYPE, metavar="DIR", help="The directory of a release or build.")
@click.option("--texts", type=PATH_TYPE, metavar="FOLDER", help="Your copies of its texts, <doc_id>.txt.")
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="A new directory; default: NAME-with-texts here.")
@click.pass_obj
def attach(
    common: Common, doc_id: str | None, text: Path | None, release: Path | None, texts: Path | None, out: Path | None
) -> int:
    """Add your own copy of a withheld text.

    Its checksum is verified first.

    DOC_ID with --text adds it to the corpus. The text goes to raw/attached/, which
    git ignores.

    --release with --texts copies a release or build to a new directory, for you
    alone, with the texts FOLDER/<doc_id>.txt. The copy equals what
    `corpus build --with-attached` makes of that corpus: texts, spans and contexts
    have their words again. Texts that are missing from FOLDER stay withheld and
    are listed.

    A text that differs is refused, because every offset would be in doubt; the
    difference is explained (line ends, Unicode normalization, edited words). Then
    no copy is written.

    Exit code: 0 all texts were added; 1 a text of a release is missing or differs;
    2 the command could not run.

    Examples:

      corpus attach otr-042 --text my-copy.txt
      corpus attach --release releases/1.0.0 --texts my-copies
    """
    if release is not None:
        if texts is None or doc_id is not None or text is not None:
            raise CorpusError("--release DIR needs --texts FOLDER, without DOC_ID and --text")
        return _to_release(common, release, texts, out)
    from ..core.schema import Schema
    from ..edit.attach import attach_text

    if doc_id is None or text is None or texts is not None or out is not None:
        raise CorpusError("give DOC_ID and --text FILE, or --release DIR and --texts FOLDER")
    root = common.edit()
    path = attach_text(root, Schema.read(root), doc_id, text)
    common.say(f"{path}: checksum verified; next: corpus validate {path}")
    return 0


def _to_release(common: Common, release: Path, texts: Path, out: Path | None) -> int:
    from ..core.text import visible
    from ..release.attach_texts import attach_texts

    release = Path(os.path.abspath(release))
    folder = common.make_named(out) if out else common.make(Path(f"{release.name}-with-texts"))
    found = attach_texts(release, texts, folder, progress=common.progress)
    for line in found.wrong:
        print(visible(line))
    for doc_id in found.missing:
        print(visible(f"{doc_id}: {texts} has no {doc_id}.txt; the text stays withheld"))
    if found.wrong:
        warn("nothing was written: replace the texts above, which differ from the annotated ones")
    else:
        common.say(f"{folder}: texts attached: {len(found.put_back):,}; withheld: {len(found.missing):,}")
    return 1 if found.wrong or found.missing else 0
