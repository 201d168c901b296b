"""Why a classifier says what it says of one text."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.errors import Invalid


@dataclass(frozen=True)
class Explanation:
    """Signed contributions of a text's pieces to the probability of one label.

    Attributes
    ----------
    text
        The whole text, also the part the model did not read.
    spans
        ``(start, end)`` character offsets into ``text``, ascending, not overlapping.
    values
        One a span: positive pushes towards ``label``, negative away, in units of probability.
    label
        Index of the explained label.
    base
        Probability of the label when nothing of the text is shown, in ``[0, 1]``.
    probs
        Probabilities of all labels for this text, ``k`` values.
    method
        Registered name of the explainer.
    n_tokens, n_read
        Tokens of the text, and how many of them the model read before its limit.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    values: tuple[float, ...]
    label: int
    base: float
    probs: tuple[float, ...]
    method: str
    n_tokens: int
    n_read: int

    def __post_init__(self) -> None:
        if len(self.spans) != len(self.values):
            raise Invalid(
                f"An explanation has {len(self.spans)} spans and {len(self.values)} values; "
                "there must be one value a span."
            )
