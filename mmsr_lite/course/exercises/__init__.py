"""Exercises, a file a notebook; wrong answers that people give are met in the hints."""
