"""The notebooks: all found, both editions built from one source, safe to show anywhere, and they run."""

import ast
import dis
import importlib.util
import re
import symtable
import sys
import warnings
from functools import cache
from pathlib import Path

import pytest

import mmsr_lite

nbformat = pytest.importorskip("nbformat", reason="needs the extra 'lab'")
HERE = Path(__file__).parents[1] / "notebooks"
EXPECTED = 15
MINUTES = 10  # of one CPU core, for all notebooks; CI has two
LAB = ["09", "10", "11", "12", "13", "14"]
SAID_BY_NO_CODE = {  # numbers of the prose that only define or quote
    "00": {"0", "6", "1"},  # how looks and themes are numbered, what two weights add up to
    "01": {"20", "30"},  # what the paper finds best (section 5.5)
    "06": {"90"},  # what the band of a what-if is
    "12": {"95"},  # what the bar of a gate inspector is
}
PARTS = [
    "You will be able to",
    "Prerequisites",
    "Time",
    "Measured",
    "Live page",
    "Recap",
    "Exercises",
    "Code you will read",
    "Next",
]
PLACE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|Users|opt|usr|work)/|[A-Z]:\\")


def beside(name: str):
    """A module of the notebooks' folder."""
    spec = importlib.util.spec_from_file_location(f"notebooks_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


build, readability = beside("build"), beside("readability")
build.source = cache(build.source)  # read once, changed by no test
each = pytest.mark.parametrize("name", build.NAMES)
editions = pytest.mark.parametrize("edition", build.FOLDERS)


def committed(name: str, edition: str = "solution"):
    return nbformat.read(build.FOLDERS[edition] / f"{name}.ipynb", as_version=4)


def tagged(name: str, tag: str) -> list[tuple[int, str]]:
    cells = build.source(name).cells
    return [(place, cell.source) for place, cell in enumerate(cells) if tag in cell.metadata.get("tags", ())]


def text_of(cells) -> str:
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@editions
def test_no_notebook_is_lost(edition):
    assert len(build.NAMES) >= EXPECTED
    assert set(build.NAMES) == {path.stem for path in build.FOLDERS[edition].glob("*.ipynb")}
    numbers = [int(name[:2]) for name in build.NAMES]
    assert numbers == sorted(set(numbers)) and numbers[0] == 0


@editions
@each
def test_a_notebook_is_what_its_source_says(name, edition):
    built, kept = build.of_edition(build.source(name), edition).cells, committed(name, edition).cells
    assert [(c.id, c.cell_type, c.source, c.metadata) for c in built] == [
        (c.id, c.cell_type, c.source, c.metadata) for c in kept
    ]


@editions
@each
def test_no_assertion_stands_open_between_a_learner_and_the_text(name, edition):
    cells = [cell for cell in committed(name, edition).cells if cell.cell_type == "code" and "assert " in cell.source]
    checks = [cell for cell in cells if any(isinstance(one, ast.Assert) for one in ast.walk(ast.parse(cell.source)))]
    open_ones = [cell.source for cell in checks if not cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert checks and open_ones == []


@each
def test_the_solution_edition_is_the_learners_and_its_answers(name):
    """Same cells, same outputs: what is open in one is answered in the other, right after it."""
    kinds = {edition: [c for c in committed(name, edition).cells if c.cell_type == "code"] for edition in build.FOLDERS}
    answers = {cell.id for cell in kinds["solution"] if "solution" in cell.metadata.get("tags", ())}
    shown = {e: {c.id: [o.get("data", o.get("text")) for o in c.outputs] for c in kinds[e]} for e in kinds}
    assert {id: out for id, out in shown["solution"].items() if id not in answers} == shown["learner"]


@each
def test_every_exercise_is_asked_once_and_answered_after(name):
    from mmsr_lite.course.check import exercises

    asked, answered = tagged(name, "exercise"), tagged(name, "solution")
    ids = [exercise.id for exercise in exercises(name[:2])]
    assert [re.findall(r'check\("([\d.]+)", (?:\.\.\.|\w+)\)', cell) for _, cell in asked] == [[id] for id in ids]
    assert [place for place, _ in answered] == [place + 1 for place, _ in asked]
    for exercise, (_, cell) in zip(exercises(name[:2]), asked, strict=True):
        stubs = [one for one in ast.parse(cell).body if isinstance(one, ast.FunctionDef)]
        assert bool(stubs) == bool(exercise.cases), "a function has a head to fill in"
        for stub in stubs:
            assert ast.get_docstring(stub) and ast.unparse(stub.body[-1]) == "return ..."
    for id, (_, cell) in zip(ids, answered, strict=True):
        (last,) = ast.parse(cell).body
        assert ast.unparse(last).startswith(f"check('{id}', ") and "..." not in cell


@each
def test_an_exercise_says_what_it_asks_for_and_how_long_it_takes(name):
    from mmsr_lite.course.check import KINDS, exercises

    told = re.findall(r"^(\d)\. \*\((\w+), (\w+), (\d+) min\)\*", text_of(build.source(name).cells), re.MULTILINE)
    known = exercises(name[:2])
    assert told == [(one.id[-1], one.asks, one.level, str(one.minutes)) for one in known]
    assert all(one.asks in KINDS and one.level in ("easy", "medium", "hard") for one in known)
    assert all((one.asks == "function") == bool(one.cases) for one in known)


def test_half_of_the_exercises_or_more_ask_for_more_than_a_value():
    from mmsr_lite.course.check import exercises

    asked = [one.asks for name in build.NAMES for one in exercises(name[:2])]
    assert 2 * asked.count("value") <= len(asked)


@each
def test_a_notebook_reads_well(name):
    found = readability.read([cell.source for cell in build.source(name).cells if cell.cell_type == "markdown"])
    assert found.words <= readability.MOST_WORDS
    assert found.words_a_sentence <= readability.MOST_WORDS_A_SENTENCE
    assert found.crowded == [], f"more than {readability.MOST_NUMBERS_A_PARAGRAPH} numbers in a paragraph"


def test_readability_counts_what_a_reader_reads():
    text = "# Head\n\nTwo words. Of 5 and [[beta|betas]], 6 and 7 %: `no_word` here.\n\n| 1 | 2 | 3 |\n\n$$x$$"
    found = readability.read([text])
    assert found.words == 2 + 9 and found.words_a_sentence == 11 / 2
    assert found.crowded == ["Two words. Of 5 and betas, 6 and 7 %: code here."]
    assert readability.numbers("By equation 14, layers 1 and 2 of 2023 have HR@5 of 3.") == ["3."]


@each
def test_every_number_of_the_prose_is_asserted(name):
    """Whoever runs the notebook is told when a number of its text is no longer true; exercises have `check`."""
    cells = build.source(name).cells
    checked = "\n".join(cell.source for cell in cells if cell.cell_type == "code" and "assert " in cell.source)
    lost = []
    for cell in cells:
        text = cell.source.partition("## Exercises")[0] if cell.cell_type == "markdown" else ""
        for paragraph in [*readability.prose(text), *readability.rows(text)]:
            lost += [(one, paragraph) for one in readability.numbers(paragraph) if not stands_in(one, checked)]
        if text != cell.source and cell.cell_type == "markdown":
            break
    assert [pair for pair in lost if pair[0].strip("+-.,%") not in SAID_BY_NO_CODE.get(name[:2], ())] == []


def stands_in(number: str, code: str) -> bool:
    """Whether code has this number: as it is, as Python writes it, or as a share of one."""
    plain = number.strip("+-.,%")
    value = float(plain.replace(",", ""))
    written = {plain, plain.replace(",", "_"), f"{value:g}", f"{value / 100:g}"}
    return any(re.search(rf"(?<![\d._]){re.escape(one)}(?![\d_]|\.\d)", code) for one in written)


def test_a_number_that_no_code_has_would_be_seen():
    assert stands_in("12,101", "items == 12_101") and stands_in("20", "share == 0.2") and stands_in("7.90", "[7.90]")
    assert not stands_in("7.9", "x == 17.9") and not stands_in("43", "[430, 0.433]")


@each
def test_a_notebook_takes_at_most_25_minutes_without_its_exercises(name):
    assert readability.minutes(build.source(name).cells) <= readability.MOST_MINUTES


def test_minutes_are_words_questions_controls_and_cells():
    cells = [nbformat.v4.new_markdown_cell("# Head\n\n" + 240 * "word " + "**Before you run it:** yes?")]
    cells += [nbformat.v4.new_code_cell("show.interact(f)"), nbformat.v4.new_code_cell("f()")]
    cells += [nbformat.v4.new_code_cell("assert f()", metadata={"jupyter": {"source_hidden": True}})]
    cells += [nbformat.v4.new_markdown_cell("## Exercises\n\n" + 9_000 * "word "), nbformat.v4.new_code_cell("check()")]
    assert 2 + 1 + 1 + 0.5 < 5 == readability.minutes(cells)
    assert readability.minutes(cells[:1] * 4) == 15 > 4 * (2 + 1)


@pytest.mark.parametrize("number", LAB)
def test_the_lab_begins_with_its_claims_folded_before_the_first_question(number):
    (name,) = (name for name in build.NAMES if name.startswith(number))
    head = build.source(name).cells[0].source
    assert head.count("<details>") == 1 and "**Before you run it" not in head
    folded = head.partition("<details>")[2].partition("</details>")[0]
    assert "| claim" in folded and folded.count("\n| ") >= 4 and "\n| " not in head.replace(folded, "")


@each
def test_a_notebook_names_its_own_live_page(name):
    page = (HERE.parent / "docs" / "live-pages.md").read_text(encoding="utf-8")
    belongs = {row[0] for row in re.findall(r"^\| `(\w+)` \|.*\| ([\d, ]+) \|$", page, re.M) if name[:2] in row[1]}
    line = re.search(r"^\*\*Live page:\*\* (.*)$", build.source(name).cells[0].source, re.M)
    named = set(re.findall(r"`(\w+)`", line[1]))
    assert named and named <= belongs


@each
def test_answers_that_follow_a_prediction_are_folded(name):
    text = text_of(build.source(name).cells)
    assert text.count("<details>") == text.count("</details>") >= 1
    assert text.count("**Before you run it:**") >= 1


@editions
@each
def test_a_notebook_shows_everywhere(name, edition):
    notebook = committed(name, edition)
    nbformat.validate(notebook)
    assert (build.FOLDERS[edition] / f"{name}.ipynb").stat().st_size <= 1_000_000
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata
    outputs = [out for c in notebook.cells for out in c.get("outputs", [])]
    kinds = {kind for out in outputs for kind in out.get("data", {})}
    assert kinds == {"image/png", "text/plain"}, "a fresh clone must show pictures, and nothing that needs trust"
    assert not [out for out in outputs if out.output_type == "error"]
    said = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in outputs]
    assert not [text for text in said + [cell.source for cell in notebook.cells] if PLACE.search(text)]


@each
def test_cells_call_and_do_not_define(name):
    for cell in committed(name).cells:
        if cell.cell_type == "code" and not {"exercise", "solution"} & set(cell.metadata.get("tags", ())):
            assert len(cell.source.splitlines()) <= 12, cell.source
            kinds = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)], cell.source


