"""The syntax of Python files, parsed once for all tests of a process that read it."""

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file.

    >>> type(tree_of(Path(__file__))).__name__
    'Module'
    """
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a syntax tree, as `ast.walk` gives them, which takes many times as long.

    >>> [type(node).__name__ for node in nodes_of(ast.parse("1"))]
    ['Module', 'Expr', 'Constant']
    """
    return tuple(ast.walk(tree))
