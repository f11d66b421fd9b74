"""Change a corpus: start it, add articles, format and fix files, attach texts, write splits."""
