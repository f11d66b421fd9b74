"""Compile tables into a loadable folder; make, compare, verify, publish and load releases."""