@each
def test_a_notebook_imports_from_the_package_and_from_show_alone(name):
    """What a learner needs is public; no cell reaches deeper, and none sets a path into the repository."""
    for cell in build.source(name).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mmsr_lite"):
                    assert node.module in ("mmsr_lite", "mmsr_lite.show"), cell.source
                    assert {alias.name for alias in node.names} <= mmsr_lite._HOMES.keys()
                if isinstance(node, ast.Import):
                    assert not [alias for alias in node.names if alias.name.startswith("mmsr_lite.")], cell.source
            assert not re.search(r"\.\./(?:assets|benchmarks|mmsr_lite|runs)", cell.source), cell.source


def test_what_learners_are_shown_in_the_guides_is_public_too():
    for page in ("README.md", "TEACHING.md"):
        text = (HERE / page).read_text(encoding="utf-8")
        assert set(re.findall(r"from (mmsr_lite[\w.]*) import", text)) <= {"mmsr_lite", "mmsr_lite.show"}


@each
def test_a_control_shows_the_same_when_all_cells_have_run(name):
    """No later cell binds anew what the function of a control reads of the notebook.

    What a cell binds is read off its instructions: the variable of a comprehension stays in there, but from Python 3.12
    on the table of symbols lists it among those of the cell.
    """
    cells = [cell.source for cell in committed(name).cells if cell.cell_type == "code"]
    code = [dis.get_instructions(compile(source, name, "exec")) for source in cells]
    bound = [{step.argval for step in steps if step.opname in ("STORE_NAME", "STORE_GLOBAL")} for steps in code]
    for place, source in enumerate(cells):
        table = symtable.symtable(source, name, "exec")
        inside, read = [child for child in table.get_children() if child.get_name() == "lambda"], set()
        while inside:
            read |= {symbol.get_name() for symbol in inside[-1].get_symbols() if symbol.is_global()}
            inside += inside.pop().get_children()
        later = set().union(*bound[place + 1 :])
        assert not read & later, f"cell {place + 1} would show another {read & later}"


