"""Answers asked for once, kept and paid for once, over real HTTP to a small endpoint."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from studio.core.endpoints import Endpoint
from studio.core.errors import Canceled
from studio.labeling.chat import Patience
from studio.labeling.resources import PLAIN, Completion, Sampling
from studio.services import endpoints
from studio.services.completions import MAX_MISSES, complete, kept_answers
from studio.services.ledger import ledger
from studio.storage.store import Store
from tests.labeling.fake_endpoint import FakeEndpoint, Reply, failed, running_endpoint, said
from tests.services.helpers import ME, make_project

HASTY = Patience(attempts=2, first_wait=0.001, connect=2.0, read=2.0, whole=2.0)
LOCAL = "http://127.0.0.1:1/v1"


def keep(store: Store, url: str, name: str = "tiny", model: str = "m", **more: object) -> Endpoint:
    endpoint = Endpoint(name, url, model, price_in=2.0, price_out=10.0, **more)  # type: ignore[arg-type]
    endpoints.save_endpoint(store, ME, endpoint)
    return endpoint


def answer(number: int, prompt: str) -> Reply:
    return said("refund" if "money" in prompt or "refund" in prompt else "delivery", 100, 5)


def test_what_was_answered_once_is_not_asked_again(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    with running_endpoint(answer) as asked:
        keep(store, asked.url)
        first = complete(store, project_id, "tiny", ["money", "parcel", "money"])
        assert [c.answer for c in first] == ["refund", "delivery", "refund"]
        assert [c.cached for c in first] == [False, False, True]
        assert sorted(asked.prompts) == ["money", "parcel"]
        again = complete(store, project_id, "tiny", ["parcel", "money"])
        assert again == [Completion("delivery", cached=True), Completion("refund", cached=True)]
        assert len(asked.prompts) == 2


def test_another_prompt_parameter_model_or_project_asks_anew(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    other = make_project(store, tmp_path, "Other")
    with running_endpoint(answer) as asked:
        keep(store, asked.url)
        keep(store, asked.url, "large", "xl")
        for number, name, sampling in (
            (project_id, "tiny", PLAIN),
            (project_id, "tiny", Sampling(max_tokens=3)),
            (project_id, "tiny", Sampling(seed=3)),
            (project_id, "large", PLAIN),
            (other, "tiny", PLAIN),
        ):
            (found,) = complete(store, number, name, ["money"], sampling=sampling)
            assert not found.cached
        assert complete(store, project_id, "tiny", ["money"], sampling=Sampling(concurrency=1))[
            0
        ].cached
    assert len(asked.prompts) == 5


def test_a_refused_key_ends_the_asking_and_names_the_variable(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = make_project(store, tmp_path)
    monkeypatch.setenv("TINY_API_KEY", "sk-wrong")
    with running_endpoint(lambda n, _: failed(401, "Incorrect API key: sk-wrong")) as asked:
        keep(store, asked.url, key_variable="TINY_API_KEY")
        found = complete(
            store,
            project_id,
            "tiny",
            [str(i) for i in range(50)],
            sampling=Sampling(concurrency=2),
        )
    assert asked.headers[0]["authorization"] == "Bearer sk-wrong"
    assert len(asked.bodies) <= 4
    assert all(c.refused and c.answer is None for c in found)
    problem = found[0].problem or ""
    assert problem.startswith("The endpoint 'tiny': it refused the key (401).")
    assert "sk-wrong" not in "".join(str(c) for c in found)


def test_a_key_that_is_not_set_asks_nothing(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    with running_endpoint(answer) as asked:
        keep(store, asked.url, key_variable="NOBODY_SETS_THIS_API_KEY")
        (found,) = complete(store, project_id, "tiny", ["money"])
    assert found.refused
    assert "NOBODY_SETS_THIS_API_KEY is not set" in (found.problem or "")
    assert asked.bodies == []


def test_an_endpoint_that_is_gone_refuses(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    keep(store, LOCAL)
    endpoints.remove_endpoint(store, ME, "tiny")
    (found,) = complete(store, project_id, "tiny", ["money"])
    assert found.refused
    assert "no endpoint 'tiny'" in (found.problem or "")


@pytest.mark.slow
def test_single_failures_pass_by_and_a_row_of_them_ends_the_asking(
    store: Store, tmp_path: Path
) -> None:
    project_id = make_project(store, tmp_path)

    def broken(number: int, prompt: str) -> Reply:
        return failed(400) if "bad" in prompt else said("ok")

    with running_endpoint(broken) as asked:
        keep(store, asked.url)
        prompts = ["a", "bad", "b", *(f"bad {i}" for i in range(40))]
        found = complete(
            store,
            project_id,
            "tiny",
            prompts,
            sampling=Sampling(concurrency=1),
            patience=HASTY,
        )
    assert [c.answer for c in found[:3]] == ["ok", None, "ok"]
    assert not found[1].refused
    assert all(c.refused for c in found[3 + MAX_MISSES :])
    assert len(asked.bodies) == 3 + MAX_MISSES


def test_a_stop_keeps_what_was_answered(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    never = threading.Event()

    def slow(number: int, prompt: str) -> Reply:
        return said("ok") if prompt == "fast" else Reply(wait=never)

    def stop(fraction: float, message: str = "") -> None:
        if fraction > 0:
            raise Canceled

    with running_endpoint(slow) as asked:
        keep(store, asked.url)
        prompts = ["fast", "slow 1", "slow 2", "slow 3", "slow 4", "slow 5"]
        with pytest.raises(Canceled):
            complete(
                store, project_id, "tiny", prompts, sampling=Sampling(concurrency=2), progress=stop
            )
        assert complete(store, project_id, "tiny", ["fast"])[0].cached
        never.set()
    assert len(asked.bodies) <= 3


def test_several_are_asked_at_once(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    together = threading.Barrier(3, timeout=10)

    def meet(number: int, prompt: str) -> Reply:
        together.wait()
        return said("ok")

    with running_endpoint(meet) as asked:
        keep(store, asked.url)
        found = complete(
            store, project_id, "tiny", list("abcdef"), sampling=Sampling(concurrency=3)
        )
    assert [c.answer for c in found] == ["ok"] * 6
    assert len(asked.bodies) == 6


def test_texts_are_masked_as_the_project_says(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    near, far = keep(store, LOCAL), keep(store, "https://models.example.org/v1", "far")
    assert [endpoints.masks_texts(store, project_id, e) for e in (near, far)] == [False, True]
    endpoints.set_texts(store, ME, project_id, "masked")
    assert [endpoints.masks_texts(store, project_id, e) for e in (near, far)] == [True, True]
    endpoints.set_texts(store, ME, project_id, "full")
    assert [endpoints.masks_texts(store, project_id, e) for e in (near, far)] == [False, False]


def sent(store: Store, project_id: int, asked: FakeEndpoint) -> str:
    complete(store, project_id, "tiny", ["write to ada@example.org"])
    return asked.prompts[-1]


def test_what_is_masked_never_leaves(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    with running_endpoint(answer) as asked:
        keep(store, asked.url)
        endpoints.set_texts(store, ME, project_id, "masked")
        assert sent(store, project_id, asked) == "write to [EMAIL_1]"
        endpoints.set_texts(store, ME, project_id, None)
        assert sent(store, project_id, asked) == "write to ada@example.org"


def test_kept_answers_show_what_a_model_said(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    options = {"endpoint": "tiny", "prompt": "{text}?", "answers": ["refund = refund"]}
    with running_endpoint(answer) as asked:
        keep(store, asked.url)
        texts = store.documents.texts(project_id, [0, 4])
        complete(
            store,
            project_id,
            "tiny",
            [f"{text}?" for text in texts],
            sampling=Sampling(template="{text}?"),
        )
        found = kept_answers(store, project_id, options, [4, 8, 0])
        assert len(asked.bodies) == 2
    assert [(a.doc_id, a.answer, a.label, a.gold) for a in found] == [
        (4, "delivery", None, 1),
        (8, None, None, None),
        (0, "refund", 0, 0),
    ]


def test_the_ledger_adds_up_what_was_paid(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    with running_endpoint(answer) as asked:
        keep(store, asked.url)
        for template in ("{text}", "{text}!"):
            complete(
                store, project_id, "tiny", ["a", "b", "a"], sampling=Sampling(template=template)
            )
    rows = ledger(store, project_id)
    assert [(r.functions, r.calls, r.tokens_in, r.tokens_out) for r in rows] == [
        ((), 2, 200, 10),
        ((), 2, 200, 10),
    ]
    # 400 tokens at 2 and 20 at 10 a million.
    assert sum(r.cost for r in rows) == pytest.approx((400 * 2 + 20 * 10) / 1e6)
    assert ledger(store, make_project(store, tmp_path, "Other")) == []
