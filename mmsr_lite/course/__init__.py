"""What the notebooks use: a check of answers to exercises, and stored runs."""
