"""Lexicons in Python labeling functions: which ones the code imports, and as what.

``from lexicons import refund_words`` gives a frozenset of its terms, and
``refund_words_labels`` a dictionary from terms to label indices.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from studio.core.lexicons import LABELS_SUFFIX, Lexicon
from studio.labeling.constants import index_of

MODULE = "lexicons"


def lexicon_names(source: str) -> tuple[str, ...]:
    """Return the lexicons that code imports, in alphabetical order; none of code that is broken.

    Found are ``from lexicons import NAME`` and ``lexicons.NAME`` after ``import lexicons``, also
    under other names. The code is only read.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    nodes = list(ast.walk(tree))
    found = {name for node in nodes for name in _imported(node)}
    modules = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == MODULE
    }
    found |= {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    }
    return tuple(sorted({name.removesuffix(LABELS_SUFFIX) for name in found}))


def module_of(lexicon: Lexicon, labels: Sequence[str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return what code sees of a lexicon: its terms, and label indices of those that have one.

    Raises
    ------
    Invalid
        If a term has a label that the project does not.
    """
    pairs = zip(lexicon.terms, lexicon.labels, strict=True)
    indices = {name: index_of(name, labels) for name in set(lexicon.labels) if name is not None}
    return lexicon.terms, {term: indices[name] for term, name in pairs if name is not None}


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module == MODULE and not node.level:
        yield from (alias.name for alias in node.names if alias.name != "*")
