"""The data model, the schema, settings, JSON positions, tokens and fingerprints. Imports no other room."""
