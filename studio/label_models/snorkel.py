"""Snorkel's label model: learns from agreements and conflicts how good each function is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.jobs import Progress, no_progress
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN
from studio.core.votes import VoteMatrix, WeakLabels
from studio.label_models.base import LabelModel, check_functions, check_votes, label_models

_MIN_FUNCTIONS = 3
_BLOCK = 65_536


class SnorkelOptions(Options):
    """Options of :class:`Snorkel`."""

    n_epochs: int = option(
        500,
        title="Epochs",
        help="Steps of the optimiser. More is slower and seldom better.",
        minimum=1,
        maximum=100_000,
    )
    lr: float = option(
        0.01,
        title="Learning rate",
        help="Size of a step.",
        minimum=1e-6,
        maximum=1.0,
        advanced=True,
    )
    l2: float = option(
        0.0,
        title="Regularisation",
        help="How strongly accuracies are pulled to the initial guess of 0.7.",
        minimum=0.0,
        maximum=100.0,
        advanced=True,
    )
    class_balance: Literal["uniform", "gold"] = option(
        "uniform",
        title="Share of labels",
        help="Whether all labels are taken to be equally frequent, or as frequent as among the "
        "documents with gold.",
    )


@label_models.register("snorkel")
class Snorkel(LabelModel):
    """Snorkel's ``LabelModel``; needs three labeling functions that vote.

    Notes
    -----
    Ratner et al., Training Complex Models with Multi-Task Weak Supervision, AAAI 2019; the
    implementation is Snorkel's. Labeling functions that never vote are left out of the fit, and
    probabilities are summed as logarithms, because Snorkel's own product underflows to 0/0 with
    some hundred functions.
    """

    title = "Snorkel's label model"
    summary = "Learns from agreements and conflicts how far to believe each labeling function."
    Options = SnorkelOptions

    _names: tuple[str, ...] | None = None

    def fit(
        self,
        votes: VoteMatrix,
        *,
        options: Any,
        seed: int,
        gold: NDArray[np.int16] | None = None,
        progress: Progress = no_progress,
    ) -> None:
        """See :meth:`LabelModel.fit`."""
        check_votes(votes)
        voting = (votes.votes != ABSTAIN).any(axis=0)
        if voting.sum() < _MIN_FUNCTIONS:
            raise Invalid(
                f"Snorkel's label model needs at least {_MIN_FUNCTIONS} labeling functions that "
                f"vote, there are {int(voting.sum())}. Write more, or take majority vote."
            )
        prior = _prior(options, gold, votes.cardinality)
        progress(0.0, "Learning accuracies")
        used = votes.votes[:, voting]
        with _own_randomness():
            model = _fit_snorkel(used, votes.cardinality, options, seed=seed, prior=prior)
        self._names = votes.lf_names
        self._voting = voting
        self._log_prior = np.log(np.asarray(model.p, np.float64))  # [k]
        mu = model.mu.detach().numpy().astype(np.float64)
        self._log_mu = np.log(mu).reshape(-1, votes.cardinality, votes.cardinality)
        self._weights = np.asarray(model.get_weights(), np.float64)
        progress(1.0, "")

    def predict_proba(self, votes: VoteMatrix) -> WeakLabels:
        """See :meth:`LabelModel.predict_proba`. Uncovered rows hold the prior."""
        check_functions(self._names, votes)
        probs = np.empty((len(votes.doc_ids), votes.cardinality), np.float32)
        for start in range(0, len(probs), _BLOCK):
            block = votes.votes[start : start + _BLOCK, self._voting]
            probs[start : start + _BLOCK] = self._block(block)
        return WeakLabels(probs, votes.doc_ids, votes.covered)

    def lf_weights(self) -> Mapping[str, float | None]:
        """Return the learned accuracies, None for functions that never voted."""
        weights: dict[str, float | None] = dict.fromkeys(self._names or ())
        if self._names is not None:
            voting = np.asarray(self._names)[self._voting]
            weights.update(zip(voting.tolist(), self._weights.tolist(), strict=True))
        return weights

    def _block(self, votes: NDArray[np.int16]) -> NDArray[np.float32]:
        logs = np.tile(self._log_prior, (len(votes), 1))  # [n, k]
        for column, table in zip(votes.T, self._log_mu, strict=True):
            has_vote = column != ABSTAIN
            logs[has_vote] += table[column[has_vote]]  # row: P(vote | each label)
        logs -= logs.max(axis=1, keepdims=True)
        probs = np.exp(logs)
        shares: NDArray[np.float32] = (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares


def _fit_snorkel(
    votes: NDArray[np.int16],
    cardinality: int,
    options: SnorkelOptions,
    *,
    seed: int,
    prior: list[float] | None,
) -> Any:
    from snorkel.labeling.model import LabelModel as SnorkelModel

    model = SnorkelModel(cardinality=cardinality, verbose=False)
    model.fit(
        votes.astype(np.int64),
        n_epochs=options.n_epochs,
        lr=options.lr,
        l2=options.l2,
        class_balance=prior,
        seed=seed,
        progress_bar=False,
    )
    return model


def _prior(
    options: SnorkelOptions, gold: NDArray[np.int16] | None, cardinality: int
) -> list[float] | None:
    """Return the share of each label, None for equal shares."""
    if options.class_balance == "uniform":
        return None
    known = gold[gold != ABSTAIN] if gold is not None else np.zeros(0, np.int16)
    if not len(known):
        raise Invalid(
            "No document has gold, so the share of labels is unknown. Choose uniform, or review "
            "some documents first."
        )
    counts = np.bincount(known, minlength=cardinality) + 1.0  # no label is impossible
    shares: list[float] = (counts / counts.sum()).tolist()
    return shares


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Put all global states back: Snorkel seeds them, and others draw from them too."""
    import torch

    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
