"""What is wrong with a project's documents: doubles, leaks between splits, personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.jobs import Job, Progress
from studio.core.users import Role, User
from studio.importers.quality.choices import KINDS, CheckOptions
from studio.importers.quality.duplicates import groups_of
from studio.importers.quality.personal import mask_text, unmasked
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.services import checking
from studio.services.quality_columns import language_column, personal_flags, text_keys
from studio.storage.store import Store

__all__ = [
    "CheckOptions",
    "DuplicateGroup",
    "PERSONAL",
    "QualityReport",
    "can_undo_move",
    "describe",
    "duplicate_groups",
    "ids_of",
    "language_column",
    "mask_text",
    "move_leaks",
    "report",
    "reveal",
    "start_check",
    "undo_move",
]

Ids = NDArray[np.int64]

PERSONAL: Final = {
    "email": "email addresses",
    "phone": "phone numbers",
    "card": "card numbers",
    "iban": "bank accounts (IBAN)",
}
"""Kinds of personal data, in words."""

_DESCRIBED: Final = {
    "duplicates": "Documents whose text is there more than once",
    "near": "Documents whose text is nearly that of another",
    "leaks": "Documents that sit in one split, and an equal or near text in another",
}

LAST_CHECK: Final = "quality_check"
LAST_MOVE: Final = "quality_move"


@dataclass(frozen=True)
class QualityReport:
    """What a check of all documents found, in numbers of documents.

    Attributes
    ----------
    n_documents
        Documents that were checked; there are more by now if ``stale``.
    n_duplicates, n_duplicate_groups
        Documents that share their text with another, and how many different such texts.
    n_near, n_near_groups
        Documents whose text nearly equals another one, and groups of these.
    n_leaks, n_leak_groups
        Documents of groups, equal or near, that sit in more than one split as it stands now.
    languages
        Documents by ISO 639-1 code, "" for unclear, among the ``n_languages`` looked at.
    personal
        Documents that hold, or held before masking, personal data, by kind.
    n_masked
        Values that stand masked in the texts, by kind.
    n_empty, n_overlong
        Texts of blanks only, and texts longer than ``core.documents.MAX_TEXT_LENGTH``.
    threshold
        Similarity from which texts counted as near.
    """

    n_documents: int
    n_duplicates: int
    n_duplicate_groups: int
    n_near: int
    n_near_groups: int
    n_leaks: int
    n_leak_groups: int
    languages: Mapping[str, int]
    n_languages: int
    personal: Mapping[str, int]
    n_masked: Mapping[str, int]
    n_empty: int
    n_overlong: int
    threshold: float
    stale: bool


@dataclass(frozen=True)
class DuplicateGroup:
    """Documents whose texts are equal (``exact``) or nearly so, and the splits they sit in."""

    doc_ids: tuple[int, ...]
    exact: bool
    splits: tuple[Split, ...]


def start_check(
    store: Store, actor: User, project_id: int, options: CheckOptions | None = None
) -> int:
    """Queue a check of all documents and return the job's id.

    What was checked once with the same options is not checked again.

    Raises
    ------
    Invalid
        If there are no documents.
    """
    actor.require(Role.EDITOR)
    if not store.documents.count(project_id):
        raise Invalid("There are no documents to check. Upload some on the page Documents.")
    spec = {"options": (options or CheckOptions()).model_dump()}
    return enqueue(store, "check_documents", spec, project_id=project_id, actor=actor.name)


@handles("check_documents", lane="work")
def run_check(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Look at all documents; the result is kept by the documents and the options."""
    assert job.project_id is not None
    options = CheckOptions.model_validate(job.spec["options"])
    key = checking.check(store, job.project_id, options, progress)
    store.project_settings.set(job.project_id, LAST_CHECK, {"key": key}, job.created_by)
    return {"key": key}


