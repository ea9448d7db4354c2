"""Exercises, one file a notebook; their hints answer the wrong answers that people give."""
