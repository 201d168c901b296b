"""What every explainer can do, and the register of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

from studio.core.classifier import Classifier
from studio.core.errors import Invalid
from studio.core.explanations import Explanation
from studio.core.options import Options
from studio.core.registry import Member, Registry


@runtime_checkable
class Limited(Protocol):
    """A classifier that reads only the beginning of a long text."""

    def limit(self, text: str) -> tuple[int, int, int]:
        """Return tokens of the text, tokens read, and the character after the last one read."""


class Explainer(Member, ABC):
    """Says which pieces of a text speak for a label, and how strongly."""

    @abstractmethod
    def explain(
        self, classifier: Classifier, text: str, *, label: int | None, options: Options
    ) -> Explanation:
        """Return one contribution a piece of the text.

        Parameters
        ----------
        classifier
            Asked many times with parts of the text.
        text
            Any string; the part that the classifier does not read is not explained.
        label
            Index of the label to explain; None means the most probable one.
        options
            Of this explainer.

        Returns
        -------
        Explanation
            ``base`` plus the sum of ``values`` is the probability of the label, within 1e-3.

        Raises
        ------
        Invalid
            If the classifier has no such label.
        """


explainers: Registry[Explainer] = Registry("explainer", "studio.explaining.methods", "shap")


def check_label(classifier: Classifier, label: int | None) -> None:
    """Refuse a label that the classifier does not have.

    Raises
    ------
    Invalid
        If ``label`` is outside ``0..k-1``.
    """
    k = len(classifier.labels)
    if label is not None and not 0 <= label < k:
        raise Invalid(f"There is no label with index {label}; the model has 0 to {k - 1}.")
