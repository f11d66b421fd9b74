"""What can be wrong with an annotation that comes out of Label Studio: `FAULTS`, one visible list.

The server stores what it is sent: offsets behind the text, labels of no config, relations to nothing.
One fault is enough, and the whole annotation is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: dict[str, str] = {
    # The task and the annotation
    "L101": "This is no task of this program",
    "L102": "The document is not in the corpus",
    "L103": "The text is not the one that was pushed",
    "L104": "The task was made with another version of the schema",
    "L105": "The annotation does not say who made it",
    "L106": "The annotation has no list of results",
    "L107": "The annotator has a newer annotation of this document",
    # Regions
    "L201": "A result is not written as Label Studio writes it",
    "L202": "A result is of a control that the config does not have",
    "L203": "A region does not have one label of the config",
    "L204": "An offset is not a whole number",
    "L205": "A region lies outside of the text",
    "L206": "A region is empty",
    "L207": "A region ends before it starts",
    "L208": "A region does not stand on the words it quotes",
    "L209": "Two regions have the same id",
    "L210": "A value belongs to no region",
    "L211": "A value stands on other words than its region",
    "L212": "A value is of another layer than its region",
    "L213": "A control has two values for one region",
    # Values
    "L301": "A choice is none of the config",
    "L302": "A field has several values and takes one",
    "L303": "A value is not of the type of its field",
    "L304": "A required field is empty",
    "L305": "A record does not fit the schema",
    # References
    "L401": "A relation leads to a region that is not there",
    "L402": "A relation fits no field",
    "L403": "A relation does not say which field it is",
    "L404": "A relation has no direction",
    "L405": "An id is typed that no record has",
    "L406": "A field has several relations and takes one",
    "L407": "References lead round in a circle",
    "L408": "Two records have the same id",
    "L409": "A further span belongs to no record",
    "L410": "Two spans of a field overlap",
    "L411": "A field names a record twice",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one annotation.

    `index` is the place of the result in the annotation's `result`, None for the annotation itself,
    `region` the id of the region there. `start` and `end` are code points of the text, when they can be.
    """

    code: str
    detail: str = ""
    index: int | None = None
    region: str = ""
    suggestion: str = ""
    start: int | None = None
    end: int | None = None

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        return f"{FAULTS[self.code]}: {self.detail}" if self.detail else FAULTS[self.code]
