"""A list of terms that speak for labels."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.functions import Votes
from studio.core.lexicons import Lexicon as Terms
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN, LabelSchema
from studio.labeling.base import Asking, LFKind, ShardSource, Spans, kinds
from studio.labeling.constants import constant_of, literals
from studio.labeling.terms import Pairs, finder

_TOGETHER: Final = 8 << 20
"""Bytes of text that are looked through at once."""


class LexiconOptions(Options):
    """Options of :class:`Lexicon`."""

    lexicon: str = option(
        title="Lexicon",
        help="A list of terms of this project.",
        min_length=1,
        widget="lexicon",
    )
    label: str | int | None = option(
        None,
        title="Label",
        help="The label to vote for where a term is found. Leave it open to vote for the label "
        "that the lexicon gives the term.",
        widget="label",
    )
    whole_words: bool = option(
        True,
        title="Whole words only",
        help="Find 'my' in 'on my way' but not in 'army'. Turn it off for languages that write "
        "no spaces.",
    )
    case_sensitive: bool = option(
        False, title="Mind upper and lower case", help="Tell 'US' from 'us'.", advanced=True
    )


@kinds.register("lexicon")
class Lexicon(LFKind):
    """Votes where terms of a lexicon are found.

    Without a label of its own, it votes for the label that most of the terms found speak for,
    each term counted once; where two labels have equally many, it abstains.
    """

    title = "Lexicon"
    summary = "Votes where terms of a list are in the text, for one label or for the term's own."
    Options = LexiconOptions

    def vote(self, source: ShardSource, options: LexiconOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        lexicon = asking.resources.lexicon(options.lexicon)
        labels = _labels_of(lexicon, options.label, asking.schema)
        found_by = finder(lexicon.terms, options.whole_words, options.case_sensitive)
        distinct = _distinct(labels)
        votes = np.full(source.n_docs, ABSTAIN, np.int16)
        first = 0
        for texts in _gathered(source.texts()):
            if len(distinct) == 1 and (labels != ABSTAIN).all():
                votes[first + found_by.rows(texts)] = distinct[0]
            else:
                part = _decide(found_by.pairs(texts), labels, distinct, len(texts))
                votes[first : first + len(texts)] = part
            first += len(texts)
            asking.progress(first / max(1, source.n_docs))
        return Votes(votes)

    def as_python(self, options: LexiconOptions, asking: Asking) -> str | None:
        """See :meth:`LFKind.as_python`; the terms come along."""
        lexicon = asking.resources.lexicon(options.lexicon)
        labels = _labels_of(lexicon, options.label, asking.schema).tolist()
        lines = [
            f"terms = {literals(lexicon.terms)}",
            f"found = _found(x.text, terms, whole_words={options.whole_words}, "
            f"case_sensitive={options.case_sensitive})",
        ]
        if options.label is not None:
            label = constant_of(asking.schema.names, labels[0])
            return "\n".join([*lines, f"return {label} if found else ABSTAIN"])
        lines.append(f"labels = {literals(labels)}")
        return "\n".join([*lines, "return _most([labels[i] for i in found if labels[i] >= 0])"])

    def inputs(self, options: LexiconOptions) -> tuple[str, ...]:
        """See :meth:`LFKind.inputs`."""
        return (f"lexicon:{options.lexicon}",)

    def matches(self, text: str, options: LexiconOptions, asking: Asking | None = None) -> Spans:
        """Return where the terms of the label that is voted for are found."""
        if asking is None:
            return []
        lexicon = asking.resources.lexicon(options.lexicon)
        labels = _labels_of(lexicon, options.label, asking.schema)
        found_by = finder(lexicon.terms, options.whole_words, options.case_sensitive)
        pairs = found_by.pairs(pa.array([text], pa.large_string()))
        vote = int(_decide(pairs, labels, _distinct(labels), 1)[0])
        return found_by.spans(text, labels == vote) if vote != ABSTAIN else []


@functools.lru_cache(maxsize=8)
def _labels_of(lexicon: Terms, label: str | int | None, schema: LabelSchema) -> NDArray[np.int64]:
    """Return the label that each term speaks for, -1 for none, int64 ``[n_terms]``."""
    if label is not None:
        return np.full(len(lexicon.terms), schema.parse(label), np.int64)
    indices: dict[str | None, int] = {
        name: schema.parse(name) for name in set(lexicon.labels) if name is not None
    }
    if not indices:
        raise Invalid(
            f"The terms of the lexicon {lexicon.name!r} have no labels. Choose the label that "
            "they speak for, or add a column of labels to the lexicon."
        )
    labels = np.array([indices.get(name, ABSTAIN) for name in lexicon.labels], np.int64)
    labels.flags.writeable = False
    return labels


def _gathered(batches: Iterable[pa.Array]) -> Iterator[pa.Array]:
    """Join batches up to some megabytes: each look-up prepares the whole lexicon anew."""
    waiting: list[pa.Array] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.nbytes for part in waiting) >= _TOGETHER:
            yield pa.concat_arrays(waiting)
            waiting = []
    if waiting:
        yield pa.concat_arrays(waiting)


def _distinct(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels that terms speak for; only these get a column of counts."""
    return np.unique(labels[labels != ABSTAIN])


def _decide(
    pairs: Pairs, labels: NDArray[np.int64], distinct: NDArray[np.int64], n_docs: int
) -> NDArray[np.int16]:
    """Return the label with the most terms in each document, -1 for none and for a tie."""
    rows, terms = pairs
    speaks = labels[terms] != ABSTAIN
    votes = np.full(n_docs, ABSTAIN, np.int16)
    columns = np.searchsorted(distinct, labels[terms[speaks]])
    cells = rows[speaks] * len(distinct) + columns
    counts = np.bincount(cells, minlength=n_docs * len(distinct)).reshape(n_docs, -1)
    most = counts.max(axis=1)
    clear = (most > 0) & ((counts == most[:, None]).sum(axis=1) == 1)
    votes[clear] = distinct[counts[clear].argmax(axis=1)]
    return votes
