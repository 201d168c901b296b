from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.annotations import Answer
from studio.core.documents import Split
from studio.core.errors import Canceled, Forbidden, Invalid, Unavailable
from studio.core.jobs import JobState
from studio.core.runs import Targets
from studio.jobs.queue import run_inline
from studio.jobs.runner import WorkerStopping
from studio.services import (
    deploy,
    evaluation,
    importing,
    inspect,
    projects,
    review,
    selections,
    training,
    training_sets,
)
from studio.storage.store import Store
from tests.services.helpers import (
    GUEST,
    ME,
    do,
    label_project,
    make_project,
    source,
    write_rows,
)


def test_gold_wins_over_weak_and_held_out_documents_stay_out(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    plan = training_sets.plan(store, number, Targets.GOLD_AND_WEAK)
    assert plan.doc_ids.tolist() == [0, 1, 4, 5, 9]
    assert plan.origins.tolist() == [0, 0, 0, 0, 1]
    np.testing.assert_allclose(plan.targets[0], [1, 0])
    np.testing.assert_allclose(plan.targets[4], [0.5, 0.5])
    assert plan.dev_ids.tolist() == [2, 6]


def test_weak_targets_ignore_gold(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    plan = training_sets.plan(store, number, Targets.WEAK)
    assert plan.n_gold == 0
    assert plan.n_weak == 5


def test_one_label_only_is_refused_before_the_start(store: Store, tmp_path: Path) -> None:
    number = projects.create_project(store, ME, name="P", labels=["refund", "delivery"])
    rows = (("a refund", "", "train"), ("b refund", "", "train"))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    review.submit(store, ME, number, [Answer("a", 0, 0), Answer("b", 1, 0)])
    with pytest.raises(Invalid, match="at least two"):
        training.start_training(store, ME, number, method="tfidf", targets=Targets.GOLD)
    preview = training.preview_training(
        store, number, targets=Targets.GOLD, method="tfidf", options={}
    )
    assert preview.blocked
    assert training.list_runs(store, number) == []


def test_weak_targets_without_weak_labels_say_what_to_do(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Invalid, match="Fit a label model"):
        training.start_training(store, ME, number, method="tfidf", targets=Targets.WEAK)


def test_a_backbone_that_is_nowhere_is_refused_before_the_start(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Unavailable, match="no/such-model"):
        training.start_training(
            store,
            ME,
            number,
            method="fine-tune",
            targets=Targets.GOLD,
            options={"backbone": "no/such-model"},
        )


def test_a_viewer_may_not_train(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Forbidden):
        training.start_training(store, GUEST, number, method="tfidf", targets=Targets.GOLD)


@pytest.mark.slow
def test_a_run_goes_from_labels_to_highlights_and_files(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    run_id = training.start_training(store, ME, number, method="tfidf")
    job = training.run_job(store, run_id)
    assert job is not None
    do(store, job.job_id)
    run = training.get_run(store, run_id)
    assert run.state is JobState.SUCCEEDED
    assert run.metrics["test.accuracy"] == 1.0
    assert run.metrics["reload_difference"] <= 1e-4

    keys = [source.key for source in evaluation.sources(store, number)]
    assert keys[0] == f"run:{run_id}"
    found = evaluation.evaluate(store, number, keys, Split.TEST)
    assert found[0].confusion.tolist() == [[1, 0], [0, 1]]
    cell = selections.of_cell(keys[0], Split.TEST, 0, 0)
    assert selections.resolve(store, number, cell).tolist() == [3]

    text = "where is the money <script>alert(1)</script> \U0001f600"
    explained = inspect.start_explain(store, ME, number, run_id=run_id, text=text)
    do(store, explained)
    key = inspect.explanation_key(store, run_id, text, label=None)
    why = inspect.find_explanation(store, key)
    assert why is not None
    assert why.text == text
    assert why.base + sum(why.values) == pytest.approx(why.probs[why.label], abs=1e-3)

    job_id = deploy.start_export_labels(store, ME, number, format_name="csv", run_id=run_id)
    assert do(store, job_id)["rows"] == 10
    path = deploy.exported_file(store, job_id)
    assert path is not None
    assert path.read_text(encoding="utf-8-sig").splitlines()[0].startswith("doc_id,external_id")
    packed = deploy.start_export_model(store, ME, number, run_id)
    do(store, packed)
    assert deploy.exported_file(store, packed).stat().st_size > 100  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_run_that_is_done_again_after_a_kill_ends_alike(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    run_id = training.start_training(store, ME, number, method="tfidf", targets=Targets.GOLD)
    job = training.run_job(store, run_id)
    assert job is not None
    # What a killed worker leaves behind: the handler ran to its end, the job's row did not.
    training.run_training(store, job, lambda fraction, message="": None)
    first = training.get_run(store, run_id).metrics
    run_inline(store, job.job_id)
    second = training.get_run(store, run_id)
    assert second.state is JobState.SUCCEEDED
    assert second.metrics["test.accuracy"] == first["test.accuracy"]


def test_a_text_that_cannot_be_explained_says_why(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    run_id = store.runs.add(
        number,
        "r",
        "tfidf",
        Targets.GOLD,
        options={},
        seed=0,
        training_set="set",
        provenance={},
        actor="ada",
    )
    with pytest.raises(Invalid, match="no model"):
        inspect.start_explain(store, ME, number, run_id=run_id, text="a text")


@pytest.mark.slow
def test_a_stop_after_the_last_step_loses_nothing(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    run_id = training.start_training(store, ME, number, method="tfidf", targets=Targets.GOLD)
    job = training.run_job(store, run_id)
    assert job is not None

    def stop_late(fraction: float, message: str = "") -> None:
        if fraction > 0.95:
            raise Canceled

    training.run_training(store, job, stop_late)
    run = training.get_run(store, run_id)
    assert run.state is JobState.SUCCEEDED
    assert run.metrics["stopped"] == 0.0


@pytest.mark.slow
def test_a_worker_that_leaves_before_the_scores_loses_no_figure(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    run_id = training.start_training(store, ME, number, method="tfidf", targets=Targets.GOLD)
    job = training.run_job(store, run_id)
    assert job is not None

    def leave_late(fraction: float, message: str = "") -> None:
        if fraction > 0.965:
            raise WorkerStopping

    with pytest.raises(WorkerStopping):
        training.run_training(store, job, leave_late)
    assert training.get_run(store, run_id).state is JobState.RUNNING
    do(store, job.job_id)
    metrics = training.get_run(store, run_id).metrics
    assert metrics["seconds"] > 0
    assert metrics["reload_difference"] <= 1e-4
    assert metrics["test.accuracy"] >= 0


def test_gold_alone_serves_where_no_label_model_was_fitted(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    plan = training_sets.plan(store, number, Targets.GOLD_AND_WEAK)
    assert plan.doc_ids.tolist() == [0, 1, 4, 5]
    assert plan.n_weak == 0
