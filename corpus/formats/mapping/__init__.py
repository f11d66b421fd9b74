"""The map from the types and roles of other tools to records of our layers."""
