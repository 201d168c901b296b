"""The part of a module that one of its labeling functions needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def own_code(code: str, name: str, names: Sequence[str]) -> str:
    """Return a module without the labeling functions that another one of it does not need.

    So each function of a pasted module has code of its own: editing one changes no other.

    Parameters
    ----------
    code
        A Python module.
    name
        The labeling function whose part is asked for.
    names
        All labeling functions that the module defines.

    Returns
    -------
    str
        The module without the other functions and the comments right above them. What the rest
        of the module mentions stays; so does everything where the function is not a ``def`` of
        the module.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return code
    written = {_lf_name(node): node for node in tree.body if isinstance(node, _Function)}
    if name not in written:
        return code
    others = [node for lf, node in written.items() if lf in names and lf != name]
    dropped = _unneeded(tree.body, others)
    if not dropped:
        return code
    return _without(code, dropped)


def _lf_name(node: _Function) -> str:
    """Return the name of the labeling function that a ``def`` makes."""
    for decorator in node.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            value = keyword.value
            if keyword.arg == "name" and isinstance(value, ast.Constant):
                return str(value.value)
    return node.name


def _unneeded(body: Sequence[ast.stmt], others: Sequence[_Function]) -> list[_Function]:
    """Return those of some functions that nothing else of the module mentions."""
    dropped = list(others)
    while True:
        kept = [node for node in body if node not in dropped]
        mentioned = _mentioned(kept)
        still = [node for node in dropped if node.name not in mentioned]
        if len(still) == len(dropped):
            return still
        dropped = still


def _mentioned(nodes: Iterable[ast.stmt]) -> set[str]:
    found = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # As globals()["name"] would mention it.
            found.add(node.value)
    return found


def _without(code: str, dropped: Sequence[_Function]) -> str:
    lines = re.split(r"\r\n?|\n", code)  # as Python counts them: not at a form feed
    gone: set[int] = set()
    for node in dropped:
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        while first > 1 and lines[first - 2].lstrip().startswith("#"):
            first -= 1
        gone |= set(range(first, (node.end_lineno or node.lineno) + 1))
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip("\n") + "\n"
