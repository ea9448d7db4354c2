"""Live views of ipywidgets and anywidget: a class each."""
