"""Guess which column of a file is what, from names and a few thousand rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from studio.core.documents import ColumnMapping, Split
from studio.core.errors import Invalid

VOTE_PREFIX = "vote:"
MAX_VALUES = 50

_TEXT_NAMES = (
    "text content message review comment sentence body document tweet post utterance query "
    "question description title 文本 内容 评论 正文 text_a"
).split()
_LABEL_NAMES = (
    # "gold" first: a file that has both "gold" and "label" keeps guesses under "label".
    "gold gold_label label labels class category intent target sentiment topic y 标签 类别 分类 "
    # Of an archive: the folders of its files, as in pos/1.txt and neg/1.txt.
    "folder"
).split()
_SPLIT_NAMES = ("split", "subset", "partition", "fold")
_ID_NAMES = ("external_id", "id", "uid", "uuid", "doc_id", "_id", "key", "hitid", "file")


@dataclass(frozen=True)
class Column:
    """One column of a file, as far as a preview has read.

    ``kind`` is text, int, float or bool. ``values`` are the first distinct values, at most 50,
    each with how often it was seen; ``n_distinct`` counts all of them, ``n_empty`` cells without
    a value. ``mean_length`` is in characters.
    """

    name: str
    kind: str
    n_empty: int
    n_distinct: int
    mean_length: float
    values: tuple[tuple[str, int], ...]


def describe_column(name: str, cells: pa.ChunkedArray) -> Column:
    """Return what a preview says of one column."""
    text = pc.fill_null(pc.cast(cells, pa.large_string()), "")
    counts = pc.value_counts(pc.filter(text, pc.not_equal(text, "")))
    values = counts.field("values")[:MAX_VALUES].to_pylist()
    times = counts.field("counts")[:MAX_VALUES].to_pylist()
    return Column(
        name=name,
        kind=_kind_name(cells.type),
        n_empty=int(pc.sum(pc.equal(text, "")).as_py() or 0),
        n_distinct=len(counts),
        mean_length=float(pc.mean(pc.utf8_length(text)).as_py() or 0.0),
        values=tuple((value[:200], count) for value, count in zip(values, times, strict=True)),
    )


def guess_mapping(columns: Sequence[Column]) -> ColumnMapping | None:
    """Return which column seems to be what; None where no column looks like text."""
    data = [column for column in columns if not column.name.startswith(VOTE_PREFIX)]
    text = _guess_text(data)
    if text is None:
        return None
    rest = [column for column in data if column.name != text]
    split = _first(rest, _SPLIT_NAMES, _is_split)
    rest = [column for column in rest if column.name != split]
    external_id = _first(rest, _ID_NAMES, _is_key) or _first_key(rest)
    rest = [column for column in rest if column.name != external_id]
    label = _first(rest, _LABEL_NAMES, _is_label)
    return ColumnMapping(text=text, label=label, split=split, external_id=external_id)


def _guess_text(columns: Sequence[Column]) -> str | None:
    texts = [column for column in columns if column.kind == "text" and column.n_distinct]
    named = _first(texts, _TEXT_NAMES, lambda column: True)
    if named is not None or not texts:
        return named
    return max(texts, key=lambda column: column.mean_length).name


def _first(
    columns: Sequence[Column], names: Iterable[str], fits: Callable[[Column], bool]
) -> str | None:
    by_name = {column.name.strip().casefold(): column for column in reversed(columns)}
    for name in names:
        column = by_name.get(name)
        if column is not None and fits(column):
            return column.name
    return None


def _first_key(columns: Sequence[Column]) -> str | None:
    keys = [c.name for c in columns if c.name.casefold().endswith("_id") and _is_key(c)]
    return keys[0] if keys else None


def _is_key(column: Column) -> bool:
    if column.name == "file" and any(times > 1 for _, times in column.values):
        return False  # the rows of a table in an archive share the name of their file
    return column.n_distinct > 0 and column.n_empty == 0


def _is_label(column: Column) -> bool:
    if column.name == "folder":
        return column.n_empty == 0 and 2 <= column.n_distinct <= 200 and column.mean_length <= 60
    return 0 < column.n_distinct <= 1000 and column.mean_length <= 100


def _is_split(column: Column) -> bool:
    try:
        for value, _ in column.values:
            Split.parse(value)
    except Invalid:
        return False
    return column.n_distinct > 0


def _kind_name(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_integer(kind):
        return "int"
    return "float" if pa.types.is_floating(kind) else "text"
