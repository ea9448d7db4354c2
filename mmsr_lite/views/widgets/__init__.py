"""Live views made with ipywidgets and anywidget, one class a file."""
