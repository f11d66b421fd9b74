"""Schema → the labelling config that Label Studio shows to annotators, as XML.

    text                             form of the selected record
    ┌ labels, always in sight ─┐     ┌ layers you have checked ┐
    │ the article              │     │ its fields              │

The config depends on the schema and on the layers to annotate alone: the same give the same bytes and checksum.
Labels that only old annotations, or records of other layers, have are in the config and are hidden: the editor drops
a region whose label it does not know.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from ..core.schema import Field, Layer, Schema
from .config_controls import DONE, KEPT, LABEL, TEXT, Control, Controls, Mark, Option, controls, is_chosen, when_empty
from .config_keys import HOTKEYS, LETTERS, NO_KEY, colours, hotkeys
from .config_purpose import Purpose
from .config_style import style

SELECT = 6
"""A choice with more options than this becomes a drop-down list."""

_HERE = "It stands on the text only to be selected: where it stands says nothing."
_TICK = "Tick the layers that you have annotated. If marks are missing that were there before, reload the page first."
_HIDDEN = '<View style="display: none">'
_EVERYTHING = Purpose()


def labelling_config(schema: Schema, of: Purpose = _EVERYTHING, above: Iterable[str] = ()) -> str:
    """Return the config, for pasting into a project or for `push`, with the lines `above` before the text."""
    return "\n".join(_lines(_Config(schema, of), above)) + "\n"


def config_sha256(xml: str) -> str:
    """Return the checksum of a config, as in the provenance of an annotation."""
    return hashlib.sha256(xml.encode()).hexdigest()


class _Config:
    """The titles, keys and colours of a config."""

    def __init__(self, schema: Schema, of: Purpose) -> None:
        self.table, self.of = controls(schema), of
        marks = list(self.table.marks.values())
        self.asked = [layer for layer in self.table.layers.values() if of.asks(layer.name)]
        self.shown = [mark for mark in marks if of.asks(mark.layer.name) and not _is_replaced(mark, self.table)]
        self.titles = dict(zip(self.table.marks, _titles(self.table, len(self.asked) > 1), strict=True))
        self.colours = dict(zip(self.table.marks, colours(_families(marks)), strict=True))
        keys = hotkeys([_words(mark, self.table) for mark in self.shown])
        self.keys = {mark.name: key for mark, key in zip(self.shown, keys, strict=True)}
        self.option_keys = self._option_keys()

    def _option_keys(self) -> dict[tuple[str, str], str]:
        """Return the keys of the options of the form. Digits are left to the records that a field can name."""
        options = [
            (control, option)
            for layer in self.asked
            for control in self.table.of(layer)
            if control.type == "choices" and len(control.options) <= SELECT and not self.is_hidden(control)
            for option in control.options
        ]
        allowed = LETTERS if self.of.layers else HOTKEYS
        keys = hotkeys(([option[1]] for _, option in options), allowed, self.keys.values())
        return {(control.name, option[0]): key for (control, option), key in zip(options, keys, strict=True)}

    def labels_of(self, layer: Layer, control: Control) -> str:
        """Return the labels whose regions show a control: a value that a label says has none in the form."""
        marks = self.table.anchors(layer)
        if self.is_hidden(control):
            marks = [mark for mark in marks if not mark.carries]
        return ",".join(mark.name for mark in marks)

    def is_hidden(self, control: Control) -> bool:
        """True if a control holds what the labels of the layer's records say."""
        return any(control.holds and mark.carries == control.holds for mark in self.table.anchors(control.layer))

    def must(self, field: Field) -> bool:
        """True if the editor refuses to submit a record without the field."""
        return bool(
            field.required
            and field.name != "id"
            and not when_empty(field)
            and not field.labelling.if_blank
            and not field.labelling.carried_by
        )


