"""History of a labeling function: its versions, what each changed, and the way back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from studio.core.errors import Conflict, NotFound, StudioError
from studio.core.fingerprints import fingerprint
from studio.core.functions import LabelingFunction
from studio.core.intervals import wilson
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.labeling.analysis import judged, spread
from studio.services import labeling, resources, votes
from studio.storage.store import Store


@dataclass(frozen=True)
class VersionRow:
    """One version of a labeling function.

    Attributes
    ----------
    version, at, by
        Its number from 1, when it was saved (UTC), and by whom.
    kind
        The kind of labeling function it is.
    diff
        What it changed, as lines of a unified diff without a head; the first version is all new.
    coverage, conflicts
        Shares of all documents, in ``[0, 1]``; None for a version that was never applied to all
        the documents that are here now.
    n_gold, right
        Its votes on documents with gold as it is now, and how many of them agree.
    change_coverage, change_precision, change_conflicts
        This version's figure minus that of the version before, None where one is not known.
    """

    version: int
    at: datetime
    by: str
    kind: str
    diff: tuple[str, ...]
    coverage: float | None = None
    conflicts: float | None = None
    n_gold: int = 0
    right: int = 0
    change_coverage: float | None = None
    change_precision: float | None = None
    change_conflicts: float | None = None

    @property
    def precision(self) -> float | None:
        """Share of its votes on gold documents that are right; None without any."""
        return self.right / self.n_gold if self.n_gold else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of ``precision``; None without a vote on gold."""
        return wilson(self.right, self.n_gold) if self.n_gold else None


def history(store: Store, project_id: int, lf_id: int) -> list[VersionRow]:
    """Return the versions of a labeling function, the newest first.

    Conflicts are with the other functions as they are now, so that versions can be compared.

    Raises
    ------
    NotFound
        If the project has no such function.
    """
    _refuse_strange(store, project_id, lf_id)
    versions = store.functions.versions(lf_id)[::-1]
    figures = _figures(store, project_id, [function for function, _, _ in versions])
    rows: list[VersionRow] = []
    lines: list[str] = []
    for (function, at, by), known in zip(versions, figures, strict=True):
        before, lines = lines, readable(function)
        row = VersionRow(
            function.version, at, by, function.kind, tuple(diff(before, lines)), **(known or {})
        )
        rows.append(_with_changes(row, rows[-1] if rows else None))
    return rows[::-1]


def restore_version(store: Store, actor: User, lf_id: int, version: int) -> LabelingFunction:
    """Save a new version that is equal to an old one; its votes are there at once.

    Nothing is lost: the versions in between stay in the history.

    Raises
    ------
    NotFound
        If there is no such version.
    Conflict
        If it is what the newest version says already.
    Invalid
        If the project has no longer what it needs: its label, say.
    """
    actor.require(Role.EDITOR)
    versions = [function for function, _, _ in store.functions.versions(lf_id)]
    wanted = next((f for f in versions if f.version == version), None)
    if wanted is None:
        raise NotFound(
            f"{versions[0].name} has no version {version}; it has 1 to {versions[0].version}."
        )
    if wanted.fingerprint == versions[0].fingerprint:
        raise Conflict(
            f"Version {version} of {wanted.name} is the same as the newest one, "
            f"{versions[0].version}. There is nothing to restore."
        )
    labeling.check_options(store, store.functions.project_of(lf_id), wanted.kind, wanted.options)
    # The options as they were kept: equal options have the votes that were made then.
    return store.functions.save_version(lf_id, wanted.kind, wanted.options, actor.name)


def readable(function: LabelingFunction) -> list[str]:
    """Return kind and options of a function as lines that a person can compare."""
    lines = [f"kind: {function.kind}"]
    for name, value in function.options.items():
        lines += _readable(name, value, "")
    return lines


