"""What every trained model can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Classifier(Protocol):
    """Texts in, label probabilities out."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Label names; their order is the order of the columns of :meth:`predict_proba`."""

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 ``[n_texts, k]`` in the order of ``texts``; rows sum to 1."""
