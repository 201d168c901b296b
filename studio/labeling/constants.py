"""The names under which Python labeling functions know the labels."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Sequence

from studio.core.schema import ABSTAIN, LabelSchema


def constant_names(labels: Iterable[str]) -> dict[str, int]:
    """Return what is predefined in Python labeling functions: a name and its label index.

    Each label is known in capitals with underscores (``not spam`` as ``NOT_SPAM``) and, if it is
    an identifier, under its own name; -1 as ``ABSTAIN``. A name that two labels would share is
    left out.
    """
    indices: dict[str, set[int]] = {}
    for index, label in enumerate(labels):
        for name in (re.sub(r"\W+", "_", label).strip("_").upper(), label):
            if name.isidentifier() and not keyword.iskeyword(name):
                indices.setdefault(name, set()).add(index)
    constants = {name: owners.pop() for name, owners in indices.items() if len(owners) == 1}
    return {**constants, "ABSTAIN": ABSTAIN}


def safe_constants(labels: Iterable[str]) -> dict[str, int]:
    """Return those of :func:`constant_names` that hide nothing a module needs."""
    taken = {"x", "lfs", "labeling_function", "LabelingFunction", *dir(builtins)}
    names = constant_names(labels).items()
    return {name: i for name, i in names if name not in taken and not name.startswith("_")}


def constant_of(labels: Sequence[str], index: int) -> str:
    """Return what stands for a label in Python: its constant, or the number where it has none."""
    known = {i: name for name, i in reversed(safe_constants(labels).items())}
    return known.get(index, str(index))


def literal(text: str) -> str:
    """Return a text as a Python literal; a raw one where that is easier to read."""
    if "\\" in text and text.isprintable() and '"' not in text and not text.endswith("\\"):
        return f'r"{text}"'
    return repr(text)


def literals(items: Sequence[object]) -> str:
    """Return a list as a Python literal, over several lines where it is long."""
    shown = [literal(item) if isinstance(item, str) else repr(item) for item in items]
    line = f"[{', '.join(shown)}]"
    return line if len(line) < 70 else "[\n" + "".join(f"    {item},\n" for item in shown) + "]"


def index_of(name: str, labels: Sequence[str]) -> int:
    """Return the index of a label by its name, compared without case.

    Raises
    ------
    Invalid
        If there is no such label.
    """
    return LabelSchema(tuple(labels)).index_of(name)
