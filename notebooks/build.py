"""Build notebooks/*.ipynb from notebooks/src/*.py (jupytext py:percent) and execute them: `make notebooks`.

What is saved shows on GitHub and in an untrusted copy: PNG and text only, no widget state, no machine's paths.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
KEPT = ("image/png", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def source(name: str) -> nbformat.NotebookNode:
    """The notebook that src/<name>.py describes, without outputs and with stable cell ids."""
    notebook = jupytext.read(HERE / "src" / f"{name}.py", fmt="py:percent")
    notebook.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{name[:2]}-{number:02d}"
        cell.metadata = nbformat.NotebookNode({key: cell.metadata[key] for key in ("tags",) if key in cell.metadata})
    return nbformat.from_dict({**notebook, "nbformat": 4, "nbformat_minor": 5})


def execute(notebook: nbformat.NotebookNode, timeout: int = 300) -> nbformat.NotebookNode:
    """Run all cells in a fresh kernel in this folder; an error in a cell or in a widget's callback is raised."""
    os.environ.setdefault("MMSR_STRICT", "1")
    client = NotebookClient(notebook, timeout=timeout, store_widget_state=False, resources={"metadata": {"path": HERE}})
    return client.execute()


def plain(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep of each output its picture and its text; drop progress bars, timings and widget state."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in outputs:
            if "data" in output:
                if WIDGET in output.data and KEPT[0] not in output.data:
                    output.data = {}  # a progress bar, which says 0 % for ever
                output.data = {kind: output.data[kind] for kind in KEPT if kind in output.data}
                output.metadata = {}
        cell.outputs = [output for output in outputs if output.get("data", True)]
    return notebook


def main(names: list[str]) -> None:
    """Build the named notebooks, or all."""
    for name in names or sorted(path.stem for path in (HERE / "src").glob("[0-9]*.py")):
        begin = time.perf_counter()
        notebook = plain(execute(source(name)))
        nbformat.validate(notebook)
        nbformat.write(notebook, HERE / f"{name}.ipynb")
        size = (HERE / f"{name}.ipynb").stat().st_size / 1e3
        print(f"{name}: {time.perf_counter() - begin:.0f} s, {size:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
