"""Near-duplicates, stories, and the assignment of documents to splits."""
