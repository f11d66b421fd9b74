"""Suppressions: exceptions and the baseline, which keep a known finding out of the report."""
