"""`corpus attach`: a user's own copies of withheld texts, for the corpus or for a release of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, OneOf, Verb, warn


@click.command("attach", cls=Verb)
@click.argument("names", nargs=-1, metavar="[DOC_ID | FILE…]", help="The document of --text, or the files of --from.")
@click.option("--text", type=PATH_TYPE, metavar="FILE", help="Your copy of the text.")
@click.option(
    "--from", "form", type=OneOf(lambda: ("conllu",)), metavar="conllu", help="Build the texts from such files."
)
@click.option("--release", type=PATH_TYPE, metavar="DIR", help="A release: its version, or the directory of a build.")
@click.option("--texts", type=PATH_TYPE, metavar="FOLDER", help="Your copies of its texts, <doc_id>.txt.")
@click.option("--out", type=PATH_TYPE, metavar="DIR", help="A new directory; default: NAME-with-texts here.")
@click.pass_obj
def attach(
    common: Common,
    names: tuple[str, ...],
    text: Path | None,
    form: str | None,
    release: Path | None,
    texts: Path | None,
    out: Path | None,
) -> int:
    """Add your own copies of withheld texts.

    The checksum of each is verified first.

    DOC_ID with --text adds one to the corpus. The text goes to raw/attached/, which
    git ignores.

    --from conllu builds the texts from a treebank: GUM's own files, or those of
    UD_English-GUM. A paragraph begins at `# newpar`, a sentence is a line `# text =`,
    and documents are found by `# newdoc id`. The texts of all withheld documents that
    the files have are added.

    --release with --texts or --from copies a release or build to a new directory, for
    you alone, with the texts FOLDER/<doc_id>.txt or those in the files. The copy equals
    what `corpus build --with-attached` makes of that corpus: texts, spans and contexts
    have their words again. Texts that are missing from FOLDER stay withheld and are
    listed.

    A text that differs is refused, because every offset would be in doubt; the
    difference is explained (line ends, Unicode normalization, edited words). Then
    nothing is written.

    Exit code: 0 all texts were added, with --from those that the files have; 1 a text
    of a release is missing or differs; 2 the command could not run.

    Examples:

      corpus attach otr-042 --text my-copy.txt
      corpus attach --from conllu en_gum-ud-train.conllu en_gum-ud-dev.conllu
      corpus attach --release releases/1.0.0 --texts my-copies
      corpus attach --release 2.0.0 --from conllu dep/GUM_news_*.conllu --out real
    """
    if form is not None:
        if not names:
            raise CorpusError("--from conllu needs the files of the treebank: corpus attach --from conllu FILE…")
        if text is not None or texts is not None or not names or (out is not None and release is None):
            raise CorpusError("give --from conllu FILE…, for a release with --release DIR and --out, no other texts")
        return _built(common, [Path(name) for name in names], release, out)
    if release is not None:
        if texts is None or names or text is not None:
            raise CorpusError("--release DIR needs --texts FOLDER or --from conllu FILE…, without DOC_ID and --text")
        return _to_release(common, release, texts, out)
    from ..core.schema import Schema
    from ..edit.attach import attach_text

    if len(names) != 1 or text is None or texts is not None or out is not None:
        raise CorpusError("give DOC_ID and --text FILE, or --from conllu FILE…, or --release DIR and --texts FOLDER")
    root = common.edit()
    path = attach_text(root, Schema.read(root), names[0], text)
    common.say(f"{path}: checksum verified; next: corpus validate {path}")
    return 0


def _built(common: Common, files: Sequence[Path], release: Path | None, out: Path | None) -> int:
    """Attach the texts in files of CoNLL-U to the corpus or to a copy of a release."""
    from ..core.schema import Schema
    from ..core.text import visible
    from ..edit.attach import attach_built
    from ..edit.conllu_texts import texts_of
    from ..files.index import DOC_ID

    if release is not None:
        with TemporaryDirectory(prefix="corpus-texts-") as folder:
            for doc_id, data in texts_of(files).items():
                if DOC_ID.fullmatch(doc_id):
                    (Path(folder) / f"{doc_id}.txt").write_bytes(data)
            return _to_release(common, release, Path(folder), out, built=True)
    root = common.edit()
    made = attach_built(root, Schema.read(root), texts_of(files))
    for line in made.wrong:
        print(visible(line))
    if made.wrong:
        warn("nothing was written: the texts above differ from the annotated ones; use the edition that the docs name")
        return 1
    common.say(f"raw/attached: {len(made.attached):,} texts, checksums verified; next: corpus validate")
    return 0


def _to_release(common: Common, release: Path, texts: Path, out: Path | None, built: bool = False) -> int:
    """Attach the texts in a folder to a copy of a release. If they were `built` from a treebank, it lacks others."""
    from ..core.settings import VERSION
    from ..core.text import visible
    from ..release.attach_texts import attach_texts

    if VERSION.fullmatch(str(release)) and not release.is_dir():
        release = common.root() / "releases" / release
    release = Path(os.path.abspath(release))
    folder = common.make_named(out) if out else common.make(Path(f"{release.name}-with-texts"))
    found = attach_texts(release, texts, folder, progress=common.progress)
    for line in found.wrong:
        print(visible(line))
    for doc_id in () if built else found.missing:
        print(visible(f"{doc_id}: {texts} has no {doc_id}.txt; the text stays withheld"))
    if found.wrong:
        warn("nothing was written: replace the texts above, which differ from the annotated ones")
    else:
        common.say(f"{folder}: texts attached: {len(found.put_back):,}; withheld: {len(found.missing):,}")
    return 1 if found.wrong or (found.missing and not built) else 0
