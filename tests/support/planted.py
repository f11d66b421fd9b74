"""All kinds of planted faults, and their table in docs/rules.md."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from support.corpora import REPOSITORY
from support.plant import AREAS, KINDS, Kind, Row

for area in AREAS:
    import_module(f"support.plant_{area}")

BY_TITLE: dict[str, Kind] = {one.title: one for one in KINDS}
PAGE = REPOSITORY / "docs" / "rules.md"
MARKED = re.compile(r"(?<=<!-- planted -->\n).*?(?=<!-- end -->\n)", re.DOTALL)
HEAD = "| fault | rule | planted | found | at its place | by its rule | elsewhere |\n|---|---|---|---|---|---|---|"


def section(page: Path = PAGE) -> str:
    """Return what the page says about planted faults, "" if it says nothing yet."""
    found = MARKED.search(page.read_text("utf-8")) if page.exists() else None
    return found[0] if found else ""


def rows(text: str) -> dict[str, str]:
    """Return the row of each kind."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return {title: line for line in lines if (title := line[2:].partition(" | ")[0]) in BY_TITLE}


def written(known: dict[str, str], times: int) -> str:
    """Return the section with these rows."""
    parts = [_summary(known, times)]
    for name in AREAS.values():
        of_area = [known[one.title] for one in KINDS if one.area == name and one.title in known]
        parts.append(f"### {name}\n\n{HEAD}\n" + "\n".join(of_area))
    return "\n" + "\n\n".join(parts) + "\n\n"


def numbers(line: str) -> list[int]:
    """Return the numbers of a row: planted, found, at the place, and with the code of the rule (0 without a rule)."""
    planted, found, place, code = line.split(" | ")[2:6]
    return [int(planted), int(found), int(place), int(code) if code != "–" else 0]


def _summary(known: dict[str, str], times: int) -> str:
    claimed = [numbers(line) for title, line in known.items() if BY_TITLE[title].codes]
    others = [numbers(line) for title, line in known.items() if not BY_TITLE[title].codes]
    planted, code = sum(row[0] for row in claimed), sum(row[3] for row in claimed)
    rest = ""
    if others:
        rest = f" No rule claims the other {len(others)} kinds: {sum(row[0] for row in others):,} were planted,\n"
        rest += f"and another rule found {sum(row[2] for row in others):,} of them."
    return f"""A test plants {len(known)} kinds of faults in gold annotations of this corpus, {times} of each, in one
article each. For each kind, the table says how many were planted, how many led to a finding, how many of these are at
the place of the fault, how many were reported by the rule that claims the kind, and which errors and warnings were
reported elsewhere.

{len(claimed)} kinds are claimed by a rule: {planted:,} were planted, and that rule reported {code:,} of them
({code / max(planted, 1):.1%}) at their place.{rest}"""


def merged(row: Row, times: int) -> str:
    """Return the section with one row replaced."""
    known = rows(section()) | {row.kind.title: str(row)}
    return written(known, times)