def _lines(config: _Config, above: Iterable[str]) -> Iterator[str]:
    table, of = config.table, config.of
    if of.line:
        yield of.line
    yield '<View className="otr">'
    yield "  <Style>"
    hidden = [config.titles[mark.name] for mark in table.marks.values() if not of.asks(mark.layer.name)]
    yield from (f"    {line}" for line in style(hidden))
    yield "  </Style>"
    if table.relations:
        yield '  <Relations choice="multiple">'
        yield from (f"    {_tag('Relation', value=name)}" for name in table.relations)
        yield "  </Relations>"
    yield '  <View className="pane">'
    yield '    <View className="bar">'
    yield f"      {_open('Labels', name=LABEL, toName=TEXT, choice='single', showInline='true')}"
    yield from (f"        {_label(config, mark)}" for mark in config.shown)
    rest = [mark for mark in table.marks.values() if mark not in config.shown]
    if rest:
        yield f"        {_HIDDEN}"
        yield from (f"          {_label(config, mark)}" for mark in rest)
        yield "        </View>"
    yield "      </Labels>"
    yield "    </View>"
    yield from (f"    {line}" for line in above)
    yield f'    <View className="title">{_tag("Header", value="$title", size="5")}</View>'
    yield f"    {_tag('Text', name=TEXT, value='$text', granularity='symbol')}"
    yield "  </View>"
    yield '  <View className="pane form">'
    yield from (f"    {line}" for line in _done(config))
    for layer in table.layers.values():
        yield from (f"    {line}" for line in _form(config, layer))
    yield "  </View>"
    yield "</View>"


def _label(config: _Config, mark: Mark) -> str:
    return _tag(
        "Label",
        value=config.titles[mark.name],
        alias=mark.name,
        background=config.colours[mark.name],
        selectedColor="#ffffff",
        hotkey=config.keys.get(mark.name, NO_KEY),
        hint=_hint(mark, config.table),
    )


def _is_replaced(mark: Mark, table: Controls) -> bool:
    """True for a label that says no value where labels that do stand for it."""
    field = mark.field.name if mark.field else None
    return not mark.carries and any(
        one.carries and one.layer is mark.layer and (one.field.name if one.field else None) == field
        for one in table.marks.values()
    )


def _families(marks: Iterable[Mark]) -> Iterator[str]:
    """Yield the names that colours are chosen by."""
    return (mark.name for mark in marks)


def _titles(table: Controls, with_layer: bool) -> Iterator[str]:
    """Yield the title of each label. It is unique, and differs from what any other label is stored as."""
    taken = set(table.marks)
    for mark in table.marks.values():
        title = _title(mark, table)
        if with_layer and (mark.carries or mark.field):
            title = f"{mark.layer.title}: {title}"
        while title in taken:
            title += f" ({mark.name})"
        taken.add(title)
        yield title


def _title(mark: Mark, table: Controls) -> str:
    """Return the title of a label beside those of its layer alone."""
    layer, field, anchor = mark.layer, mark.field, table.places[mark.layer.name]
    value = next(
        (one.title for f in layer.fields if f.name == mark.carries for one in f.labels if one.name == mark.value), ""
    )
    if field is None:
        return value or (layer.title if anchor else f"{layer.title} (anchor)")
    if value:
        return f"{field.title}: {value}"
    return f"{field.title} (further)" if field == anchor else field.title


def _hint(mark: Mark, table: Controls) -> str:
    layer, field, anchor = mark.layer, mark.field, table.places[mark.layer.name]
    of = next((f for f in layer.fields if f.name == mark.carries), None)
    value = next((one.description for one in of.labels if one.name == mark.value), "") if of else ""
    if field is None:
        where = f"Mark: {anchor.description}" if anchor else _HERE
        return f"{value or layer.description} {where}"
    if field.kind == "reference":
        link = "Mark the very words of the record that is referred to."
    elif layer.name in table.in_order:
        link = "It belongs to the record marked last before it, or to the one that a relation leads to it from."
    else:
        link = "Then draw a relation from the record to it."
    return " ".join(filter(None, [field.description, value, link]))


def _words(mark: Mark, table: Controls) -> list[str]:
    """Return the words that the hotkey of a label is chosen from."""
    field = mark.field
    if field and field == table.places[mark.layer.name]:
        return ["piece", field.title]
    if mark.carries:
        first = next(one for one in table.marks.values() if one.layer is mark.layer and one.field == field)
        value = mark.value
        return [field.title, value] if field and mark == first else [value]
    return [field.name if field else mark.layer.name]


def _done(config: _Config) -> Iterator[str]:
    """Yield the choice of layers, at the top of the form, and the hidden one of the layers that are only shown."""
    yield _tag("Header", value="Layers you have checked *", size="5")
    asked = [(layer.name, layer.title, layer.description) for layer in config.asked]
    said = {
        "required": "true",
        "requiredMessage": _TICK,
    }
    keys = dict.fromkeys((name for name, _, _ in asked), NO_KEY)
    yield '<View className="no-key">'
    yield from _choices(asked, keys, name=DONE, toName=TEXT, choice="multiple", layout="inline", **said)
    yield "</View>"
    others = [(name, one.title, "") for name, one in config.table.layers.items() if one not in config.asked]
    if others:
        yield _HIDDEN
        keys = dict.fromkeys((name for name, _, _ in others), NO_KEY)
        yield from (f"  {line}" for line in _choices(others, keys, name=KEPT, toName=TEXT, choice="multiple"))
        yield "</View>"


