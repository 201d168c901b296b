"""The user's source as a module, and the labeling functions in it."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .faults import FILE_NAME

MODULE_NAME = "labeling_functions"
LEXICONS = "lexicons"


@dataclass(frozen=True)
class Found:
    """One labeling function of the module.

    ``needs_copy`` is whether it has preprocessors: these copy and change the document, which the
    lazy records do not allow. ``caches`` are what has to be emptied now and then.
    """

    call: Callable[[Any], Any]
    needs_copy: bool = False
    caches: tuple[Any, ...] = ()

    def forget(self) -> None:
        """Empty the memory of preprocessors, which grows with every document."""
        for preprocessor in self.caches:
            preprocessor.reset_cache()


def load(source: str, constants: Mapping[str, int], lexicons: Mapping[str, Any]) -> dict[str, Any]:
    """Run the source as a module; return its globals.

    Predefined are the labels' names and Snorkel's decorator: who forgets its import means it all
    the same. Lexicons are in the module ``lexicons``. Whatever the source raises passes through.
    """
    sys.modules[LEXICONS] = _module_of(lexicons)
    module = types.ModuleType(MODULE_NAME)
    module.__file__ = FILE_NAME
    module.__dict__.update(constants)
    module.__dict__["labeling_function"] = sys.modules["snorkel.labeling"].labeling_function
    # Preprocessors pickle documents, and pickle finds the user's classes by the module's name.
    sys.modules[MODULE_NAME] = module
    code = compile(source, FILE_NAME, "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return module.__dict__


def _module_of(lexicons: Mapping[str, Any]) -> types.ModuleType:
    """Return a module with the terms of each lexicon, and labels by term as ``NAME_labels``."""
    module = types.ModuleType(LEXICONS)
    for name, (terms, labels) in lexicons.items():
        module.__dict__[name] = frozenset(terms)
        module.__dict__[f"{name}_labels"] = labels
    return module


def find(members: Mapping[str, Any], labeling_function: Any) -> dict[str, Found]:
    """Return the labeling functions of a loaded module by name, in order of definition.

    These are Snorkel's ``LabelingFunction`` objects; if there are none, all plain functions with
    one parameter whose names do not begin with an underscore.
    """
    found: dict[str, Found] = {}
    for value in list(members.values()):
        if issubclass(type(value), labeling_function) and type(value.name) is str:
            found.setdefault(value.name, _from_snorkel(value, labeling_function))
    if found:
        return found
    return {name: Found(value) for name, value in members.items() if _is_plain(name, value)}


def _from_snorkel(function: Any, labeling_function: Any) -> Found:
    if function._pre or type(function) is not labeling_function:
        return Found(function, needs_copy=True, caches=tuple(function._pre))
    if function._resources:
        return Found(functools.partial(function._f, **function._resources))
    return Found(function._f)


def _is_plain(name: str, value: Any) -> bool:
    if type(value) is not types.FunctionType or value.__module__ != MODULE_NAME:
        return False
    return not name.startswith("_") and len(inspect.signature(value).parameters) == 1
