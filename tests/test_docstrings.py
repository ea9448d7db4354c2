"""What the docstring of a public name holds: one sentence, arguments, what it returns and raises, an example.

Every public name of `mmsr_lite`, `mmsr_lite.show` and `mmsr_lite.records` has all of it. Public functions of the other
modules may still lack parts; their number only falls. `python tests/test_docstrings.py` lists what is lacking.

No example would run in the fourteen Triton programs, which doctest does not find, in `explorer_server`, which it does
not import, or in `play.main`, which is a process. Exercises and `t5` would open a stored run or a model for seconds.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "mmsr_lite"
ERRORS = re.compile(r"\b(MMSRError|SettingError|EmptyError|MissingFileError|TraitValueError)\b")
# what is said there comes from the paper, or says from where else
OF_THE_PAPER = ("mmsr_lite.graph.", "mmsr_lite.nn.", "mmsr_lite.models.")
SOURCE = re.compile(r"section|equation|eq\.|Figure|Table|et al\.|paper|released code|\(20\d\d\)")
STILL = {"Args": 0, "Returns": 0, "Raises": 0, "Example": 30, "sentence": 0, "Source": 0}  # how many lack a part


def is_public(name: str) -> bool:
    return not name.startswith("_")


@cache
def documented() -> dict[str, tuple[ast.FunctionDef | ast.ClassDef, str, str]]:
    """Dotted name -> (function or class, its docstring, that of its module); methods belong to their class."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if any(part.startswith("_") for part in module.split(".")) or ".stored" in module:
            continue
        about = ast.get_docstring(tree) or ""
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_public(node.name):
                found[f"{module}.{node.name}"] = node, ast.get_docstring(node) or "", about
            if isinstance(node, ast.ClassDef) and is_public(node.name):
                for inner in node.body:
                    is_setter = ".setter" in " ".join(map(ast.unparse, getattr(inner, "decorator_list", [])))
                    if isinstance(inner, ast.FunctionDef) and is_public(inner.name) and not is_setter:
                        text = ast.get_docstring(inner) or ""
                        found[f"{module}.{node.name}.{inner.name}"] = inner, text, about
    return found


def decorators(node: ast.FunctionDef | ast.ClassDef) -> str:
    return " ".join(map(ast.unparse, node.decorator_list))


def is_plain_class(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether a class is a `TypedDict`, an error or a record, whose fields or base say what they are."""
    if not isinstance(node, ast.ClassDef):
        return False
    for base in map(ast.unparse, node.bases):
        if re.search(r"TypedDict|Error|Warning|Record|Protocol|Exception", base):
            return True
        homes_of_base = [one[0] for name, one in documented().items() if name.endswith(f".{base}")]
        if any(is_plain_class(one) for one in homes_of_base):
            return True
    return False


def arguments(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """The names of the arguments that a call gives."""
    if isinstance(node, ast.ClassDef):
        inits = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        return arguments(inits[0]) if inits else []
    signature = node.args
    named = [*signature.posonlyargs, *signature.args, *signature.kwonlyargs, signature.vararg, signature.kwarg]
    return [one.arg for one in named if one is not None and one.arg not in ("self", "cls")]


@cache
def said_by_a_base() -> set[str]:
    """Dotted names of classes and methods whose arguments are those that a class they come from documents."""
    classes = {name.rpartition(".")[2]: name for name, one in documented().items() if isinstance(one[0], ast.ClassDef)}
    found = set()
    for name, (node, _, _) in documented().items():
        if not isinstance(node, ast.ClassDef):
            continue
        bases, waiting = [], [node]
        while waiting:
            names = [ast.unparse(base).rpartition(".")[2] for base in waiting.pop().bases]
            bases += [classes[base] for base in names if base in classes]
            waiting += [documented()[classes[base]][0] for base in names if base in classes]
        for base in bases:
            base_node, text, _ = documented()[base]
            if set(arguments(node)) <= set(arguments(base_node)) and "Args:" in text:
                found.add(name)
            methods = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
            found |= {
                f"{name}.{one}" for one in methods if "Args:" in documented().get(f"{base}.{one}", ("", "", ""))[1]
            }
    return found


def raises(node: ast.FunctionDef) -> bool:
    """Whether a function raises one of our errors itself."""
    inner = {
        one for own in ast.walk(node) if isinstance(own, ast.FunctionDef) and own is not node for one in ast.walk(own)
    }
    raised = [one for one in ast.walk(node) if isinstance(one, ast.Raise) and one.exc is not None and one not in inner]
    return any(ERRORS.search(ast.unparse(one.exc)) for one in raised if one.exc is not None)


def lacks(node: ast.FunctionDef | ast.ClassDef, text: str, about: str, module: str) -> Iterator[str]:
    """The parts that a docstring lacks."""
    first = re.split(r"\n\s*\n", text)[0]
    if not re.search(r"[.:?!]$", first.strip()):
        yield "sentence"
    is_property = isinstance(node, ast.FunctionDef) and "property" in decorators(node)
    is_method = isinstance(node, ast.FunctionDef) and node.args.args[:1] and node.args.args[0].arg in ("self", "cls")
    for name in [] if is_property or module in said_by_a_base() else arguments(node):
        if not re.search(rf"(^|[\s,*`]){re.escape(name)}\b[^\n]*:", text.partition("Args:")[2]):
            yield "Args"
            break
    if isinstance(node, ast.FunctionDef):
        returned = ast.unparse(node.returns) if node.returns is not None else "None"
        says_so = re.search(r"Returns:|Yields:", text)
        if returned not in ("None", "NoReturn") and not is_property and not is_method and not says_so:
            yield "Returns"
        if raises(node) and "Raises:" not in text:
            yield "Raises"
    is_function = isinstance(node, ast.FunctionDef) and not is_method and "contextmanager" not in decorators(node)
    if ">>> " not in text and (is_function or (isinstance(node, ast.ClassDef) and not is_plain_class(node))):
        yield "Example"
    is_of_the_paper = module.startswith(OF_THE_PAPER) and not is_method
    if is_of_the_paper and not SOURCE.search(text) and not SOURCE.search(about):
        yield "Source"


@cache
def lacking() -> dict[str, list[str]]:
    """Dotted name -> the parts that its docstring lacks, of all public functions and classes of the package."""
    found = {}
    for name, (node, text, about) in documented().items():
        parts = list(lacks(node, text, about, name))
        if parts:
            found[name] = parts
    return found


def homes() -> set[str]:
    """The dotted names of all public names of `mmsr_lite`, `mmsr_lite.show` and `mmsr_lite.records`."""
    from tests.public_api import public

    return {f"{one.__module__}.{one.__qualname__}" for one in public().values() if hasattr(one, "__qualname__")}


def test_there_is_something_to_read():
    assert len(documented()) > 600


def test_every_public_name_says_what_it_takes_gives_and_raises_and_has_an_example():
    names = homes()
    assert {name: parts for name, parts in lacking().items() if name in names} == {}


def test_what_other_functions_lack_only_becomes_less():
    counts = Counter(part for parts in lacking().values() for part in parts)
    assert {part: counts[part] for part in STILL if counts[part] > STILL[part]} == {}


if __name__ == "__main__":
    for name, parts in lacking().items():
        print(f"{name}: {', '.join(parts)}")
    print(len(documented()), Counter(part for parts in lacking().values() for part in parts))
