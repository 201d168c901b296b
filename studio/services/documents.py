"""Documents: stage a file, preview it, import it, split and browse."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import Document, DocumentFilter, Split
from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN, LabelSchema
from studio.core.users import Role, User
from studio.services import browsing, decided
from studio.storage.store import Store

PAGE_SIZES = (25, 50, 100, 200)


@dataclass(frozen=True)
class DocumentRow:
    """A document as a table shows it. Labels are indices; ``weak`` is (label, probability)."""

    document: Document
    gold: int | None
    weak: tuple[int, float] | None


@dataclass(frozen=True)
class DocumentPage:
    """One page of documents: its rows, and how many there are in all."""

    rows: tuple[DocumentRow, ...]
    total: int
    page: int
    n_pages: int


@dataclass(frozen=True)
class Histograms:
    """What a project's documents look like at a glance.

    ``length_edges`` has one entry more than ``length_counts``, in characters. ``gold`` counts
    gold labels by name, ``splits`` documents by split.
    """

    length_edges: tuple[float, ...]
    length_counts: tuple[int, ...]
    gold: dict[str, int]
    splits: dict[Split, int] = field(default_factory=dict)


def split_counts(store: Store, project_id: int) -> dict[Split, int]:
    """Return the number of documents of each split."""
    codes = store.documents.splits(project_id)
    return {split: int((codes == split.code).sum()) for split in Split}


def split_documents(
    store: Store, actor: User, project_id: int, *, dev: float, test: float, seed: int
) -> dict[Split, int]:
    """Deal all documents into train, dev and test anew.

    Documents with gold are dealt label by label, so that each split has its share of each label.

    Parameters
    ----------
    dev, test
        Shares in ``[0, 1]``; the rest is train.
    seed
        Of the deal; the same seed gives the same splits.

    Returns
    -------
    dict[Split, int]
        Documents in each split.

    Raises
    ------
    Invalid
        If the shares are negative or leave nothing for train.
    """
    actor.require(Role.EDITOR)
    if dev < 0 or test < 0 or dev + test >= 1:
        raise Invalid(
            f"The shares of dev ({dev:.0%}) and test ({test:.0%}) must be 0 or more and leave "
            "something for train."
        )
    gold = store.annotations.gold(project_id)
    codes = np.zeros(len(gold), np.int8)
    rng = np.random.default_rng(seed)
    for label in np.unique(gold):
        members = rng.permutation(np.flatnonzero(gold == label))
        n_dev, n_test = round(len(members) * dev), round(len(members) * test)
        codes[members[:n_dev]] = Split.DEV.code
        codes[members[n_dev : n_dev + n_test]] = Split.TEST.code
    store.documents.set_splits(project_id, codes)
    store.events.add(
        project_id, actor.name, "split", f"dev {dev:.0%}, test {test:.0%}, seed {seed}"
    )
    return split_counts(store, project_id)


def page_of_documents(
    store: Store, project_id: int, query: DocumentFilter, *, page: int = 1, size: int = 50
) -> DocumentPage:
    """Return one page of the documents that a filter lets through; see ``browsing.matches``.

    ``page`` counts from 1; one beyond the end gives the last page.

    Raises
    ------
    Invalid, NotFound
        If the filter asks for what is not there.
    """
    ids = browsing.matches(store, project_id, query)
    n_pages = max(1, -(-len(ids) // size))
    page = min(max(1, page), n_pages)
    shown = ids[(page - 1) * size : page * size]
    return DocumentPage(rows_of(store, project_id, shown), len(ids), page, n_pages)


def rows_of(store: Store, project_id: int, doc_ids: NDArray[np.int64]) -> tuple[DocumentRow, ...]:
    """Return documents with their gold and weak labels, in the order of ``doc_ids``."""
    gold = store.annotations.gold(project_id)
    weak = decided.of_weak_labels(store, project_id)
    rows = []
    for document in store.documents.get(project_id, doc_ids.tolist()):
        label, guess = int(gold[document.doc_id]), None
        if weak is not None and weak.labels[document.doc_id] != ABSTAIN:
            doc_id = document.doc_id
            guess = (int(weak.labels[doc_id]), float(weak.confidence[doc_id]))
        rows.append(DocumentRow(document, None if label == ABSTAIN else label, guess))
    return tuple(rows)


def histograms(store: Store, project_id: int, *, bins: int = 30) -> Histograms:
    """Return lengths in characters, gold labels and splits of all documents."""
    schema: LabelSchema = store.projects.get(project_id).schema
    lengths = store.documents.text_lengths(project_id)
    top = float(np.quantile(lengths, 0.99)) if len(lengths) else 1.0
    edges = np.linspace(0.0, max(1.0, top), bins + 1)
    counts, _ = np.histogram(np.minimum(lengths, edges[-1]), bins=edges)
    gold = store.annotations.gold(project_id)
    by_label = np.bincount(gold[gold != ABSTAIN], minlength=schema.cardinality)
    return Histograms(
        length_edges=tuple(edges.tolist()),
        length_counts=tuple(counts.tolist()),
        gold=dict(zip(schema.names, by_label.tolist(), strict=True)),
        splits=split_counts(store, project_id),
    )
