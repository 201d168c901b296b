"""Compact tables and the page turner below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from studio.core.schema import LabelSchema
from studio.ui import session
from studio.ui.palette import Surface, label_color, mix, surface
from studio.ui.text import _, n_, short

ROW_HEIGHT: Final = 32
MAX_HEIGHT: Final = 640


def text(title: str, *, width: str | int | None = None, help: str | None = None) -> Any:  # noqa: A002
    """Return a column of words."""
    return st.column_config.TextColumn(title, width=width, help=help)


def number(title: str, *, help: str | None = None, digits: int = 0) -> Any:  # noqa: A002
    """Return a column of numbers with thousands separators or ``digits`` decimals."""
    shape = f"%.{digits}f" if digits else "localized"
    return st.column_config.NumberColumn(title, help=help, format=shape, width="small")


def share(title: str, *, help: str | None = None) -> Any:  # noqa: A002
    """Return a column of shares in ``[0, 1]``, shown in percent."""
    return st.column_config.NumberColumn(title, help=help, format="percent", width="small")


def labels(title: str, schema: LabelSchema, *, help: str | None = None) -> Any:  # noqa: A002
    """Return a column of lists of label names, each shown as a piece in its label's colour."""
    dark = session.is_dark()
    return st.column_config.MultiselectColumn(
        title,
        width=130,
        help=help,
        options=list(schema.names),
        color=[label_color(label, dark).solid for label in range(schema.cardinality)],
    )


def bar(title: str, *, help: str | None = None) -> Any:  # noqa: A002
    """Return a column of shares in ``[0, 1]``, shown as bars."""
    return st.column_config.ProgressColumn(
        title, help=help, min_value=0.0, max_value=1.0, format="percent", width="small"
    )


def draw_rows(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Any], *, key: str, pick: bool = False
) -> int | None:
    """Draw rows as a compact table; cells are shown as they are, never as markdown.

    Parameters
    ----------
    rows
        One mapping a row, by column key; at most 10,000 (pages of more come from the query).
    columns
        Column key to a column of this module, in order.
    pick
        Whether a row can be chosen.

    Returns
    -------
    int | None
        Position of the chosen row; None without one.
    """
    height = min(MAX_HEIGHT, ROW_HEIGHT * (len(rows) + 1) + 4)
    event = st.dataframe(
        [{name: row.get(name) for name in columns} for row in rows],
        key=key,
        column_config=dict(columns),
        column_order=list(columns),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=height,
        placeholder="–",
        on_select="rerun" if pick else "ignore",
        selection_mode="single-row",
    )
    chosen = event.selection.rows if pick else []
    return int(chosen[0]) if chosen and chosen[0] < len(rows) else None


def draw_confusion(
    confusion: NDArray[np.int64], names: Sequence[str], *, key: str
) -> tuple[int, int] | None:
    """Draw a confusion matrix whose cells can be chosen, by click or by keyboard.

    Shades are shares of the row, so that a rare label shows as clearly as a frequent one.

    Parameters
    ----------
    confusion
        int64 ``[k, k]`` counts: rows are gold labels, columns decided ones.

    Returns
    -------
    tuple[int, int] | None
        Gold and decided label of the chosen cell; None without one.
    """
    shares = confusion / np.maximum(1, confusion.sum(axis=1, keepdims=True))
    ground = surface(session.is_dark())
    # Column keys are positions: two long names may be cut alike.
    frame = pd.DataFrame(confusion, columns=[str(c) for c in range(len(names))])
    frame.insert(0, "gold", [short(name, 28) for name in names])
    styled = frame.style.apply(lambda _frame: _shades(shares, ground), axis=None)
    event = st.dataframe(
        styled,
        key=key,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(MAX_HEIGHT, ROW_HEIGHT * (len(names) + 1) + 4),
        column_config={
            "gold": st.column_config.TextColumn(_("gold ↓  decided →"), pinned=True),
            **{
                str(c): st.column_config.NumberColumn(short(name, 28), width="small")
                for c, name in enumerate(names)
            },
        },
        on_select="rerun",
        selection_mode="single-cell",
    )
    cells = event.selection.cells
    if not cells or not str(cells[0][1]).isdecimal():
        return None
    return int(cells[0][0]), int(cells[0][1])


def draw_heat(
    values: NDArray[np.float64], names: Sequence[str], *, key: str
) -> tuple[int, int] | None:
    """Draw shares of pairs as a heat map whose cells can be chosen, by click or by keyboard.

    Parameters
    ----------
    values
        float ``[m, m]`` in ``[0, 1]``; NaN where a pair has no value.
    names
        Of rows and columns.

    Returns
    -------
    tuple[int, int] | None
        Row and column of the chosen cell; None without one.
    """
    ground = surface(session.is_dark())
    frame = pd.DataFrame(values, columns=[str(c) for c in range(len(names))])
    frame.insert(0, "name", [short(name, 28) for name in names])
    shades = np.nan_to_num(values)
    event = st.dataframe(
        frame.style.apply(lambda _frame: _shades(shades, ground, "name"), axis=None),
        key=key,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(MAX_HEIGHT, ROW_HEIGHT * (len(names) + 1) + 4),
        placeholder="–",
        column_config={
            "name": st.column_config.TextColumn("", pinned=True),
            **{
                str(c): st.column_config.NumberColumn(
                    short(name, 28), width="small", format="percent"
                )
                for c, name in enumerate(names)
            },
        },
        on_select="rerun",
        selection_mode="single-cell",
    )
    cells = event.selection.cells
    if not cells or not str(cells[0][1]).isdecimal():
        return None
    return int(cells[0][0]), int(cells[0][1])


def _shades(shares: NDArray[np.float64], ground: Surface, first: str = "gold") -> pd.DataFrame:
    k = len(shares)
    words = [["" for _column in range(k + 1)] for _row in range(k)]
    for row in range(k):
        for column in range(k):
            back = mix(ground.background, ground.accent, 0.75 * float(shares[row, column]))
            words[row][column + 1] = f"background-color: {back}; color: {ground.text}"
    return pd.DataFrame(words, columns=[first, *[str(c) for c in range(k)]])


def page_turner(n_pages: int, total: int, *, key: str) -> int:
    """Draw the number of rows and the pages; return the page asked for, counted from 1.

    The page stands in the address, so that a link leads to the same rows.
    """
    words, turner = st.columns([1, 2], vertical_alignment="center")
    words.caption(n_("{n} row", "{n} rows", total))
    if n_pages <= 1:
        return 1
    with turner:
        return int(st.pagination(n_pages, key=key, bind="query-params"))


def nothing_found(what: str) -> None:
    """Say that a filter lets nothing through."""
    st.caption(_("No {what} matches. Widen the filter to see more.").format(what=what))