def _form(config: _Config, layer: Layer) -> Iterator[str]:
    """Yield the per-region controls of a layer, visible while one of its regions is selected."""
    of_layer = config.table.of(layer)
    if not of_layer:
        return
    anchors = ",".join(mark.name for mark in config.table.anchors(layer))
    yield _open("View", visibleWhen="region-selected", whenTagName=LABEL, whenLabelValue=anchors)
    yield f"  {_tag('Header', value=layer.title, size='4')}"
    for control in of_layer:
        yield from (f"  {line}" for line in _control(config, layer, control))
    yield "</View>"


def _control(config: _Config, layer: Layer, control: Control) -> Iterator[str]:
    only = {"whenTagName": LABEL, "whenLabelValue": config.labels_of(layer, control)}
    attributes = {"name": control.name, "toName": TEXT, "perRegion": "true", "visibleWhen": "region-selected", **only}
    field = control.field
    if field is None:
        yield _HIDDEN
        yield f"  {_tag('TextArea', **attributes)}"
        yield "</View>"
        return
    title, must = field.title if field.name != "id" else "Id, to be referred to by", config.must(field)
    if must and config.of.asks(layer.name) and control.name not in config.of.may_be_blank:
        attributes |= {"required": "true", "requiredMessage": f"{layer.title}: fill in {field.title}."}
    mark = " *" if must or field.name == "id" else " (blank: derived)" if field.labelling.if_blank else ""
    wrapped = config.is_hidden(control) or is_chosen(field, config.of)
    if wrapped:
        yield _open("View", className="records", visibleWhen="region-selected", **only)
    yield _tag("Header", value=title + mark, size="5")
    if is_chosen(field, config.of):
        layout = "inline" if field.required else "select"
        yield _tag("Choices", **attributes, choice="single", value=f"${field.refers_to}", layout=layout)
    elif control.type == "choices":
        keys = {name: config.option_keys.get((control.name, name), NO_KEY) for name, _, _ in control.options}
        choice = "multiple" if control.many else "single"
        yield from _choices(control.options, keys, **attributes, choice=choice, layout="inline")
    elif control.type == "number":
        yield _tag("Number", **attributes, step="1", hint=field.description)
    else:
        one = {} if control.many else {"maxSubmissions": "1"}
        yield _tag("TextArea", **attributes, **one, editable="true", rows="1", placeholder=field.description)
    if wrapped:
        yield "</View>"


def _choices(options: Iterable[Option], keys: dict[str, str], **attributes: str) -> Iterator[str]:
    options = list(options)
    if len(options) > SELECT:
        attributes["layout"] = "select"
    counts = Counter(title for _, title, _ in options)
    yield _open("Choices", **attributes)
    # The server refuses a Choices with a single Choice as its only child.
    inner = "  " if len(options) > 1 else "    "
    if len(options) == 1:
        yield "  <View>"
    for name, title, hint in options:
        shown = title if counts[title] == 1 else f"{title} ({name})"
        key = keys.get(name, "") if len(options) <= SELECT else NO_KEY
        yield inner + _tag("Choice", value=shown, alias=name, hotkey=key, hint=hint)
    if len(options) == 1:
        yield "  </View>"
    yield "</Choices>"


def _tag(tag: str, **attributes: str) -> str:
    return _open(tag, **attributes)[:-1] + "/>"


def _open(tag: str, **attributes: str) -> str:
    """Return an opening tag without empty attributes. The editor would replace `$word` with a field of the task."""
    shown = {
        name: value
        if name == "value" and (tag in ("Text", "Choices") or value == "$title")
        else value.replace("$", "＄")
        for name, value in attributes.items()
        if value
    }
    return f"<{tag}{''.join(f' {name}={_quoted(value)}' for name, value in shown.items())}>"


def _quoted(value: str) -> str:
    # The server searches the XML for name="…", so every attribute needs double quotes.
    return '"' + quoteattr(value + "'")[1:-2].replace('"', "&quot;") + '"'
