"""Cells of a metadata column, whatever its type: as numbers and as texts."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.labeling.folding import fold

_NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"


def holds_number(text: str) -> bool:
    """Whether a text says a finite number in digits."""
    return re.search(_NUMBER, text, re.ASCII) is not None and math.isfinite(float(text))


class Cells:
    """One batch of a column.

    Parameters
    ----------
    column
        Numbers, texts, truth values or times. What is missing, blank, or no number in a column of
        numbers (NaN) is empty.
    """

    def __init__(self, column: pa.Array) -> None:
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        self._column = column

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """Each cell as a number, float64 ``[n]``; NaN where a cell is empty or no number."""
        column = self._column
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or _is_decimal(kind)):
            trimmed = pc.ascii_trim_whitespace(column.cast(pa.large_string()))
            digits = pc.match_substring_regex(trimmed, _NUMBER).fill_null(False)
            plain = pc.replace_substring_regex(trimmed, r"^\+", "")
            column = pc.if_else(digits, plain, pa.scalar(None, pa.large_string()))
        values = column.cast(pa.float64(), safe=False).fill_null(math.nan)
        numbers: NDArray[np.float64] = values.to_numpy(zero_copy_only=False)
        return numbers

    @cached_property
    def texts(self) -> pa.Array:
        """Each cell as large_string ``[n]``, trimmed, without case; null where empty."""
        texts = fold(pc.utf8_trim_whitespace(self._column.cast(pa.large_string())))
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.large_string()), texts)

    @cached_property
    def empty(self) -> NDArray[np.bool_]:
        """Whether each cell is empty, bool ``[n]``."""
        return _mask(pc.is_null(self.texts))

    def equal(self, value: str) -> NDArray[np.bool_]:
        """Whether each cell is ``value``: as a number where both are numbers, else as a text."""
        same = _mask(pc.equal(self.texts, _folded(value)).fill_null(False))
        return same | (self.numbers == float(value)) if holds_number(value) else same

    def contain(self, value: str) -> NDArray[np.bool_]:
        """Whether each cell holds ``value`` as part of its text."""
        return _mask(pc.match_substring(self.texts, _folded(value)).fill_null(False))


def _folded(value: str) -> str:
    folded: str = fold(pa.array([value.strip()], pa.large_string()))[0].as_py()
    return folded


def _is_decimal(kind: pa.DataType) -> bool:
    found: bool = pa.types.is_decimal(kind)
    return found


def _mask(found: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False).astype(np.bool_)
    return mask
