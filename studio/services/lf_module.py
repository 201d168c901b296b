"""Labeling functions out of a project as one Python module, and into one from a module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.core.errors import Conflict, Invalid
from studio.core.functions import LabelingFunction
from studio.core.jobs import Job, Progress
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.base import Limits
from studio.labeling.imports import lexicon_names
from studio.labeling.module_export import export_functions
from studio.labeling.module_text import NAMES
from studio.labeling.own_code import own_code
from studio.labeling.sandbox import discover
from studio.labeling.user_modules import names_in
from studio.services import labeling, resources
from studio.storage.store import Store


@dataclass(frozen=True)
class ModulePreview:
    """What an import of a module would do; each name is in one of the four.

    ``new`` functions are added; ``changed`` ones, and those that came from other code, get a new
    version; ``unchanged`` ones are left alone. ``conflicts`` are names that functions of other
    kinds have, with these kinds: none of them is imported.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    conflicts: Mapping[str, str]


def export_module(store: Store, project_id: int) -> tuple[bytes, list[str]]:
    """Return the enabled labeling functions as one Python file, and sentences on what is missing.

    The file runs under plain Snorkel; there its functions vote as they do here.

    Returns
    -------
    tuple of bytes and list of str
        The file, UTF-8, and one sentence a function that Python cannot say: it needs a model or
        a service. The file names them too.

    Raises
    ------
    Invalid
        If no labeling function is switched on.
    """
    functions = [f for f in resources.functions_of(store, project_id) if f.enabled]
    if not functions:
        raise Invalid("No labeling function is switched on. Write one, or switch one on.")
    project = store.projects.get(project_id)
    made = export_functions(functions, resources.asking(store, project_id), project.name)
    missing = [f"{name} is not in the file: {why}." for name, why in made.left_out.items()]
    return made.source.encode("utf-8", "backslashreplace"), missing


def preview_module(store: Store, project_id: int, code: str) -> ModulePreview:
    """Say what an import of a module would do. The code runs, in the sandbox alone.

    Raises
    ------
    Invalid
        If the code is no Python, fails when it is loaded, defines no labeling function, or was
        exported from a project with other labels.
    Unavailable
        If user code cannot be run here.
    """
    names = _functions_in(store, project_id, code)
    existing = {f.name: f for f in store.functions.list(project_id)}
    conflicts = {n: existing[n].kind for n in names if n in existing and _is_other(existing[n])}
    new = [n for n in names if n not in existing]
    known = [n for n in names if n in existing and n not in conflicts]
    same = [n for n in known if dict(existing[n].options) == _options(code, n, names)]
    return ModulePreview(
        new=tuple(new),
        changed=tuple(n for n in known if n not in same),
        unchanged=tuple(same),
        conflicts=conflicts,
    )


def import_module(
    store: Store,
    actor: User,
    project_id: int,
    code: str,
    *,
    names: Sequence[str] | None = None,
) -> ModulePreview:
    """Save the labeling functions of a module, all at once or none; return what was done.

    Parameters
    ----------
    names
        Which of them; all without it.

    Raises
    ------
    Forbidden
        If the user is no editor.
    Invalid
        As :func:`preview_module`; or the module has no function of one of ``names``.
    Conflict
        If a function of another kind has one of the names.
    """
    actor.require(Role.EDITOR)
    found = preview_module(store, project_id, code)
    wanted = _wanted(found, names)
    every = [*found.new, *found.changed, *found.unchanged, *found.conflicts]
    taken = [name for name in wanted if name in found.conflicts]
    if taken:
        raise Conflict(
            f"A {found.conflicts[taken[0]]} function is already called {taken[0]!r}. Rename it "
            "or the one in the module, or leave it out."
        )
    known = {f.name: f.lf_id for f in store.functions.list(project_id)}
    with store.transaction():
        for name in wanted:
            if name not in found.unchanged:
                labeling.save_function(
                    store,
                    actor,
                    project_id,
                    kind="python",
                    name=name,
                    options=_options(code, name, every),
                    lf_id=known.get(name),
                )
    return ModulePreview(
        new=tuple(n for n in found.new if n in wanted),
        changed=tuple(n for n in found.changed if n in wanted),
        unchanged=tuple(n for n in found.unchanged if n in wanted),
        conflicts={},
    )


