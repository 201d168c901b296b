"""Endpoints of language models: administrators keep them, labeling functions ask them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studio.core.endpoints import Endpoint
from studio.core.errors import Invalid, Unavailable
from studio.core.fingerprints import fingerprint
from studio.core.jobs import Job, Progress
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.chat import PATIENT, Chat, Patience
from studio.labeling.resources import Sampling
from studio.storage.store import Store

TEXTS = "llm_text"
"""Setting of a project: which texts language models get to see."""

MASKED = "masked"
FULL = "full"

_TEST = "Answer with the one word: ready"


def list_endpoints(store: Store) -> list[Endpoint]:
    """Return all endpoints of the studio, by name."""
    return store.endpoints.list()


def save_endpoint(store: Store, actor: User, endpoint: Endpoint) -> None:
    """Add an endpoint, or change the one of this name. No request is made.

    Raises
    ------
    Forbidden
        If the user is no administrator.
    """
    actor.require(Role.ADMIN)
    trimmed = replace(
        endpoint,
        name=endpoint.name.strip(),
        url=endpoint.url.strip().rstrip("/"),
        model=endpoint.model.strip(),
    )
    store.endpoints.save(trimmed, actor.name)


def remove_endpoint(store: Store, actor: User, name: str) -> None:
    """Remove an endpoint; what it answered is kept.

    Raises
    ------
    Forbidden
        If the user is no administrator.
    NotFound
        If there is none of this name.
    """
    actor.require(Role.ADMIN)
    store.endpoints.remove(name)


def start_test(store: Store, actor: User, name: str) -> int:
    """Queue one short question to an endpoint; return the job.

    Raises
    ------
    Forbidden
        If the user is no administrator.
    NotFound
        If there is none of this name.
    """
    actor.require(Role.ADMIN)
    store.endpoints.get(name)
    return enqueue(store, "test_endpoint", {"name": name}, project_id=None, actor=actor.name)


@handles("test_endpoint", lane="interactive")
def run_test(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Ask an endpoint one short question; it shows no document."""
    endpoint = store.endpoints.get(job.spec["name"])
    progress(0.0, endpoint.name)
    chat = open_chat(endpoint, Patience(attempts=2, read=20.0, whole=30.0))
    try:
        said = chat.ask(_TEST, Sampling(max_tokens=20))
    finally:
        chat.close()
    if said.answer is None:
        raise Unavailable(problem_sentence(endpoint, said.problem))
    progress(1.0, "It answered")
    return {
        "answer": said.answer.strip()[:200],
        "tokens_in": said.tokens_in,
        "tokens_out": said.tokens_out,
    }


def open_chat(endpoint: Endpoint, patience: Patience = PATIENT) -> Chat:
    """Return a connection to an endpoint, with the key of this process's environment.

    Raises
    ------
    Unavailable
        If the key's variable is not set, or holds what no key is.
    """
    return Chat(endpoint.url, endpoint.model, _key(endpoint), endpoint.is_local, patience)


def problem_sentence(endpoint: Endpoint, problem: str | None) -> str:
    """Return what went wrong with an endpoint as a sentence that names it."""
    said = problem or "it gave no answer"
    return f"The endpoint {endpoint.name!r}: {said[:1].lower()}{said[1:]}."


def masks_texts(store: Store, project_id: int, endpoint: Endpoint) -> bool:
    """Whether emails, phones and the like are masked in what this endpoint gets to see.

    The project says so. Where it does not, what leaves the machine is masked.
    """
    told = store.project_settings.get(project_id, TEXTS)
    return not endpoint.is_local if told is None else told != FULL


def set_texts(store: Store, actor: User, project_id: int, value: str | None) -> None:
    """Say whether language models see ``"masked"`` or ``"full"`` texts; None: as is usual.

    Raises
    ------
    Invalid
        If the value is none of these.
    Forbidden
        If an editor asks for full texts.
    """
    actor.require(Role.ADMIN if value == FULL else Role.EDITOR)
    if value not in (MASKED, FULL, None):
        raise Invalid(f"Texts can be {MASKED!r} or {FULL!r} for language models, not {value!r}.")
    store.project_settings.set(project_id, TEXTS, value, actor.name)


def endpoint_fingerprint(store: Store, project_id: int, name: str) -> str:
    """Return what the answers of an endpoint rest on beside the prompt.

    One that was removed counts as it was last: its votes stay true.
    """
    endpoint = store.endpoints.last(name)
    if endpoint is None:
        return fingerprint("no endpoint", name)
    return fingerprint(endpoint.fingerprint, masks_texts(store, project_id, endpoint))


def _key(endpoint: Endpoint) -> str:
    if not endpoint.key_variable:
        return ""
    key = os.environ.get(endpoint.key_variable, "").strip()
    if not key:
        raise Unavailable(
            f"The endpoint {endpoint.name!r} needs a key, but {endpoint.key_variable} is not set "
            "where the worker runs. Set it there and start the worker again."
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Unavailable(
            f"{endpoint.key_variable} holds spaces or letters that no key has. Set it to the key "
            "alone where the worker runs."
        )
    return key
