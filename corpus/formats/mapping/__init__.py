"""Map the annotations of other tools, with their own types and roles, to records of layers."""
