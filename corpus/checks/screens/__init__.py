"""Screens: which documents of some `Columns` a check may have a finding in, asked of all of them at once.

A screen takes the columns and returns a mask of documents. It may flag a document without a finding, which costs a run
of the check, and never passes over one that has a finding. It may rely on the levels below its check: the documents
that it is asked about have passed them. A check without a screen runs on every document.
`screen_table.SCREENS` says which screen belongs to which check.

`frame.py` has what several screens need. To write a screen: the check's condition over arrays, without what only makes
it exact; where that is not simple, every document with the record that the check is about.
"""

from . import conditions as conditions
from . import entities as entities
from . import marks as marks
from . import quotes as quotes
from . import records as records
from . import spans as spans
from . import stances as stances
