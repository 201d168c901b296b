from __future__ import annotations

import pytest

from studio.storage.masked import MaskedValue
from studio.storage.store import Store
from tests.storage.making import make_project


def values(doc_ids: list[int]) -> list[MaskedValue]:
    return [MaskedValue(doc_id, "[EMAIL_1]", "email", f"{doc_id}@b.co") for doc_id in doc_ids]


def test_originals_come_back_by_document_in_the_order_they_were_kept(any_store: Store) -> None:
    number, other = make_project(any_store), make_project(any_store)
    second = MaskedValue(1, "[PHONE_1]", "phone", "zero \0 and 电话")
    assert any_store.masked.add(number, [*values([2, 1]), second]) == 3
    any_store.masked.add(other, values([1]))
    # No database keeps a NUL, so it is made visible.
    kept = MaskedValue(1, "[PHONE_1]", "phone", "zero \ufffd and 电话")
    assert any_store.masked.of(number, 1) == [*values([1]), kept]
    assert any_store.masked.of(number, 0, 3) == [*values([1]), kept, *values([2])]
    assert any_store.masked.of(number, 0) == []
    assert any_store.masked.counts(number) == {"email": 2, "phone": 1}


def test_originals_go_with_the_transaction_that_fails(any_store: Store) -> None:
    number = make_project(any_store)

    def fail_late() -> None:
        with any_store.transaction():
            any_store.masked.add(number, values([0]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert any_store.masked.counts(number) == {}


def test_many_originals_come_in_parts(store: Store) -> None:
    number = make_project(store)
    assert store.masked.add(number, values(list(range(20_001)))) == 20_001
    assert store.masked.counts(number) == {"email": 20_001}
