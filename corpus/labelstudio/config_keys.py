"""The colours and hotkeys of labels and choices: chosen by their names, so that a new label changes no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

# fmt: off
COLOURS = (
    "#1f6f8b", "#a4343a", "#2f6f3e", "#7a4b9e", "#8a5a00", "#00695c", "#b0306a", "#3d5a98",
    "#6b6a1f", "#9c3f1e", "#4a6572", "#8e3b8e", "#1d7a4f", "#5b4bb3", "#7d5438", "#0b6e99",
    "#96281b", "#4f6d1a", "#6a3d5e", "#35607a", "#855b1f", "#2a5c8a", "#a03a78", "#3f6b5c",
)
# fmt: on
"""Background colours for white text (contrast 4.5:1 or more, WCAG 2.2)."""
LETTERS = "qwertyiopasdfghjklzxcvbnm"
"""Letters that the editor does not use itself. The letter u is missing: it unselects a region."""
HOTKEYS = "1234567890" + LETTERS
NO_KEY = "f13"
"""The hotkey of what no key may reach. The editor gives a free key to each label that has none."""


def colours(names: Iterable[str]) -> list[str]:
    """Return a colour for each name: chosen by its hash, or the next free one."""
    found: list[str] = []
    for name in names:
        first = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
        order = [COLOURS[(first + step) % len(COLOURS)] for step in range(len(COLOURS))]
        found.append(next((colour for colour in order if colour not in found), order[0]))
    return found


def hotkeys(wanted: Iterable[Sequence[str]], allowed: str = HOTKEYS, taken: Iterable[str] = ()) -> list[str]:
    """Return a key for each list of words, or "" if all are taken.

    A key is the first letter of a word, else another letter of a word, else the next free one.
    """
    found: list[str] = []
    used = set(taken)
    for words in wanted:
        lower = [word.lower() for word in words]
        order = [word[0] for word in lower if word] + [char for word in lower for char in word] + list(allowed)
        key = next((one for one in order if one in allowed and one not in used), "")
        used.add(key)
        found.append(key)
    return found
