from __future__ import annotations

import pytest

from studio.core.endpoints import Endpoint
from studio.core.errors import Invalid


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("https://api.openai.com/v1", False),
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://[::ffff:127.0.0.1]:1", True),
        ("http://localhost:11434/v1", True),
        ("http://10.0.0.5:8000/v1", False),
        ("http://gpu-box:8000/v1", False),
        ("http://models.internal/v1", False),
        ("https://127.0.0.1.example.org", False),
        ("https://localhost.example.org", False),
    ],
)
def test_an_address_is_local_only_if_nothing_leaves_the_machine(url: str, is_local: bool) -> None:
    assert Endpoint("a", url, "m").is_local is is_local


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "begin with http"),
        ("ftp://host/v1", "begin with http"),
        ("file:///etc/passwd", "begin with http"),
        ("https://", "begin with http"),
        ("https://user:secret@host/v1", "password"),
        ("https://host/v1?key=secret", r"after \? or #"),
        ("https://host/v1/chat/completions", "leave that part away"),
        ("http://api.example.org/v1", "unencrypted"),
        ("http://169.254.169.254/v1", "service of the machine"),
        ("http://0.0.0.0:1/v1", "service of the machine"),
        ("https://host:99999/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
        ("https://hö.st/", "letters"),
        ("https://host/a b", "spaces"),
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        Endpoint("a", url, "m")
    assert "secret@" not in str(refusal.value)


@pytest.mark.parametrize(
    "variable", ["sk-abc123", "openai_api_key", "STUDIO_DATABASE_URL", "PATH"]
)
def test_a_key_is_named_by_a_variable_for_keys(variable: str) -> None:
    with pytest.raises(Invalid, match="_API_KEY"):
        Endpoint("a", "https://host/v1", "m", variable)
    assert Endpoint("a", "https://host/v1", "m", "OPENAI_API_KEY").key_variable


def test_prices_are_for_a_million_tokens() -> None:
    assert Endpoint("a", "https://host/v1", "m", "", 2.0, 8.0).cost(500_000, 250_000) == 3.0
    for price in (-1.0, float("nan"), float("inf")):
        with pytest.raises(Invalid, match="price"):
            Endpoint("a", "https://host/v1", "m", "", price)


def test_answers_rest_on_address_and_model_alone() -> None:
    first = Endpoint("a", "https://host/v1", "m")
    assert first.fingerprint == Endpoint("b", "https://host/v1", "m", "X_API_KEY", 1.0).fingerprint
    assert first.fingerprint != Endpoint("a", "https://host/v1", "n").fingerprint
