"""Asking an endpoint, over real HTTP, to a server that behaves and to ones that do not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from studio.labeling.chat import MAX_RESPONSE, Chat, Patience
from studio.labeling.resources import Completion, Sampling
from tests.labeling.fake_endpoint import FakeEndpoint, Reply, failed, running_endpoint, said

HASTY = Patience(attempts=3, first_wait=0.001, connect=2.0, read=0.3, whole=0.6)
SAMPLING = Sampling(max_tokens=7, seed=5)
KEY = "sk-secret-123"


@contextmanager
def chatting(
    answer: Callable[[int, str], Reply], key: str = KEY
) -> Iterator[tuple[Chat, FakeEndpoint]]:
    with running_endpoint(answer) as endpoint:
        chat = Chat(endpoint.url, "tiny", key, is_local=True, patience=HASTY)
        try:
            yield chat, endpoint
        finally:
            chat.close()


def ask(answer: Callable[[int, str], Reply]) -> tuple[Completion, FakeEndpoint]:
    with chatting(answer) as (chat, endpoint):
        return chat.ask("what is it?", SAMPLING), endpoint


def test_a_question_carries_model_temperature_tokens_seed_and_key() -> None:
    completion, endpoint = ask(lambda n, prompt: said(" spam \nbecause", 11, 3))
    assert completion == Completion(" spam \nbecause", None, 11, 3)
    assert endpoint.paths == ["/v1/chat/completions"]
    assert endpoint.bodies == [
        {
            "model": "tiny",
            "messages": [{"role": "user", "content": "what is it?"}],
            "temperature": 0,
            "max_tokens": 7,
            "seed": 5,
        }
    ]
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"


def test_without_a_key_none_is_sent() -> None:
    with chatting(lambda n, prompt: said("spam"), key="") as (chat, endpoint):
        assert chat.ask("?", SAMPLING).answer == "spam"
    assert "authorization" not in endpoint.headers[0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_endpoint_is_asked_again(status: int) -> None:
    completion, endpoint = ask(lambda n, _: failed(status) if n < 2 else said("ham"))
    assert completion.answer == "ham"
    assert len(endpoint.bodies) == 3


def test_an_endpoint_that_stays_busy_is_given_up_with_its_status() -> None:
    completion, endpoint = ask(lambda n, _: failed(429))
    assert (completion.answer, completion.refused) == (None, False)
    assert completion.problem == "It answered 429 3 times in a row"
    assert len(endpoint.bodies) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 307, 302])
def test_what_would_refuse_every_prompt_is_asked_once(status: int) -> None:
    with running_endpoint(lambda n, _: said("never")) as elsewhere:
        headers = {"Location": f"{elsewhere.url}/chat/completions"}
        completion, endpoint = ask(lambda n, _: Reply(status, b"{}", headers))
        assert (completion.answer, completion.refused) == (None, True)
        assert str(status) in (completion.problem or "")
        assert len(endpoint.bodies) == 1
        assert elsewhere.bodies == []


def test_no_problem_repeats_the_key() -> None:
    completion, _ = ask(lambda n, _: failed(400, f"bad key {KEY}"))
    assert completion.problem == "It answered 400: bad key …"
    with chatting(lambda n, prompt: said("x")) as (chat, _):
        assert KEY not in repr(chat)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b"\xff",
    ]
    + [b'{"choices": [{"message": {"content": null}}]}', b"[" * 100_000],
)
def test_a_response_of_another_shape_is_a_problem(body: bytes) -> None:
    completion, endpoint = ask(lambda n, _: Reply(200, body))
    assert completion.answer is None
    assert (completion.problem or "").startswith("Its response ")
    assert not completion.refused
    assert len(endpoint.bodies) == 1


def test_nonsense_in_the_usage_counts_as_nothing() -> None:
    body = b'{"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": -1}}'
    assert ask(lambda n, _: Reply(200, body))[0] == Completion("a")


def test_a_huge_response_is_not_read_to_its_end() -> None:
    completion, _ = ask(lambda n, _: Reply(200, b"x" * (MAX_RESPONSE + 100_000)))
    assert completion.problem == "It sent more than 1 MiB in one response"


def test_a_compressed_response_is_refused() -> None:
    completion, endpoint = ask(lambda n, _: Reply(200, b"", {"Content-Encoding": "gzip"}))
    assert "compressed" in (completion.problem or "")
    assert endpoint.headers[0]["accept-encoding"] == "identity"


def test_an_endpoint_that_never_answers_is_given_up() -> None:
    never = threading.Event()
    patience = Patience(attempts=2, first_wait=0.001, read=0.05, whole=0.1)
    with running_endpoint(lambda n, _: Reply(wait=never)) as endpoint:
        chat = Chat(endpoint.url, "tiny", is_local=True, patience=patience)
        completion = chat.ask("?", SAMPLING)
        chat.close()
        never.set()
    assert completion.problem == "It did not answer in time 2 times in a row"


def test_an_endpoint_that_is_not_there_is_named_so() -> None:
    with running_endpoint(lambda n, _: said("x")) as endpoint:
        url = endpoint.url
    chat = Chat(url, "tiny", is_local=True, patience=HASTY)
    assert chat.ask("?", SAMPLING).problem == "It cannot be reached 3 times in a row"
    chat.close()


def test_a_parameter_that_a_model_does_not_know_is_left_out_from_then_on() -> None:
    def answer(number: int, prompt: str) -> Reply:
        return (
            said("ham")
            if "max_tokens" not in endpoint.bodies[-1]
            else failed(400, param="max_tokens")
        )

    with chatting(lambda n, p: answer(n, p)) as (chat, endpoint):
        assert chat.ask("?", SAMPLING).answer == "ham"
        assert chat.ask("?", SAMPLING).answer == "ham"
    assert [body.get("max_completion_tokens") for body in endpoint.bodies] == [None, 7, 7]


def test_a_stopped_chat_asks_no_more() -> None:
    with chatting(lambda n, _: said("ham")) as (chat, endpoint):
        chat.stop()
        assert chat.ask("?", SAMPLING).answer is None
    assert endpoint.bodies == []


def test_closing_waits_for_nobody_and_lets_what_is_under_way_end() -> None:
    asked, go_on = threading.Event(), threading.Event()
    found: list[Completion] = []

    def answer(number: int, prompt: str) -> Reply:
        asked.set()
        return Reply(body=said("ham").body, wait=go_on)

    with running_endpoint(answer) as endpoint:
        chat = Chat(endpoint.url, "tiny", is_local=True, patience=Patience(attempts=1))
        thread = threading.Thread(target=lambda: found.append(chat.ask("?", SAMPLING)))
        thread.start()
        assert asked.wait(10)
        chat.close()
        assert found == []
        go_on.set()
        thread.join(10)
        assert [c.answer for c in found] == ["ham"]
        assert chat.ask("?", SAMPLING).answer is None
    assert len(endpoint.bodies) == 1
