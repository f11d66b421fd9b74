"""The look of the editor: a bar of labels that stays in sight, the text and the form in panes of their own."""

from __future__ import annotations

from collections.abc import Iterable

_RULES = """
.otr { display: grid; grid-template-columns: minmax(0, 1fr) 280px; gap: 12px; }
.otr .pane { height: calc(100vh - 122px); overflow-y: auto; }
.otr .bar { position: sticky; top: 0; z-index: 5; padding-bottom: 2px;
  background: var(--color-neutral-background, #fff); border-bottom: 1px solid var(--color-neutral-border, #ddd); }
.otr .bar h4, .otr .form h4 { font-size: 12px !important; line-height: 16px !important; margin: 5px 0 1px !important; }
.otr .bar .lsf-labels { margin: 2px 0 !important; display: flex; flex-wrap: wrap; align-items: center; }
.otr .bar .lsf-label { font-size: 12px !important; line-height: 20px !important; height: 22px !important;
  min-height: 0 !important; padding: 0 6px !important; margin: 0 3px 3px 0 !important; }
.otr .form h3 { font-size: 14px !important; line-height: 18px !important; margin: 10px 0 0 !important; }
.otr .title h4 { font-size: 15px !important; line-height: 20px !important; margin: 8px 0 4px !important; }
.otr .form .lsf-choices { margin: 0 !important; display: flex; flex-wrap: wrap; }
.otr .form .lsf-choice { height: 20px !important; min-height: 0 !important; margin: 0 8px 0 0 !important;
  padding: 0 !important; }
.otr .form .lsf-choice label, .otr .form .lsf-choice span { font-size: 12px !important; line-height: 18px !important; }
.otr .no-key .lsf-hint { display: none; }
.otr .form .records .lsf-choices { max-height: 120px; overflow-y: auto; }
"""
_SHOWN_ONLY = "pointer-events: none; background: none !important; border-bottom: 1px dotted #888 !important;"


def style(shown_only: Iterable[str]) -> list[str]:
    """Return the lines of the style sheet. Regions whose label has one of the titles are underlined, not clickable.

    The editor writes the number of a region and the title of its label, as in `24:Name`.
    """
    lines = _RULES.strip().splitlines()
    chosen = [f'.otr [data-label$=":{_escaped(title)}"]' for title in shown_only]
    return [*lines, f"{', '.join(chosen)} {{ {_SHOWN_ONLY} }}"] if chosen else lines


def _escaped(title: str) -> str:
    """Return the title in a CSS string; the editor does not decode entities of XML there."""
    return "".join(char if char.isalnum() or char in " ()-" else f"\\{ord(char):x} " for char in title)
