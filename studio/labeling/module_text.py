"""The parts of an exported module that are the same in each: imports, rules, and a guard."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from studio.labeling import plain_rules

NAMES = "LF_NAMES"
"""The variable of an exported module that lists the functions in it."""

SNORKEL: Final = ("labeling_function", "LabelingFunction")
RULES: Mapping[str, str] = MappingProxyType(
    {
        name: inspect.getsource(rule).rstrip()
        for name, rule in vars(plain_rules).items()
        if inspect.isfunction(rule)
    }
)
_IMPORTS = (
    ("_builtins", "import builtins as _builtins"),
    ("_math", "import math as _math"),
    ("_numbers", "import numbers as _numbers"),
    ("_re", "import re as _re"),
    ("_sys", "import sys as _sys"),
    ("_types", "import types as _types"),
    ("_unicodedata", "import unicodedata as _unicodedata"),
    ("_Any", "from typing import Any as _Any"),
)
GUARD = '''\
def _guarded(function):
    """Return a labeling function that abstains where Weft does.

    That is on a document on which it fails, and where its answer is no label. Leave it away to
    see the exceptions themselves.
    """

    def vote(x):
        try:
            answer = function(x)
        except Exception:
            return ABSTAIN
        is_number = isinstance(answer, _numbers.Integral) and not isinstance(answer, bool)
        return int(answer) if is_number and ABSTAIN <= answer < len(LABELS) else ABSTAIN

    return LabelingFunction(function.name, vote)'''
MODULE = '''\
def _module(name, code):
    """Run code as a module of its own, with the labels' names in it."""
    module = _types.ModuleType(name)
    module.__dict__.update(_CONSTANTS, labeling_function=labeling_function)
    _sys.modules[name] = module
    exec(compile(code, f"<{name}>", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def _function(members, name):
    """Return a labeling function of a module, by its own name."""
    for member in members.values():
        if isinstance(member, LabelingFunction) and member.name == name:
            return member
    return members[name]


def _named(name, function):
    """Return a labeling function under another name, or a plain function as one."""
    if getattr(function, "name", None) == name:
        return function
    if type(function) is not LabelingFunction:
        return LabelingFunction(name, lambda x: function(x))
    parts = {"resources": function._resources, "pre": function._pre}
    return LabelingFunction(name, function._f, **parts)'''

OWN_NAMES = frozenset(
    [
        *SNORKEL,
        *(name for name, _ in _IMPORTS),
        NAMES,
        "LABELS",
        "_CONSTANTS",
        "_lexicons",
        "lfs",
        "x",
    ]
    + ["_guarded", "_module", "_function", "_named"]
)


def needed_rules(text: str) -> list[str]:
    """Return the rules that a text names, and those that these name, in the order of writing."""
    needed: set[str] = set()
    found = {name for name in RULES if re.search(rf"\b{name}\(", text)}
    while found - needed:
        needed |= found
        inner = "\n".join(RULES[name] for name in found)
        # A rule may hand another one on without calling it.
        found = {name for name in RULES if re.search(rf"\b{name}\b", inner)}
    return [source.replace("Any", "_Any") for name, source in RULES.items() if name in needed]


def comments(title: str, left_out: Mapping[str, str]) -> list[str]:
    """Return the comments at the top: what this is, and what is not in it, and why."""
    lines = [
        # Python looks into the first two lines for an encoding: no title may stand there.
        "Labeling functions, exported from Weft.",
        "",
        f"Project: {_one_line(title)}",
        "",
        "They run under Snorkel alone, on a frame with a column text and the metadata columns:",
        "    from snorkel.labeling import PandasLFApplier",
        "    votes = PandasLFApplier(lfs).apply(frame)",
    ]
    if left_out:
        lines += ["", "Not here, because they cannot be said in plain Python:"]
        lines += [f"    {_one_line(name)}: {why}" for name, why in left_out.items()]
    return [f"# {line}".rstrip() for line in lines]


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def needed_imports(text: str) -> list[str]:
    """Return the lines that import what a text names."""
    standard = [line for name, line in _IMPORTS if re.search(rf"\b{name}\b", text)]
    return [*standard, "", f"from snorkel.labeling import {', '.join(sorted(SNORKEL))}"]
