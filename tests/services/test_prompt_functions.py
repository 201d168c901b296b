"""A *prompt* function in a project, from its saving to the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.endpoints import Endpoint
from studio.core.errors import Invalid
from studio.services import applying, endpoints, labeling
from studio.services.completions import kept_answers
from studio.services.ledger import ledger
from studio.storage.store import Store
from tests.labeling.fake_endpoint import Reply, failed, running_endpoint, said
from tests.services.helpers import ME, do, make_project

OPTIONS = {"endpoint": "tiny", "prompt": "{text}", "concurrency": 1}
MINE = (0, 0, 0, 0, 1, 1, 1, 1, -1, 0)


def answer(number: int, prompt: str) -> Reply:
    if "nice" in prompt:
        return said("praise", 10, 1)
    return said("Refund." if "money" in prompt or "refund" in prompt else "delivery", 10, 1)


def save(store: Store, project_id: int, name: str = "asks", **more: object) -> int:
    function = labeling.save_function(
        store, ME, project_id, kind="prompt", name=name, options={**OPTIONS, **more}
    )
    assert function.lf_id is not None
    return function.lf_id


def votes(store: Store, project_id: int) -> list[list[int]]:
    return labeling.vote_matrix(store, project_id).votes.T.tolist()


@pytest.mark.slow
def test_documents_are_asked_about_once_and_the_ledger_says_what_it_took(
    store: Store, tmp_path: Path
) -> None:
    project_id = make_project(store, tmp_path)
    with running_endpoint(answer) as asked:
        endpoints.save_endpoint(store, ME, Endpoint("tiny", asked.url, "m", "", 1.0, 10.0))
        save(store, project_id)
        assert asked.bodies == []
        done = do(store, applying.start_apply(store, ME, project_id))
        assert done["faults"] == 1
        assert len(asked.bodies) == 10
        save(store, project_id, "again", max_chars=500)
        do(store, applying.start_apply(store, ME, project_id))
        do(store, applying.start_apply(store, ME, project_id))
        assert len(asked.bodies) == 10
    assert votes(store, project_id) == [list(MINE), list(MINE)]
    (row,) = ledger(store, project_id)
    assert (row.functions, row.endpoint, row.calls) == (("asks", "again"), "tiny", 10)
    assert (row.documents, row.cached, row.unparseable) == (20, 10, 2)
    assert (row.tokens_in, row.tokens_out) == (100, 10)
    assert row.cost == pytest.approx((100 * 1 + 10 * 10) / 1e6)
    (nice,) = kept_answers(store, project_id, OPTIONS, [8])
    assert (nice.answer, nice.label) == ("praise", None)


@pytest.mark.slow
def test_what_was_not_answered_is_asked_about_at_the_next_application_alone(
    store: Store, tmp_path: Path
) -> None:
    project_id = make_project(store, tmp_path)
    broken = {"now"}

    def sometimes(number: int, prompt: str) -> Reply:
        return failed(400) if broken and "lost" in prompt else answer(number, prompt)

    with running_endpoint(sometimes) as asked:
        endpoints.save_endpoint(store, ME, Endpoint("tiny", asked.url, "m"))
        save(store, project_id)
        do(store, applying.start_apply(store, ME, project_id))
        assert votes(store, project_id)[0][5] == -1
        (row,) = ledger(store, project_id)
        assert (row.calls, row.documents, row.cached) == (8, 8, 0)
        broken.clear()
        do(store, applying.start_apply(store, ME, project_id))
        assert votes(store, project_id) == [list(MINE)]
    assert len(asked.bodies) == 12
    assert sorted(asked.prompts[10:]) == ["parcel lost again", "refund for the lost parcel"]


def test_a_refused_key_stops_this_function_and_no_other(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    with running_endpoint(lambda n, _: failed(401)) as asked:
        endpoints.save_endpoint(store, ME, Endpoint("tiny", asked.url, "m"))
        save(store, project_id)
        labeling.save_function(
            store,
            ME,
            project_id,
            kind="keyword",
            name="says_refund",
            options={"label": "refund", "keywords": ["refund"]},
        )
        do(store, applying.start_apply(store, ME, project_id))
    assert len(asked.bodies) == 1
    rows = {row.function.name: row for row in labeling.list_functions(store, project_id)}
    (fault,) = rows["asks"].faults
    assert (fault.exception, fault.count) == ("EndpointRefused", 10)
    assert "'tiny'" in fault.message
    assert rows["says_refund"].summary.coverage == 0.3


def test_answers_that_name_unknown_labels_are_refused_when_saved(
    store: Store, tmp_path: Path
) -> None:
    project_id = make_project(store, tmp_path)
    with pytest.raises(Invalid, match="'spam'"):
        save(store, project_id, answers=["yes = spam"])
