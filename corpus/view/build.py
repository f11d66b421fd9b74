"""Write the site of a corpus, or bring it up to date: only files with other content are written, stale ones deleted.

    articles ─ parts ─┬─ pages of articles            those of changed articles only
                      ├─ index/<part>.…               those of changed parts only
                      └─ counts ─┬─ index.html        the corpus page
                 agreement ──────┘─ list/2.html …     the list in pages, for browsers without scripts

The files are moved into place together at the end. Memory is bounded by the files of one part, besides a few
strings for each article.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

import orjson

from ..core.card_text import Prose
from ..core.model import GOLD, CorpusError, Document, Problem
from ..core.regular_file import read_file
from ..core.schema import Schema
from ..files import Index, Reader
from ..files.staging import Staging, commit_together
from ..files.writer import make_folder
from ..report.info import RunInfo
from .article import article_html
from .corpus_page import Corpus, corpus_pages
from .entry import Entry, entry
from .figures import Agreement, measure
from .findings import bare
from .labels import Labels
from .load import shown_text
from .owned import LIST, Owned, list_of
from .parts import FOLDER, Group, Shown, State, finding_of, index_files, name_of, parts, problem_of, rows_file, rows_of
from .report import rules_html
from .site import FINDINGS, RULES, Choice, article_pages, chosen, findings_html, static_files
from .summary import Summary

_AGREEMENT = f"{FOLDER}/agreement.json"
_CARD = "DATASET_CARD.md"
_LARGEST = 2**30


@dataclass(slots=True)
class Written:
    """What a run did.

    `pages` counts the pages of articles, `files` names all files of the site, `changed` those that were written or
    deleted. `refused` has file, line, column and code of each error that keeps an annotation from being shown.
    `left_out` counts the articles of which nothing may be published.
    """

    pages: int = 0
    files: frozenset[str] = frozenset()
    changed: list[str] = field(default_factory=list)
    refused: list[tuple[str, int, int, str]] = field(default_factory=list)
    left_out: int = 0
    outdated: bool = False
    """True if annotations changed after the agreement was measured."""
    seconds: float = 0.0
    """How long it took to measure the agreement."""


def write_site(
    root: Path,
    schema: Schema,
    out: Path,
    choice: Choice,
    info: RunInfo,
    *,
    progress: Callable[[int], object] = lambda articles: None,
    measure_again: bool = True,
) -> Written:
    """Write the site to `out`, or bring it up to date.

    `info` has the rules of the findings; `progress` gets the number of articles of each part.

    Without `measure_again`, the agreement is that of the last run, and the page says so.

    Raises CorpusError if `out` holds anything but an earlier site, or if the corpus lacks a chosen article.
    """
    return _Run(root, schema, out, choice, info, measure_again).write(progress)


class _Run:
    """One run of `write_site`."""

    def __init__(
        self, root: Path, schema: Schema, out: Path, choice: Choice, info: RunInfo, measure_again: bool
    ) -> None:
        self._info, self._measure_again = info, measure_again
        self._root, self._schema, self._out, self._choice = root, schema, out, choice
        self._labels = Labels(schema)
        self._before = Owned(out)
        self._context = _context(schema, choice)
        self._names: dict[str, None] = {}
        self._staged: set[str] = set()
        self._pages: dict[str, list[str]] = {}
        """The pages of each article that has any."""
        self._total = Summary()
        self._result = Written()
        self._compared = blake2b(self._context, digest_size=16)
        """A hash of all articles with two annotators: the agreement is measured again when it changed."""

    def write(self, progress: Callable[[int], object]) -> Written:
        with Staging(self._out) as files, Index(self._root) as index, Reader(self._root, index.unpacked) as reader:
            for doc_id in self._choice.doc_ids:
                if not index.entries(doc_id):
                    raise CorpusError(f"there is no article {doc_id} in raw/")
            for name, content in static_files(self._schema, self._choice):
                self._put(files, name, content.encode())
            made = []
            for groups in parts(index, frozenset(self._choice.doc_ids)):
                made.append(self._part(files, reader, groups))
                progress(len(groups))
            for name, page in corpus_pages(self._corpus(files, made), self._rows(files, made)):
                self._put(files, name, page)
            problems, documents = self._problems(files, made), self._total.every
            self._put(files, FINDINGS, findings_html(problems, self._pages, documents, self._info).encode())
            self._put(files, RULES, rules_html(self._info.rules, "index.html").encode())
            return self._finish(files)

    def _corpus(self, files: Staging, made: list[str]) -> Corpus:
        prose = Prose.read(self._root / _CARD)
        agreement = self._agreement(files)
        return Corpus(prose, self._root.name, self._schema, self._labels, self._total, agreement, made, self._pages)

    def _part(self, files: Staging, reader: Reader, groups: list[Group]) -> str:
        """Stage the files of a part that changed, count its articles, and return its name."""
        name = name_of(groups)
        old = self._old_state(name)
        digests = {group[0].doc_id: self._digest(reader, group) for group in groups}
        for group in groups:
            if len({one.annotator for one in group} - {"", GOLD}) > 1:
                self._compared.update(digests[group[0].doc_id].encode())
        state = old if old and self._is_current(old, digests) else None
        if state is None:
            state = self._new_state(files, reader, groups, digests, old)
            self._put(files, state.path, state.as_bytes())
        for one in (state.path, *state.files):
            self._names[one] = None
        for doc_id, article in state.articles.items():
            self._names |= dict.fromkeys(article.pages)
            self._pages |= {doc_id: article.pages} if article.pages else {}
            self._result.pages += len(article.pages)
            self._result.left_out += article.left_out
            self._result.refused += article.refused
        self._total.update(state.summary)
        return name

    def _old_state(self, name: str) -> State | None:
        path = f"{FOLDER}/{name}.json"
        return State.from_bytes(name, self._read(path)) if self._before.has(path) else None

    def _is_current(self, old: State, digests: dict[str, str]) -> bool:
        return (
            all(digests.values())
            and digests == {doc_id: one.digest for doc_id, one in old.articles.items()}
            and all(map(self._before.has, old.files))
            and all(self._before.has(page) for one in old.articles.values() for page in one.pages)
        )

    def _digest(self, reader: Reader, group: Group) -> str:
        """Return a digest of an article and of what decides how it is shown, "" if a file of it cannot be read."""
        found = reader.digest(group)
        about = self._choice.policy.suppressions.of({group[0].doc_id})
        suppressed = repr((sorted(about.held), sorted((about.baseline or {}).items()))).encode()
        return blake2b(self._context + suppressed + (found or b""), digest_size=16).hexdigest() if found else ""

    def _new_state(
        self, files: Staging, reader: Reader, groups: list[Group], digests: dict[str, str], old: State | None
    ) -> State:
        state = State(name_of(groups))
        entries: list[Entry] = []
        for group in groups:
            doc_id = group[0].doc_id
            documents = reader.documents(group)
            article = old.articles.get(doc_id) if old else None
            digest = digests[doc_id]
            if not (article and digest and article.digest == digest and all(map(self._before.has, article.pages))):
                article = self._article(files, documents, digest)
            state.articles[doc_id] = article
            if article.pages:
                entry = self._entry(documents, article)
                state.summary.add(entry, self._schema, self._labels)
                # A twin has its page, and no place among what is listed, searched and counted.
                if not documents[0].article.record.get("twin_of"):
                    entries.append(entry)
        for file, content in index_files(state.name, entries, self._labels):
            self._put(files, file, content)
            state.files.append(file)
        return state

    def _article(self, files: Staging, documents: list[Document], digest: str) -> Shown:
        """Stage the pages of an article. Nothing is shown of one without a record, or that may not be published."""
        if documents[0].annotation is not None:
            return Shown(digest, refused=[(documents[0].source.path, documents[0].source.line, 1, "F106")])
        if documents[0].article.record.get("redistribution") == "none" and not self._choice.with_attached:
            return Shown(digest, left_out=True)
        made = article_pages(documents, self._schema, self._choice)
        for address, page in made.pages:
            self._put(files, address, article_html(page, address).encode())
        # An error of the article keeps each of its annotations from being shown, and is named once.
        refused = list(dict.fromkeys((one.file, one.line, one.column, one.code) for one in made.refused))
        may_quote = documents[0].article.redistributable
        findings = [finding_of(one if may_quote else bare(one)) for one in made.problems]
        return Shown(digest, [address for address, _ in made.pages], findings, refused)

    def _entry(self, documents: list[Document], article: Shown) -> Entry:
        """Return the entry of an article in the index: that of the annotation on its first page."""
        document = (chosen(documents, self._choice) or documents)[0]
        text = shown_text(document.article, self._choice.with_attached)
        annotators = sorted(one.annotation.annotator for one in documents if one.annotation)
        sources = {one.path for one in (*document.sources, *document.article.sources)}
        refused = any(file in sources for file, *_ in article.refused)
        return entry(
            document,
            self._schema,
            self._labels,
            address=article.pages[0],
            annotators=annotators,
            text=text,
            refused=refused,
        )

    def _agreement(self, files: Staging) -> Agreement:
        """Return the agreement of the annotators, measured again only if an annotation changed."""
        if self._choice.doc_ids:
            return Agreement("Agreement is measured on the whole corpus: run corpus view without DOC.")
        key = self._compared.hexdigest()
        last = self._last_agreement()
        if last and (last[0] == key or not self._measure_again):
            self._names[_AGREEMENT] = None
            last[1].outdated = self._result.outdated = last[0] != key
            return last[1]
        began = time.monotonic()
        found = measure(self._root)
        self._result.seconds = time.monotonic() - began
        self._put(files, _AGREEMENT, orjson.dumps({"key": key, "agreement": found.as_json()}) + b"\n")
        return found

    def _last_agreement(self) -> tuple[str, Agreement] | None:
        """Return the agreement of the last run and the key of its annotations, None if there is none to read."""
        if not self._before.has(_AGREEMENT):
            return None
        try:
            value = orjson.loads(self._read(_AGREEMENT))
            return str(value["key"]), Agreement(**value["agreement"])
        except (ValueError, KeyError, TypeError):
            return None

    def _rows(self, files: Staging, made: list[str]) -> Iterator[list[object]]:
        """Yield the rows of all articles, a part at a time."""
        for name in made:
            path = rows_file(name)
            staged = files.staged(path) if path in self._staged else None
            yield from rows_of(staged or self._read(path))

    def _problems(self, files: Staging, made: list[str]) -> Iterator[Problem]:
        """Yield the findings about all articles, a part at a time."""
        for name in made:
            path = f"{FOLDER}/{name}.json"
            staged = files.staged(path) if path in self._staged else None
            state = State.from_bytes(name, staged or self._read(path))
            for doc_id, article in (state.articles if state else {}).items():
                yield from (problem_of(doc_id, one) for one in article.findings)

    def _read(self, name: str) -> bytes:
        return read_file(self._out / name, self._out, _LARGEST)

    def _put(self, files: Staging, name: str, content: bytes) -> None:
        self._before.refuse_foreign(name)
        files.put(name, content)
        self._staged.add(name)
        self._names[name] = None

    def _finish(self, files: Staging) -> Written:
        """Move all files into place, between two versions of the list of files: the old and the new, and the new."""
        stale = [name for name in sorted(self._before.names) if name not in self._names and name != LIST]
        stale = [name for name in stale if self._before.has(name)]
        for name in stale:
            files.remove(name)
        for folder in sorted({str(Path(name).parent) for name in self._names}):
            make_folder(self._out / folder)
        with Staging(self._out) as before, Staging(self._out) as after:
            if not self._before.names.issuperset(self._names):
                before.put(LIST, list_of([*self._before.names, *self._names]))
            after.put(LIST, list_of(self._names))
            commit_together(before, files, after)
        self._result.files = frozenset((*self._names, LIST))
        self._result.changed = [*files.written, *stale]
        return self._result


def _context(schema: Schema, choice: Choice) -> bytes:
    """Return a hash of what decides how every article is shown: the program, the schema and the options."""
    severities = sorted((choice.policy.severities or {}).items())
    options = (choice.annotators, choice.compare, choice.with_attached, severities)
    written = json.dumps([schema.annotation, schema.article, schema.registry, options])
    return blake2b(_program() + written.encode(), digest_size=16).digest()


@cache
def _program() -> bytes:
    """Return a hash of the package: its code, templates, styles and scripts."""
    package = Path(__file__).parent.parent
    hashed = blake2b(digest_size=16)
    for path in sorted(one for one in package.rglob("*") if one.suffix in (".py", ".html", ".css", ".js")):
        hashed.update(path.relative_to(package).as_posix().encode() + b"\0" + read_file(path))
    return hashed.digest()