@each
def test_a_notebook_has_its_parts_in_order(name):
    cells = committed(name).cells
    text = text_of(cells)
    places = [text.find(f"**{part}") if f"**{part}" in text else text.find(f"## {part}") for part in PARTS]
    assert -1 not in places and places == sorted(places), dict(zip(PARTS, places, strict=True))
    assert text.startswith("# ") and "**Before you run it" in text
    assert any("show.interact(" in c.source or "explore(" in c.source for c in cells if c.cell_type == "code")


@editions
@each
def test_every_code_cell_was_run_in_order(name, edition):
    counts = [cell.execution_count for cell in committed(name, edition).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@editions
@each
def test_links_lead_somewhere(name, edition):
    links = re.findall(r"\]\(([^)#]+)\)", text_of(committed(name, edition).cells))
    inside = [link for link in links if not link.startswith("https://")]
    assert [link for link in inside if not (build.FOLDERS[edition] / link).exists()] == []


def test_the_teaching_guide_names_sections_that_exist():
    named = 0
    for row in (HERE / "TEACHING.md").read_text(encoding="utf-8").splitlines():
        for number, sections in re.findall(r"\b(\d\d), ((?:\*[^*]+\*(?:, (?:then )?| and | to )?)+)", row):
            (name,) = (name for name in build.NAMES if name.startswith(number))
            text = text_of(committed(name).cells).replace("[", "").replace("]", "")
            for section in re.findall(r"\*([^*]+)\*", sections):
                named += 1
                begins = re.search(rf"^##+ {re.escape(section)}", text, re.MULTILINE)
                assert begins, f"{name} has no section {section!r}"
    assert named > 20


def test_all_notebooks_together_are_measured_to_fit_into_ci():
    measured = build.read_json(build.MEASURED)
    assert set(measured) == set(build.NAMES)
    assert sum(one["seconds"] for one in measured.values()) <= 60 * MINUTES


@pytest.mark.notebook
@each
def test_a_notebook_runs_and_costs_what_it_says(name, monkeypatch):
    """The solution edition has every cell of the learner's; each solution must be called right."""
    monkeypatch.setenv("MMSR_STRICT", "1")
    ran, used = build.execute(build.source(name))
    assert all(cell.execution_count for cell in ran.cells if cell.cell_type == "code")
    measured = build.read_json(build.MEASURED)
    said = measured[name]
    if used["megabytes"] > 1.5 * said["megabytes"]:  # the first to open a world makes it, in memory too
        assert used["megabytes"] <= 1.5 * max(one["megabytes"] for one in measured.values())
    if used["seconds"] > 2 * said["seconds"] + 20:  # a slower machine, perhaps: told, not failed
        warnings.warn(f"{name} took {used['seconds']:.0f} s of CPU, its page says {said['seconds']}", stacklevel=1)
