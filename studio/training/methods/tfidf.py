"""Words and letter groups with a linear model: the quick baseline."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.classifier import Classifier
from studio.core.errors import BadFile, Canceled
from studio.core.options import Options as AnyOptions
from studio.core.options import option
from studio.core.runs import TrainingSet
from studio.training.base import TrainContext, TrainingMethod, check_learnable, training_methods
from studio.training.manifest import Manifest, library_versions, read_manifest, write_manifest
from studio.training.trainer import dev_metrics

_SMALL = 0.01
"""Target probabilities below this are left out: they cost a row each and change nothing."""

_CHUNK = 4096
_WEIGHTS = "model.safetensors"
_TERMS = "terms.json"


class TfidfOptions(AnyOptions):
    """Options of the linear baseline."""

    strength: float = option(
        3.0,
        title="Strength",
        help="How closely the model follows its labels (the inverse of regularisation). Lower it "
        "if labels are noisy.",
        minimum=0.001,
        maximum=1000.0,
    )
    max_terms: int = option(
        100_000,
        title="Terms",
        help="Most frequent words and letter groups that are kept, of each kind.",
        minimum=100,
        maximum=1_000_000,
        advanced=True,
    )


@training_methods.register("tfidf")
class Tfidf(TrainingMethod):
    """Logistic regression on TF-IDF of words (1-2) and letters (2-5), on soft targets."""

    title = "Words and letters (TF-IDF)"
    summary = "Learns which words speak for a label; seconds, any language, no pretrained model."
    Options = TfidfOptions

    def train(
        self, training_set: TrainingSet, options: AnyOptions, context: TrainContext
    ) -> Classifier:
        """Fit vectorizers and regression, and write them as safetensors and JSON."""
        from sklearn.linear_model import LogisticRegression

        chosen = TfidfOptions.model_validate(options.model_dump())
        check_learnable(training_set)
        context.report({"type": "phase", "message": "Counting words"})
        vectorizers = _vectorizers(chosen.max_terms, len(training_set))
        features = _stack([v.fit_transform(training_set.texts) for v in vectorizers])
        if context.should_stop():
            raise Canceled
        context.report({"type": "phase", "message": "Fitting"})
        rows, labels, weights = _harden(training_set)
        with warnings.catch_warnings():
            # Stopping at the last iteration costs nothing that shows in the probabilities.
            warnings.simplefilter("ignore")
            regression = LogisticRegression(
                C=chosen.strength, max_iter=300, random_state=context.seed
            ).fit(features[rows], labels, sample_weight=weights)
        classifier = TfidfClassifier(
            vectorizers, *_dense(regression, training_set.labels), training_set.labels
        )
        _report(classifier, training_set, context)
        _write(classifier, context.out)
        manifest = Manifest(
            self.name, training_set.labels, context.seed, versions=library_versions()
        )
        write_manifest(manifest, context.out)
        return classifier

    def load(self, folder: Path) -> Classifier:
        """Return the classifier of a written folder."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        manifest = read_manifest(folder)
        try:
            arrays = load_file(folder / _WEIGHTS)
            terms = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
            vectorizers = [
                _restore(kind, terms[kind], arrays[f"idf_{kind}"]) for kind in ("word", "char")
            ]
            labels = manifest.labels if manifest else ()
            return TfidfClassifier(vectorizers, arrays["weights"], arrays["bias"], labels)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise BadFile(
                f"The model in {folder.name!r} is damaged ({error}). Train or copy it again."
            ) from error


