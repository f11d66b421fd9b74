"""Tables → a folder that loads; releases, their differences, and their verification."""
