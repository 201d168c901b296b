"""Training: check, start, watch and stop runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.core.documents import Split
from studio.core.errors import Canceled, Invalid, NotFound, RunFailed, StudioError
from studio.core.jobs import Job, JobState, Progress
from studio.core.options import Options, parse_options
from studio.core.runs import MetricPoint, Targets, TrainingRun
from studio.core.schema import ABSTAIN
from studio.core.slices import Scope
from studio.core.users import Role, User
from studio.jobs import queue
from studio.jobs.handlers import handles
from studio.services import decided, predictions, training_sets
from studio.storage.store import Store
from studio.training import process
from studio.training.base import training_methods
from studio.training.data import read_training_set, write_training_set
from studio.training.gate import WITNESS, check_reload

GATE_TEXTS = 32
"""Documents on which a reloaded model must agree with the trained one (DESIGN §8)."""


@dataclass(frozen=True)
class Finding:
    """One check before the start: an error blocks, a warning can be overridden."""

    level: Literal["error", "warning", "ok"]
    sentence: str


@dataclass(frozen=True)
class Preview:
    """What a run would learn from.

    ``counts`` sums target probability by label name; ``n_gold`` + ``n_weak`` documents to learn
    from, ``n_dev`` gold documents to watch on, ``n_test`` to be judged on at the end.
    """

    n_gold: int
    n_weak: int
    n_dev: int
    n_test: int
    counts: Mapping[str, float]
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether the run cannot start."""
        return any(finding.level == "error" for finding in self.findings)


def method_names() -> tuple[str, ...]:
    """Return the registered training methods, the default first."""
    return training_methods.names()


def method_options(name: str) -> type[Options]:
    """Return the options of a method: what its form is drawn from."""
    return training_methods.get(name).Options


def method_title(name: str) -> tuple[str, str]:
    """Return title and one-sentence summary of a method."""
    member = training_methods.get(name)
    return member.title, member.summary


def preview_training(
    store: Store,
    project_id: int,
    *,
    targets: Targets,
    method: str,
    options: Mapping[str, Any],
    scope: Scope | None = None,
) -> Preview:
    """Return what a run would learn from, and all that speaks against starting it."""
    gold = store.annotations.gold(project_id)
    codes = store.documents.splits(project_id)
    judged = gold != ABSTAIN
    findings: list[Finding] = []
    counts: dict[str, float] = {}
    n_gold = n_weak = 0
    try:
        parsed = parse_options(method_options(method), dict(options), what=f"Method {method}")
        training_methods.get(method)().check(parsed)
        plan = training_sets.plan(store, project_id, targets, scope)
        counts = plan.counts
        n_gold, n_weak = plan.n_gold, plan.n_weak
        findings += [Finding(*found) for found in training_sets.findings(plan)]
    except StudioError as error:
        findings.append(Finding("error", str(error)))
    return Preview(
        n_gold=n_gold,
        n_weak=n_weak,
        n_dev=int((judged & (codes == Split.DEV.code)).sum()),
        n_test=int((judged & (codes == Split.TEST.code)).sum()),
        counts=counts,
        findings=tuple(findings),
    )


