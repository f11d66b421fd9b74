"""`corpus import` and `corpus export`: corpora in the formats of other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.model import CorpusError
from ..formats import FORMATS
from .options import PATH, Assignment, Common, OneOf, Verb, named, warn

if TYPE_CHECKING:
    from ..formats.documents import LeftOut

READ = [name for name, of in FORMATS.items() if of.reads]
WRITTEN = [name for name, of in FORMATS.items() if of.writes]


@click.command("import", cls=Verb)
@click.argument("source_format", metavar="FORMAT", type=OneOf(lambda: READ), help=f"{', '.join(READ)}.")
@click.argument("source", metavar="SRC", type=PATH, help="The file or directory to read.")
@click.option("--into", required=True, type=PATH, metavar="DIR", help="A new directory for the corpus.")
@click.option(
    "--map", "map_", type=PATH, metavar="MAP.toml", help="What its types and roles become; see docs/formats.md."
)
@click.option(
    "--record",
    "fields",
    multiple=True,
    type=Assignment(),
    metavar="NAME=VALUE",
    help="A field of the record of every article, such as language=en; may be repeated.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="LAYER",
    help="A layer that was annotated, even where it has no records; may be repeated.",
)
@click.option("--schema", type=PATH, metavar="DIR", help="The schema/ of another corpus, to use for this one.")
@click.pass_obj
def import_(
    common: Common,
    source_format: str,
    source: Path,
    into: Path,
    map_: Path | None,
    fields: tuple[tuple[str, str], ...],
    layers: tuple[str, ...],
    schema: Path | None,
) -> int:
    """Import a corpus in another format into a new directory.

    The new corpus has its own schema. --record or the map gives what the files do
    not say about an article, such as its language and licence. A file or line that
    cannot be read is a finding, and the rest is imported. What the schema has no
    field for is dropped, counted and reported. docs/formats.md has an example of
    each format and of a map.

    Exit code: 0 everything was read; 1 findings; 2 the command could not run.

    Examples:

      corpus import brat brat-folder --into my-corpus --record language=en
      corpus import german-news articles --into german
    """
    from .. import report
    from ..core.toml_file import read_toml
    from ..files import new_folder
    from ..formats.documents import Options

    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise CorpusError(f"{into} is not empty; choose another --into")
    if into.exists() and into.samefile("."):
        raise CorpusError("--into is the working directory, which is not replaced; name a new directory")
    options = Options(
        map=read_toml(map_) if map_ else {},
        record=dict(fields),
        layers=layers,
        schema=named(schema) if schema else None,
    )
    source = named(source) if source.is_symlink() else source
    # A corpus that is imported in part would pass for the whole: it takes its name when all was read.
    with new_folder(common.make_named(into)) as new:
        counts = report.text(FORMATS[source_format].read(source, new.path, options), sys.stdout)
        imported = any(new.path.iterdir())
        if imported:
            new.commit()
    _report_dropped(options.left_out)
    common.say(f"{into}: imported; next: corpus --root {into} validate" if imported else "nothing was imported")
    return 1 if counts["error"] else 0


@click.command("export", cls=Verb)
@click.argument("target_format", metavar="FORMAT", type=OneOf(lambda: WRITTEN), help=f"{', '.join(WRITTEN)}.")
@click.argument("out", metavar="OUT", type=PATH, help="A new directory.")
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="LAYER",
    help="Only this layer and the layers it refers to; may be repeated.",
)
@click.option("--split", metavar="SPLIT", help="Only the articles of this split.")
@click.option(
    "--annotator", "annotators", multiple=True, metavar="NAME", help="This annotator; may be repeated; default: gold."
)
@click.pass_obj
def export(
    common: Common,
    target_format: str,
    out: Path,
    layers: tuple[str, ...],
    split: str | None,
    annotators: tuple[str, ...],
) -> int:
    """Export annotations in another format to a new directory.

    The directory is written atomically. What the format cannot hold is dropped,
    counted and reported; docs/formats.md has a table. Texts that must not be
    redistributed are dropped too, and annotations with errors (see
    `corpus validate`).

    Examples:

      corpus export conll conll-files
      corpus export brat brat-folder --split test --annotator ann-a
    """
    from ..formats.exporting import export as exported

    written, left = exported(
        common.root(),
        FORMATS[target_format],
        common.make_named(out),
        layers=layers,
        split=split,
        annotators=annotators,
    )
    _report_dropped(left)
    common.say(f"{out}: {written:,} annotation{'s' * (written != 1)} as {target_format}")
    return 0


def _report_dropped(dropped: LeftOut) -> None:
    """Print how many of each kind were dropped and why, the largest number first."""
    from ..formats.documents import dropped_lines

    for line in dropped_lines(dropped):
        warn(line)
