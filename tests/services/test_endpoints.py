from __future__ import annotations

import pytest

from studio.core.endpoints import Endpoint
from studio.core.errors import Forbidden, Invalid, NotFound
from studio.core.users import Role, User
from studio.jobs.queue import run_inline
from studio.services import endpoints
from studio.storage.store import Store
from tests.labeling.fake_endpoint import failed, running_endpoint, said
from tests.services.helpers import ME, do
from tests.storage.making import SPAM

EDITOR = User("ed", Role.EDITOR)
TINY = Endpoint("tiny", "http://127.0.0.1:1/v1", "m", "TINY_API_KEY")


def test_only_administrators_keep_endpoints(store: Store) -> None:
    endpoints.save_endpoint(store, ME, Endpoint(" tiny ", "http://127.0.0.1:1/v1/", " m"))
    assert endpoints.list_endpoints(store) == [Endpoint("tiny", "http://127.0.0.1:1/v1", "m")]
    with pytest.raises(Forbidden):
        endpoints.save_endpoint(store, EDITOR, TINY)
    with pytest.raises(Forbidden):
        endpoints.remove_endpoint(store, EDITOR, "tiny")
    with pytest.raises(Forbidden):
        endpoints.start_test(store, EDITOR, "tiny")
    with pytest.raises(NotFound):
        endpoints.start_test(store, ME, "large")
    endpoints.remove_endpoint(store, ME, "tiny")
    assert endpoints.list_endpoints(store) == []


def test_a_test_asks_one_question_and_shows_the_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_API_KEY", "sk-1")
    with running_endpoint(lambda n, _: said(" ready\n", 9, 1)) as asked:
        endpoints.save_endpoint(store, ME, Endpoint("tiny", asked.url, "m", "TINY_API_KEY"))
        job_id = endpoints.start_test(store, ME, "tiny")
        assert asked.bodies == []
        found = do(store, job_id)
    assert found == {"answer": "ready", "tokens_in": 9, "tokens_out": 1}
    assert asked.headers[0]["authorization"] == "Bearer sk-1"
    assert "sk-1" not in str(store.jobs.get(job_id))


@pytest.mark.parametrize(
    ("key", "why"),
    [("", "TINY_API_KEY is not set"), ("sk 1", "no key has"), ("sk-1", "refused the key")],
)
def test_a_failing_test_says_why_without_the_key(
    store: Store, monkeypatch: pytest.MonkeyPatch, key: str, why: str
) -> None:
    monkeypatch.setenv("TINY_API_KEY", key)
    with running_endpoint(lambda n, _: failed(401, f"no: {key}")) as asked:
        endpoints.save_endpoint(store, ME, Endpoint("tiny", asked.url, "m", "TINY_API_KEY"))
        job_id = endpoints.start_test(store, ME, "tiny")
        run_inline(store, job_id)
    error = store.jobs.get(job_id).error or ""
    assert why in error
    assert not key or key not in error


def test_votes_rest_on_the_model_and_on_masking_and_outlive_the_endpoint(store: Store) -> None:
    project_id = store.projects.add("p", SPAM, actor="ada")
    seen = [endpoints.endpoint_fingerprint(store, project_id, "tiny")]
    for change in (
        lambda: endpoints.save_endpoint(store, ME, TINY),
        lambda: endpoints.save_endpoint(store, ME, Endpoint("tiny", TINY.url, "other")),
        lambda: endpoints.set_texts(store, ME, project_id, "masked"),
    ):
        change()
        seen.append(endpoints.endpoint_fingerprint(store, project_id, "tiny"))
    assert len(set(seen)) == 4
    endpoints.remove_endpoint(store, ME, "tiny")
    assert endpoints.endpoint_fingerprint(store, project_id, "tiny") == seen[-1]


def test_full_texts_are_an_administrators_choice(store: Store) -> None:
    project_id = store.projects.add("p", SPAM, actor="ada")
    endpoints.set_texts(store, EDITOR, project_id, "masked")
    with pytest.raises(Forbidden):
        endpoints.set_texts(store, EDITOR, project_id, "full")
    with pytest.raises(Invalid, match="'some'"):
        endpoints.set_texts(store, ME, project_id, "some")
