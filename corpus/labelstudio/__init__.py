"""Label Studio: the schema as a labelling config, articles as tasks, and annotations on their way back.

    quotes: q1                        in Label Studio
      content  90–269, 280–301    →   a region q1 labelled `quotes` (the anchor) on 90–269
                                      a region q1·content·1 labelled `quotes.content` on 280–301
      cue      295–299            →   a region q1·cue·0 labelled `quotes.cue` on 295–299
                                      and from q1 to each of them a relation labelled with the field
      source   m10                →   a relation from q1 to the region m10, labelled `source`
      speaker  e8                 →   `e8`, typed into the text field quotes.speaker of the region q1
      type     indirect           →   a choice of quotes.type, of the region q1
    entities: e8                  →   a region e8 labelled `entities`, on the words of its first mention
    layers_done                   →   a choice for the document

No module names a layer: `config_controls` derives everything from the Schema.

    config_controls  Schema → labels, per-region controls and relations
    config           Schema → the labelling config, as XML
    tasks            Article and annotations → a task with predictions
    push             articles → tasks of a project on a server

    pull             a project on a server → annotation files: the driver
    download         a project → a file of its tasks on this disk
    snapshot         one verified file of all tasks
    pages            tasks page by page; a page that the server cannot send is halved
    gone             the files whose annotation the server no longer has

    server           the requests that push and pull send to a server
    address          where the server is, and the token
    errors           why a request failed

    export           an export file → its tasks, one by one
    convert          tasks → annotation files: the driver, which calls the modules below in order
    submissions      a task → the newest annotation of each annotator
    pseudonyms       accounts → pseudonyms, and names of servers, in a file that is never committed
    decode           a `result` → layers: the driver of decode_regions, then decode_records
    carried          layers that Label Studio never shows, from the annotation that is replaced
    faults           the finding codes of invalid annotations
    quarantine       invalid annotations and their findings, kept apart
    ownership        which files a conversion may replace or remove
"""
