"""All labeling functions as one Python module that runs under plain Snorkel."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.core.functions import LabelingFunction
from studio.core.options import parse_options
from studio.labeling.base import Asking, LFKind, kinds
from studio.labeling.constants import constant_names, literal, literals, safe_constants
from studio.labeling.imports import lexicon_names, module_of
from studio.labeling.module_text import (
    GUARD,
    MODULE,
    NAMES,
    OWN_NAMES,
    RULES,
    SNORKEL,
    comments,
    needed_imports,
    needed_rules,
)
from studio.labeling.user_modules import UserModule


@dataclass(frozen=True)
class ExportedModule:
    """A module, and why the functions that are not in it are not, by name."""

    source: str
    left_out: Mapping[str, str]


@dataclass
class _File:
    """The file as it grows: its sections, the names taken in it, and where each function is."""

    constants: Mapping[str, int]
    taken: set[str]
    sections: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def free_name(self, wanted: str) -> str:
        """Take a name that nothing else in the file has, as near to one as can be."""
        base = re.sub(r"\W+", "_", wanted).strip("_") or "rule"
        base = f"lf_{base}" if not base.isidentifier() or keyword.iskeyword(base) else base
        name, number = base, 2
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name)
        return name


def export_functions(
    functions: Sequence[LabelingFunction], asking: Asking, title: str
) -> ExportedModule:
    """Return a Python module with those of some functions that Python can say.

    Parameters
    ----------
    functions
        Names differ.
    asking
        The labels, and the lexicons.
    title
        What they belong to; the first line says it.
    """
    modules: dict[str, list[tuple[LabelingFunction, str]]] = {}
    bodies: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for function in functions:
        kind = kinds.get(function.kind)()
        options = parse_options(kind.Options, dict(function.options), what=function.name)
        own = kind.python_module(options)
        body = None if own else kind.as_python(options, asking)
        if own and not _is_python(own[0]):
            left_out[function.name] = "its code is no Python"
        elif own:
            modules.setdefault(own[0], []).append((function, own[1]))
        elif body:
            bodies[function.name] = body
        else:
            left_out[function.name] = _reason(kind)
    constants = safe_constants(asking.schema.names)
    file = _File(constants, {*constants, *RULES, *OWN_NAMES, *dir(builtins)})
    _add_modules(file, modules, asking)
    for name, body in bodies.items():
        _add_rule(file, name, body)
    names = [f.name for f in functions if f.name in file.places]
    source = _assemble(file, names, left_out, asking=asking, title=title)
    return ExportedModule(source, left_out)


def _is_python(code: str) -> bool:
    try:
        compile(code, "<labeling functions>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _reason(kind: LFKind) -> str:
    if type(kind).as_python is LFKind.as_python:
        return f"the kind {kind.title!r} needs the studio: a model, an endpoint or imported votes"
    return f"what this {kind.title!r} function asks for has no like in plain Python"


def _add_modules(
    file: _File, modules: Mapping[str, Sequence[tuple[LabelingFunction, str]]], asking: Asking
) -> None:
    """Add people's code: as it stands where it fits, else as a module in the module."""
    read = {code: UserModule.read(code) for code in modules}
    own = {name: f"snorkel.labeling:{name}" for name in SNORKEL}
    given = {**dict.fromkeys(file.taken - set(dir(builtins))), **file.constants, **own}
    every = constant_names(asking.schema.names)
    fitting = []
    for code, wanted in modules.items():
        others = [module for other, module in read.items() if other != code]
        is_known = all(f.name == name and name in read[code].functions for f, name in wanted)
        # A label whose constant the file does not have may be meant by that name.
        needs = (set(every) - set(file.constants)) & read[code].used
        is_alone = not lexicon_names(code) and not needs
        if is_known and is_alone and read[code].fits(others, given):
            fitting.append(code)
            file.taken |= read[code].bound
    _add_lexicons(file, [name for code in modules for name in lexicon_names(code)], asking)
    for code, wanted in modules.items():
        if code in fitting:
            _add_code(file, read[code], [name for _, name in wanted])
        else:
            _add_namespace(file, code, wanted)


