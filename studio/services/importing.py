"""Bring documents in: stage a file, look into it, import it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from studio.core.documents import ColumnMapping, Split
from studio.core.errors import Conflict, Invalid, NotFound
from studio.core.jobs import Job, Progress, no_progress
from studio.core.users import Role, User
from studio.importers.base import Detection, Preview, detect, incoming, preview
from studio.importers.packs import pack
from studio.importers.quality.choices import ImportChoices
from studio.importers.quality.duplicates import KeyIndex
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.services.intake import ImportQuality, Intake
from studio.services.publishing import Published
from studio.services.quality_columns import text_keys
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
    """What an import brought: counts, the LFs made of vote columns, and what was left out.

    ``n_gold`` counts gold labels of new documents and those that merged rows gave to documents
    already there.
    """

    n_documents: int
    n_gold: int
    vote_functions: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    quality: ImportQuality = ImportQuality()


def stage_upload(
    store: Store, actor: User, project_id: int, *, name: str, stream: BinaryIO
) -> Upload:
    """Keep an uploaded file aside until it is imported or dropped."""
    actor.require(Role.EDITOR)
    return store.uploads.save(stream, name, actor.name, project_id)


def stage_uploads(
    store: Store, actor: User, project_id: int, *, files: Sequence[tuple[str, BinaryIO]]
) -> Upload:
    """Keep several files aside as one upload: an archive of them, unless it is just one.

    Parameters
    ----------
    files
        Name, with its folders where it has some, and content of each.

    Raises
    ------
    Invalid
        If there are none.
    """
    actor.require(Role.EDITOR)
    if not files:
        raise Invalid("No file was chosen. Choose at least one.")
    if len(files) == 1:
        return stage_upload(store, actor, project_id, name=files[0][0], stream=files[0][1])
    return store.uploads.write(
        lambda target: pack(files, target),
        name=f"{len(files):,} files",
        actor=actor.name,
        project_id=project_id,
    )


def detect_upload(store: Store, upload_id: str) -> Detection:
    """Return which format, encoding and delimiter an upload seems to have.

    Raises
    ------
    BadFile
        If it is empty or is nothing that Weft can read.
    """
    upload = store.uploads.get(upload_id)
    return _detected(upload.path, upload.name, upload.path.stat().st_mtime_ns)


def preview_upload(
    store: Store, upload_id: str, *, format_name: str, options: Mapping[str, Any], n: int = 10
) -> Preview:
    """Return the first ``n`` rows of an upload, its columns, and a guess of what is what."""
    upload = store.uploads.get(upload_id)
    asked = json.dumps({"format": format_name, "options": dict(options), "n": n}, sort_keys=True)
    return _previewed(upload.path, asked, upload.path.stat().st_mtime_ns)


# A page asks again at each click, and a packed file takes a while; an upload never changes.
@functools.lru_cache(maxsize=16)
def _detected(path: Path, name: str, _changed: int) -> Detection:
    return detect(path, name)


@functools.lru_cache(maxsize=16)
def _previewed(path: Path, asked: str, _changed: int) -> Preview:
    values = json.loads(asked)
    return preview(path, values["format"], values["options"], n=values["n"])


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
    choices: ImportChoices | None = None,
) -> int:
    """Queue the import of an upload and return the job's id.

    Parameters
    ----------
    choices
        What to do with equal texts and personal data; nothing is left out or masked by default.
    """
    actor.require(Role.EDITOR)
    spec = {
        "upload_id": upload_id,
        "format": format_name,
        "options": dict(options),
        "mapping": _mapping_to_json(mapping),
        "choices": (choices or ImportChoices()).model_dump(),
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
        store,
        User(job.created_by),
        job.project_id,
        source=source,
        # Jobs queued by an earlier version have no choices.
        choices=ImportChoices.model_validate(job.spec.get("choices", {})),
        progress=progress,
    )
    return asdict(report)


def import_file(
    store: Store,
    actor: User,
    project_id: int,
    *,
    source: Source,
    choices: ImportChoices | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import all documents of a file, with gold labels, splits and votes that came along.

    Either everything is in afterwards or nothing is.

    Raises
    ------
    BadFile, Invalid
        If the file or the mapping is wrong; nothing was imported then.
    Conflict
        If equal texts were to be merged and other documents came in meanwhile.
    """
    chosen = choices or ImportChoices()
    schema = store.projects.get(project_id).schema
    with store.documents.open_writer(project_id) as writer:
        intake = Intake(chosen, _index(store, project_id, progress))
        for batch in incoming(
            source.path,
            source.format,
            dict(source.options),
            source.mapping,
            schema=schema,
            progress=progress,
        ):
            writer.write(*intake.take(batch))
        if not intake.n_rows:
            raise Invalid(
                "No document was found in the file: every row was empty. "
                "Check that the column chosen as text is the right one."
            )
        n_before = intake.n_before
        outcome = intake.finish(
            store.annotations.gold(project_id)[:n_before],
            store.documents.splits(project_id)[:n_before],
        )
        # Reading took as long as it took; what follows is one short transaction.
        with store.transaction():
            if source.upload_id is not None:
                store.uploads.get(source.upload_id)  # somebody else's import may have used it up
                store.uploads.delete(source.upload_id)
            _, n_now = store.projects.lock(project_id)
            if chosen.duplicates == "merge" and n_now != n_before:
                raise Conflict(
                    "Other documents came in while this file was read, so equal texts could be "
                    "missed. Import the file again."
                )
            published = Published(store, actor, project_id, shards=writer.commit())
            n_gold = published.keep(intake, outcome)
    return ImportReport(
        intake.n_kept, n_gold, intake.vote_names(), tuple(intake.skipped[:20]), outcome.quality
    )


def _index(store: Store, project_id: int, progress: Progress) -> KeyIndex:
    """Return the keys of all documents of a project."""
    index = KeyIndex()
    for shard in store.documents.shards(project_id):
        progress(0.0, "Reading the documents that are there")
        index.enter(text_keys(store, shard))
    return index


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
