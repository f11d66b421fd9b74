"""Label Studio: the schema as a labelling config, articles as tasks, and what people did there as annotations.

    quotes: q1                        in Label Studio
      content  90–269, 280–301    →   a region q1 labelled `quotes` (the anchor) on 90–269
                                      a region q1:content:1 labelled `quotes.content` on 280–301
      cue      295–299            →   a region q1:cue:0 labelled `quotes.cue` on 295–299
                                      and from q1 to each of them a relation labelled with the field
      source   m10                →   a relation from q1 to the region m10, labelled `source`
      speaker  e8                 →   `e8`, typed into the text field quotes.speaker of the region q1
      type     indirect           →   a choice of quotes.type, of the region q1
    entities: e8                  →   a region e8 labelled `entities`, on the words of its first mention
    layers_done                   →   a choice for the document

Nothing here names a layer: `controls` derives all of it from the Schema.

    controls    Schema → which labels, per-region controls and relations there are
    config      Schema → the labelling config, as XML
    regions     an annotation ↔ the `result` of a Label Studio annotation; `reading` checks what comes back
    tasks       Article (and annotations) → a task to import
    convert     tasks with annotations → files in annotations/, what is faulty into the quarantine
    pseudonyms  people → pseudonyms, in a file that is never committed
"""
