"""`corpus init`, `corpus add` and `corpus guidelines`: a new corpus, its articles, its tables of labels and rules."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.model import CorpusError
from .options import PATH_TYPE, Common, Verb, warn

_NEXT = """\
{folder}: a corpus with one example article. Next, in that directory:
  corpus validate     checks it; there are no findings yet
  corpus build        writes build/, which load_dataset reads
  corpus add FILE     adds an article from a text of yours
docs/your-own-corpus.md of On the Record explains each step; delete the example after adding your own articles."""

_CHECKER = """\
The repository that this command was installed from is unknown: write it and a commit for OWNER/on-the-record and
COMMIT in .github/workflows/submission.yml, .pre-commit-config.yaml and README.md."""


@click.command("init", cls=Verb)
@click.argument("folder", type=PATH_TYPE, metavar="DIR", help="A new or empty directory.")
@click.option("--title", metavar="TITLE", help="The name of the corpus; default: the name of the directory.")
@click.option(
    "--license",
    "licence",
    default="CC-BY-4.0",
    metavar="SPDX",
    help="The licence of the annotations; default: CC-BY-4.0.",
)
@click.option("--checker", metavar="OWNER/NAME@COMMIT", help="The repository of the command, and a commit.")
@click.pass_obj
def init(common: Common, folder: Path, title: str | None, licence: str, checker: str | None) -> int:
    """Start a corpus of your own in a new directory.

    It gets this project's schema and annotation guidelines, a registry of targets, a
    dataset card to complete, settings, a licence, a check of pull requests on GitHub,
    hooks for pre-commit, and an example: one article annotated by two annotators and
    adjudicated. It is written atomically.

    The workflow and the hooks run the command from a commit of its repository: the
    one it was installed from on GitHub, or --checker.

    Examples:

      corpus init my-corpus
      corpus init my-corpus --title "Parliament in the press" --license CC0-1.0
    """
    from ..core.text import visible
    from ..edit.init import UNKNOWN, installed_from, read_checker, start

    of = read_checker(checker) if checker else installed_from()
    path = common.make_named(folder)
    start(path, title or path.name, licence, of)
    common.say(_NEXT.format(folder=visible(str(folder))))
    if of == UNKNOWN:
        warn(_CHECKER)
    return 0


@click.command("add", cls=Verb)
@click.argument("file", type=PATH_TYPE, metavar="FILE", help="The text, in UTF-8.")
@click.argument("values", nargs=-1, metavar="[FIELD=VALUE]…", help="A field of the record, such as language=en.")
@click.pass_obj
def add(common: Common, file: Path, values: tuple[str, ...]) -> int:
    """Add an article: copy a text file to raw/ and write its record.

    FIELD=VALUE sets a field of the record that schema/article.schema.json
    defines: language, license, title, source, url, published, split, story, …
    Repeat a field with several values, such as topics. Checksum and length are
    computed from the text, and doc_id is derived from the file name unless you give
    one. The text is never edited afterwards.

    With redistribution=offsets_only, the text goes to raw/attached/, which git
    ignores.

    Examples:

      corpus add bridge.txt language=en license=CC-BY-4.0
      corpus add bridge.txt language=en redistribution=offsets_only topics=law topics=eu
    """
    from ..core.schema import Schema
    from ..core.text import visible
    from ..edit.add import add_article

    root = common.edit()
    path, record = add_article(root, Schema.read(root), file, values)
    shown = path.relative_to(root).as_posix()
    common.say(f"{visible(shown)}: {record['length']:,} code points, SHA-256 {record['text_sha256']}")
    return 0


@click.command("guidelines", cls=Verb)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when a table would change.")
@click.pass_obj
def guidelines(common: Common, check: bool) -> int:
    """Generate the tables in schema/GUIDELINES.md.

    They are made from the schema. The labels of a field are written between
    <!-- generated:labels:LAYER.FIELD --> and <!-- end -->, the rules of a layer, its
    conditions, between <!-- generated:conditions:LAYER --> and <!-- end -->.

    Exit code: 0 all tables are up to date; 1 a table is missing, or with --check
    one is out of date; 2 the command could not run.

    Examples:

      corpus guidelines
      corpus guidelines --check
    """
    from ..core.regular_file import read_utf8
    from ..core.schema import Schema
    from ..edit.guidelines import GUIDELINES, with_tables, without_table
    from ..files import replace_file

    root = common.root() if check else common.edit()
    schema = Schema.read(root)
    try:
        text = read_utf8(root / GUIDELINES, root)
    except FileNotFoundError:
        raise CorpusError(f"{root / GUIDELINES} is missing") from None
    done, missing = with_tables(text, schema), without_table(text, schema)
    for table in missing:
        print(f"{GUIDELINES}: no table for {table}; put <!-- generated:{table} --> and <!-- end --> on two lines")
    if done != text and not check:
        with replace_file(root / GUIDELINES) as out:
            out.write(done.encode())
    if done != text:
        common.say(f"{GUIDELINES}: tables {'out of date; run corpus guidelines' if check else 'written'}")
    return 1 if missing or (check and done != text) else 0
