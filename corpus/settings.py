"""What a corpus says about itself in `[tool.corpus]` of its pyproject.toml."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from .model import CorpusError, Severity

VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Settings:
    """`version` is the corpus's next or latest version, X.Y.Z; `severity` is that of every code."""

    version: str = "0.0.0"
    severity: Mapping[str, Severity] = field(default_factory=dict)


def read_settings(root: Path, codes: Mapping[str, Severity]) -> Settings:
    """The settings of the corpus at `root`; the defaults where it says nothing. Raises CorpusError."""
    path = root / "pyproject.toml"
    try:
        tool = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except FileNotFoundError:
        return Settings(severity=codes)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: {error}") from None
    table = tool.get("corpus", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise CorpusError(f"{path}: [tool.corpus] must be a table, not {table!r}")
    version, severity = table.pop("version", "0.0.0"), table.pop("severity", {})
    if table:
        raise CorpusError(f"{path}: [tool.corpus] has no {', '.join(table)}; it has version and severity")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise CorpusError(f'{path}: [tool.corpus] version must be "X.Y.Z", not {version!r}')
    if not isinstance(severity, dict):
        raise CorpusError(f"{path}: [tool.corpus.severity] must be a table of codes, not {severity!r}")
    for code, name in severity.items():
        if code not in codes:
            raise CorpusError(f"{path}: [tool.corpus.severity] there is no check {code}; see `corpus rule --all`")
        if name not in get_args(Severity):
            raise CorpusError(f"{path}: [tool.corpus.severity] {code} must be one of {', '.join(get_args(Severity))}")
        if code[1] in "124" and codes[code] == "error" and name != "error":
            raise CorpusError(
                f"{path}: [tool.corpus.severity] {code} stays an error: what does not hold together cannot be compiled"
            )
    return Settings(version, {**codes, **severity})


def root_of(named: Path | None) -> Path:
    """The folder of the corpus that --root named, else the one around the working folder. Raises CorpusError."""
    return find_root(Path.cwd()) if named is None else Path(os.path.abspath(named))


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upward that has a schema. Raises CorpusError when there is none."""
    for folder in (start, *start.parents):
        if (folder / "schema" / "annotation.schema.json").is_file():
            return folder
    raise CorpusError(
        f"no corpus here: neither {start} nor a folder above it has schema/annotation.schema.json; use --root DIR"
    )
