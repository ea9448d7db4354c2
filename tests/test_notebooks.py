"""The notebooks: all found, built from their source, safe to show anywhere, and they run."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the extra 'lab'")
HERE = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted((HERE / "src").glob("[0-9]*.py"))
EXPECTED = 2

spec = importlib.util.spec_from_file_location("notebooks_build", HERE / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

each = pytest.mark.parametrize("name", [path.stem for path in SOURCES])


def committed(name: str):
    return nbformat.read(HERE / f"{name}.ipynb", as_version=4)


def test_no_notebook_is_lost():
    assert len(SOURCES) >= EXPECTED
    assert {path.stem for path in SOURCES} == {path.stem for path in HERE.glob("*.ipynb")}


@each
def test_a_notebook_is_what_its_source_says(name):
    built, kept = build.source(name).cells, committed(name).cells
    assert [(c.id, c.cell_type, c.source) for c in built] == [(c.id, c.cell_type, c.source) for c in kept]


@each
def test_a_notebook_shows_everywhere(name):
    notebook = committed(name)
    nbformat.validate(notebook)
    assert (HERE / f"{name}.ipynb").stat().st_size <= 1_000_000
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    kinds = {kind for c in notebook.cells for out in c.get("outputs", []) for kind in out.get("data", {})}
    assert kinds == {"image/png", "text/plain"}, "a fresh clone must show pictures, and nothing that needs trust"
    assert not [out for c in notebook.cells for out in c.get("outputs", []) if out.output_type == "error"]


@each
def test_cells_call_and_do_not_define(name):
    for cell in committed(name).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 12, cell.source
            kinds = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)], cell.source


@each
def test_every_code_cell_was_run_in_order(name):
    counts = [cell.execution_count for cell in committed(name).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@each
def test_links_lead_somewhere(name):
    text = "\n".join(cell.source for cell in committed(name).cells if cell.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("https://")]
    assert [link for link in links if not (HERE / link).exists()] == []


@each
def test_a_notebook_runs(name, monkeypatch):
    monkeypatch.setenv("MMSR_STRICT", "1")
    ran = build.execute(build.source(name))
    assert all(cell.execution_count for cell in ran.cells if cell.cell_type == "code")
