"""The house rules that a program can check: who imports whom, how long a file is, what code never names.

Each file is parsed once; a test collects every break of its rule and reports all of them together.
"""

import ast
import re
from functools import cache
from pathlib import Path

import networkx as nx

from tests.public_api import reached, untyped
from tests.sources import nodes_of, tree_of

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mmsr_lite"
FLOORS = [
    "errors",
    "values",
    "arguments",
    "config",
    "shared_settings",
    "data",
    "records",
    "graph",
    "nn",
    "models",
    "evaluation",
]
FLOORS += ["training", "explain", "experiments"]
VIEWS = ["untrusted", "wording", "glossary", "theme", "selection", "samples", "differences", "base", "page"]
VIEWS += ["data_card", "figures", "chart", "widgets", "report", "show", "fusion_page", "__init__"]
VIEWS_READ = ("mmsr_lite.errors", "mmsr_lite.records", "mmsr_lite.data.storage", "mmsr_lite.views")
VIEWS_READ += ("mmsr_lite.arguments", "mmsr_lite.data.lock")
TOP = {
    "__init__",
    "__main__",
    "cli",
    "commands",
    "data_card",
    "doctor",
    "live_explorer",
    "live_page",
    "course",
}  # they join both
TOP |= {"explorer_server", "installing", "same_machine"}
WITHOUT_TORCH = ("data", "views", "errors", "values", "arguments", "config", "records", "doctor", "cli", "commands")
WITHOUT_TORCH += ("data_card", "installing", "__init__")
CONCRETE = re.compile(r"picture|poster|image|title|plot(?!ly)|(?<!con)text")
DISPLAY = {"title", "titles", "texts", "picture", "pictures"}  # what a person sees of an item is no modality
LINES = 300
ANSWERS_FOR = {  # (file, what it imports by name when it is asked): why the name stands there
    ("mmsr_lite.data.dataset", "mmsr_lite.data.sources.frames"): "people look for `Dataset.from_frames` at the class",
    ("mmsr_lite.data.dataset", "mmsr_lite.data.prepare"): "people look for `Dataset.from_frames` at the class",
}


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Dotted name -> file and its syntax tree."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path, tree_of(path)
    return found


def place(path: Path) -> str:
    """The package or module directly inside mmsr_lite that `path` belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def for_type_checkers(tree: ast.Module) -> set[ast.AST]:
    """Every node inside `if TYPE_CHECKING:`."""
    blocks = [node for node in nodes_of(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    return {inner for block in blocks for inner in ast.walk(block)}


def lines_of_code(text: str, tree: ast.Module) -> int:
    """How many lines a file has besides its docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in nodes_of(tree) if isinstance(node, documented) and ast.get_docstring(node)]
    docstrings = [node.body[0] for node in nodes]
    return len(text.splitlines()) - sum((node.end_lineno or 0) - node.lineno + 1 for node in docstrings)


