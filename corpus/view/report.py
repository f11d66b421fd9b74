"""Findings as one HTML page that needs no other file: each on its words, and the page of each rule that was broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import IO, Any

from markupsafe import Markup, escape

from ..core.model import Problem
from ..core.text import snippet_words
from ..report.escape import plain
from ..report.info import RuleInfo, RunInfo, SeverityCounts, fix_command, summary
from .environment import environment, render
from .findings import bare

STYLES = ("view.css", "report.css")
_PART = re.compile(r"^(What|Why|Bad|Good|Do):\s*", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_CONTENT = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Where the findings go in the frame of the page, which is made first."""
_LONGEST = 2000
"""The code points of a message that are shown."""


def as_html(problems: Iterable[Problem], out: IO[str], run: RunInfo) -> Iterator[Problem]:
    """Write the findings by document, the totals and the pages of the rules; yield each finding when it is written.

    Of a document whose text is a user's own copy, a finding says its rule alone: the page may be passed on.
    """
    return write_findings(problems, out, run, lambda _: ("", False), rules="", home="")


def write_findings(
    problems: Iterable[Problem],
    out: IO[str],
    run: RunInfo,
    page_of: Callable[[Problem], tuple[str, bool]],
    *,
    rules: str,
    home: str,
) -> Iterator[Problem]:
    """Write what `as_html` writes.

    `page_of` returns the address of the page that shows a finding's article, "" for none, and whether it shows the
    annotation that the finding is about. `rules` is the address of
    the page of all rules, "" to put those of the findings into this page. `home` leads to the corpus.
    """
    macros: Any = environment().get_template("finding.html").module
    top = "" if rules else None
    head, _, foot = render(
        "report.html", title="Findings", content=_CONTENT, top=top, home=home, styles=STYLES, filters=True
    ).partition(_CONTENT)
    out.write(head)
    counts, document, codes = SeverityCounts(), None, dict[str, int]()
    for problem in problems:
        counts[problem.severity] += 1
        codes[problem.code] = codes.get(problem.code, 0) + 1
        shown = bare(problem) if problem.doc_id in run.attached else problem
        name, (page, is_own) = problem.doc_id or problem.file, page_of(problem)
        if name != document:
            out.write("</ol>\n" if document is not None else "")
            out.write(f'{macros.document(plain(name), page)}<ol class="cards">')
            document = name
        out.write(_finding(macros, shown, page if is_own else "", rules))
        yield problem
    out.write("</ol>\n" if document is not None else "")
    out.write(_summary(run, counts, codes, rules))
    if not rules:
        out.write("".join(rule_html(one) for code in sorted(codes) if (one := run.rule(code)) is not None))
    out.write(foot)


def _finding(macros: Any, problem: Problem, page: str, rules: str) -> str:
    shown = replace(
        problem,
        file=plain(problem.file),
        message=_cut(problem.message),
        suggestion=_cut(problem.suggestion),
        record=plain(problem.record),
        code=plain(problem.code),
        fix=replace(problem.fix, description=_cut(problem.fix.description)) if problem.fix else None,
    )
    words = tuple(map(plain, snippet_words(problem.snippet))) if problem.snippet else ()
    command = fix_command(problem.fix) if problem.fix else ""
    return str(macros.finding(shown, rules, page, words, command)) + "\n"


def _summary(run: RunInfo, counts: SeverityCounts, codes: dict[str, int], rules: str) -> str:
    """Return the totals, which style puts above the findings: they are known when all are written."""
    parts = [Markup('<section class="sum"><p><b>{}.</b></p>').format(summary(counts, run.documents).capitalize())]
    if codes:
        rows = [
            Markup('<li><a href="{}#{}">{}</a> {} <small>{}</small></li>').format(rules, *row)
            for row in _rows(run, codes)
        ]
        parts.append(Markup("<ol>{}</ol>").format(Markup("").join(rows)))
    parts += [Markup("<p>{}</p>").format(plain(note)) for note in run.notes]
    same = "the same findings" if not rules else "these findings, and those about the corpus as a whole"
    parts.append(Markup("<p>To see {}: <code>{}</code></p></section>\n").format(same, plain(" ".join(run.command))))
    return "".join(parts)


def _rows(run: RunInfo, codes: dict[str, int]) -> Iterator[tuple[str, str, str, str]]:
    for code in sorted(codes, key=lambda one: (-codes[one], one)):
        rule = run.rule(code)
        yield code, plain(code), f"×{codes[code]:,}", rule.message if rule else ""


def rule_html(one: RuleInfo) -> str:
    """Return the page of a rule as a section that `#CODE` leads to."""
    macros: Any = environment().get_template("finding.html").module
    pieces = _PART.split(one.page)
    parts = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    marked = [(name, _code(text)) for name, text in parts if text.strip()]
    return str(macros.rule(one, marked)) + "\n"


def rules_html(rules: Iterable[RuleInfo], home: str) -> str:
    """Return the page of all rules of a site."""
    content = Markup("".join(map(rule_html, rules)))
    return render("report.html", title="Rules", content=content, top="", home=home, styles=STYLES, filters=False)


def _code(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text.strip()))))


def _cut(text: str) -> str:
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
