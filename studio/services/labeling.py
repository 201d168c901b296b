"""Labeling functions: write, save, switch on and off; what their votes say is read here too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.core.errors import Conflict, Invalid
from studio.core.functions import LabelingFunction
from studio.core.jobs import Job, Progress
from studio.core.options import Options, parse_options
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.base import Limits, kinds
from studio.labeling.own_code import own_code
from studio.labeling.sandbox import discover, probe
from studio.services import applying
from studio.services.function_table import FunctionRow, list_functions
from studio.services.resources import choices, lexicons_in
from studio.services.votes import Mark, coverage, vote_matrix, vote_on, votes_fingerprint
from studio.storage.store import Store

__all__ = [
    "FunctionRow",
    "Mark",
    "check_options",
    "check_syntax",
    "choices",
    "coverage",
    "delete_function",
    "kind_names",
    "kind_options",
    "list_functions",
    "restore_function",
    "run_save_code",
    "sandbox_sentence",
    "save_code",
    "save_function",
    "set_enabled",
    "start_save_code",
    "vote_matrix",
    "vote_on",
    "votes_fingerprint",
]


def kind_names() -> tuple[str, ...]:
    """Return the kinds of labeling functions that a person can write, the default first."""
    return tuple(name for name in kinds.names() if name != "votes")


def kind_options(kind: str) -> type[Options]:
    """Return the options of a kind: what its form is drawn from."""
    return kinds.get(kind).Options


def save_function(
    store: Store,
    actor: User,
    project_id: int,
    *,
    kind: str,
    name: str,
    options: Mapping[str, Any],
    lf_id: int | None = None,
) -> LabelingFunction:
    """Save a labeling function as a new one, or as a new version of ``lf_id``.

    Raises
    ------
    Invalid
        If the options are not what the kind accepts, or name a label that is not there.
    Conflict
        If another labeling function of the project has this name.
    """
    actor.require(Role.EDITOR)
    values = check_options(store, project_id, kind, options)
    if lf_id is not None:
        return store.functions.save_version(lf_id, kind, values, actor.name, name=name.strip())
    function = LabelingFunction(name=name.strip(), kind=kind, options=values)
    return store.functions.add(project_id, function, actor.name)


def check_options(
    store: Store, project_id: int, kind: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return options as the kind keeps them; the label is checked against the project's labels."""
    parsed = parse_options(kind_options(kind), dict(options), what=f"The {kind} function")
    return kinds.get(kind)().canonical(parsed, store.projects.get(project_id).schema)


def start_save_code(store: Store, actor: User, project_id: int, code: str) -> int:
    """Queue the saving of Python code: each labeling function in it is saved under its name.

    The code is only read here, to find a syntax error at once; it runs in the sandbox alone.

    Raises
    ------
    Invalid
        If the code is not Python; names the line.
    """
    actor.require(Role.EDITOR)
    check_syntax(code)
    return enqueue(store, "save_code", {"code": code}, project_id=project_id, actor=actor.name)


def check_syntax(code: str) -> None:
    """Refuse code that is not Python, naming the line.

    Raises
    ------
    Invalid
        With line, column and what Python says of it.
    """
    try:
        compile(code, "<labeling functions>", "exec", dont_inherit=True, flags=0x400)  # AST only
    except SyntaxError as error:
        raise Invalid(
            f"Line {error.lineno}: {error.msg}. The code is not Python; correct it and try again."
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Invalid(f"The code cannot be read as Python: {error}.") from error


@handles("save_code", lane="interactive")
def run_save_code(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Find the labeling functions in the code and save each one, new or as a new version."""
    assert job.project_id is not None
    actor = User(job.created_by)
    names = save_code(store, actor, job.project_id, job.spec["code"])
    if store.documents.count(job.project_id):
        saved = [f.lf_id for f in store.functions.list(job.project_id) if f.name in names]
        applying.start_apply(store, actor, job.project_id, [n for n in saved if n is not None])
    progress(1.0, "Saved")
    return {"saved": names}


def save_code(store: Store, actor: User, project_id: int, code: str) -> list[str]:
    """Save each labeling function of a Python module under its own name; return the names.

    Raises
    ------
    Invalid
        If the code fails when it is loaded, or defines no labeling function.
    Conflict
        If a function of another kind has one of the names.
    """
    schema = store.projects.get(project_id).schema
    names = discover(
        code,
        schema.names,
        limits=Limits(),
        policy=store.settings.code_policy,
        lexicons=lexicons_in(store, project_id, code),
    )
    if not names:
        raise Invalid(
            "The code defines no labeling function. Write @labeling_function() above a function "
            "that takes a document x and returns a label or ABSTAIN."
        )
    existing = {f.name: f for f in store.functions.list(project_id)}
    clash = [n for n in names if n in existing and existing[n].kind != "python"]
    if clash:
        raise Conflict(
            f"A {existing[clash[0]].kind} function is already called {clash[0]!r}; "
            "give the Python function another name."
        )
    with store.transaction():
        for name in names:
            known = existing.get(name)
            save_function(
                store,
                actor,
                project_id,
                kind="python",
                name=name,
                options={"code": own_code(code, name, names), "function": name},
                lf_id=known.lf_id if known else None,
            )
    return names


def set_enabled(store: Store, actor: User, lf_id: int, enabled: bool) -> None:
    """Let a labeling function take part in the label model, or not."""
    actor.require(Role.EDITOR)
    store.functions.set_enabled(lf_id, enabled)


def delete_function(store: Store, actor: User, lf_id: int) -> None:
    """Put a labeling function away; :func:`restore_function` brings it back with its votes."""
    actor.require(Role.EDITOR)
    store.functions.delete(lf_id)


def restore_function(store: Store, actor: User, lf_id: int) -> None:
    """Bring a deleted labeling function back."""
    actor.require(Role.EDITOR)
    store.functions.restore(lf_id)


def sandbox_sentence(store: Store) -> str:
    """Return how Python functions run on this machine, in one sentence."""
    return probe(store.settings.code_policy).sentence
