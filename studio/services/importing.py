"""Bring documents in: stage a file, look into it, import it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import ColumnMapping, Split
from studio.core.errors import Invalid, NotFound
from studio.core.functions import LabelingFunction, Votes
from studio.core.jobs import Job, Progress, no_progress
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.importers.base import Detection, Incoming, Preview, detect, incoming, preview
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.storage.documents import Shard
from studio.storage.store import Store
from studio.storage.uploads import Upload


@dataclass(frozen=True)
class Source:
    """A file and how to read it; an upload is used up by its import."""

    path: Path
    format: str
    options: Mapping[str, Any]
    mapping: ColumnMapping
    upload_id: str | None = None


@dataclass(frozen=True)
class ImportReport:
    """What an import brought: counts, the LFs made of vote columns, and what was left out."""

    n_documents: int
    n_gold: int
    vote_functions: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def stage_upload(
    store: Store, actor: User, project_id: int, *, name: str, stream: BinaryIO
) -> Upload:
    """Keep an uploaded file aside until it is imported or dropped."""
    actor.require(Role.EDITOR)
    return store.uploads.save(stream, name, actor.name, project_id)


def detect_upload(store: Store, upload_id: str) -> Detection:
    """Return which format, encoding and delimiter an upload seems to have.

    Raises
    ------
    BadFile
        If it is empty or is nothing that Weft can read.
    """
    upload = store.uploads.get(upload_id)
    return detect(upload.path, upload.name)


def preview_upload(
    store: Store, upload_id: str, *, format_name: str, options: Mapping[str, Any], n: int = 10
) -> Preview:
    """Return the first ``n`` rows of an upload, its columns, and a guess of what is what."""
    upload = store.uploads.get(upload_id)
    return preview(upload.path, format_name, dict(options), n=n)


def drop_upload(store: Store, actor: User, upload_id: str) -> None:
    """Forget an upload that is not going to be imported."""
    actor.require(Role.EDITOR)
    store.uploads.delete(upload_id)


def start_import(
    store: Store,
    actor: User,
    project_id: int,
    *,
    upload_id: str,
    format_name: str,
    options: Mapping[str, Any],
    mapping: ColumnMapping,
) -> int:
    """Queue the import of an upload and return the job's id."""
    actor.require(Role.EDITOR)
    spec = {
        "upload_id": upload_id,
        "format": format_name,
        "options": dict(options),
        "mapping": _mapping_to_json(mapping),
        "user": actor.name,
    }
    return enqueue(store, "import_documents", spec, project_id=project_id, actor=actor.name)


@handles("import_documents", lane="work")
def run_import(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Import a staged upload. Run twice, it imports once: the upload is used up by the import."""
    assert job.project_id is not None
    try:
        upload = store.uploads.get(job.spec["upload_id"])
    except NotFound:
        return {"already": True}
    source = Source(
        path=upload.path,
        format=job.spec["format"],
        options=job.spec["options"],
        mapping=_mapping_from_json(job.spec["mapping"]),
        upload_id=upload.upload_id,
    )
    report = import_file(
        store, User(job.created_by), job.project_id, source=source, progress=progress
    )
    return {
        "n_documents": report.n_documents,
        "n_gold": report.n_gold,
        "vote_functions": list(report.vote_functions),
        "skipped": list(report.skipped),
    }


def import_file(
    store: Store,
    actor: User,
    project_id: int,
    *,
    source: Source,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import all documents of a file, with gold labels, splits and votes that came along.

    Either everything is in afterwards or nothing is.

    Raises
    ------
    BadFile, Invalid
        If the file or the mapping is wrong; nothing was imported then.
    """
    schema = store.projects.get(project_id).schema
    collected = _Collected()
    with store.documents.open_writer(project_id) as writer:
        for batch in incoming(
            source.path,
            source.format,
            dict(source.options),
            source.mapping,
            schema=schema,
            progress=progress,
        ):
            splits = np.where(batch.splits < 0, Split.TRAIN.code, batch.splits).astype(np.int8)
            writer.write(batch.batch, splits)
            collected.add(batch)
        if not collected.n:
            raise Invalid(
                "No document was found in the file: every row was empty. "
                "Check that the column chosen as text is the right one."
            )
        # Reading took as long as it took; what follows is one short transaction.
        with store.transaction():
            if source.upload_id is not None:
                store.uploads.get(source.upload_id)  # somebody else's import may have used it up
                store.uploads.delete(source.upload_id)
            n_gold = _publish(
                store, actor, project_id, shards=writer.commit(), collected=collected
            )
    return ImportReport(collected.n, n_gold, collected.vote_names(), tuple(collected.skipped[:20]))


def _publish(
    store: Store,
    actor: User,
    project_id: int,
    *,
    shards: tuple[Shard, ...],
    collected: _Collected,
) -> int:
    """Store what came along with new documents; return the number of gold labels."""
    first = shards[0].first_doc_id
    for name in collected.vote_names():
        function = _votes_function(store, project_id, name, actor)
        column = collected.votes(name)
        for shard in shards:
            start = shard.first_doc_id - first
            part = column[start : start + shard.n_docs]
            store.votes.save(function.fingerprint, shard, Votes(part))
    gold = collected.labels()
    with_gold = np.flatnonzero(gold != ABSTAIN)
    if len(with_gold):
        store.annotations.add_gold(
            project_id, with_gold + first, gold[with_gold], actor=actor.name
        )
    store.events.add(
        project_id, actor.name, "import", f"{collected.n} documents, {len(with_gold)} gold"
    )
    return len(with_gold)


class _Collected:
    """What comes along with the texts; small beside them, so it is kept in memory."""

    def __init__(self) -> None:
        self.n = 0
        self.skipped: list[str] = []
        self._labels: list[NDArray[np.int16]] = []
        self._votes: dict[str, list[NDArray[np.int16]]] = {}
        self._sizes: list[int] = []

    def add(self, batch: Incoming) -> None:
        size = len(batch.splits)
        for name, column in batch.votes.items():
            before = [np.full(n, ABSTAIN, np.int16) for n in self._sizes]
            self._votes.setdefault(name, before).append(column)
        self.n += size
        self._sizes.append(size)
        self._labels.append(batch.labels)
        self.skipped += batch.skipped

    def labels(self) -> NDArray[np.int16]:
        return np.concatenate(self._labels)

    def vote_names(self) -> tuple[str, ...]:
        return tuple(self._votes)

    def votes(self, name: str) -> NDArray[np.int16]:
        return np.concatenate(self._votes[name])


def _votes_function(store: Store, project_id: int, name: str, actor: User) -> LabelingFunction:
    for function in store.functions.list(project_id):
        if function.name == name and function.kind == "votes":
            return function
    function = LabelingFunction(name=name, kind="votes", options={"column": name})
    return store.functions.add(project_id, function, actor.name)


def _mapping_to_json(mapping: ColumnMapping) -> dict[str, Any]:
    return {
        "text": mapping.text,
        "label": mapping.label,
        "split": mapping.split,
        "external_id": mapping.external_id,
        "fixed_split": mapping.fixed_split.value if mapping.fixed_split else None,
    }


def _mapping_from_json(values: Mapping[str, Any]) -> ColumnMapping:
    fixed = values.get("fixed_split")
    return ColumnMapping(**{**values, "fixed_split": Split(fixed) if fixed else None})
