"""What a module of labeling functions binds and needs, read from its source; nothing is run."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

DECORATOR = "labeling_function"

_BUILTINS = frozenset(dir(builtins))
# Code that looks at its own module must have one of its own.
_LOOKS_AROUND = {"exec", "eval", "globals", "locals", "vars", "dir", "__import__"}


@dataclass(frozen=True)
class UserModule:
    """A person's code as far as it can be read without running it.

    Attributes
    ----------
    code
        As it was pasted.
    functions
        The functions defined once and plainly at its top, by name: whether each carries
        Snorkel's decorator under that name.
    bound, used
        All names that it binds at its top, and all that it mentions anywhere.
    constants
        What is bound once, at its top, to a number or by an import: the number, or what is
        imported.
    is_plain
        Whether it would mean the same as a part of another file.
    """

    code: str
    functions: Mapping[str, bool]
    bound: frozenset[str]
    used: frozenset[str]
    constants: Mapping[str, object]
    is_plain: bool

    @classmethod
    def read(cls, code: str) -> UserModule:
        """Read a module; one that is no Python has nothing and is not plain."""
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return cls(code, {}, frozenset(), frozenset(), {}, False)
        bound = Counter(_bound(tree))
        used = frozenset(_used(tree))
        return cls(
            code,
            {d.name: _is_decorated(d) for d in _plain_functions(tree) if bound[d.name] == 1},
            frozenset(bound),
            used,
            {name: value for name, value in _constants(tree) if bound[name] == 1},
            not used & _LOOKS_AROUND
            and not any(name.startswith("__") for name in used)
            and not any(_is_unusual_import(node) for node in ast.walk(tree)),
        )

    def fits(self, others: Sequence[UserModule], given: Mapping[str, object]) -> bool:
        """Whether the code may stand as it is in one file with other code.

        Parameters
        ----------
        others
            The other modules of the file.
        given
            What the file itself defines, as in ``constants``. To say the same again, here or in
            another module, does no harm.
        """
        mine = self.bound - self._agreed(given)
        if not self.is_plain or mine & (_BUILTINS | set(given)):
            return False
        return not any(
            (self.bound - self._agreed(other.constants)) & (other.bound | other.used)
            for other in others
        )

    def _agreed(self, constants: Mapping[str, object]) -> set[str]:
        return {n for n, v in self.constants.items() if n in constants and constants[n] == v}


def names_in(code: str, variable: str) -> tuple[str, ...] | None:
    """Return the texts of a tuple that a module binds to a variable; None without one."""
    for node in _statements(code):
        if isinstance(node, ast.Assign) and _targets(node) == [variable]:
            try:
                found = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                return None
            if isinstance(found, tuple | list) and all(isinstance(name, str) for name in found):
                return tuple(found)
    return None


def _statements(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _bound(tree: ast.Module) -> Iterator[str]:
    """Iterate over the names that a module binds, wherever it may do so, once a binding."""
    inner = {
        id(node)
        for scope in ast.walk(tree)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        for node in ast.walk(scope)
        if node is not scope
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        if id(node) not in inner:
            yield from _binds(node)


def _binds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.Import() | ast.ImportFrom():
            yield from (a.asname or a.name.partition(".")[0] for a in node.names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name


def _used(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((a.asname, a.name) for a in node.names if a.asname)
            yield from ((a.name, a.name) for a in node.names if not a.asname and "." not in a.name)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((a.asname or a.name, f"{node.module}:{a.name}") for a in node.names)
        elif isinstance(node, ast.Assign) and len(node.targets) == len(_targets(node)) == 1:
            try:
                value = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            if type(value) is int:
                yield _targets(node)[0], value


def _targets(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _plain_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (not node.decorator_list or _is_decorated(node)):
            yield node


def _is_decorated(node: ast.FunctionDef) -> bool:
    """Whether Snorkel's decorator, and nothing else, makes a labeling function of this name."""
    if len(node.decorator_list) != 1:
        return False
    made = node.decorator_list[0]
    if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Name):
        return False
    return made.func.id == DECORATOR and not made.args and _keeps_name(made, node.name)


def _keeps_name(made: ast.Call, name: str) -> bool:
    for word in made.keywords:
        if word.arg is None:
            return False
        if word.arg == "name":
            return isinstance(word.value, ast.Constant) and word.value.value in (name, None)
    return True


def _is_unusual_import(node: ast.AST) -> bool:
    if not isinstance(node, ast.ImportFrom):
        return False
    return node.module == "__future__" or any(alias.name == "*" for alias in node.names)
