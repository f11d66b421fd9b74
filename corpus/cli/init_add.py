"""`corpus init`, `corpus add` and `corpus guidelines`: a short function for each verb, which passes values along."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.model import CorpusError

Verb = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, Verb], argparse.ArgumentParser]
"""Adds a verb, whose help is its docstring, to a group of verbs."""

_NEXT = """\
{folder}: a corpus with one example article. In that folder, next:
  corpus validate     finds nothing so far
  corpus build        makes build/, which load_dataset reads
  corpus add FILE     makes an article of a text of yours
docs/your-own-corpus.md of On the Record leads through it; delete the example when your own articles are in."""

_CHECKER = """\
Where the command comes from is not known: write its repository and commit for OWNER/on-the-record and COMMIT in
.github/workflows/submission.yml, .pre-commit-config.yaml and README.md."""


def init(args: argparse.Namespace) -> int:
    """Begin a corpus of your own in a new folder.

    It gets this project's schema, a registry of targets, guidelines and a dataset card to be filled in,
    settings, a licence, the check of pull requests on GitHub, hooks for pre-commit, and an example:
    one article with the annotations of two annotators and gold. It is written whole or not at all.

    The workflow and the hooks run the command from a commit of its repository: that which it was
    installed from on GitHub, or --checker.
    """
    from ..core.text import visible
    from ..edit.init import UNKNOWN, installed_from, read_checker, start

    folder = Path(os.path.abspath(args.folder))
    checker = read_checker(args.checker) if args.checker else installed_from()
    start(folder, args.title or folder.name, args.license, checker)
    sys.stdout.flush()
    print(_NEXT.format(folder=visible(str(args.folder))), file=sys.stderr)
    if checker == UNKNOWN:
        print(_CHECKER, file=sys.stderr)
    return 0


def add(args: argparse.Namespace) -> int:
    """Make an article of a text file: its text in raw/, never edited, and its record.

    FIELD=VALUE gives a field of the record, as schema/article.schema.json has them: language, license,
    title, source, url, published, split, story, … A field with several values, such as topics, is
    given once for each. Hash and length are told by the file, and so is doc_id where it is not given.

    With redistribution=offsets_only, the text goes to raw/attached/, which git ignores.
    """
    from ..core.schema import Schema
    from ..core.settings import root_of
    from ..core.text import visible
    from ..edit.add import add_article

    root = root_of(args.root)
    path, record = add_article(root, Schema.read(root), args.file, args.value)
    shown = path.relative_to(root).as_posix()
    print(f"{visible(shown)}: {record['length']:,} code points, SHA-256 {record['text_sha256']}", file=sys.stderr)
    return 0


def guidelines(args: argparse.Namespace) -> int:
    """Write the tables of labels in schema/GUIDELINES.md anew, from the schema.

    A table stands between <!-- generated:labels:LAYER.FIELD --> and <!-- end -->. Exit code 1 when a
    field with labels has no such place, or with --check when a table is not as the schema has it.
    """
    from ..core.schema import Schema
    from ..core.settings import root_of
    from ..edit.guidelines import PATH, with_labels, without_table
    from ..files import replace_file

    root = root_of(args.root)
    schema = Schema.read(root)
    try:
        data = (root / PATH).read_bytes()
        text = data.decode()
    except FileNotFoundError:
        raise CorpusError(f"{root / PATH} is missing") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{root / PATH} is not UTF-8") from None
    done, missing = with_labels(text, schema), without_table(text, schema)
    for field in missing:
        print(f"{PATH}: no table for {field}; put <!-- generated:labels:{field} --> and <!-- end --> on two lines")
    if done != text and not args.check:
        with replace_file(root / PATH) as out:
            out.write(done.encode())
    if done != text:
        print(f"{PATH}: tables {'to write' if args.check else 'written'} anew", file=sys.stderr)
    return 1 if missing or (args.check and done != text) else 0


def add_verbs(verbs: Any, add_verb: Add) -> None:
    """Add the verbs to the command line."""
    verb = add_verb(verbs, "init", init)
    verb.add_argument("folder", type=Path, metavar="DIR", help="a new folder, or an empty one")
    verb.add_argument("--title", metavar="TITLE", help="the name of the corpus; default: that of the folder")
    verb.add_argument("--license", default="CC-BY-4.0", metavar="SPDX", help="of the annotations; default: CC-BY-4.0")
    verb.add_argument("--checker", metavar="OWNER/NAME@COMMIT", help="the repository of the command, and a commit")
    verb = add_verb(verbs, "add", add)
    verb.add_argument("file", type=Path, metavar="FILE", help="the text, UTF-8")
    verb.add_argument("value", nargs="*", metavar="FIELD=VALUE", help="such as language=en")
    verb = add_verb(verbs, "guidelines", guidelines)
    verb.add_argument("--check", action="store_true", help="only ask; change nothing")