class TfidfClassifier:
    """A linear model over words and letter groups.

    Parameters
    ----------
    vectorizers
        Of words and of letters, fitted.
    weights
        float32 ``[k, n_terms]``.
    bias
        float32 ``[k]``.
    labels
        Label names.
    """

    def __init__(
        self,
        vectorizers: Sequence[Any],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        labels: tuple[str, ...],
    ) -> None:
        self.vectorizers = tuple(vectorizers)
        self.weights = weights
        self.bias = bias
        self._labels = labels

    @property
    def labels(self) -> tuple[str, ...]:
        """Label names, in the order of the columns of :meth:`predict_proba`."""
        return self._labels

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 ``[n_texts, k]`` in the order of ``texts``; rows sum to 1."""
        from scipy.special import softmax

        probs = np.zeros((len(texts), len(self._labels)), np.float32)
        for start in range(0, len(texts), _CHUNK):
            part = list(texts[start : start + _CHUNK])
            features = _stack([vectorizer.transform(part) for vectorizer in self.vectorizers])
            scores = features @ self.weights.T.astype(np.float64) + self.bias
            probs[start : start + len(part)] = softmax(scores, axis=1)
        return probs


def _vectorizers(max_terms: int, n_texts: int) -> list[Any]:
    # A term of a single document of a large set says nothing and fills the memory.
    rarest = 1 if n_texts < 2000 else 2
    return [_vectorizer(kind, max_features=max_terms, min_df=rarest) for kind in ("word", "char")]


def _vectorizer(kind: str, **settings: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if kind == "word":
        # One letter is a word too, or most of Chinese would be silent.
        return TfidfVectorizer(
            ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True, **settings
        )
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, **settings)


def _restore(kind: str, terms: Sequence[str], idf: NDArray[np.float32]) -> Any:
    vectorizer = _vectorizer(kind, vocabulary={term: i for i, term in enumerate(terms)})
    vectorizer.idf_ = idf.astype(np.float64)
    return vectorizer


def _stack(parts: Sequence[Any]) -> Any:
    from scipy.sparse import hstack

    return hstack(parts, format="csr")


def _harden(
    training_set: TrainingSet,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return soft targets as hard ones: a row for each likely label, weighted by its probability.

    The weighted log-loss of these rows is the soft cross-entropy.
    """
    targets = np.where(training_set.targets < _SMALL, 0.0, training_set.targets)
    rows, labels = np.nonzero(targets)
    weights = targets[rows, labels] * training_set.weights[rows] / training_set.weights.mean()
    return rows, labels, weights


def _dense(
    regression: Any, labels: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights ``[k, n_terms]`` and bias ``[k]``, also for labels that never occurred."""
    coefficients, intercepts = regression.coef_, regression.intercept_
    if len(coefficients) == 1:
        # Two labels: one score for the second, which softmax compares with zero.
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.concatenate([[0.0], intercepts])
    weights = np.zeros((len(labels), coefficients.shape[1]), np.float32)
    # exp(-30) is nothing, and stays finite in every format.
    bias = np.full(len(labels), -30.0, np.float32)
    weights[regression.classes_] = coefficients
    bias[regression.classes_] = intercepts
    return weights, bias


def _report(classifier: TfidfClassifier, training_set: TrainingSet, context: TrainContext) -> None:
    if training_set.dev_texts:
        probs = classifier.predict_proba(training_set.dev_texts)
        gold = training_set.dev_labels.astype(np.int64)
        loss = float(-np.log(np.maximum(probs[np.arange(len(gold)), gold], 1e-12)).mean())
        for name, value in {"loss": loss, **dev_metrics(gold, probs.argmax(axis=1))}.items():
            context.report({"type": "metric", "step": 1, "name": f"dev_{name}", "value": value})
    context.report({"type": "progress", "step": 1, "total": 1, "epoch": 1.0})
    context.report({"type": "best", "step": 1})


def _write(classifier: TfidfClassifier, folder: Path) -> None:
    from safetensors.numpy import save_file

    arrays = {"weights": classifier.weights, "bias": classifier.bias}
    terms = {}
    for kind, vectorizer in zip(("word", "char"), classifier.vectorizers, strict=True):
        arrays[f"idf_{kind}"] = vectorizer.idf_.astype(np.float32)
        terms[kind] = vectorizer.get_feature_names_out().tolist()
    save_file(arrays, folder / _WEIGHTS)
    (folder / _TERMS).write_text(json.dumps(terms), encoding="utf-8")
