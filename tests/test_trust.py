"""What the source never does: unpickle, evaluate text, run a shell, open pictures by any decoder, ask without https."""

import ast
import re
from pathlib import Path

import pytest

from tests.sources import nodes_of, tree_of

PACKAGE = Path(__file__).parents[1] / "mmsr_lite"
SOURCES = sorted(PACKAGE.rglob("*.py"))
UNPICKLE = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "system", "popen"}


def mistakes(program: ast.Module) -> list[str]:
    """What a program does that it never should, each with its line."""
    found = []
    for node in nodes_of(program):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"{node.lineno}: imports {name}" for name in names if name.partition(".")[0] in UNPICKLE]
        if not isinstance(node, ast.Call):
            continue
        options = {option.arg: option.value for option in node.keywords}
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        is_plain = called == name or called.startswith(("os.", "pd.", "builtins."))
        if name in NEVER_CALLED and is_plain:
            found.append(f"{node.lineno}: calls {called}")
        if called == "np.load" and ast.unparse(options.get("allow_pickle", ast.Constant(None))) != "False":
            found.append(f"{node.lineno}: np.load may unpickle")
        if called == "torch.load" and ast.unparse(options.get("weights_only", ast.Constant(None))) != "True":
            found.append(f"{node.lineno}: torch.load may unpickle")
        if called == "Image.open" and "formats" not in options:
            found.append(f"{node.lineno}: Image.open takes any decoder")
        if "shell" in options and ast.unparse(options["shell"]) != "False":
            found.append(f"{node.lineno}: {called} runs a shell")
    return found


def test_no_file_does_anything_that_is_never_done():
    found = {file.relative_to(PACKAGE).as_posix(): mistakes(tree_of(file)) for file in SOURCES}
    assert {file: wrong for file, wrong in found.items() if wrong} == {} and len(found) > 300


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "eval('1')",
        "exec(text)",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "torch.load(file)",
        "pd.read_pickle(file)",
        "Image.open(file)",
        "subprocess.run(words, shell=True)",
        "os.system(words)",
    ],
)
def test_each_of_these_is_noticed(source):
    assert len(mistakes(ast.parse(source))) == 1


def test_no_address_is_asked_without_https():
    found = [
        (file.name, address)
        for file in SOURCES
        for address in re.findall(r"http://[^\s\"'{`)]+", file.read_text(encoding="utf-8"))
        if not re.match(r"http://(localhost|127\.0\.0\.1|www\.w3\.org/)", address)
    ]
    assert found == []