def report(store: Store, project_id: int) -> QualityReport | None:
    """Return what the last check found, with leaks as the splits are now; None before the first.

    It is stale once documents have come since.
    """
    found = _last(store, project_id)
    if found is None:
        return None
    near, splits = found.near, store.documents.splits(project_id)[: found.n]
    exact, counts = found.exact, found.counts
    nearly, leaked = _near_mask(exact, near), _leak_mask(near, splits)
    return QualityReport(
        n_documents=found.n,
        n_duplicates=int(_doubled(exact).sum()),
        n_duplicate_groups=_n_groups(exact, _doubled(exact)),
        n_near=int(nearly.sum()),
        n_near_groups=_n_groups(near, nearly),
        n_leaks=int(leaked.sum()),
        n_leak_groups=_n_groups(near, leaked),
        languages=counts["languages"],
        n_languages=counts["n_languages"],
        personal=counts["personal"],
        n_masked=store.masked.counts(project_id),
        n_empty=counts["n_empty"],
        n_overlong=counts["n_overlong"],
        threshold=counts["threshold"],
        stale=found.n != store.documents.count(project_id),
    )


def duplicate_groups(store: Store, project_id: int, *, limit: int = 50) -> list[DuplicateGroup]:
    """Return groups of equal and nearly equal documents, the largest first.

    Raises
    ------
    Invalid
        If the documents were not checked yet.
    """
    found = _checked(store, project_id)
    splits = store.documents.splits(project_id)
    sizes = np.bincount(found.near, minlength=found.n)
    # Of equal sizes the earlier comes first.
    largest = np.argsort(-sizes, kind="stable")[:limit]
    groups = []
    for first in largest[sizes[largest] > 1].tolist():
        ids = np.flatnonzero(found.near == first)
        codes = np.unique(splits[ids])
        groups.append(
            DuplicateGroup(
                doc_ids=tuple(ids.tolist()),
                exact=len(np.unique(found.exact[ids])) == 1,
                splits=tuple(Split.from_code(int(code)) for code in codes),
            )
        )
    return groups


def ids_of(store: Store, project_id: int, what: str) -> Ids:
    """Return the documents behind a number of the report, int64, ascending.

    Parameters
    ----------
    what
        ``duplicates``, ``near``, ``leaks``, ``language:zh`` (``language:`` for unclear) or
        ``pii:email``. Duplicates and personal data are those of now; the rest are of the last
        check, leaks with the splits of now.

    Raises
    ------
    Invalid
        If the documents were not checked yet, or ``what`` is none of these.
    """
    head, _, rest = what.partition(":")
    if what == "duplicates":
        mask = _doubled(_exact_groups(store, project_id))
    elif head == "pii" and rest in KINDS:
        shards = store.documents.shards(project_id)
        flags = np.concatenate(
            [np.zeros(0, np.uint8), *(personal_flags(store, s) for s in shards)]
        )
        mask = (flags >> KINDS.index(rest)) & 1 == 1
    elif head == "language":
        mask = _checked(store, project_id).languages == rest.encode("ascii", "replace")
    elif what == "near":
        found = _checked(store, project_id)
        mask = _near_mask(found.exact, found.near)
    elif what == "leaks":
        found = _checked(store, project_id)
        mask = _leak_mask(found.near, store.documents.splits(project_id)[: found.n])
    else:
        raise Invalid(
            f"Nothing is found by {what[:40]!r}; use duplicates, near, leaks, language:CODE or "
            f"pii:KIND, where KIND is one of {', '.join(KINDS)}."
        )
    return np.flatnonzero(mask).astype(np.int64)


def describe(what: str) -> str:
    """Return what a word of :func:`ids_of` means, for a heading."""
    head, _, rest = what.partition(":")
    if head == "language":
        return f"Documents in the language {rest}" if rest else "Documents of no clear language"
    if head == "pii":
        return f"Documents with {PERSONAL.get(rest, rest)}"
    return _DESCRIBED.get(head, f"Documents found by {what}")


