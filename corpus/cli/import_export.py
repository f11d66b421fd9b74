"""`corpus import` and `corpus export`: corpora in the formats of other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.model import CorpusError
from ..formats import FORMATS
from .options import PATH_TYPE, Assignment, Common, OneOf, Verb, named, warn
from .outputs import open_named, text_report

if TYPE_CHECKING:
    from ..formats.documents import LeftOut, Options

READ = [name for name, of in FORMATS.items() if of.reads]
WRITTEN = [name for name, of in FORMATS.items() if of.writes]


@click.command("import", cls=Verb)
@click.argument("source_format", metavar="FORMAT", type=OneOf(lambda: READ), help=f"{', '.join(READ)}.")
@click.argument("source", metavar="SRC", type=PATH_TYPE, help="The file or directory to read.")
@click.option("--into", type=PATH_TYPE, metavar="DIR", help="A new directory for the corpus.")
@click.option(
    "--map", "map_", type=PATH_TYPE, metavar="MAP.toml", help="What its types and roles become; see docs/formats.md."
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
@click.option("--schema", type=PATH_TYPE, metavar="DIR", help="The schema/ of another corpus, to use for this one.")
@click.option("--kb-date", default="", metavar="DATE", help="When knowledge-base ids without a date were looked up.")
@click.option("--replace-controls", is_flag=True, help="Replace control characters in texts; offsets stay.")
@click.option("--bulk", is_flag=True, help="Write bulk files: one .jsonl for all articles, one for each annotator.")
@click.option("--suggest-map", is_flag=True, help="Print a map to edit, with the names in SRC, and import nothing.")
@click.option("--out", type=PATH_TYPE, metavar="FILE", help="Where --suggest-map writes the map; default: stdout.")
@click.pass_obj
def import_(
    common: Common,
    source_format: str,
    source: Path,
    into: Path | None,
    map_: Path | None,
    fields: tuple[tuple[str, str], ...],
    layers: tuple[str, ...],
    schema: Path | None,
    kb_date: str,
    replace_controls: bool,
    bulk: bool,
    suggest_map: bool,
    out: Path | None,
) -> int:
    """Import a corpus in another format into a new directory.

    The new corpus has its own schema. --record or the map gives what the files do
    not say about an article, such as its language and licence. A part that cannot
    be read is a finding: its annotation goes to quarantine/, and the rest is
    imported and validated. What the schema or the map has no place for is dropped,
    counted and reported, also in import.json. docs/formats.md has an example of
    each format and of a map; --suggest-map writes one to begin with.

    Exit code: 0 everything was read and is valid; 1 findings; 2 the command could
    not run.

    Examples:

      corpus import brat brat-folder --suggest-map --out map.toml
      corpus import brat brat-folder --into my-corpus --map map.toml
      corpus import german-news articles --into german
    """
    from ..core.text import visible
    from ..core.toml_file import read_toml
    from ..files import new_folder
    from ..formats.documents import Options
    from ..formats.run_import import is_imported, run_import

    options = Options(
        map=read_toml(map_) if map_ else {},
        map_path=str(map_) if map_ else "map",
        record=dict(fields),
        layers=layers,
        schema=named(schema) if schema else None,
        kb_date=kb_date,
        replace_controls=replace_controls,
        bulk=bulk,
    )
    source = named(source) if source.is_symlink() else source
    if suggest_map:
        return _suggest_map(common, source_format, source, options, out)
    if into is None:
        raise click.UsageError("Missing option '--into', or '--suggest-map'.")
    if out is not None:
        raise click.UsageError("--out goes with --suggest-map; --into names the new corpus.")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise CorpusError(f"{into} is not empty; choose another --into")
    if into.exists() and into.samefile("."):
        raise CorpusError("--into is the working directory, which is not replaced; name a new directory")
    # A corpus that is imported in part would pass for the whole: it takes its name when all was read.
    with new_folder(common.make_named(into)) as new:
        problems = run_import(source_format, FORMATS[source_format], source, new.path, options)
        counts = text_report(sys.stdout).add_all(problems)
        imported = is_imported(new.path)
        if imported:
            new.commit()
    _report_dropped(options.left_out)
    for note, count in sorted(options.notes.items()):
        warn(f"note: {visible(note)}" + (f" ({count:,})" if count > 1 else ""))
    common.say(f"{into}: imported; next: corpus --root {into} validate" if imported else "nothing was imported")
    return 0 if imported and not counts["error"] else 1


def _suggest_map(common: Common, name: str, source: Path, options: Options, out: Path | None) -> int:
    """Write a map with the names that the files have, to a new file or to stdout."""
    from ..formats.importing import schema_of

    found = FORMATS[name].survey(source, options)
    if found is None:
        raise CorpusError(f"{name} has no --suggest-map: its map has no names of types")
    text = found.toml(schema_of(options))
    if out is None:
        sys.stdout.write(text)
        return 0
    if out.exists():
        raise CorpusError(f"{out} exists; choose another --out")
    with open_named(out) as file:
        file.write(text.encode())
    common.say(f"{out}: edit it, then: corpus import {name} {source} --map {out} --into DIR")
    return 0


@click.command("export", cls=Verb)
@click.argument("target_format", metavar="FORMAT", type=OneOf(lambda: WRITTEN), help=f"{', '.join(WRITTEN)}.")
@click.argument("out", metavar="OUT", type=PATH_TYPE, help="A new directory.")
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
@click.option("--twins", is_flag=True, help="Include twins, which are changed copies of other articles.")
@click.pass_obj
def export(
    common: Common,
    target_format: str,
    out: Path,
    layers: tuple[str, ...],
    split: str | None,
    annotators: tuple[str, ...],
    twins: bool,
) -> int:
    """Export annotations in another format to a new directory.

    The directory is written atomically. What the format cannot hold is dropped,
    counted and reported; docs/formats.md has a table. Texts that must not be
    redistributed are dropped too, and annotations with errors (see
    `corpus validate`). Twins are left out, and the last line says how many; most
    formats cannot say that an article is a twin.

    Examples:

      corpus export conll conll-files
      corpus export brat brat-folder --split test --annotator ann-a
    """
    from ..formats.exporting import TWINS
    from ..formats.exporting import export as exported

    written, left = exported(
        common.root(),
        FORMATS[target_format],
        common.make_named(out),
        layers=layers,
        split=split,
        annotators=annotators,
        twins=twins,
    )
    without = left.pop(TWINS, 0)
    _report_dropped(left)
    said = f", {without:,} twin{'s' * (without != 1)} left out" if without else ""
    common.say(f"{out}: {written:,} annotation{'s' * (written != 1)} as {target_format}{said}")
    return 0


def _report_dropped(dropped: LeftOut) -> None:
    """Print how many of each kind were dropped and why, the largest number first."""
    from ..formats.documents import dropped_lines

    for line in dropped_lines(dropped):
        warn(line)
