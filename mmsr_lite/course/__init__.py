"""What the notebooks need beside the package: checked answers to exercises, and stored runs they open."""
