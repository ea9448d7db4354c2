"""The wheel works alone: installed away from the repository it trains, opens a stored run and runs a notebook."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="needs the extra 'dev'")
ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.outside]


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def away(tmp_path_factory) -> Path:
    """A folder with an environment in which the wheel is installed over the packages of the tests' environment."""
    place = tmp_path_factory.mktemp("away")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", ROOT, "-w", place / "dist", cwd=place)
    run(sys.executable, "-m", "venv", place / "venv", cwd=place)
    (wheel,) = (place / "dist").glob("*.whl")
    run(place / "venv/bin/python", "-m", "pip", "-q", "install", "--no-deps", "--no-index", wheel, cwd=place)
    (site,) = (place / "venv/lib").glob("python*/site-packages")
    # other packages come from the tests' environment; as plain paths, so that its editable mmsr_lite is not read
    (site / "tests.pth").write_text("".join(f"{path}\n" for path in sys.path if path.endswith("site-packages")))
    return place


@pytest.fixture(scope="module")
def env(away) -> dict[str, str]:
    """The environment of a person who has the wheel and no repository."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return kept | {"PATH": f"{away / 'venv/bin'}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}


def test_the_package_that_runs_is_the_wheel(away, env):
    place = run(away / "venv/bin/python", "-c", "import mmsr_lite; print(mmsr_lite.__file__)", cwd=away, env=env)
    assert Path(place.strip()).is_relative_to(away / "venv")
    assert (Path(place.strip()).parent / "py.typed").is_file()


def test_the_demo_trains_in_seconds_and_writes_into_the_working_directory(away, env):
    shown = run(away / "venv/bin/mmsr-lite", "demo", "--quick", "--no-open", cwd=away, env=env)
    assert "best reachable" in shown
    assert (away / "runs/demo/report.html").stat().st_size > 100_000


def test_stored_runs_tables_and_answers_are_there(away, env):
    code = """
from mmsr_lite import check, stored, stored_study, trace
model, dataset = stored("wardrobe-cycle")
assert trace(model, dataset, user=12)["target"]["rank"] >= 1
assert len(stored_study("comparison", "amazon-beauty")["rows"]) > 10
assert check("10.2", 30.97) and check("13.3", 6.93) and not check("13.4", {"sasrec"})
print("all there")"""
    assert "all there" in run(away / "venv/bin/python", "-c", code, cwd=away, env=env)


def test_a_notebook_of_the_copied_course_runs(away, env):
    run(away / "venv/bin/mmsr-lite", "notebooks", "course", cwd=away, env=env)
    code = """
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read("13_paper_released_code_counting.ipynb", as_version=4)
NotebookClient(notebook, timeout=300).execute()
texts = [o.get("data", {}).get("text/plain", "") for c in notebook.cells for o in c.get("outputs", [])]
assert sum(" right: " in text for text in texts) == 5, texts
print("all right")"""
    shown = run(away / "venv/bin/python", "-c", code, cwd=away / "course/solutions", env=env)
    assert "all right" in shown