def start_training(
    store: Store,
    actor: User,
    project_id: int,
    *,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    targets: Targets = Targets.GOLD_AND_WEAK,
    seed: int = 0,
    name: str = "",
    scope: Scope | None = None,
) -> int:
    """Freeze the training set, queue a run on it, and return the run's id.

    ``scope`` narrows what is learned from to a slice, or to all outside of one.

    Raises
    ------
    Invalid
        If there is nothing to learn from: no labels, or labels of one kind only.
    Unavailable
        If the backbone is neither bundled, nor a local folder, nor reachable.
    """
    actor.require(Role.EDITOR)
    method = method or training_methods.default
    parsed = parse_options(
        method_options(method), dict(options or {}), what=f"The method {method}"
    )
    training_methods.get(method)().check(parsed)
    plan = training_sets.plan(store, project_id, targets, scope)
    blocking = [text for level, text in training_sets.findings(plan) if level == "error"]
    if blocking:
        raise Invalid(" ".join(blocking))
    frozen = training_sets.freeze(store, project_id, plan)
    folder = store.artifacts.path(f"artifacts/training-sets/{frozen.fingerprint}")
    if not folder.exists():
        with store.artifacts.new_folder("training-sets", frozen.fingerprint) as temporary:
            write_training_set(frozen, temporary)
    with store.transaction():
        run_id = store.runs.add(
            project_id,
            name.strip() or f"{method} {len(store.runs.list(project_id)) + 1}",
            method,
            targets,
            options=parsed.model_dump(mode="json"),
            seed=seed,
            training_set=frozen.fingerprint,
            provenance=plan.provenance,
            actor=actor.name,
        )
    job_id = queue.enqueue(
        store, "train", {"run_id": run_id}, project_id=project_id, actor=actor.name
    )
    store.runs.set_job(run_id, job_id)
    return run_id


def get_run(store: Store, run_id: int) -> TrainingRun:
    """Return one run.

    Raises
    ------
    NotFound
        If there is none with this id.
    """
    return _with_job_state(store, store.runs.get(run_id))


def list_runs(store: Store, project_id: int) -> list[TrainingRun]:
    """Return all runs of a project, newest first."""
    return [_with_job_state(store, run) for run in store.runs.list(project_id)]


def run_job(store: Store, run_id: int) -> Job | None:
    """Return the job that carries a run out."""
    run = store.runs.get(run_id)
    return store.jobs.get(run.job_id) if run.job_id is not None else None


def run_points(store: Store, run_id: int) -> list[MetricPoint]:
    """Return the curves of a run so far."""
    return store.runs.points(run_id)


def stop_run(store: Store, actor: User, run_id: int) -> None:
    """Ask a run to stop; the best checkpoint so far is kept and becomes its model."""
    actor.require(Role.EDITOR)
    run = store.runs.get(run_id)
    if run.job_id is not None:
        queue.cancel(store, run.job_id)


