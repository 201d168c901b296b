"""Browse documents: which ones a filter lets through, and what it asks, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import DocumentFilter
from studio.core.errors import Invalid, NotFound
from studio.core.filters import (
    ANY_LABEL,
    NO_LABEL,
    Agreement,
    CellCondition,
    CellTest,
    RunCondition,
    RunState,
    TextMode,
    VoteCondition,
    VoteState,
)
from studio.core.schema import LabelSchema
from studio.services import masks, selections
from studio.storage.store import Store

_TEXT = {
    TextMode.CONTAINS: "text contains “{text}”",
    TextMode.WORDS: "text has all words of “{text}”",
    TextMode.REGEX: "text matches {text}",
}
_WITHOUT = {
    TextMode.CONTAINS: "text does not contain “{text}”",
    TextMode.WORDS: "text lacks a word of “{text}”",
    TextMode.REGEX: "text does not match {text}",
}
_VOTES = {
    VoteState.VOTED: "{name} voted",
    VoteState.ABSTAINED: "{name} abstained",
    VoteState.WRONG: "{name} was wrong",
    VoteState.RIGHT: "{name} was right",
    VoteState.FAULTED: "{name} failed",
}
_RUNS = {
    RunState.DECIDED: "{name} decided",
    RunState.WRONG: "{name} got it wrong",
    RunState.RIGHT: "{name} got it right",
}
_AGREEMENT = {
    Agreement.DISAGREE: "functions disagree",
    Agreement.COVERED: "a function voted",
    Agreement.UNCOVERED: "no function voted",
}


@dataclass(frozen=True)
class FilterPart:
    """One part of a filter in words, and the filter without it."""

    words: str
    without: DocumentFilter


def mask(store: Store, project_id: int, query: DocumentFilter) -> masks.Mask:
    """Return bool ``[n_docs]``: which documents a filter lets through.

    Raises
    ------
    Invalid
        If the text is a regular expression, or the selection a word, that is not understood.
    NotFound
        If a function, run or slice that it names is not there.
    """
    passing = masks.mask_of(store, project_id, query)
    if query.selection:
        selected = selections.mask(store, project_id, query.selection)
        n = min(len(passing), len(selected))
        passing = passing[:n] & selected[:n]
    return passing


def matches(store: Store, project_id: int, query: DocumentFilter) -> NDArray[np.int64]:
    """Return the ids that a filter lets through, int64 ``[n]``.

    They come in order of id or, if the filter names documents, in the order it names them.

    Raises
    ------
    Invalid, NotFound
        See :func:`mask`.
    """
    passing = mask(store, project_id, query)
    if query.doc_ids is None:
        return np.flatnonzero(passing).astype(np.int64)
    named = np.asarray(query.doc_ids, np.int64).reshape(-1)
    known = named[(named >= 0) & (named < len(passing))]
    ids: NDArray[np.int64] = known[passing[known]]
    return ids


def sentence(store: Store, project_id: int, query: DocumentFilter) -> str:
    """Return what a filter asks, in words."""
    return "; ".join(part.words for part in parts(store, project_id, query)) or "all documents"


def parts(store: Store, project_id: int, query: DocumentFilter) -> list[FilterPart]:
    """Return the parts of a filter that are set, each in words."""
    schema = store.projects.get(project_id).schema
    found = []
    if query.selection:
        words = _words(lambda: selections.describe(store, project_id, query.selection))
        found.append(FilterPart(words, replace(query, selection="")))
    if query.doc_ids is not None:
        words = f"{len(query.doc_ids):,} chosen documents"
        found.append(FilterPart(words, replace(query, doc_ids=None)))
    if query.text:
        form = (_WITHOUT if query.negate else _TEXT)[query.mode]
        words = form.format(text=query.text) + (", capitals count" if query.case else "")
        found.append(FilterPart(words, replace(query, text="", negate=False, case=False)))
    if query.split is not None:
        found.append(FilterPart(f"split {query.split.value}", replace(query, split=None)))
    if query.gold:
        words = _labels(schema, "gold", query.gold)
        found.append(FilterPart(words, replace(query, gold=())))
    if query.weak:
        words = _labels(schema, "weak", query.weak)
        found.append(FilterPart(words, replace(query, weak=())))
    if query.confidence is not None:
        low, high = query.confidence
        words = f"weak label at {low:.0%} to {high:.0%}"
        found.append(FilterPart(words, replace(query, confidence=None)))
    if query.agreement is not None:
        words = _AGREEMENT[query.agreement]
        found.append(FilterPart(words, replace(query, agreement=None)))
    return [*found, *_conditions(store, schema, query)]


def _conditions(store: Store, schema: LabelSchema, query: DocumentFilter) -> Iterator[FilterPart]:
    for place, vote in enumerate(query.votes):
        rest = query.votes[:place] + query.votes[place + 1 :]
        yield FilterPart(_vote(store, schema, vote), replace(query, votes=rest))
    for place, run in enumerate(query.runs):
        others = query.runs[:place] + query.runs[place + 1 :]
        yield FilterPart(_run(store, schema, run), replace(query, runs=others))
    for place, cell in enumerate(query.cells):
        left = query.cells[:place] + query.cells[place + 1 :]
        yield FilterPart(_cell(cell), replace(query, cells=left))


def _vote(store: Store, schema: LabelSchema, asked: VoteCondition) -> str:
    name = _words(lambda: store.functions.get(asked.lf_id).name)
    label = "" if asked.label is None else f" {_label(schema, asked.label)}"
    return _VOTES[asked.state].format(name=name) + label


def _run(store: Store, schema: LabelSchema, asked: RunCondition) -> str:
    name = _words(lambda: store.runs.get(asked.run_id).name)
    if asked.label is None:
        some = " some label" if asked.state is RunState.DECIDED else ""
        return _RUNS[asked.state].format(name=name) + some
    label = _label(schema, asked.label)
    more = f" {label}" if asked.state is RunState.DECIDED else f" with {label}"
    return _RUNS[asked.state].format(name=name) + more


def _cell(asked: CellCondition) -> str:
    shown = " or ".join(value for value in asked.values if value)
    if asked.test is CellTest.EQUALS:
        return f"{asked.column} is {shown}"
    if asked.test is CellTest.CONTAINS:
        return f"{asked.column} contains “{shown}”"
    if asked.test is CellTest.EMPTY:
        return f"{asked.column} is empty"
    if asked.test is CellTest.FILLED:
        return f"{asked.column} is not empty"
    if asked.high is None:
        return f"{asked.column} is {asked.low:g} or more"
    if asked.low is None:
        return f"{asked.column} is {asked.high:g} or less"
    return f"{asked.column} is {asked.low:g} to {asked.high:g}"


def _labels(schema: LabelSchema, kind: str, labels: tuple[int, ...]) -> str:
    names = [_label(schema, label) for label in labels if label >= 0]
    if ANY_LABEL in labels:
        names = ["any label"]
    if NO_LABEL in labels:
        names.append("none")
    return f"{kind} label is {' or '.join(names)}"


def _label(schema: LabelSchema, label: int) -> str:
    return schema.names[label] if 0 <= label < schema.cardinality else f"unknown ({label})"


def _words(describe: Callable[[], str]) -> str:
    """Return a name, or why there is none: a filter outlives what it names."""
    try:
        return describe()
    except (Invalid, NotFound) as error:
        return str(error)
