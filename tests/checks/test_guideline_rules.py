"""Every rule of the guidelines about edges or shape names the checks that find a breach of it, or says that none can.

A rule ends with "(E517, P310)" or "(no check)". Rules of other sections, on what an entity is or which label fits, may
do so too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from support.corpora import REPOSITORY

from corpus.checks.suppress.suppressions import all_rules

GUIDELINES = (REPOSITORY / "schema" / "GUIDELINES.md").read_text("utf-8")
SECTIONS = (
    "Mentions: Rules",
    "Quotes: Content, cue, source, speaker",
    "Quotes: Type",
    "Quotes: What is no quote",
    "Quotes: Attribution",
    "Non-quotes",
    "Stances: Rules",
)
"""The sections on edges and shape: on what belongs into a span, and on which fields and records a record needs."""
LAYERS = ("Entities", "Mentions", "Quotes", "Non-quotes", "Stances")
"""The sections with rules for annotators."""
QUESTIONS = re.compile(r"^Ask\b.*?\n\n((?:- .*\n(?:  .*\n)*)+)", re.MULTILINE)
MARK = re.compile(r"\((no check|[A-Z]\d{3}(?:, [A-Z]\d{3})*)\)$")
NOT_NAMED = {
    "E501": "a knowledge base knows more types than this book",
    "E502": "a knowledge-base id in two entities is a slip, whatever the guidelines say",
    "E510": "one thing is one entity: a question of the section on entities",
    "E511": "a question of the section on mentions",
    "E512": "a question of the section on mentions",
    "E514": "every mention is annotated: the definition of the layer",
    "E516": "a misspelling",
    "E519": "one thing is one entity: a question of the section on entities",
    "Q502": "the definition of the labels, in the table of types",
    "Q532": "a file that was cut, or a work that was left",
    "Q533": "a list to review",
}
"""Semantic checks that enforce no rule of a section, and why."""


def rules(text: str) -> Iterator[tuple[str, str]]:
    """Yield the section and the words of each rule, the questions at the beginning of a section left out."""
    layer = heading = ""
    for part in re.split(r"^(?=##+ )", QUESTIONS.sub("", text), flags=re.MULTILINE):
        title = part.partition("\n")[0]
        layer, heading = (title[3:], "") if title.startswith("## ") else (layer, title.lstrip("# "))
        section = f"{layer}: {heading}" if heading else layer
        for one in re.findall(r"^- .*\n(?:  .*\n)*", part, re.MULTILINE):
            yield section, " ".join(one[2:].split())


RULES = [(section, rule) for section, rule in rules(GUIDELINES) if section in SECTIONS]


def test_each_section_has_rules() -> None:
    assert {section for section, _ in RULES} == set(SECTIONS)


@pytest.mark.parametrize(
    "rule", [rule for _, rule in RULES], ids=lambda rule: re.sub(r"\W+", "-", rule[:40]).strip("-")
)
def test_rule_names_its_check_or_says_that_none_is_possible(rule: str) -> None:
    assert MARK.search(rule), rule


@pytest.mark.parametrize(
    "rule",
    [rule for section, rule in rules(GUIDELINES) if section.partition(":")[0] in LAYERS],
    ids=lambda rule: re.sub(r"\W+", "-", rule[:40]).strip("-"),
)
def test_rule_has_an_accepted_and_a_rejected_example(rule: str) -> None:
    assert rule.count("*Yes*:") == rule.count("*No*:") == 1, rule


def test_each_semantic_check_is_named_by_a_rule() -> None:
    named = {code for _, rule in rules(GUIDELINES) if (mark := MARK.search(rule)) for code in mark[1].split(", ")}
    semantic = {rule.code for rule in all_rules() if re.match(r"[EQST]5", rule.code)}
    assert semantic - named == NOT_NAMED.keys() & semantic
