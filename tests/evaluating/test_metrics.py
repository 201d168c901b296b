from __future__ import annotations

import math

import numpy as np
import pytest

from studio.core.errors import Invalid
from studio.core.runs import Scores
from studio.evaluating.metrics import confusion, log_loss, per_label, scores


def labels(*values: int) -> np.ndarray:
    return np.asarray(values, np.int16)


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_sklearn(seed: int) -> None:
    from sklearn import metrics

    random = np.random.default_rng(seed)
    gold = random.integers(0, 5, 200).astype(np.int16)
    decided = np.where(random.random(200) < 0.6, gold, random.integers(0, 6, 200))
    decided = np.minimum(decided, 4).astype(np.int16)
    probs = random.dirichlet(np.ones(5), 200)
    found = scores(decided, gold, cardinality=5)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(gold, decided))
    assert found.macro_f1 == pytest.approx(metrics.f1_score(gold, decided, average="macro"))
    np.testing.assert_array_equal(
        confusion(decided, gold, 5), metrics.confusion_matrix(gold, decided)
    )
    expected = metrics.precision_recall_fscore_support(gold, decided)
    ours = [(p.precision, p.recall, p.f1, p.support) for p in per_label(decided, gold, 5)]
    np.testing.assert_allclose(np.transpose(ours), expected)
    assert log_loss(probs, gold) == pytest.approx(metrics.log_loss(gold, probs))


def test_documents_without_gold_count_nowhere() -> None:
    found = scores(labels(0, 1, 1, 0), labels(0, -1, 1, -1), cardinality=2)
    assert found == Scores(accuracy=1.0, macro_f1=1.0, coverage=1.0, n=2)
    assert confusion(labels(0, 1), labels(-1, -1), 2).sum() == 0


def test_an_abstention_is_wrong_and_not_covered() -> None:
    found = scores(labels(0, -1, 1, 1), labels(0, 0, 1, 1), cardinality=2)
    assert (found.accuracy, found.coverage) == (0.75, 0.75)
    # Label 0: precision 1, recall 1/2; label 1: both 1.
    assert found.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert confusion(labels(0, -1, 1, 1), labels(0, 0, 1, 1), 2).tolist() == [[1, 0], [0, 2]]
    assert [label.support for label in per_label(labels(0, -1), labels(0, 0), 2)] == [2, 0]


def test_coverage_is_what_the_source_says_it_is() -> None:
    covered = np.asarray([True, False, False, True])
    found = scores(labels(0, 0, 1, 1), labels(0, 0, 1, -1), cardinality=2, covered=covered)
    assert found.coverage == pytest.approx(1 / 3)
    assert found.accuracy == 1.0


def test_labels_that_never_occur_do_not_lower_macro_f1() -> None:
    assert scores(labels(0, 1), labels(0, 1), cardinality=77).macro_f1 == 1.0
    wrongly = scores(labels(0, 2), labels(0, 1), cardinality=3)
    assert wrongly.macro_f1 == pytest.approx(1 / 3)


def test_without_gold_all_figures_are_zero() -> None:
    assert scores(labels(0, 1), labels(-1, -1), cardinality=2) == Scores(0.0, 0.0, 0.0, 0)
    assert scores(labels(), labels(), cardinality=2).n == 0


def test_log_loss_by_hand() -> None:
    probs = np.asarray([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]])
    expected = -(math.log(0.5) + math.log(0.8)) / 2
    assert log_loss(probs, labels(0, 1, -1)) == pytest.approx(expected)


def test_a_sure_error_stays_finite() -> None:
    assert math.isfinite(log_loss(np.asarray([[1.0, 0.0]]), labels(1)))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Invalid, match="1 decisions do not fit 2"):
        scores(labels(0), labels(0, 1), cardinality=2)
    with pytest.raises(Invalid, match=r"outside -1\.\.1"):
        scores(labels(0, 2), labels(0, 1), cardinality=2)
    with pytest.raises(Invalid, match="do not fit"):
        log_loss(np.ones((1, 2)), labels(0, 1))
    with pytest.raises(Invalid, match="no loss"):
        log_loss(np.ones((1, 2)) / 2, labels(-1))
