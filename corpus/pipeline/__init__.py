"""Read, check and compile a corpus.

select.py   which documents' findings are reported
screened.py the documents of a shard → columns → the checks that each must be asked
check.py    one document → findings, and a summary for the corpus-wide rules
shard.py    some 256 documents → Shard: counts, findings, tables, summaries
run.py      all shards, in this process or in several
reduce.py   all Shards → the findings that need more than one
cache.py    documents without findings, remembered from run to run
tables/     documents → the columns of a build
"""
