"""What metadata cells of one shard hold."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.core.filters import CellCondition, CellTest

_NUMBER: Final = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*$"


def cell_mask(table: pa.Table, condition: CellCondition) -> NDArray[np.bool_]:
    """Return bool ``[n_rows]``: whether each cell is what a condition asks.

    A table without the column has only empty cells.
    """
    if condition.column not in table.column_names:
        empty = condition.test is CellTest.EMPTY
        return np.full(table.num_rows, empty, np.bool_)
    column = table.column(condition.column)
    found = _ask(column, condition)
    mask: NDArray[np.bool_] = pc.fill_null(found, False).to_numpy().astype(np.bool_)
    return mask


def count_cells(table: pa.Table, column: str, *, most: int) -> dict[str, int] | None:
    """Return how often a column has each value; None where there are more than ``most``."""
    if column not in table.column_names:
        return {}
    cells = table.column(column)
    # A look at the first rows spares the count of columns that are different in each row.
    if len(pc.unique(cells.slice(0, 20 * most))) > most + 1:
        return None
    counted = pc.value_counts(cells)
    if len(counted) > most + 1:
        return None
    pairs = [(pair["values"], pair["counts"]) for pair in counted.to_pylist()]
    return {str(value): int(count) for value, count in pairs if value not in (None, "")}


def _ask(column: Any, condition: CellCondition) -> Any:
    test = condition.test
    if test in (CellTest.EMPTY, CellTest.FILLED):
        empty = pc.is_null(column, nan_is_null=True)
        if pa.types.is_string(column.type):
            empty = pc.or_(empty, pc.fill_null(pc.equal(column, ""), False))
        return empty if test is CellTest.EMPTY else pc.invert(empty)
    if test is CellTest.BETWEEN:
        return _between(_numbers(column), condition)
    if test is CellTest.EQUALS:
        return _equals(column, condition.values)
    words = pc.cast(column, pa.string())
    parts = [pc.match_substring(words, one, ignore_case=True) for one in condition.values if one]
    found = parts[0]
    for part in parts[1:]:
        found = pc.or_(found, part)
    return found


def _equals(column: Any, values: tuple[str, ...]) -> Any:
    kind = column.type
    if pa.types.is_boolean(kind):
        wanted: list[Any] = [
            value.strip().casefold() == "true"
            for value in values
            if value.strip().casefold() in ("true", "false")
        ]
        return pc.is_in(column, pa.array(wanted, pa.bool_()))
    if pa.types.is_integer(kind):
        whole = [number for number in map(_whole, values) if number is not None]
        inside = [number for number in whole if -(2**63) <= number < 2**63]
        return pc.is_in(pc.cast(column, pa.int64(), safe=False), pa.array(inside, pa.int64()))
    if pa.types.is_floating(kind):
        numbers = [number for number in map(_number, values) if number is not None]
        return pc.is_in(pc.cast(column, pa.float64()), pa.array(numbers, pa.float64()))
    return pc.is_in(column, pa.array(values, pa.string()))


def _between(numbers: Any, condition: CellCondition) -> Any:
    found = pc.is_valid(numbers)
    if condition.low is not None:
        found = pc.and_(found, pc.greater_equal(numbers, condition.low))
    if condition.high is not None:
        found = pc.and_(found, pc.less_equal(numbers, condition.high))
    return found


def _numbers(column: Any) -> Any:
    """Return a column as float64; cells that are no numbers are empty."""
    if not pa.types.is_string(column.type):
        return pc.cast(column, pa.float64(), safe=False)
    written = pc.match_substring_regex(column, _NUMBER)
    return pc.cast(pc.utf8_trim_whitespace(pc.if_else(written, column, None)), pa.float64())


def _whole(value: str) -> int | None:
    try:
        return int(value)
    except ValueError:
        number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
