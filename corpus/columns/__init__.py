"""The documents of a shard as Arrow columns, so that one array operation answers a question about all of them.

    bytes of the parts → parse      rows, without the parts that are not plain JSON of the schema
                       → structure  rows that satisfy the schema
                       → Columns    texts as one buffer, layers as records, references as record numbers

A document that is not in the columns is not faulty: it is read and checked one by one, as without columns.

types.py      JSON Schema → Arrow types
parse.py      JSON objects → a table
mixed.py      alternatives, whose values are of any type, beside the columns
keys.py       how often a key is written: Arrow reads a missing key and null alike
structure.py  which rows may not satisfy the schema
texts.py      the texts end to end: code points and their classes
records.py    the records of a layer, their spans and references
documents.py  `Columns`
"""
