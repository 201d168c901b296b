"""Try a labeling function on a sample before it is saved."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.functions import Fault, LabelingFunction
from studio.core.jobs import Job, JobState, Progress
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.apply import apply_function
from studio.labeling.base import Limits, kinds
from studio.labeling.sandbox import discover
from studio.services import labeling, resources
from studio.storage.store import Store

SAMPLE_SIZE = 2000
UNNAMED = "trial"
"""What a function is called that has no name yet."""

SHOWN_HITS = 50


@dataclass(frozen=True)
class Hit:
    """One document that a tried function voted on; ``spans`` are the matched characters."""

    doc_id: int
    text: str
    vote: int
    gold: int | None
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Trial:
    """What a labeling function would do.

    ``coverage`` is its share of votes among the ``n_docs`` documents of the sample; ``right`` of
    its ``n_gold`` votes on gold documents agree with the gold label.
    """

    name: str
    n_docs: int
    coverage: float
    n_gold: int
    right: int
    hits: tuple[Hit, ...]
    faults: tuple[Fault, ...]


def start_try(
    store: Store,
    actor: User,
    project_id: int,
    *,
    kind: str,
    options: Mapping[str, Any],
    sample_size: int = SAMPLE_SIZE,
    seed: int = 0,
) -> int:
    """Queue a trial on a random sample and return the job's id.

    Raises
    ------
    Invalid
        If the options are wrong, the code is not Python, or there are no documents.
    """
    actor.require(Role.EDITOR)
    if kind == "python":
        labeling.check_syntax(str(options.get("code", "")))
        values = {"code": str(options["code"])}
    else:
        values = labeling.check_options(store, project_id, kind, options)
    if not store.documents.count(project_id):
        raise Invalid("There are no documents to try it on. Upload some on the page Documents.")
    spec = {"kind": kind, "options": values, "size": sample_size, "seed": seed}
    return enqueue(store, "try_function", spec, project_id=project_id, actor=actor.name)


@handles("try_function", lane="interactive")
def run_try(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Run the function on the sample; the result is a :class:`Trial` a function, as JSON."""
    assert job.project_id is not None
    kind, options = job.spec["kind"], job.spec["options"]
    schema = store.projects.get(job.project_id).schema
    trusted = store.settings.trusted_authors
    functions = [LabelingFunction(UNNAMED, kind, options)]
    if kind == "python":
        names = discover(options["code"], schema.names, limits=Limits(), trusted=trusted)
        if not names:
            raise Invalid(
                "The code defines no labeling function. Write @labeling_function() above a "
                "function that takes a document x and returns a label or ABSTAIN."
            )
        functions = [
            LabelingFunction(name, "python", {**options, "function": name}) for name in names
        ]
    asking = resources.asking(store, job.project_id)
    doc_ids = _sample(store, job.project_id, job.spec["size"], job.spec["seed"])
    with tempfile.TemporaryDirectory() as folder:
        path = _write_sample(store, job.project_id, doc_ids, Path(folder) / "sample.arrow")
        trials = []
        for done, function in enumerate(functions):
            progress(done / len(functions), function.name)
            votes = apply_function(function, path, asking)
            trials.append(_to_json(store, job.project_id, doc_ids, function, votes=votes))
    return {"trials": trials}


def result(store: Store, job_id: int) -> list[Trial] | None:
    """Return the trials of a finished job; None while it runs or if it failed."""
    job = store.jobs.get(job_id)
    if job.state is not JobState.SUCCEEDED or job.project_id is None:
        return None
    return [_from_json(store, job.project_id, raw) for raw in job.result["trials"]]


def _sample(store: Store, project_id: int, size: int, seed: int) -> NDArray[np.int64]:
    """Return document ids: all gold ones that fit in half the sample, the rest at random."""
    n = store.documents.count(project_id)
    if n <= size:
        return np.arange(n, dtype=np.int64)
    rng = np.random.default_rng(seed)
    gold = np.flatnonzero(store.annotations.gold(project_id) != ABSTAIN)
    first = rng.permutation(gold)[: size // 2]
    chosen = set(first.tolist())
    while len(chosen) < size:
        chosen.update(rng.integers(0, n, size - len(chosen)).tolist())
    return np.array(sorted(chosen), np.int64)


def _write_sample(store: Store, project_id: int, doc_ids: NDArray[np.int64], path: Path) -> Path:
    parts = []
    for shard in store.documents.shards(project_id):
        inside = (doc_ids >= shard.first_doc_id) & (doc_ids < shard.first_doc_id + shard.n_docs)
        if inside.any():
            rows = doc_ids[inside] - shard.first_doc_id
            parts.append(store.documents.table(shard).take(pa.array(rows)))
    table = pa.concat_tables(parts, promote_options="permissive").combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=8192)
    return path


def _to_json(
    store: Store,
    project_id: int,
    doc_ids: NDArray[np.int64],
    function: LabelingFunction,
    *,
    votes: Any,
) -> dict[str, Any]:
    gold = store.annotations.gold(project_id)[doc_ids]
    voted = votes.votes != ABSTAIN
    judged = voted & (gold != ABSTAIN)
    wrong = judged & (votes.votes != gold)
    # Wrong hits first: they are what the author wants to see.
    order = np.concatenate([np.flatnonzero(wrong), np.flatnonzero(voted & ~wrong)])[:SHOWN_HITS]
    return {
        "name": function.name,
        "kind": function.kind,
        "options": dict(function.options),
        "n_docs": len(doc_ids),
        "coverage": float(voted.mean()),
        "n_gold": int(judged.sum()),
        "right": int((judged & ~wrong).sum()),
        "hits": [[int(doc_ids[row]), int(votes.votes[row])] for row in order],
        "faults": [
            [f.exception, f.message, f.line, _doc_id(doc_ids, f.doc_id), f.count]
            for f in votes.faults
        ],
    }


def _doc_id(doc_ids: NDArray[np.int64], row: int | None) -> int | None:
    return None if row is None else int(doc_ids[row])


def _from_json(store: Store, project_id: int, raw: Mapping[str, Any]) -> Trial:
    kind = kinds.get(raw["kind"])
    gold = store.annotations.gold(project_id)
    ids = [hit[0] for hit in raw["hits"]]
    texts = dict(zip(ids, store.documents.texts(project_id, ids), strict=True))
    options = raw["options"]
    hits = []
    for doc_id, vote in raw["hits"]:
        spans = kind().matches(texts[doc_id], kind.Options.model_validate(options))
        truth = int(gold[doc_id])
        hits.append(
            Hit(doc_id, texts[doc_id], vote, None if truth == ABSTAIN else truth, tuple(spans))
        )
    faults = [Fault(raw["name"], *fault) for fault in raw["faults"]]
    return Trial(
        name=raw["name"],
        n_docs=raw["n_docs"],
        coverage=raw["coverage"],
        n_gold=raw["n_gold"],
        right=raw["right"],
        hits=tuple(hits),
        faults=tuple(faults),
    )
