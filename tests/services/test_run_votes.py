from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import Invalid, NotFound
from studio.core.runs import Targets
from studio.labeling.base import ShardSource
from studio.services import applying, labeling, predictions, resources, run_votes, training, trying
from studio.services.model_process import models
from studio.storage.store import Store
from tests.labeling.shards import write_shard
from tests.services.helpers import ME, ROWS, do, make_project


@pytest.mark.slow
def test_a_finished_run_votes_as_it_predicts(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    run_id = training.start_training(store, ME, number, method="tfidf", targets=Targets.GOLD)
    (shard,) = store.documents.shards(number)
    source = ShardSource.open(shard.path)
    with pytest.raises(Invalid, match="is queued and has no model"):
        run_votes.of_source(store, number, run_id, source)
    assert resources.choices(store, number)["run"] == []
    job_id = store.runs.get(run_id).job_id
    assert job_id is not None
    do(store, job_id)
    ((offered, title),) = resources.choices(store, number)["run"]
    assert offered == run_id
    assert store.runs.get(run_id).name in title

    options = {"run": run_id, "min_confidence": 0.0}
    job = trying.start_try(store, ME, number, kind="classifier", options=options)
    do(store, job)
    labeling.save_function(store, ME, number, kind="classifier", name="run", options=options)
    do(store, applying.start_apply(store, ME, number))
    kept = predictions.load(store, number, run_id)
    assert kept is not None
    assert not np.isnan(kept).any()
    voted = labeling.vote_matrix(store, number).votes[:, 0]
    assert voted.tolist() == kept.argmax(axis=1).tolist()

    models.close()
    sample = ShardSource.open(write_shard(tmp_path / "s.arrow", [row[0] for row in ROWS[2:5]]))
    found = run_votes.of_source(store, number, run_id, sample)
    np.testing.assert_allclose(found, kept[2:5], atol=1e-5)
    assert not models.is_warm  # the trial's answers were remembered

    other = make_project(store, tmp_path, "Other")
    with pytest.raises(NotFound, match=f"no training run {run_id}"):
        run_votes.of_source(store, other, run_id, source)
    assert run_votes.run_fingerprint(store, other, run_id) == "missing"
    assert run_votes.run_fingerprint(store, number, run_id) != "missing"


def test_a_run_that_never_was_counts_as_missing(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    options = {"run": 99, "min_confidence": 0.5}
    labeling.save_function(store, ME, number, kind="classifier", name="gone", options=options)
    (function,) = resources.functions_of(store, number)
    assert function.inputs == {"run:99": "missing"}
    result = do(store, applying.start_apply(store, ME, number))
    assert "no training run 99" in str(result["failed"])