def diff(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return how lines changed, as a unified diff without the two lines of its head."""
    return list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]


def _readable(name: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return [f"{indent}{name}:", *(f"{indent}    {line}" for line in value.splitlines())]
    if isinstance(value, Mapping):
        inner = [line for key in value for line in _readable(str(key), value[key], indent + "  ")]
        return [f"{indent}{name}:", *inner]
    if isinstance(value, list | tuple) and value:
        return [f"{indent}{name}:", *(f"{indent}  - {_plain(item)}" for item in value)]
    return [f"{indent}{name}: {_plain(value)}"]


def _plain(value: Any) -> str:
    words = {True: "yes", False: "no", None: "none"}
    if value is None or isinstance(value, bool):
        return words[value]
    return str(value)


def _with_changes(row: VersionRow, before: VersionRow | None) -> VersionRow:
    if before is None:
        return row
    return replace(
        row,
        change_coverage=_minus(row.coverage, before.coverage),
        change_precision=_minus(row.precision, before.precision),
        change_conflicts=_minus(row.conflicts, before.conflicts),
    )


def _minus(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


def _figures(
    store: Store, project_id: int, versions: Sequence[LabelingFunction]
) -> list[dict[str, Any] | None]:
    """Return coverage, conflicts and what gold says of each version, None where not applied."""
    shards = store.documents.shards(project_id)
    own = versions[0].lf_id
    others = [f for f in votes.enabled_functions(store, project_id) if f.lf_id != own]
    against = votes.fingerprint_of(store, project_id, others)
    gold = store.annotations.gold(project_id)[: sum(shard.n_docs for shard in shards)]
    of_gold = fingerprint(gold)
    applied = [_as_applied(store, project_id, version) for version in versions]
    keys = [
        None
        if f is None or not shards or store.votes.missing(f.fingerprint, shards)
        else fingerprint("version", f.fingerprint, against, of_gold)
        for f in applied
    ]
    found = {key: store.explanations.find(key) for key in keys if key is not None}
    unknown = {
        key: f
        for key, f in zip(keys, applied, strict=True)
        if key is not None and f is not None and found[key] is None
    }
    for key, counted in _count(store, project_id, unknown, others).items():
        store.explanations.save(key, counted)
        found[key] = counted
    return [None if key is None else found[key] for key in keys]


def _as_applied(
    store: Store, project_id: int, version: LabelingFunction
) -> LabelingFunction | None:
    try:
        return resources.with_inputs(store, project_id, version)
    except StudioError:
        # An old version may rest on a lexicon, run or kind that is gone: it cannot have votes.
        return None


def _count(
    store: Store,
    project_id: int,
    versions: Mapping[str, LabelingFunction],
    others: Sequence[LabelingFunction],
) -> dict[str, dict[str, Any]]:
    """Count the figures of some versions in one pass over the votes, a shard at a time."""
    if not versions:
        return {}
    gold = store.annotations.gold(project_id)
    n_docs, counts = 0, np.zeros((len(versions), 4), np.int64)
    functions = [*versions.values(), *others]
    for block in votes.blocks(store, functions, store.documents.shards(project_id)):
        n_docs += block.n_docs
        own, rest = block.columns[: len(versions)], block.columns[len(versions) :]
        together = spread([c for c in rest if c is not None], block.n_docs)
        truth = gold[block.first_doc_id : block.first_doc_id + block.n_docs]
        for number, column in enumerate(own):
            assert column is not None
            counts[number] += [
                (column != ABSTAIN).sum(),
                together.disagrees(column).sum(),
                *judged(column, truth),
            ]
    return {
        key: {
            "coverage": int(row[0]) / n_docs,
            "conflicts": int(row[1]) / n_docs,
            "right": int(row[2]),
            "n_gold": int(row[3]),
        }
        for key, row in zip(versions, counts, strict=True)
    }


def _refuse_strange(store: Store, project_id: int, lf_id: int) -> None:
    if store.functions.project_of(lf_id) != project_id:
        raise NotFound(f"The project has no labeling function {lf_id}. Choose one of its table.")
