"""Schema → the labelling config that Label Studio shows to annotators, as XML.

The config depends on the schema alone: the same schema gives the same bytes and the same checksum.
The labels and the text are on the left, the form of the selected record on the right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from ..core.schema import Layer, Schema
from .config_controls import DONE, LABEL, TEXT, Control, Controls, Mark, Option, controls

# fmt: off
COLOURS = (
    "#1f6f8b", "#a4343a", "#2f6f3e", "#7a4b9e", "#8a5a00", "#00695c", "#b0306a", "#3d5a98",
    "#6b6a1f", "#9c3f1e", "#4a6572", "#8e3b8e", "#1d7a4f", "#5b4bb3", "#7d5438", "#0b6e99",
    "#96281b", "#4f6d1a", "#6a3d5e", "#35607a", "#855b1f", "#2a5c8a", "#a03a78", "#3f6b5c",
)
# fmt: on
"""Background colours for white text (contrast 4.5:1 or more, WCAG 2.2)."""
HOTKEYS = "1234567890qwertyiopasdfghjklzxcvbnm"
"""Keys that the editor does not use itself. The letter u is missing: it unselects a region."""
SELECT = 8
"""A choice with more options than this becomes a drop-down list."""

_HERE = "It stands on the text only to be selected: where it stands says nothing."


def labelling_config(schema: Schema) -> str:
    """Return the config, for pasting into a project or for `push`."""
    return "\n".join(_lines(schema)) + "\n"


def config_sha256(xml: str) -> str:
    """Return the checksum of a config, as in the provenance of an annotation."""
    return hashlib.sha256(xml.encode()).hexdigest()


def _lines(schema: Schema) -> Iterator[str]:
    table = controls(schema)
    yield "<View>"
    if table.relations:
        yield '  <Relations choice="multiple">'
        yield from (f"    {_tag('Relation', value=name)}" for name in table.relations)
        yield "  </Relations>"
    yield '  <View style="display: flex; gap: 1em; align-items: flex-start">'
    yield '    <View style="flex: 3">'
    yield f"      {_open('Labels', name=LABEL, toName=TEXT, choice='single')}"
    for (title, hint, mark), colour, key in zip(
        _titled(table), colours(table.marks), hotkeys(table.marks), strict=True
    ):
        label = _tag(
            "Label", value=title, alias=mark.name, background=colour, selectedColor="#ffffff", hotkey=key, hint=hint
        )
        yield f"        {label}"
    yield "      </Labels>"
    yield f"      {_tag('Header', value='$title', size='4')}"
    yield f"      {_tag('Text', name=TEXT, value='$text', granularity='symbol')}"
    yield "    </View>"
    yield '    <View style="flex: 2; position: sticky; top: 0; max-height: 90vh; overflow-y: auto">'
    for layer in table.layers.values():
        yield from (f"      {line}" for line in _form(layer, table.of(layer)))
    yield f"      {_tag('Header', value='Layers you have checked', size='5')}"
    done = [(layer.name, layer.title, layer.description) for layer in table.layers.values()]
    yield from (f"      {line}" for line in _choices(done, name=DONE, toName=TEXT, choice="multiple"))
    yield "    </View>"
    yield "  </View>"
    yield "</View>"


def _titled(table: Controls) -> Iterator[tuple[str, str, Mark]]:
    """Yield the title and hint of each label. A title is unique, and differs from what any other label is stored as."""
    taken = set(table.marks)
    for mark in table.marks.values():
        layer, field, anchor = mark.layer, mark.field, table.places[mark.layer.name]
        if field is None and anchor:
            title, hint = layer.title, f"{layer.description} Mark: {anchor.description}"
        elif field is None:
            title, hint = f"{layer.title} (anchor)", f"{layer.description} {_HERE}"
        else:
            title = f"{layer.title}: {field.title}" + (" (further)" if field == anchor else "")
            hint = f"{field.description} Then draw a relation from the record to it."
        while title in taken:
            title += f" ({mark.name})"
        taken.add(title)
        yield title, hint, mark


def _form(layer: Layer, of_layer: list[Control]) -> Iterator[str]:
    """Yield the per-region controls of a layer, visible while one of its regions is selected."""
    if not of_layer:
        return
    only = {"whenTagName": LABEL, "whenLabelValue": layer.name}
    yield _open("View", visibleWhen="region-selected", **only)
    yield f"  {_tag('Header', value=layer.title, size='4')}"
    for control in of_layer:
        attributes = {
            "name": control.name,
            "toName": TEXT,
            "perRegion": "true",
            "visibleWhen": "region-selected",
            **only,
        }
        if control.field is None:
            yield '  <View style="display: none">'
            yield f"    {_tag('TextArea', **attributes)}"
            yield "  </View>"
            continue
        field = control.field
        title = field.title if field.name != "id" else "Id, to be referred to by"
        yield f"  {_tag('Header', value=title + (' *' if field.required else ''), size='5')}"
        if control.type == "choices":
            choice = "multiple" if control.many else "single"
            yield from (f"  {line}" for line in _choices(control.options, **attributes, choice=choice))
        elif control.type == "number":
            yield f"  {_tag('Number', **attributes, step='1', hint=field.description)}"
        else:
            one = {} if control.many else {"maxSubmissions": "1"}
            yield f"  {_tag('TextArea', **attributes, **one, editable='true', rows='1', placeholder=field.description)}"
    yield "</View>"


def _choices(options: Iterable[Option], **attributes: str) -> Iterator[str]:
    options = list(options)
    if len(options) > SELECT:
        attributes["layout"] = "select"
    titles = [title for _, title, _ in options]
    yield _open("Choices", **attributes)
    # The server refuses a Choices with a single Choice as its only child.
    inner = "  " if len(options) > 1 else "    "
    if len(options) == 1:
        yield "  <View>"
    for name, title, hint in options:
        shown = title if titles.count(title) == 1 else f"{title} ({name})"
        yield inner + _tag("Choice", value=shown, alias=name, hint=hint)
    if len(options) == 1:
        yield "  </View>"
    yield "</Choices>"


def colours(names: Iterable[str]) -> list[str]:
    """Return a colour for each name: chosen by its hash, or the next free one."""
    found: list[str] = []
    for name in names:
        first = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
        order = [COLOURS[(first + step) % len(COLOURS)] for step in range(len(COLOURS))]
        found.append(next((colour for colour in order if colour not in found), order[0]))
    return found


def hotkeys(names: Iterable[str]) -> list[str]:
    """Return a key for each name: a letter of its last part, the next free one, or "" if all are taken."""
    found: list[str] = []
    for name in names:
        wanted = [char for char in name.rpartition(".")[2].lower() if char in HOTKEYS]
        found.append(next((key for key in (*wanted, *HOTKEYS) if key not in found), ""))
    return found


def _tag(tag: str, **attributes: str) -> str:
    return _open(tag, **attributes)[:-1] + "/>"


def _open(tag: str, **attributes: str) -> str:
    """Return an opening tag without empty attributes. The editor would replace `$word` with a field of the task."""
    shown = {
        name: value if value in ("$text", "$title") else value.replace("$", "＄")
        for name, value in attributes.items()
        if value
    }
    return f"<{tag}{''.join(f' {name}={_quoted(value)}' for name, value in shown.items())}>"


def _quoted(value: str) -> str:
    # The server searches the XML for name="…", so every attribute needs double quotes.
    return '"' + quoteattr(value + "'")[1:-2].replace('"', "&quot;") + '"'
