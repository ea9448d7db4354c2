"""Figures: pure functions from a record to a table with roles (`data.FigureData`), and two renderers of that table."""
