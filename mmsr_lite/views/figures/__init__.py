"""Pure functions: a record in, a figure out."""
