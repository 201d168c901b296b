"""Deploy: labels and models leave the studio as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.core.documents import Split
from studio.core.errors import Invalid
from studio.core.jobs import Job, JobState, Progress, no_progress
from studio.core.schema import ABSTAIN
from studio.core.slices import Scope
from studio.core.users import Role, User
from studio.exporters.base import labels_exporters
from studio.exporters.model_zip import zip_model
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.services import predictions, slices, weak_labels
from studio.storage.store import Store

BATCH = 4096


def format_names() -> tuple[str, ...]:
    """Return the formats in which labels can leave, the default first."""
    return labels_exporters.names()


def start_export_labels(
    store: Store,
    actor: User,
    project_id: int,
    *,
    format_name: str,
    run_id: int | None = None,
    slice_id: int | None = None,
) -> int:
    """Queue the export of all documents with their labels, or of a slice; return the job's id.

    ``run_id`` adds the predictions of a run. The slice is asked when the export runs.

    Raises
    ------
    NotFound
        If the format is not registered, or the project has no such slice.
    Invalid
        If there are no documents.
    """
    actor.require(Role.ANNOTATOR)
    labels_exporters.get(format_name)
    if not store.documents.count(project_id):
        raise Invalid("There are no documents to export. Upload some on the page Documents.")
    if slice_id is not None:
        slices.get(store, project_id, slice_id)
    spec = {"format": format_name, "run_id": run_id, "slice_id": slice_id}
    return enqueue(store, "export_labels", spec, project_id=project_id, actor=actor.name)


def start_export_model(store: Store, actor: User, project_id: int, run_id: int) -> int:
    """Queue the packing of a run's model as one zip file; return the job's id."""
    actor.require(Role.ANNOTATOR)
    run = store.runs.get(run_id)
    if run.artifact is None or run.project_id != project_id:
        raise Invalid(f"The run {run.name!r} has no model. Choose a run that succeeded.")
    return enqueue(
        store, "export_model", {"run_id": run_id}, project_id=project_id, actor=actor.name
    )


@handles("export_labels", lane="work")
def run_export_labels(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Write the labels of all documents to a file."""
    assert job.project_id is not None
    exporter = labels_exporters.get(job.spec["format"])
    name = f"{_slug(store, job.project_id)}-labels{exporter.extension}"
    with store.artifacts.new_folder("exports", f"job-{job.job_id}") as folder:
        rows = write_labels(
            store,
            job.project_id,
            folder / name,
            format_name=job.spec["format"],
            run_id=job.spec["run_id"],
            slice_id=job.spec.get("slice_id"),
            progress=progress,
        )
    return {"path": f"artifacts/exports/job-{job.job_id}/{name}", "rows": rows}


