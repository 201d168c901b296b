from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Invalid
from studio.services import applying, importing, labeling, pairwise
from studio.storage.store import Store
from tests.services.helpers import (
    ME,
    add_keyword,
    do,
    label_project,
    make_project,
    source,
    write_rows,
)


def test_pairs_agree_with_counting_by_hand(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    label_project(store, number)
    found = pairwise.view(store, number)
    assert found is not None
    assert found.names == ("says_refund", "says_money", "says_parcel")
    assert found.pairs.shared.tolist() == [[3, 0, 1], [0, 2, 0], [1, 0, 5]]
    assert found.pairs.conflict[0, 2] == pytest.approx(0.1)
    assert found.pairs.agreement[0, 2] == 0.0
    assert found.copies == ()


def test_near_copies_are_named_in_words_and_in_the_table(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    rows = tuple((f"refund number {i}", "", "train") for i in range(40))
    importing.import_file(store, ME, number, source=source(write_rows(tmp_path, rows)))
    add_keyword(store, number, "one", "refund", "refund")
    add_keyword(store, number, "two", "refund", "refund", "never said")
    add_keyword(store, number, "third", "delivery", "parcel")
    do(store, applying.start_apply(store, ME, number))
    result = do(store, pairwise.start_pairwise(store, ME, number))
    assert result["near_copies"] == 1
    found = pairwise.view(store, number)
    assert found is not None
    assert (found.copies[0].first, found.copies[0].second) == ("one", "two")
    assert "one and two say nearly the same: both vote on 43 documents" in found.copies[0].sentence
    copies = {row.function.name: row.near_copies for row in labeling.list_functions(store, number)}
    assert copies == {"one": ("two",), "two": ("one",), "third": ()}


def test_a_large_project_is_counted_by_a_job(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairwise, "AT_ONCE", 10)
    number = make_project(store, tmp_path)
    label_project(store, number)
    assert pairwise.view(store, number) is None
    do(store, pairwise.start_pairwise(store, ME, number))
    found = pairwise.view(store, number)
    assert found is not None
    assert found.pairs.n_docs == 10


def test_one_function_has_no_pair(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    add_keyword(store, number, "one", "refund", "refund")
    with pytest.raises(Invalid, match="two labeling functions"):
        pairwise.view(store, number)
