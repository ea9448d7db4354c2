"""The course, copied: every notebook and solution arrives whole, its links work, and nobody's answers are lost."""

import json
import re

import pytest

from mmsr_lite import MMSRError, copy_notebooks, stored_file
from mmsr_lite.course.copying import without_repository_links


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "mine"
    copy_notebooks(folder)
    return folder


def cells(path, kind):
    return ["".join(c["source"]) for c in json.loads(path.read_text())["cells"] if c["cell_type"] == kind]


def test_every_notebook_arrives_with_its_code_unchanged(course):
    copied = sorted(path.relative_to(course) for path in course.rglob("*.ipynb"))
    assert len(copied) == 2 * 15
    assert all(cells(course / name, "code") == cells(stored_file("notebooks") / name, "code") for name in copied)


def test_links_of_a_copy_lead_to_files_of_the_copy(course):
    for path in [*course.rglob("*.ipynb"), *course.glob("*.md")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = "\n".join(cells(path, "markdown"))
        links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if not link.startswith("https://")]
        assert [link for link in links if not (path.parent / link).exists()] == [], path.name


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "06_prediction_and_what_if.ipynb").write_text("my answers")
    with pytest.raises(MMSRError, match=r"holds '06_prediction_and_what_if\.ipynb' already"):
        copy_notebooks(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["06_prediction_and_what_if.ipynb"]
    assert (tmp_path / "06_prediction_and_what_if.ipynb").read_text() == "my answers"


def test_a_link_to_the_repository_becomes_a_path():
    solution = "[gate](../../mmsr_lite/nn/gate.py) and [paper](https://doi.org/1)"
    assert without_repository_links(solution) == "gate (`mmsr_lite/nn/gate.py`) and [paper](https://doi.org/1)"
