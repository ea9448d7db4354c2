"""The house rules that a program can check: who imports whom, how long a file is, what code never names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mmsr_lite"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = ["data", "graph", "nn", "models", "evaluation", "kernels", "training", "explain", "experiments"]
MAY = {name: set(LAYERS[: place + 1]) for place, name in enumerate(LAYERS)}
MAY["kernels"] = set(LAYERS[: LAYERS.index("training") + 1])  # a leaf: it sees the training step, nobody sees it
MAY["training"] -= {"kernels"}
MAY["explain"] -= {"kernels"}
MAY["experiments"] -= {"kernels"}
MAY |= {"views": {"views"}, "errors": set()}
MAY["__init__"] = {"data", "doctor"}
MAY["doctor"] = {"data", "doctor", "kernels"}  # it tries whether kernels can be made
SHARED = {"errors"}  # all may read these; `data.storage` is files, no knowledge
EVERY = {*MAY, "cli", "doctor"}
CONCRETE = re.compile(r"picture|poster|image|title|plot(?!ly)|(?<!con)text")
WITHOUT_TORCH = ("data", "views", "errors", "doctor", "cli", "cli_data", "__init__")


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, top_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_only else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: line {node.lineno} imports relatively"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def type_checking(path: Path) -> set[str]:
    blocks = [
        n
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
    ]
    return {node.module for block in blocks for node in ast.walk(block) if isinstance(node, ast.ImportFrom)}


def identifiers(path: Path) -> list[tuple[int, str]]:
    """Names that code gives: variables, arguments, attributes it sets, functions, classes."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno, node.id))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.append((node.lineno, node.arg))
    return found


def test_there_is_a_package_to_check():
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_layer_reads_only_what_lies_below_it(path):
    if layer(path) in ("__main__", "cli", "cli_data", "explorer", "course"):  # what joins records and views
        return
    read = {name.split(".")[1] for name in imports(path) - type_checking(path) if name.startswith("mmsr_lite.")} & EVERY
    if layer(path) == "views":  # a file is written the same way everywhere
        read -= (
            {"data"}
            if not any(n.startswith("mmsr_lite.data.") and ".storage" not in n for n in imports(path))
            else set()
        )
    if layer(path) != "__init__":
        assert read <= MAY[layer(path)] | SHARED
    assert "cli" not in read


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_is_short_and_says_what_it_is(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module begins with what it is and where in the paper"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if layer(p) in WITHOUT_TORCH], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_torch_is_not_needed_to_import(path):
    assert not any(
        re.match(r"(torch|torch_geometric|transformers)(\.|$)", name) for name in imports(path, top_only=True)
    )


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if layer(p) in LAYERS[1:]],
    ids=lambda p: str(p.relative_to(PACKAGE)),
)
def test_no_modality_is_named_in_code(path):
    """Modalities are data; what a person sees of an item (the record's `titles`, `pictures`) is no modality."""
    display = {"title", "titles", "texts", "picture", "pictures"} if layer(path) in {"explain", "graph"} else set()
    bad = [(line, name) for line, name in identifiers(path) if CONCRETE.search(name.lower()) and name not in display]
    strings = [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in {"image", "poster", "plot", "text"}
    ]
    assert bad + strings == []


def test_only_four_classes_are_abstract():
    abstract = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any("ABC" in ast.unparse(base) for base in node.bases):
                abstract.add(node.name)
    assert abstract <= {"Recommender", "Aggregator", "Source", "View"}
