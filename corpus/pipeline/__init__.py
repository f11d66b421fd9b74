"""Read, check and compile a corpus, one shard of documents after another."""