def move_leaks(store: Store, actor: User, project_id: int, into: Split) -> int:
    """Put each group of equal or near documents that is torn between splits into one split.

    :func:`undo_move` sets the last such move back.

    Returns
    -------
    int
        How many documents changed their split.

    Raises
    ------
    Invalid
        If the documents were not checked yet.
    """
    actor.require(Role.EDITOR)
    with store.transaction():
        store.projects.lock(project_id)
        leaked = ids_of(store, project_id, "leaks")
        splits = store.documents.splits(project_id)
        moved = leaked[splits[leaked] != into.code]
        move = {"into": into.code, "ids": moved.tolist(), "before": splits[moved].tolist()}
        if not len(moved):
            return 0
        splits[moved] = into.code
        store.documents.set_splits(project_id, splits)
        store.project_settings.set(project_id, LAST_MOVE, move, actor.name)
        store.events.add(
            project_id, actor.name, "move leaks", f"{len(moved)} documents into {into.value}"
        )
    return len(moved)


def can_undo_move(store: Store, project_id: int) -> bool:
    """Whether there is a move of leaks to set back."""
    return bool(store.project_settings.get(project_id, LAST_MOVE))


def undo_move(store: Store, actor: User, project_id: int) -> int:
    """Set the last move of leaks back and return how many documents changed their split.

    Documents that were dealt another split meanwhile stay where they are.

    Raises
    ------
    Invalid
        If there is no such move.
    """
    actor.require(Role.EDITOR)
    with store.transaction():
        store.projects.lock(project_id)
        move = store.project_settings.get(project_id, LAST_MOVE)
        if not move:
            raise Invalid("No move of leaks is left to set back.")
        ids, before = np.array(move["ids"], np.int64), np.array(move["before"], np.int8)
        splits = store.documents.splits(project_id)
        there = splits[ids] == move["into"]
        splits[ids[there]] = before[there]
        store.documents.set_splits(project_id, splits)
        store.project_settings.set(project_id, LAST_MOVE, None, actor.name)
        store.events.add(
            project_id, actor.name, "undo move leaks", f"{int(there.sum())} documents"
        )
    return int(there.sum())


def reveal(store: Store, actor: User, project_id: int, doc_id: int) -> str:
    """Return the text of a document as it was before masking, and note who asked for it.

    Raises
    ------
    Forbidden
        If the actor is no administrator.
    NotFound
        If the project has no such document.
    """
    actor.require(Role.ADMIN)
    (text,) = store.documents.texts(project_id, [doc_id])
    values = {item.token: item.value for item in store.masked.of(project_id, doc_id)}
    store.events.add(project_id, actor.name, "reveal", f"document {doc_id}")
    return unmasked(text, values)


def _last(store: Store, project_id: int) -> checking.Checked | None:
    last = store.project_settings.get(project_id, LAST_CHECK)
    return checking.load(store, last["key"]) if last else None


def _checked(store: Store, project_id: int) -> checking.Checked:
    found = _last(store, project_id)
    if found is None:
        raise Invalid("The documents were not checked yet. Start the check on the page Documents.")
    return found


def _exact_groups(store: Store, project_id: int) -> Ids:
    shards = store.documents.shards(project_id)
    key = fingerprint(project_id, [shard.fingerprint for shard in shards])
    found = store.arrays.load(checking.EXACT, key)
    if found is None:
        keys = np.concatenate(
            [np.zeros((0, 2), np.uint64), *(text_keys(store, s) for s in shards)]
        )
        found = groups_of(keys)
        store.arrays.save(checking.EXACT, key, found)
    return found.astype(np.int64)


def _doubled(groups: Ids) -> NDArray[np.bool_]:
    """Return bool ``[n]``: whether there is another document in the group."""
    return np.bincount(groups, minlength=len(groups))[groups] > 1


def _near_mask(exact: Ids, near: Ids) -> NDArray[np.bool_]:
    """Return bool ``[n]``: whether the group holds more than one text."""
    firsts = exact == np.arange(len(exact))
    return np.bincount(near[firsts], minlength=len(near))[near] > 1


def _leak_mask(groups: Ids, splits: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return bool ``[n]``: whether the group sits in more than one split."""
    torn = np.zeros(len(groups), np.bool_)
    torn[groups[splits != splits[groups]]] = True
    return torn[groups]


def _n_groups(groups: Ids, mask: NDArray[np.bool_]) -> int:
    return len(np.unique(groups[mask]))
