from __future__ import annotations

import threading

import numpy as np
import pytest

from studio.core.explanations import Explanation
from studio.explaining.methods.shapley import Shap, ShapOptions
from tests.explaining.toy import Curved, Linear

TEXT = "a good film, not bad but fine"


def explain(classifier: Linear, text: str, **options: int) -> Explanation:
    return Shap().explain(classifier, text, label=1, options=ShapOptions(**options))


def test_a_linear_classifier_gets_its_own_weights_back() -> None:
    found = explain(Linear(), TEXT)
    shares = {
        TEXT[start:end]: value
        for (start, end), value in zip(found.spans, found.values, strict=True)
    }
    assert found.base == pytest.approx(0.4)
    expected = {
        "a": 0,
        "good": 0.2,
        "film": 0,
        ",": 0,
        "not": 0,
        "bad": -0.3,
        "but": 0,
        "fine": 0.1,
    }
    assert shares == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_a_linear_classifier_is_explained_as_plain_shap_does() -> None:
    import shap

    found = explain(Linear(), TEXT)
    pieces = [TEXT[start:end] for start, end in found.spans]

    def of_presence(shown: np.ndarray) -> np.ndarray:
        texts = [" ".join(p for p, s in zip(pieces, row, strict=True) if s) for row in shown]
        return Linear().predict_proba(texts)[:, 1].astype(np.float64)

    nothing = np.zeros((1, len(pieces)))
    plain = shap.explainers.ExactExplainer(
        of_presence, shap.maskers.Independent(nothing, max_samples=1)
    )(np.ones((1, len(pieces))))
    np.testing.assert_allclose(found.values, plain.values[0], atol=1e-6)
    assert found.base == pytest.approx(float(plain.base_values[0]))


def test_two_words_that_work_together_share_evenly() -> None:
    # Of two players, Owen and Shapley values are one: the mean over both orders.
    def value(text: str) -> float:
        return float(Curved().predict_proba([text])[0, 1])

    found = explain(Curved(), "not good")
    alone, joined = value("good") - value(""), value("not good") - value("not")
    assert found.values[1] == pytest.approx((alone + joined) / 2, abs=1e-6)


def test_no_version_of_the_text_is_asked_twice() -> None:
    classifier = Curved()
    explain(classifier, "a a a a good a a a a")
    assert len(classifier.asked) == len(set(classifier.asked))


def test_no_more_questions_than_allowed() -> None:
    classifier = Curved()
    text = " ".join(f"w{i}" for i in range(200))
    explain(classifier, text, max_evals=100)
    # The last batch may run over.
    assert len(classifier.asked) <= 100 + 64


def test_a_long_text_is_explained_in_groups() -> None:
    found = explain(Curved(), "word " * 1000, max_words=50)
    assert len(found.spans) == 50
    assert found.spans[0][0] == 0
    assert found.spans[-1][1] == 4999


@pytest.mark.slow
def test_users_at_the_same_time_do_not_mix() -> None:
    texts = [f"good {'x ' * i}bad" for i in range(8)]
    alone = [explain(Linear(), text).values for text in texts]
    found: dict[int, tuple[float, ...]] = {}

    def work(index: int) -> None:
        found[index] = explain(Linear(), texts[index]).values

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, values in enumerate(alone):
        assert found[index] == pytest.approx(values, abs=1e-6)
