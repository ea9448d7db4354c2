"""The tool that asks whether tests notice small mistakes: what it tries first, when it stops, and how it goes on."""

import os
import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import mutants, pytest_forks
from benchmarks.mutants import AsItIs, Mutant, Ran, changed_file, to_try

ROOT = Path(__file__).parents[1]
SOURCE = '''"""Two functions."""


def twice(number):
    return number * 2


def half(number):
    return number / 2
'''
TESTS = '''"""Only one function has a test that looks at what it gives."""

from mmsr_lite.graph.numbers import half, twice


def test_half_is_called():
    half(4)


def test_twice_is_twice():
    assert twice(3) == 6
'''


def before(seconds: dict[str, float], lines: dict[int, set[str]]) -> AsItIs:
    return AsItIs(Ran(0, seconds=seconds), {"mmsr_lite/nn/a.py": lines})


def test_tests_of_the_file_come_first_then_quick_files_and_in_each_the_quick_tests():
    seconds = {"tests/nn/test_a.py::slow": 9.0, "tests/nn/test_a.py::quick": 1.0}
    seconds |= {"tests/nn/test_z.py::one": 0.1, "tests/nn/test_b.py::one": 0.2, "tests/nn/test_b.py::other": 0.1}
    order = ["tests/nn/test_a.py::quick", "tests/nn/test_a.py::slow", "tests/nn/test_z.py::one"]
    order += ["tests/nn/test_b.py::other", "tests/nn/test_b.py::one"]
    found = before(seconds, {2: {*seconds, ""}}).through(Mutant("mmsr_lite/nn/a.py", 2, 4, "x", "y"), "\nx\n")
    assert found == order


def test_without_coverage_the_tests_of_the_file_come_first():
    seconds = {"tests/nn/test_a.py::slow": 9.0, "tests/nn/test_a.py::quick": 1.0, "tests/nn/test_b.py::one": 0.1}
    known = AsItIs(Ran(0, seconds=seconds), {})
    assert known.through(Mutant("mmsr_lite/nn/a.py", 1, 0, "x", "y"), "x\n") == list(seconds)[1::-1]


def test_a_test_goes_through_a_statement_of_several_lines_wherever_it_begins():
    source = "x = [\n    1,\n    2,\n]\ny = 3\n"
    seconds = {"tests/nn/test_a.py::one": 1.0, "tests/nn/test_a.py::other": 1.0}
    known = before(seconds, {1: {"tests/nn/test_a.py::one"}, 5: {"tests/nn/test_a.py::other"}})
    assert known.through(Mutant("mmsr_lite/nn/a.py", 3, 4, "2", "3"), source) == ["tests/nn/test_a.py::one"]


def test_mutants_of_the_table_count_whatever_the_package_is_today():
    tried = {"file": "mmsr_lite/gone.py", "line": "1", "column": "0", "was": "1", "becomes": "2"}
    everything = [Mutant("mmsr_lite/nn/a.py", line, 0, "1", "2") for line in range(1, 501)]
    assert len(to_try(everything, [], 300, 1)) == 300
    assert len(to_try(everything, [tried] * 120, 300, 1)) == 300 - 120
    assert to_try(everything, [tried] * 300, 300, 1) == []


def test_a_changed_file_is_as_it_was_afterwards_and_never_has_the_time_of_another_change(tmp_path):
    file, times = tmp_path / "a.py", set()
    file.write_text("x = 1\n")
    was = file.stat().st_mtime
    for text in ("x = 2\n", "x = 3\n"):
        with changed_file(file, text):
            assert file.read_text() == text
            times.add(file.stat().st_mtime)
    assert file.read_text() == "x = 1\n" and file.stat().st_mtime == was and len(times - {was}) == 2


def test_after_stop_no_run_begins(tmp_path, monkeypatch):
    monkeypatch.setattr(pytest_forks, "_stopped", False)
    monkeypatch.setattr(pytest_forks.multiprocessing, "active_children", list)  # those of other tests stay
    pytest_forks.stop()
    with pytest.raises(RuntimeError, match="begins after stop"):
        pytest_forks.run_pytest(tmp_path, [], 1)


def test_every_test_that_the_notes_name_for_a_mistake_is_there():
    notes = (ROOT / "benchmarks/NOTES.md").read_text(encoding="utf-8").partition("## Mutants")[2].partition("\n## ")[0]
    named = set(re.findall(r"\btest_\w+", notes))
    there = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert len(named) >= 15 and named <= there


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.skipif(not hasattr(os, "fork"), reason="runs are forks")
def test_a_mistake_that_a_test_looks_at_is_caught_and_a_stopped_run_goes_on(tmp_path, monkeypatch, capfd):
    project = tmp_path / "project"
    for place, text in {
        "mmsr_lite/__init__.py": "",
        "mmsr_lite/graph/__init__.py": "",
        "mmsr_lite/graph/numbers.py": SOURCE,
        "tests/__init__.py": "",
        "tests/graph/test_numbers.py": TESTS,
        "conftest.py": (ROOT / "conftest.py").read_text(),
        "pyproject.toml": "[tool.pytest.ini_options]\nmarkers = ['slow', 'browser']\n",
    }.items():
        (project / place).parent.mkdir(parents=True, exist_ok=True)
        (project / place).write_text(text)
    monkeypatch.setattr(mutants, "ROOT", project)
    monkeypatch.setattr(mutants, "PACKAGES", ("graph",))
    table, words = tmp_path / "table.csv", ["--out", str(tmp_path / "table.csv"), "--limit", "60"]
    mutants.main([*words, "--count", "1"])
    assert len(pd.read_csv(table)) == 1
    mutants.main([*words, "--count", "10", "--jobs", "2"])
    rows = {(row.line, row.becomes): row for row in pd.read_csv(table, keep_default_na=False).itertuples()}
    told = {place: row.by for place, row in rows.items() if row.outcome == "caught"}
    twice = "tests/graph/test_numbers.py::test_twice_is_twice"
    assert told == {(5, "(number) / (2)"): twice, (5, "3"): twice}  # of `half` only its name is looked at
    assert {place for place in rows if place not in told} == {(9, "(number) * (2)"), (9, "3")}
    mutants.main([*words, "--count", "10"])  # none is left
    assert len(pd.read_csv(table)) == 4


def test_a_copy_has_the_stored_runs_and_none_of_the_projects_own():
    assert mutants.not_copied(str(ROOT), ["runs", "site", "tests", ".git"]) == {"runs", "site", ".git"}
    assert mutants.not_copied(str(ROOT / "mmsr_lite/stored"), ["runs", "__pycache__"]) == {"__pycache__"}