def _add_lexicons(file: _File, names: Sequence[str], asking: Asking) -> None:
    """Add what people's code imports as ``lexicons``."""
    if not names:
        return
    lines = ['_lexicons = _types.ModuleType("lexicons")']
    for name in dict.fromkeys(names):
        terms, labels = module_of(asking.resources.lexicon(name), asking.schema.names)
        lines.append(f"_lexicons.{name} = frozenset({literals(sorted(terms))})")
        lines.append(f"_lexicons.{name}_labels = {labels!r}")
    lines.append('_sys.modules["lexicons"] = _lexicons')
    file.sections.append("\n".join(lines))


def _add_code(file: _File, module: UserModule, names: Sequence[str]) -> None:
    lines = [module.code.strip("\n")]
    for name in names:
        file.places[name] = name
        if not module.functions[name]:
            file.places[name] = place = file.free_name(name)
            lines.append(f"{place} = _named({literal(name)}, {name})")
    file.sections.append("\n".join(lines))


def _add_namespace(file: _File, code: str, wanted: Sequence[tuple[LabelingFunction, str]]) -> None:
    module = file.free_name("weft_module")
    parts = [f"{module} = _module({literal(module)}, {_quoted(code)})"]
    for function, name in wanted:
        place = file.free_name(function.name)
        found = f"_function({module}, {literal(name)})"
        parts.append(f"{place} = _named({literal(function.name)}, {found})")
        file.places[function.name] = place
    file.sections.append("\n".join(parts))


def _quoted(code: str) -> str:
    """Return code as a literal that reads like the code, where there is one."""
    for quotes in ("'''", '"""'):
        if quotes not in code and "\0" not in code and _is_utf8(code):
            return f"r{quotes}\n{code.rstrip()}\n{quotes}"
    return repr(code)


def _is_utf8(code: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in code)


def _add_rule(file: _File, name: str, body: str) -> None:
    place = file.free_name(name)
    made = "" if place == name else f"name={literal(name)}"
    lines = [f"@labeling_function({made})", f"def {place}(x):"]
    file.sections.append("\n".join([*lines, *(f"    {line}" for line in body.splitlines())]))
    file.places[name] = place


def _listed(file: _File, names: Sequence[str]) -> str:
    listed = [f"    _guarded({file.places[name]}),\n" for name in names]
    shown = "".join(f"    {literal(name)},\n" for name in names)
    return f"{NAMES} = (\n{shown})\nlfs = [\n{''.join(listed)}]"


def _assemble(
    file: _File,
    names: Sequence[str],
    left_out: Mapping[str, str],
    *,
    asking: Asking,
    title: str,
) -> str:
    used = "\n".join(file.sections)
    rules = needed_rules(used)
    spaces = [MODULE] if re.search(r"\b(?:_module|_named)\(", used) else []
    parts = [*rules, GUARD, *spaces]
    text = "\n".join([*parts, used])
    # Weft itself predefines the labels' names, should the file come back to it.
    hidden = sorted(set(constant_names(asking.schema.names)) & set(dir(builtins)))
    labels = [f"{name} = _builtins.{name}" for name in hidden]
    labels += [f"LABELS = {literals(asking.schema.names)}", "ABSTAIN = -1"]
    labels += [f"{n} = {i}" for n, i in file.constants.items() if n != "ABSTAIN"]
    imports = needed_imports("\n".join([text, *labels]))
    if spaces:
        labels.append(f"_CONSTANTS = {constant_names(asking.schema.names)!r}")
    head = "\n".join([*comments(title, left_out), "", *imports])
    return (
        "\n\n\n".join(
            [head + "\n\n" + "\n".join(labels), *parts, *file.sections, _listed(file, names)]
        )
        + "\n"
    )