def start_preview(store: Store, actor: User, project_id: int, code: str) -> int:
    """Queue :func:`preview_module`; return the job. Its result is that of :func:`preview_of`.

    Raises
    ------
    Invalid
        If the code is no Python; names the line.
    """
    actor.require(Role.EDITOR)
    labeling.check_syntax(code)
    return enqueue(
        store, "preview_module", {"code": code}, project_id=project_id, actor=actor.name
    )


@handles("preview_module", lane="interactive")
def run_preview(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Find out what an import would do."""
    assert job.project_id is not None
    progress(0.0, "Loading the module")
    return _to_json(preview_module(store, job.project_id, job.spec["code"]))


def start_import(
    store: Store, actor: User, project_id: int, code: str, *, names: Sequence[str]
) -> int:
    """Queue :func:`import_module` of some functions; return the job."""
    actor.require(Role.EDITOR)
    labeling.check_syntax(code)
    spec = {"code": code, "names": list(names)}
    return enqueue(store, "import_module", spec, project_id=project_id, actor=actor.name)


@handles("import_module", lane="interactive")
def run_import(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Save the functions of a module."""
    assert job.project_id is not None
    progress(0.0, "Loading the module")
    actor, names = User(job.created_by, Role.EDITOR), job.spec["names"]
    return _to_json(import_module(store, actor, job.project_id, job.spec["code"], names=names))


def preview_of(job: Job) -> ModulePreview:
    """Return what a finished job of :func:`start_preview` or :func:`start_import` says."""
    return ModulePreview(
        new=tuple(job.result["new"]),
        changed=tuple(job.result["changed"]),
        unchanged=tuple(job.result["unchanged"]),
        conflicts=dict(job.result["conflicts"]),
    )


def _to_json(found: ModulePreview) -> dict[str, Any]:
    return {
        "new": list(found.new),
        "changed": list(found.changed),
        "unchanged": list(found.unchanged),
        "conflicts": dict(found.conflicts),
    }


def _wanted(found: ModulePreview, names: Sequence[str] | None) -> list[str]:
    every = [*found.new, *found.changed, *found.unchanged, *found.conflicts]
    if names is None:
        return every
    unknown = [name for name in names if name not in every]
    if unknown:
        raise Invalid(f"The module has no labeling function {unknown[0]!r}. Look at it again.")
    return list(names)


def _functions_in(store: Store, project_id: int, code: str) -> list[str]:
    labeling.check_syntax(code)
    schema = store.projects.get(project_id).schema
    labels = names_in(code, "LABELS")
    if names_in(code, NAMES) is not None and labels and labels != schema.names[: len(labels)]:
        raise Invalid(
            f"The module was exported for the labels {', '.join(labels[:5])}; this project has "
            f"{', '.join(schema.names[:5])}. Its votes would mean other labels here."
        )
    asking = resources.asking(store, project_id)
    found = discover(
        code,
        schema.names,
        limits=Limits(),
        policy=asking.policy,
        lexicons={name: asking.resources.lexicon(name) for name in lexicon_names(code)},
    )
    listed = names_in(code, NAMES)
    # A module of ours holds more functions than were switched on when it was made.
    names = [n for n in found if listed is None or n in listed]
    if not names:
        raise Invalid(
            "The module defines no labeling function. Write @labeling_function() above a function "
            "that takes a document x and returns a label or ABSTAIN."
        )
    return names


def _is_other(function: LabelingFunction) -> bool:
    return function.kind != "python"


def _options(code: str, name: str, names: Sequence[str]) -> dict[str, Any]:
    return {"code": own_code(code, name, names), "function": name}