@handles("train", lane="training")
def run_training(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Train in a process of its own, prove that the model reloads, and score it."""
    run = store.runs.get(int(job.spec["run_id"]))
    if run.state is JobState.SUCCEEDED:
        return {"run_id": run.run_id}  # its worker died between the last two steps
    store.runs.set_state(run.run_id, JobState.RUNNING)
    try:
        return _train(store, run, progress)
    except Canceled:
        store.runs.set_state(run.run_id, JobState.CANCELED)
        raise
    except StudioError as error:
        category = error.category if isinstance(error, RunFailed) else None
        store.runs.set_state(run.run_id, JobState.FAILED, error=str(error), category=category)
        raise


def _train(store: Store, run: TrainingRun, progress: Progress) -> Mapping[str, Any]:
    artifact = f"artifacts/models/run-{run.run_id}"
    facts = _work(store, run) / "facts.json"
    # A worker killed after this point finds the model in place and only scores it again.
    if not store.artifacts.path(artifact).exists():
        _train_and_prove(store, run, progress, facts)
    _report(progress, 0.97, "Scoring dev and test documents")
    found = predictions.score_run(store, run.project_id, run.run_id, artifact, seed=run.seed)
    decided.of_run(store, run.project_id, run.run_id)  # here, so that no page has to wait for it
    found |= json.loads(facts.read_text(encoding="utf-8"))
    store.runs.finish(run.run_id, {**dict(run.metrics), **found}, artifact)
    for name in ("work", "model"):
        shutil.rmtree(_work(store, run) / name, ignore_errors=True)
    return {"run_id": run.run_id}


def _train_and_prove(store: Store, run: TrainingRun, progress: Progress, facts: Path) -> None:
    work = _work(store, run)
    out = work / "model"
    _write_spec(store, run, work, out)
    follower = _Follower(store, run.run_id, progress)
    outcome = process.run(work, on_event=follower.on_event, should_stop=follower.should_stop)
    if not out.exists():
        raise Canceled  # stopped before there was anything worth keeping
    _report(progress, 0.96, "Proving that the saved model gives the same probabilities")
    data = store.artifacts.path(f"artifacts/training-sets/{run.training_set}")
    found = {
        "reload_difference": check_reload(out, data, n=GATE_TEXTS),
        "seconds": outcome.seconds,
        # A method without steps reports no speed; what the user waited for is the speed then.
        "texts_per_second": outcome.texts_per_second
        or len(read_training_set(data)) / max(outcome.seconds, 1e-3),
        "stopped": float(outcome.stopped),
    }
    _write_json(facts, found)
    # Copied, not moved: killed half-way, the next attempt finds the whole of it again.
    with store.artifacts.new_folder("models", f"run-{run.run_id}") as temporary:
        shutil.copytree(out, temporary, dirs_exist_ok=True, ignore=shutil.ignore_patterns(WITNESS))


def _report(progress: Progress, fraction: float, message: str) -> None:
    """Report progress of what follows the training; a stop comes too late for that."""
    with suppress(Canceled):
        progress(fraction, message)


def _work(store: Store, run: TrainingRun) -> Path:
    return store.home / "runs" / str(run.run_id)


class _Follower:
    """Turns the events of the training process into rows that pages read."""

    def __init__(self, store: Store, run_id: int, progress: Progress) -> None:
        self._store = store
        self._run_id = run_id
        self._progress = progress
        self._fraction = 0.0
        self._message = "Starting"
        self._stop = False

    def on_event(self, event: Mapping[str, Any]) -> None:
        """Take one event of the training process."""
        if event["type"] == "metric":
            point = MetricPoint(
                int(event["step"]), str(event["name"]), float(event["value"]), float(event["at"])
            )
            self._store.runs.add_points(self._run_id, [point])
        elif event["type"] == "phase":
            self._message = str(event["message"])
        elif event["type"] == "progress":
            self._fraction = 0.95 * float(event["step"]) / max(1, int(event["total"]))
            self._message = _progress_words(event)

    def should_stop(self) -> bool:
        """Report progress; whether somebody asked the run to stop."""
        try:
            self._progress(self._fraction, self._message)
        except Canceled:
            # A stop keeps the best checkpoint, so the run goes on to its end from here.
            self._stop = True
        return self._stop


def _progress_words(event: Mapping[str, Any]) -> str:
    words = f"step {event['step']} of {event['total']}, epoch {float(event['epoch']):.1f}"
    if event.get("texts_per_second"):
        words += f", {float(event['texts_per_second']):.0f} texts/s"
    return words


def _write_spec(store: Store, run: TrainingRun, work: Path, out: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    spec = {
        "method": run.method,
        "options": dict(run.options),
        "seed": run.seed,
        "training_set": str(store.artifacts.path(f"artifacts/training-sets/{run.training_set}")),
        "out": str(out),
    }
    _write_json(work / "spec.json", spec)


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps(values), encoding="utf-8")
    temporary.replace(path)


def _with_job_state(store: Store, run: TrainingRun) -> TrainingRun:
    """Show a run whose job ended badly as the job shows it (a killed worker, say)."""
    if run.state.is_finished or run.job_id is None:
        return run
    try:
        job = store.jobs.get(run.job_id)
    except NotFound:
        return run
    if job.state.is_finished and job.state is not JobState.SUCCEEDED:
        store.runs.set_state(run.run_id, job.state, error=job.error, category=job.category)
        return store.runs.get(run.run_id)
    return run


def finished(runs: Sequence[TrainingRun]) -> list[TrainingRun]:
    """Return the runs that have a model."""
    return [run for run in runs if run.state is JobState.SUCCEEDED and run.artifact]
