"""Read the files of schema/: JSON Schemas of one draft, each whole in itself, and the registry of targets."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from .model import CorpusError
from .regular_file import read_file

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""The `$schema` of every *.schema.json: another one would be fetched, and would decide what is valid."""
FILES = ("annotation.schema.json", "article.schema.json", "targets.json", "targets.schema.json")
_SHOWN = 400
"""The most code points of another library's message that are shown: some quote the whole schema."""


def schema_bytes(path: Path) -> bytes:
    """Return the bytes of a file of schema/. Raises CorpusError when it is missing."""
    try:
        return read_file(path, path.parent.parent)
    except FileNotFoundError:
        raise CorpusError(f"{path} is missing: a corpus needs one; `corpus --root DIR` names the corpus") from None
    except ValueError as error:
        raise CorpusError(f"{path} is not valid JSON: {error}") from None


def validator(schema: dict[str, Any], formats: bool = True) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a JSON Schema, with or without its formats."""
    try:
        written = orjson.dumps(schema)
    except TypeError:  # an integer of more than 64 bits
        written = json.dumps(schema).encode()
    return _compiled(written, formats)


@lru_cache(maxsize=16)
def _compiled(schema: bytes, formats: bool) -> jsonschema_rs.Draft202012Validator:
    """Compile a JSON Schema, which takes longer than a run on a few documents: a program may do many runs."""
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=formats, retriever=_refuse)


def schema_json(path: Path, data: bytes) -> dict[str, Any]:
    """Parse a file of schema/. Raises CorpusError when it is not a JSON object, or is an unsound schema."""
    try:
        # Strict encoding finds a lone surrogate, which no writer of ours could write again.
        value = json.loads(data, object_pairs_hook=_without_repetition)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise CorpusError(
            f"{path} holds half of a surrogate pair (\\ud800 to \\udfff), which is not a character"
        ) from None
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise CorpusError(f"{path} must hold a JSON object")
    if path.name.endswith(".schema.json"):
        _check_json_schema(value, path)
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises ValueError for a repeated key: a reviewer sees the first value, and the last counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice[:100]!r} is repeated in one object")
    return found


def _check_json_schema(value: dict[str, Any], path: Path) -> None:
    """Raise CorpusError for a file that is not a JSON Schema of the one draft, whole in itself."""
    draft = value.get("$schema")
    if draft != DRAFT:
        raise CorpusError(f"{path}: $schema must be {DRAFT!r}, not {draft!r}")
    try:
        jsonschema_rs.meta.validate(value)
        validator(value)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        where = "/".join(map(str, getattr(error, "instance_path", ())))
        message = getattr(error, "message", str(error))
        shown = message if len(message) <= _SHOWN else f"{message[: _SHOWN // 2]} … {message[-_SHOWN // 2 :]}"
        raise CorpusError(f"{path} is not a valid JSON Schema: {shown} (at /{where})") from None


def _refuse(uri: str) -> Any:
    """Fetch nothing: a submission must not decide by its schema which address is asked, or which file is read."""
    raise ValueError(f"a schema refers only to itself, not to {uri}")


def check_registry(registry: dict[str, Any], schema: dict[str, Any], path: Path) -> None:
    """Raise CorpusError for a registry of targets that does not fit its schema, or has a target twice."""
    for error in validator(schema, formats=False).iter_errors(registry):
        where = "/".join(map(str, error.instance_path))
        raise CorpusError(f"{path}: {error.message} (at /{where})")
    seen: set[str] = set()
    for target in registry["targets"]:
        if target["target_id"] in seen:
            raise CorpusError(f"{path}: the target {target['target_id']!r} is there twice")
        seen.add(target["target_id"])
