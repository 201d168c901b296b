"""Labeling functions: write, try, apply, and see how they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.core.errors import Conflict, Invalid
from studio.core.fingerprints import fingerprint
from studio.core.functions import Fault, LabelingFunction, LFSummary, Votes
from studio.core.jobs import Job, Progress
from studio.core.options import Options, parse_options
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.core.votes import VoteMatrix
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.analysis import summarize
from studio.labeling.base import Limits, kinds
from studio.labeling.sandbox import discover, probe
from studio.services import resources
from studio.storage.documents import Shard
from studio.storage.store import Store


@dataclass(frozen=True)
class FunctionRow:
    """A labeling function as the table shows it.

    ``stale`` is whether some documents have not been voted on by this version; ``faults`` are the
    reasons why it failed, first occurrence each; ``tier`` names the sandbox that ran it.
    """

    function: LabelingFunction
    summary: LFSummary
    stale: bool
    faults: tuple[Fault, ...]
    tier: str


def kind_names() -> tuple[str, ...]:
    """Return the kinds of labeling functions that a person can write, the default first."""
    return tuple(name for name in kinds.names() if name != "votes")


def kind_options(kind: str) -> type[Options]:
    """Return the options of a kind: what its form is drawn from."""
    return kinds.get(kind).Options


def list_functions(store: Store, project_id: int) -> list[FunctionRow]:
    """Return all labeling functions with what their votes say of them."""
    functions = resources.functions_of(store, project_id)
    shards = store.documents.shards(project_id)
    loaded = {f.name: _load(store, f, shards) for f in functions}
    enabled = [f for f in functions if f.enabled]
    summaries = _summaries(store, project_id, enabled, shards)
    rows = []
    for function in functions:
        votes = loaded[function.name]
        present = [part for part in votes if part is not None]
        rows.append(
            FunctionRow(
                function=function,
                summary=summaries.get(function.name, LFSummary(function.name, function.kind)),
                stale=len(present) < len(votes),
                faults=tuple(fault for part in present for fault in part.faults),
                tier=next((part.tier for part in present), ""),
            )
        )
    return rows


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
    values: dict[str, Any] = parsed.model_dump(mode="json")
    if "label" in values:
        schema = store.projects.get(project_id).schema
        values["label"] = schema.name_of(schema.parse(values["label"]))
    return values


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
    names = save_code(store, User(job.created_by), job.project_id, job.spec["code"])
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
    names = discover(code, schema.names, limits=Limits(), trusted=store.settings.trusted_authors)
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
                options={"code": code, "function": name},
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


def vote_matrix(store: Store, project_id: int) -> VoteMatrix:
    """Return the votes of all enabled labeling functions on all documents.

    A function that has not seen a document yet abstains on it.

    Raises
    ------
    Invalid
        If there is no enabled labeling function.
    """
    functions = [f for f in resources.functions_of(store, project_id) if f.enabled]
    if not functions:
        raise Invalid("No labeling function is switched on. Write one, or switch one on.")
    shards = store.documents.shards(project_id)
    return _matrix(store, project_id, functions, shards)


def votes_fingerprint(store: Store, project_id: int) -> str:
    """Return what the vote matrix is made of; it changes when a function or document does."""
    functions = [f for f in resources.functions_of(store, project_id) if f.enabled]
    shards = store.documents.shards(project_id)
    parts = [[f.name, f.fingerprint] for f in functions]
    missing = [
        [f.name, s.fingerprint]
        for f in functions
        for s in store.votes.missing(f.fingerprint, shards)
    ]
    return fingerprint(parts, [s.fingerprint for s in shards], missing)


def coverage(store: Store, project_id: int) -> float | None:
    """Return the share of documents with a vote; None if nothing was applied yet."""
    functions = [f for f in resources.functions_of(store, project_id) if f.enabled]
    shards = store.documents.shards(project_id)
    if not functions or not shards:
        return None
    if all(len(store.votes.missing(f.fingerprint, shards)) == len(shards) for f in functions):
        return None
    key = fingerprint("coverage", votes_fingerprint(store, project_id))
    known = store.explanations.find(key)
    if known is None:
        covered = _matrix(store, project_id, functions, shards).covered
        known = {"coverage": float(covered.mean())}
        store.explanations.save(key, known)
    return float(known["coverage"])


def sandbox_sentence(store: Store) -> str:
    """Return how Python functions run on this machine, in one sentence."""
    return probe(trusted=store.settings.trusted_authors).sentence


def _load(store: Store, function: LabelingFunction, shards: Sequence[Shard]) -> list[Votes | None]:
    return [store.votes.load(function.fingerprint, shard) for shard in shards]


def _matrix(
    store: Store,
    project_id: int,
    functions: Sequence[LabelingFunction],
    shards: Sequence[Shard],
) -> VoteMatrix:
    n = sum(shard.n_docs for shard in shards)
    votes = np.full((n, len(functions)), ABSTAIN, np.int16)
    for column, function in enumerate(functions):
        for shard, part in zip(shards, _load(store, function, shards), strict=True):
            if part is not None:
                first = shard.first_doc_id
                votes[first : first + shard.n_docs, column] = part.votes
    k = store.projects.get(project_id).schema.cardinality
    names = tuple(f.name for f in functions)
    return VoteMatrix(votes, np.arange(n, dtype=np.int64), names, k)


def _summaries(
    store: Store,
    project_id: int,
    functions: Sequence[LabelingFunction],
    shards: Sequence[Shard],
) -> dict[str, LFSummary]:
    if not functions or not shards:
        return {}
    matrix = _matrix(store, project_id, functions, shards)
    faults = {
        f.name: sum(part.n_faults for part in _load(store, f, shards) if part is not None)
        for f in functions
    }
    gold = store.annotations.gold(project_id)
    found = summarize(matrix, gold, {f.name: f.kind for f in functions}, faults)
    return {summary.name: summary for summary in found}
