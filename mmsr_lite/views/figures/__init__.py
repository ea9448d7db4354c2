"""Figures: pure functions from a record to a table with roles (`kit.FigureData`), and two renderers of that table."""
