from __future__ import annotations

import math

import pytest

from studio.core.errors import RunFailed
from studio.training.trainer import metric_events, soft_cross_entropy


def test_soft_cross_entropy_is_what_a_hand_finds() -> None:
    import torch

    # softmax of (ln 3, 0) is (3/4, 1/4); of (0, 0) it is (1/2, 1/2).
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    targets = torch.tensor([[0.2, 0.8], [1.0, 0.0]])
    weights = torch.tensor([0.5, 1.5])
    first = -(0.2 * math.log(3 / 4) + 0.8 * math.log(1 / 4))
    expected = (0.5 * first + 1.5 * math.log(2)) / 2
    assert float(soft_cross_entropy(logits, targets, weights)) == pytest.approx(expected, rel=1e-6)


def test_hard_targets_give_the_usual_cross_entropy() -> None:
    import torch

    logits = torch.randn(16, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(16) % 5
    ours = soft_cross_entropy(logits, torch.eye(5)[labels], torch.ones(16))
    assert float(ours) == pytest.approx(float(torch.nn.functional.cross_entropy(logits, labels)))


def test_soft_targets_are_no_multi_label_problem() -> None:
    import torch

    # At the target the gradient of softmax cross-entropy vanishes; that of two sigmoids does not.
    targets = torch.tensor([[0.7, 0.3]])
    logits = targets.log().requires_grad_()
    soft_cross_entropy(logits, targets, torch.ones(1)).backward()
    assert float(logits.grad.abs().max()) < 1e-6


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    with pytest.raises(RunFailed, match="step 7.*lower learning rate"):
        metric_events(7, {"loss": math.nan})


def test_only_finite_figures_become_points() -> None:
    events = metric_events(3, {"eval_loss": math.inf, "eval_accuracy": 0.5, "epoch": 1.0})
    assert events == [{"type": "metric", "step": 3, "name": "dev_accuracy", "value": 0.5}]
