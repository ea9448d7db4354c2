"""Would the tests notice a mistake? `python -m benchmarks mutants` makes small ones and counts those that tests find.

A mutant is the package with one small change, drawn at random: another comparison, another operator, another number,
a condition turned round, a statement left out. The tests and examples of the changed file's own package run against
it and stop at the first failure; a mutant that no test fails for has survived. Everything happens in a copy of the
project; `--jobs` tries several at a time, each in a copy of its own. Writes benchmarks/results/mutants.csv after each
mutant, with the test that failed, so that the command goes on where it was stopped.
"""

import argparse
import ast
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from benchmarks.timing import RESULTS
from mmsr_lite.data.storage import atomic

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("graph", "nn", "evaluation", "explain")
COMPARED = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "in": "not in", "not in": "in"}
COMPARED |= {"is": "is not", "is not": "is"}
OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*", "@": "*", "&": "|", "|": "&"}
SIGNS: dict[type[ast.AST], str] = {
    **{ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
    **{ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"},
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**"},
    **{ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|"},
}
NOT_COPIED = shutil.ignore_patterns(".*", "site", "dist", "build", "runs", "__pycache__", "notebooks")


@dataclass(frozen=True)
class Mutant:
    """One small change of one file.

    Attributes:
        file: the file, from the project's root.
        line: where the change begins, from 1.
        column: where it begins in the line, from 0, in bytes of UTF-8.
        was: the text that is replaced.
        becomes: what stands there instead.
    """

    file: str
    line: int
    column: int
    was: str
    becomes: str


def mutants_of(file: str, source: str) -> Iterator[Mutant]:
    """All mutants of one file, in the order of its syntax tree.

    Args:
        file: its path from the project's root.
        source: its text.

    Example:
        >>> [mutant.becomes for mutant in mutants_of("a.py", "x = 1 if y < 2 else -z")]
        ['(-z) if (y < 2) else (1)', 'y <= 2', '2', 'z', '3']
    """
    tree = ast.parse(source)
    skipped = _not_run(tree)
    for node in ast.walk(tree):
        changed = None if node in skipped else _changed(node, source)
        if changed is not None:
            was = ast.get_source_segment(source, node) or ""
            yield Mutant(file, node.lineno, node.col_offset, was, changed)  # type: ignore[attr-defined]


def _not_run(tree: ast.Module) -> set[ast.AST]:
    """What no run can tell apart: types, texts of errors, docstrings, imports for type checkers."""
    tops: list[ast.AST | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            tops += [
                node.returns,
                *(argument.annotation for argument in ast.walk(node.args) if isinstance(argument, ast.arg)),
            ]
        if isinstance(node, ast.AnnAssign):
            tops.append(node.annotation)
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
            tops.append(node)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            tops.append(node)
    return {inner for top in tops if top is not None for inner in ast.walk(top)}


def _changed(node: ast.AST, source: str) -> str | None:
    """The text of a node with one small mistake; None where none is made."""

    def text(part: ast.AST) -> str:
        return ast.get_source_segment(source, part) or ""

    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        sign = COMPARED[SIGNS[type(node.ops[0])]]
        return f"{text(node.left)} {sign} {text(node.comparators[0])}"
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        sign = OPERATORS[SIGNS[type(node.op)]]
        return f"({text(node.left)}) {sign} ({text(node.right)})"
    if isinstance(node, ast.BoolOp):
        word = "or" if isinstance(node.op, ast.And) else "and"
        return f" {word} ".join(f"({text(value)})" for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        return text(node.operand)
    if isinstance(node, ast.Constant) and type(node.value) in (bool, int, float):
        return str(not node.value if isinstance(node.value, bool) else node.value + 1)
    if isinstance(node, ast.IfExp):
        return f"({text(node.orelse)}) if ({text(node.test)}) else ({text(node.body)})"
    if isinstance(node, ast.AugAssign | ast.Delete):
        return "pass"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):  # a call for what it does
        return "pass"
    return None


def put_in(mutant: Mutant, source: str) -> str:
    """The source with the change.

    Example:
        >>> put_in(Mutant("a.py", 2, 4, "1", "2"), "a = 0\\nb = 1\\n")
        'a = 0\\nb = 2\\n'
    """
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: mutant.line - 1])) + mutant.column
    whole, was = source.encode(), mutant.was.encode()
    assert whole[start:].startswith(was), mutant
    return (whole[:start] + mutant.becomes.encode() + whole[start + len(was) :]).decode()


def all_mutants() -> list[Mutant]:
    """Every mutant of the four packages, in a fixed order."""
    files = [path for package in PACKAGES for path in sorted((ROOT / "mmsr_lite" / package).rglob("*.py"))]
    sources = [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]
    return [mutant for file, source in sources for mutant in mutants_of(file, source)]


NO_END, BROKEN = "no end", 10  # more failures than that, before anything is changed, and nothing is tried


def told_by(copy: Path, file: str, limit: float, without: Sequence[str] = (), most: int = 1) -> list[str]:
    """The first tests of the file's own package that fail in a copy of the project.

    Args:
        copy: the copy, with or without a mutant.
        file: the changed file, whose own tests come first.
        limit: seconds.
        without: tests that are left out.
        most: so many at the most.

    Returns:
        The names of the tests; `NO_END` alone when the limit is passed.
    """
    _, package, *rest = Path(file).parts
    first = [file, f"tests/{package}/test_{Path(rest[-1]).stem}.py"]
    places = [place for place in first if (copy / place).is_file()] + [f"tests/{package}", f"mmsr_lite/{package}"]
    options = ["-q", f"--maxfail={most}", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-profile=quick"]
    options += ["-m", "not slow and not browser", *(f"--deselect={name}" for name in without)]
    environment = os.environ | {"PYTHONPATH": _path(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    environment |= {"CI": "1", "MMSR_CACHE": str(copy / "cache")}  # the same examples for each mutant
    command = [sys.executable, "-m", "pytest", *options, *places]
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return [NO_END]
    if done.returncode == 0:
        return []
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if lines:
        return [line.split(" ", 1)[1].split(" - ")[0] for line in lines]
    return [f"pytest ended with {done.returncode}: {' '.join((done.stdout + done.stderr).split())[-200:]}"]


def _path(copy: Path) -> str:
    """PYTHONPATH with the copy before what it held."""
    return os.pathsep.join([str(copy), *filter(None, [os.environ.get("PYTHONPATH")])])


def main(argv: list[str]) -> None:
    """Draw mutants, try those that have not been tried, print how many were caught."""
    parser = argparse.ArgumentParser("python -m benchmarks mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="mutants that are drawn (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no mutant later than this")
    parser.add_argument("--limit", type=float, default=300, help="seconds for the tests of one mutant (default: 300)")
    parser.add_argument("--jobs", type=int, default=1, help="mutants that are tried at a time (default: 1)")
    parser.add_argument("--out", type=Path, default=RESULTS / "mutants.csv", help="the table (default: %(default)s)")
    args = parser.parse_args(argv)
    everything, end = all_mutants(), time.monotonic() + 60 * args.minutes
    order = np.random.default_rng(args.seed).permutation(len(everything))
    drawn = [everything[number] for number in order[: args.count]]
    rows = pd.read_csv(args.out, keep_default_na=False, dtype=str).to_dict("records") if args.out.is_file() else []
    tried = {(row["file"], row["line"], row["column"], row["was"], row["becomes"]) for row in rows}
    left = [one for one in drawn if (one.file, str(one.line), str(one.column), one.was, one.becomes) not in tried]
    copies: queue.SimpleQueue[Path] = queue.SimpleQueue()

    def as_it_is(package: str) -> list[str]:
        copy = copies.get()
        told = told_by(copy, f"mmsr_lite/{package}/__init__.py", args.limit, most=BROKEN + 1)
        copies.put(copy)
        return told

    def outcome(mutant: Mutant) -> dict[str, object] | None:
        if time.monotonic() > end:
            return None
        copy, source = copies.get(), (ROOT / mutant.file).read_text(encoding="utf-8")
        (copy / mutant.file).write_text(put_in(mutant, source), encoding="utf-8")
        told = told_by(copy, mutant.file, args.limit, without)
        (copy / mutant.file).write_text(source, encoding="utf-8")
        copies.put(copy)
        return asdict(mutant) | {"outcome": "caught" if told else "survived", "by": " ".join(told)}

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.jobs) as pool:
        for number in range(args.jobs):
            copies.put(Path(shutil.copytree(ROOT, Path(folder, f"copy-{number}"), ignore=NOT_COPIED)))
        without = [name for told in pool.map(as_it_is, PACKAGES) for name in told]  # they say nothing of mutants
        if without:
            print(f"these tests fail as the package is, and are left out: {'; '.join(without)}", file=sys.stderr)
        if len(without) > BROKEN or any("::" not in name for name in without):
            sys.exit("so many tests fail, or whole files, that nothing can be told; mend that first")
        found = as_completed([pool.submit(outcome, mutant) for mutant in left])
        for done in tqdm(found, "mutants", len(left), disable=None):
            if (row := done.result()) is not None:
                rows.append(row)
                with atomic(args.out) as temporary:
                    pd.DataFrame(rows).to_csv(temporary, index=False)
    print(f"{len(everything):,} mutants are possible; tried: {dict(Counter(row['outcome'] for row in rows))}")
