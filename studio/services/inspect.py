"""Inspect: why a run says what it says of one text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from studio.core.errors import Invalid
from studio.core.explanations import Explanation
from studio.core.fingerprints import fingerprint
from studio.core.jobs import Job, Progress
from studio.core.options import Options, parse_options
from studio.core.users import Role, User
from studio.explaining.base import explainers
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.services.model_process import models
from studio.storage.store import Store

MAX_LENGTH = 100_000
"""Characters of a text to explain; a model reads a small part of that."""


def method_names() -> tuple[str, ...]:
    """Return the registered explainers, the default first."""
    return explainers.names()


def method_options(name: str) -> type[Options]:
    """Return the options of an explainer: what its form is drawn from."""
    return explainers.get(name).Options


def explanation_key(
    store: Store,
    run_id: int,
    text: str,
    *,
    label: int | None,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> str:
    """Return under which key an explanation is kept; a second look costs nothing."""
    run = store.runs.get(run_id)
    return fingerprint(
        "explanation",
        run.project_id,
        run_id,
        run.artifact,
        _clean(text),
        label,
        method or explainers.default,
        dict(options or {}),
    )


def find_explanation(store: Store, key: str) -> Explanation | None:
    """Return an explanation that was made before; None if it was not."""
    raw = store.explanations.find(key)
    if raw is None:
        return None
    values = dict(raw)
    values["spans"] = tuple((int(start), int(end)) for start, end in values["spans"])
    values["values"] = tuple(values["values"])
    values["probs"] = tuple(values["probs"])
    return Explanation(**values)


def start_explain(
    store: Store,
    actor: User,
    project_id: int,
    *,
    run_id: int,
    text: str,
    label: int | None = None,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> int:
    """Queue an explanation and return the job's id; :func:`find_explanation` fetches it.

    ``label`` is the label to explain; None means the most probable one.

    Raises
    ------
    Invalid
        If the text is empty or longer than 100,000 characters, the run has no model, or the label
        or an option is wrong.
    """
    actor.require(Role.VIEWER)
    method = method or explainers.default
    parsed = parse_options(method_options(method), dict(options or {}), what=f"Method {method}")
    run = store.runs.get(run_id)
    if run.project_id != project_id or run.artifact is None:
        raise Invalid(f"The run {run.name!r} has no model. Choose a run that succeeded.")
    cleaned = _clean(text)
    if not cleaned.strip():
        raise Invalid("There is no text to explain. Type one, or pick a document.")
    if len(cleaned) > MAX_LENGTH:
        raise Invalid(
            f"The text has {len(cleaned):,} characters; at most {MAX_LENGTH:,} can be explained. "
            "Paste the part that matters."
        )
    schema = store.projects.get(project_id).schema
    if label is not None:
        schema.name_of(label)
    values = parsed.model_dump(mode="json")
    key = explanation_key(store, run_id, text, label=label, method=method, options=options)
    spec = {
        "run_id": run_id,
        "text": cleaned,
        "label": label,
        "method": method,
        "options": values,
        "key": key,
    }
    return enqueue(store, "explain", spec, project_id=project_id, actor=actor.name)


@handles("explain", lane="interactive")
def run_explain(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Explain one text in a warm model process and keep the result under its key."""
    spec = job.spec
    if store.explanations.find(spec["key"]) is None:
        run = store.runs.get(int(spec["run_id"]))
        assert run.artifact is not None
        progress(0.1, "Asking the model")
        with models.use(store.artifacts.path(run.artifact)) as model:
            found = model.explain(
                spec["text"], label=spec["label"], method=spec["method"], options=spec["options"]
            )
        store.explanations.save(spec["key"], asdict(found))
    return {"key": spec["key"]}


def _clean(text: str) -> str:
    # A lone surrogate has no UTF-8; no tokenizer and no database takes it.
    return text.encode("utf-8", "replace").decode("utf-8")
