"""Explain why bytes are not JSON, and what to do about it."""

from __future__ import annotations

import orjson

from ..core.model import Fault

_ADVICE = {
    "trailing comma": "remove the comma after the last value",
    "unexpected end": "the file is cut off: save or download it again",
    "after document": "a .json file holds one value, and a .jsonl file one value a line",
    "control character": "write a line end within a string as \\n",
    "expected ','": "put a comma between two values",
}
"""What to do about a mistake, by a part of the parser's message."""
_QUOTES = "'‘’“”„`"
_LITERALS = {"T": "true", "F": "false", "N": "null"}


def bad_json(error: orjson.JSONDecodeError, first_line: int) -> Fault:
    """Return the fault of bytes that are not JSON, with the character that is wrong and what to do."""
    message, char = error.msg.split(": line")[0], error.doc[error.pos : error.pos + 1]
    advice = next((advice for part, advice in _ADVICE.items() if part in message), "")
    if message.startswith("unexpected character") and char:
        message = message.replace("unexpected character", f"unexpected character {char!r}")
        if char in _QUOTES:
            advice = 'strings are in straight double quotation marks: "'
        elif char in _LITERALS:
            advice = f"JSON has the literal {_LITERALS[char]}"
    return Fault("bad-json", message, first_line + error.lineno - 1, error.colno, suggestion=advice)
