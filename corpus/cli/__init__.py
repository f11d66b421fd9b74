"""The command line, `corpus VERB`: one module for each verb or group of verbs; `main` runs it."""
