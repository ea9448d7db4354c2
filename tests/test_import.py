"""Importing the package is quick and light; names come when they are used, in groups, and old ones answer."""

import ast
import pydoc
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mmsr_lite
from mmsr_lite import _renamed

SOURCE = Path(mmsr_lite.__file__)


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_import_takes_less_than_a_third_of_a_second_of_cpu():
    code = "import time; t = time.process_time(); import mmsr_lite; print(time.process_time() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.3


@pytest.mark.parametrize(
    "module", ["mmsr_lite", "mmsr_lite.cli", "mmsr_lite.doctor", "mmsr_lite.data", "mmsr_lite.views"]
)
def test_torch_is_not_imported_by(module):
    assert run(f"import sys, {module}; print('torch' in sys.modules)") == "False"


@pytest.mark.slow
def test_training_and_explaining_start_without_torch_geometric():
    """It takes longer to import than torch; the models and the comparison that need it import it when they are made."""
    modules = "mmsr_lite.models, mmsr_lite.training.fit, mmsr_lite.explain.what_if, mmsr_lite.commands.demo"
    assert run(f"import sys, {modules}; print('torch_geometric' in sys.modules)") == "False"


def test_every_promised_name_is_there():
    for name in mmsr_lite._HOMES:
        assert getattr(mmsr_lite, name) is not None, name
        assert name in dir(mmsr_lite)


def test_editors_see_the_same_names_as_python():
    """The block under TYPE_CHECKING imports, and exports in `__all__`, just the names of the table."""
    (block,) = (node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If))
    imported = {a.asname or a.name for node in block.body if isinstance(node, ast.ImportFrom) for a in node.names}
    (exported,) = (ast.literal_eval(node.value) for node in block.body if isinstance(node, ast.Assign))
    assert imported == set(exported) == set(mmsr_lite._HOMES)


def test_help_is_a_page_that_names_every_public_name_in_its_group():
    page = pydoc.plain(pydoc.render_doc(mmsr_lite))
    assert len(page.splitlines()) < 120
    for group, names in mmsr_lite._GROUPS.items():
        section = re.search(rf"^{group}\n((?:    .*\n)+)", mmsr_lite.__doc__, re.MULTILINE)[1]
        listed = {word for line in section.splitlines() for word in re.split(r" {2,}", line.strip())[0].split(", ")}
        assert listed == set(names) - {"MMSRError"}, group


def test_the_record_and_the_function_are_not_hidden_by_modules_of_the_same_name():
    assert callable(mmsr_lite.split) and callable(mmsr_lite.trace) and callable(mmsr_lite.train)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = mmsr_lite.lod


NAMES_OF_VERSION_0_1 = {
    "MMSRError", "Dataset", "Modality", "load", "split", "Codebook", "MSGraph", "MMSR", "MMSRConfig", "evaluate",
    "TrainConfig", "train", "trace", "what_if", "gates", "faithfulness", "compare", "compare_with_pyg", "explore",
    "show", "check", "stored", "stored_study",
}  # fmt: skip


def test_every_public_name_of_the_first_version_is_still_one():
    assert set(mmsr_lite._HOMES) >= NAMES_OF_VERSION_0_1


def homes_of(old: str) -> list[str]:
    """The modules in which what the module `old` held is now."""
    new = _renamed.MODULES[old]
    return [new] if isinstance(new, str) else [*new]


@pytest.mark.parametrize("old", _renamed.MODULES)
def test_a_module_answers_by_its_old_name_with_a_warning_that_says_the_new_one(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} is now {', '.join(homes_of(old))}"):
        module = import_module(old)
    for home in map(import_module, homes_of(old)):
        own = {name for name, value in vars(home).items() if getattr(value, "__module__", None) == home.__name__}
        assert own and all(vars(module)[name] is vars(home)[name] for name in own)


def test_what_notebooks_of_the_first_version_imported_from_run_is_there():
    with pytest.warns(DeprecationWarning):
        sys.modules.pop("mmsr_lite.training.run", None)
        run = import_module("mmsr_lite.training.run")
    assert all(hasattr(run, name) for name in ("RunConfig", "DEMO", "fit", "open_run", "build", "codebooks", "prepare"))


def test_the_changelog_lists_what_has_another_name_now():
    text = (SOURCE.parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| (`[\w.]+`(?:, `[\w.]+`)*) \|$", text, re.MULTILINE)
    table = {old: re.findall(r"`([\w.]+)`", new) for old, new in rows}
    prefix = "mmsr_lite."
    moved = {old: [home.removeprefix(prefix) for home in homes_of(old)] for old in _renamed.MODULES}
    assert {old.removeprefix(prefix): new for old, new in moved.items()}.items() <= table.items()
