"""The data model, the schema, settings, and small helpers that know nothing of a corpus on disk."""
