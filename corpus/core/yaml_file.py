"""Read YAML that a submission may bring, without aliases and of bounded depth, and write YAML.

An alias is a few characters that may stand for any number of values, so ten lines can expand to more than memory
holds. Neither a dataset card nor a citation needs one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from .model import CorpusError

DEPTH = 64
"""The most lists and mappings in each other."""


_FAST = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml, where PyYAML was built with it."""
_SIMPLE = re.compile(r"[A-Za-z0-9_./*:-]{1,200}")


class _Loader(yaml.SafeLoader):
    """Constructs plain values; refuses aliases, anchors, deep nesting and lone surrogates while it composes."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        wrong = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            wrong = "aliases and anchors are not allowed; write the value itself"
        elif isinstance(event, yaml.ScalarEvent) and any("\ud800" <= char <= "\udfff" for char in event.value):
            wrong = "the value has a lone surrogate"
        elif self.depth == DEPTH:
            wrong = f"nested more than {DEPTH} deep"
        if wrong:
            raise yaml.MarkedYAMLError(problem=wrong, problem_mark=event.start_mark)  # type: ignore[arg-type]
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def load_yaml(text: str, path: Path) -> Any:
    """Return the value of a YAML document; `path` names the file in errors. Raises CorpusError, in one line."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1} of the YAML" if mark else ""
        raise CorpusError(f"{path}{place}: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        raise CorpusError(f"{path}: {error.reason}: U+{int(error.character):04X}") from None
    # The constructors of dates, numbers and tagged values raise what Python raises for their words.
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        raise CorpusError(f"{path} has an invalid YAML value: {str(error) or type(error).__name__}") from None


def dump_yaml(value: dict[str, Any]) -> str:
    """Return a mapping as YAML, in the order of its keys.

    The bytes do not depend on the platform: libyaml, which is faster, writes only what it writes as PyYAML does.
    """
    parts = []
    for key, one in value.items():
        dumper = _FAST if _is_simple(key) and _is_simple(one) else yaml.SafeDumper
        parts.append(yaml.dump({key: one}, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1000))
    return "".join(parts) or "{}\n"


def _is_simple(value: Any) -> bool:
    """Return True for a value of which both emitters make the same bytes."""
    if isinstance(value, dict):
        return all(_is_simple(key) and _is_simple(one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(_is_simple, value))
    return isinstance(value, bool | int) or (isinstance(value, str) and _SIMPLE.fullmatch(value) is not None)