@handles("export_model", lane="work")
def run_export_model(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Pack a model folder as a zip file."""
    run = store.runs.get(int(job.spec["run_id"]))
    assert job.project_id is not None
    assert run.artifact is not None
    name = f"{_slug(store, job.project_id)}-model-{run.run_id}.zip"
    progress(0.1, "Packing")
    with store.artifacts.new_folder("exports", f"job-{job.job_id}") as folder:
        zip_model(store.artifacts.path(run.artifact), folder / name)
    return {"path": f"artifacts/exports/job-{job.job_id}/{name}"}


def exported_file(store: Store, job_id: int) -> Path | None:
    """Return the file that an export made; None while it runs, or if it failed."""
    job = store.jobs.get(job_id)
    if job.state is not JobState.SUCCEEDED or "path" not in job.result:
        return None
    return store.artifacts.path(str(job.result["path"]))


def write_labels(
    store: Store,
    project_id: int,
    path: Path,
    *,
    format_name: str,
    run_id: int | None = None,
    slice_id: int | None = None,
    progress: Progress = no_progress,
) -> int:
    """Write one row a document, of all or of a slice, and return the number of rows.

    Columns: doc_id, external_id, split, text, label, label_source (gold, weak or nothing), gold,
    weak_label, weak_probability, with a run also predicted_label and predicted_probability, then
    the metadata. ``label`` is the gold label where there is one, else the weak one.
    """
    exporter = labels_exporters.get(format_name)
    scope = None if slice_id is None else Scope(slice_id)
    inside = slices.scope_mask(store, project_id, scope)
    columns = _Columns(store, project_id, run_id, inside)
    batches = _batches(store, project_id, columns, progress)
    return exporter().write(batches, path, exporter.Options())


def _batches(
    store: Store, project_id: int, columns: _Columns, progress: Progress
) -> Iterator[pa.RecordBatch]:
    n = store.documents.count(project_id)
    for shard in store.documents.shards(project_id):
        table = store.documents.table(shard)
        for start in range(0, shard.n_docs, BATCH):
            progress((shard.first_doc_id + start) / max(1, n), "Writing labels")
            part = table.slice(start, BATCH)
            first = shard.first_doc_id + start
            rows = np.arange(first, first + part.num_rows)
            wanted = columns.inside[rows]
            if wanted.any():
                kept = part if wanted.all() else part.filter(pa.array(wanted))
                yield columns.batch(kept, rows[wanted])


class _Columns:
    """The label columns of a project, by document; ``inside`` says which ones are written."""

    def __init__(
        self, store: Store, project_id: int, run_id: int | None, inside: NDArray[np.bool_]
    ) -> None:
        self.inside = inside
        self._names = np.array([*store.projects.get(project_id).schema.names, ""], dtype=object)
        self._gold = store.annotations.gold(project_id)
        self._splits = np.array([split.value for split in Split], dtype=object)[
            store.documents.splits(project_id)
        ]
        n = len(self._gold)
        weak = weak_labels.current(store, project_id)
        self._weak, self._weak_p = _decided(n, None if weak is None else weak.probs)
        if weak is not None:
            self._weak[~weak.covered] = ABSTAIN
            self._weak_p[~weak.covered] = np.nan
        self._metadata = store.documents.metadata_columns(project_id)
        self._predicted: tuple[NDArray[np.int16], NDArray[np.float32]] | None = None
        if run_id is not None:
            self._predicted = _decided(n, predictions.load(store, project_id, run_id))

    def batch(self, part: pa.Table, rows: NDArray[np.int64]) -> pa.RecordBatch:
        gold, weak = self._gold[rows], self._weak[rows]
        label = np.where(gold != ABSTAIN, gold, weak)
        source = np.where(gold != ABSTAIN, "gold", np.where(weak != ABSTAIN, "weak", ""))
        columns: dict[str, Any] = {
            "doc_id": pa.array(rows),
            "external_id": part["external_id"].combine_chunks(),
            "split": pa.array(self._splits[rows], pa.string()),
            "text": part["text"].combine_chunks(),
            "label": self._named(label),
            "label_source": pa.array(source.tolist(), pa.string()),
            "gold": self._named(gold),
            "weak_label": self._named(weak),
            "weak_probability": pa.array(self._weak_p[rows], from_pandas=True),
        }
        if self._predicted is not None:
            columns["predicted_label"] = self._named(self._predicted[0][rows])
            columns["predicted_probability"] = pa.array(self._predicted[1][rows], from_pandas=True)
        for name in self._metadata:
            known = name in part.column_names
            key = name if name not in columns else f"{name}_metadata"
            columns[key] = part[name].combine_chunks() if known else pa.nulls(len(rows))
        return pa.RecordBatch.from_pydict(columns)

    def _named(self, labels: NDArray[np.int16]) -> pa.Array:
        return pa.array(self._names[labels].tolist(), pa.string())


def _decided(
    n: int, probs: NDArray[np.float32] | None
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    if probs is None:
        return np.full(n, ABSTAIN, np.int16), np.full(n, np.nan, np.float32)
    missing = np.isnan(probs[:, 0])
    labels = np.where(missing, ABSTAIN, np.nan_to_num(probs).argmax(axis=1)).astype(np.int16)
    best = np.where(missing, np.nan, np.nan_to_num(probs).max(axis=1)).astype(np.float32)
    return labels, best


def _slug(store: Store, project_id: int) -> str:
    name = store.projects.get(project_id).name.lower()
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name).strip("-")
    return "-".join(part for part in kept.split("-") if part) or f"project-{project_id}"