@cache
def imports(tree: ast.Module, *, top_only: bool = False) -> list[tuple[int, str]]:
    """(line, dotted name) of everything that a module imports when it runs."""
    skipped, found = for_type_checkers(tree), []
    for node in tree.body if top_only else nodes_of(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or "." * node.level
            submodules = [f"{module}.{alias.name}" for alias in node.names if f"{module}.{alias.name}" in modules()]
            found += [(node.lineno, name) for name in submodules]
            if len(submodules) < len(node.names):  # a name of the module itself
                found.append((node.lineno, module))
    return found


def test_there_is_a_package_to_check():
    assert len(modules()) > 20


def test_imports_are_absolute():
    breaks = [
        f"{name}:{node.lineno}"
        for name, (_, tree) in modules().items()
        for node in nodes_of(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert breaks == []


def test_no_file_imports_from_a_higher_floor():
    breaks = []
    for name, (path, tree) in modules().items():
        here = place(path)
        for line, target in imports(tree):
            if not target.startswith("mmsr_lite.") or here in TOP:
                continue
            there = target.split(".")[1]
            if here == "views":
                allowed = target.startswith(VIEWS_READ)
            elif here == "kernels":  # a leaf: it sees the training step, and nobody sees it
                allowed = there in FLOORS[: FLOORS.index("training") + 1] or there == "kernels"
            else:
                allowed = there in FLOORS[: FLOORS.index(here) + 1]
            if not allowed:
                breaks.append(f"{name}:{line} imports {target}")
    assert breaks == []


def test_no_view_imports_from_a_higher_floor_of_the_views():
    breaks = []
    for name, (path, tree) in modules().items():
        if place(path) != "views":
            continue
        own = path.relative_to(PACKAGE / "views").parts[0].removesuffix(".py")
        for line, target in imports(tree):
            parts = target.split(".")
            if parts[:2] == ["mmsr_lite", "views"] and len(parts) > 2 and VIEWS.index(parts[2]) > VIEWS.index(own):
                breaks.append(f"{name}:{line} imports {target}")
    assert breaks == []


def imports_by_name(tree: ast.Module) -> list[tuple[int, str]]:
    """(line, dotted name) of what a module imports by a name of this package that it has as text."""
    return [
        (node.lineno, node.args[0].value)
        for node in nodes_of(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).startswith("mmsr_lite")
    ]


def test_a_file_imports_by_name_only_where_it_answers_for_another_one():
    """Such an import is no arrow in the test of circles, so each has a reason here."""
    breaks = [
        f"{name}:{line} imports {target}"
        for name, (_, tree) in modules().items()
        for line, target in imports_by_name(tree)
        if (name, target) not in ANSWERS_FOR
    ]
    assert breaks == []


def test_no_files_import_each_other_in_a_circle():
    graph = nx.DiGraph()
    for name, (_, tree) in modules().items():
        graph.add_edges_from((name, target) for _, target in imports(tree) if target in modules() and target != name)
    assert [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1] == []


def test_a_file_is_short_and_begins_with_what_it_is():
    breaks = []
    for name, (path, tree) in modules().items():
        text = path.read_text(encoding="utf-8")
        if lines_of_code(text, tree) > LINES:
            breaks.append(f"{name} has {lines_of_code(text, tree)} lines; at {LINES} ask what its second idea is")
        if text.strip() and not ast.get_docstring(tree):
            breaks.append(f"{name} does not begin with what it is and where in the paper")
    assert breaks == []


def test_each_script_and_style_sheet_begins_with_its_one_idea_and_has_at_most_300_lines():
    files = [path for path in (PACKAGE / "views/static").rglob("*") if path.suffix in (".js", ".css")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    assert len(texts) > 60
    assert [name for name, text in texts.items() if len(text.splitlines()) > LINES] == []
    assert [name for name, text in texts.items() if not text.startswith(("// ", "/* "))] == []


def test_torch_is_not_needed_to_import_what_people_look_at():
    breaks = [
        f"{name}:{line} imports {target}"
        for name, (path, tree) in modules().items()
        if place(path) in WITHOUT_TORCH
        for line, target in imports(tree, top_only=True)
        if re.match(r"(torch|torch_geometric|transformers)(\.|$)", target)
    ]
    assert breaks == []


def names_given(tree: ast.Module) -> list[tuple[int, str]]:
    """Names that code gives: variables, arguments, functions, classes."""
    found = []
    for node in nodes_of(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.append((node.lineno, node.arg))
    return found


def test_no_modality_is_named_in_code():
    breaks = []
    for name, (path, tree) in modules().items():
        if place(path) not in FLOORS[FLOORS.index("graph") :]:
            continue
        display = DISPLAY if place(path) in {"explain", "graph"} else set()
        breaks += [
            f"{name}:{line} names {given!r}"
            for line, given in names_given(tree)
            if CONCRETE.search(given.lower()) and given not in display
        ]
        breaks += [
            f"{name}:{node.lineno} names {node.value!r}"
            for node in nodes_of(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value in {"image", "poster", "plot", "text"}
        ]
    assert breaks == []


def test_only_four_classes_are_abstract():
    abstract = {
        node.name
        for _, tree in modules().values()
        for node in nodes_of(tree)
        if isinstance(node, ast.ClassDef) and any("ABC" in ast.unparse(base) for base in node.bases)
    }
    assert abstract <= {"Recommender", "Aggregator", "Source", "View"}


def test_text_files_are_utf_8_whatever_the_locale():
    breaks = []
    for name, (_, tree) in modules().items():
        for node in nodes_of(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            modes = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            is_text = called in ("write_text", "read_text") or (called == "open" and any(m in "rwxa" for m in modes))
            if is_text and all(keyword.arg != "encoding" for keyword in node.keywords):
                breaks.append(f"{name}:{node.lineno} {called}")
    assert breaks == []


def test_no_public_name_takes_or_gives_a_dict_of_anything():
    """What a dict holds is said by a `TypedDict`, a record, or the type of its values."""
    assert len(reached()) > 500
    assert untyped() == []
