"""Small mistakes in a program: another comparison, operator or number, a condition turned round, a call left out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "in": "not in", "not in": "in"}
COMPARED |= {"is": "is not", "is not": "is"}
OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*", "@": "*", "&": "|", "|": "&"}
SIGNS: dict[type[ast.AST], str] = {
    **{ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
    **{ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"},
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**"},
    **{ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|"},
}


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
