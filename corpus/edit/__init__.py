"""Verbs that change a corpus: start it, add to it, format it, fix it, attach texts, assign splits."""
