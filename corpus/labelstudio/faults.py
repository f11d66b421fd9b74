"""The findings of an annotation that comes from Label Studio: `FAULTS`, by code.

The server checks little of what it stores: it accepts offsets outside the text, labels that the config does not
have and relations to regions that do not exist. One fault is enough to quarantine the whole annotation.
"""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: dict[str, str] = {
    # The task and the annotation
    "L101": "The task was not created by `corpus label-studio push`",
    "L102": "The document is not in the corpus",
    "L103": "The text of the task is not the text of the article",
    "L104": "The task was created with another version of the schema",
    "L105": "The annotation names no annotator",
    "L106": "The annotation has no list of results",
    "L107": "The annotator has a newer annotation of this document",
    "L108": "The annotation ticks no layer and holds no record",
    "L109": "The annotation holds something that annotation files do not keep",
    "L110": "The file was edited after it was imported, or was not imported",
    "L111": "The file holds a newer state of the annotation",
    "L112": "The file holds an annotation of another project",
    "L113": "The annotation was in this file before",
    "L114": "The task's fields_done does not fit the schema",
    "L115": "The file holds an annotation of another server",
    "L116": "The task is one of adjudication",
    "L117": "The annotation is not a complete adjudication",
    "L118": "The annotation is empty and did not start from the prediction of its task",
    "L119": "An alternative of the file does not fit its new records and is dropped",
    # Regions
    "L201": "The result is not in Label Studio's format",
    "L202": "The labelling config has no such control",
    "L203": "The region does not have exactly one label of the config",
    "L204": "The offset is not an integer",
    "L205": "The region lies outside the text",
    "L206": "The region is empty",
    "L207": "The region ends before it starts",
    "L208": "The region's offsets do not match the words it quotes",
    "L209": "Two regions have the same id",
    "L210": "The value belongs to no region",
    "L211": "The value has other offsets than its region",
    "L212": "The value belongs to another layer than its region",
    "L213": "The control has two values for one region",
    "L214": "A label and another label or the form say two values of one field",
    # Values
    "L301": "The config has no such choice",
    "L302": "The field takes one value and has several",
    "L303": "The value has the wrong type for its field",
    "L304": "A required field is empty",
    "L305": "The record violates the schema",
    "L306": "A value holds an address of an account or a server that is not in the text",
    "L307": "The value is blank or holds a control character",
    "L308": "The field is not in the task's fields_done, so it must be empty",
    # References
    "L401": "The relation leads to a region that does not exist",
    "L402": "The relation fits no field",
    "L403": "The relation does not say which field it fills",
    "L404": "The relation has no direction",
    "L405": "No record has the id that was entered",
    "L406": "The field takes one relation and has several",
    "L407": "The references form a cycle",
    "L408": "Two records have the same id",
    "L409": "The further span is not linked to a record",
    "L410": "Two spans of one field overlap",
    "L411": "The field names one record twice",
    "L412": "The words are not those of exactly one record",
    "L413": "The order of marking does not say which record the span belongs to",
}


@dataclass(frozen=True, slots=True)
class AnnotationFault:
    """One fault of an annotation.

    `index` is the position in the annotation's `result`, None for the annotation itself, and `region` the id of
    the region there. `start` and `end` are offsets in the text in code points, None when they are unusable.
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
        """The message of the finding, in one line."""
        return f"{FAULTS[self.code]}: {self.detail}" if self.detail else FAULTS[self.code]
