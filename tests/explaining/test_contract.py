"""What every explainer must do."""

from __future__ import annotations

import pytest

from studio.core.errors import Invalid
from studio.core.explanations import Explanation
from studio.explaining.base import explainers
from tests.explaining.toy import Curved, Linear, Short

TEXTS = [
    "",
    "good",
    "  a good   day, not bad!\n",
    "不好 very 好吃 🙂 don't",
    "?!... \u200b \ud800",
    "not " * 80 + "good",
]


@pytest.fixture(params=explainers.names())
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def explain(method: str, classifier: Linear, text: str, label: int | None = None) -> Explanation:
    member = explainers.get(method)
    return member().explain(classifier, text, label=label, options=member.Options())


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("label", [0, 1, None])
@pytest.mark.parametrize("kind", [Linear, Curved, Short])
def test_contributions_add_up_to_the_probability(
    method: str, text: str, label: int | None, kind: type[Linear]
) -> None:
    found = explain(method, kind(), text, label)
    assert found.base + sum(found.values) == pytest.approx(found.probs[found.label], abs=1e-3)
    assert found.text == text
    assert found.method == method
    if label is None:
        assert found.probs[found.label] == max(found.probs)
    else:
        assert found.label == label
    ends = [0, *(offset for span in found.spans for offset in span), len(text)]
    assert ends == sorted(ends)
    assert all(text[start:end].strip() for start, end in found.spans)


def test_what_is_not_read_is_not_explained(method: str) -> None:
    found = explain(method, Short(), "a good day and bad words")
    assert (found.n_tokens, found.n_read) == (24, 10)
    assert max(end for _, end in found.spans) <= 10


def test_words_that_speak_for_a_label_are_positive(method: str) -> None:
    found = explain(method, Linear(), "good but bad", 1)
    by_word = dict(zip(("good", "but", "bad"), found.values, strict=True))
    assert by_word["good"] > 0.1
    assert by_word["bad"] < -0.1
    opposite = explain(method, Linear(), "good but bad", 0)
    assert opposite.values == pytest.approx([-value for value in found.values], abs=1e-5)


def test_a_label_that_is_not_there_is_refused(method: str) -> None:
    with pytest.raises(Invalid, match="no label with index 2"):
        explain(method, Linear(), "good", 2)


def test_every_option_can_be_drawn(method: str) -> None:
    member = explainers.get(method)
    assert member.summary.endswith(".")
    for name, field in member.Options.model_fields.items():
        assert field.title, name
        assert field.description, name
