from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import Invalid
from studio.core.schema import ABSTAIN, MAX_LABELS, MAX_NAME_LENGTH, LabelSchema

NAMES = st.lists(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12),
    min_size=2,
    max_size=20,
    unique_by=str.casefold,
)


@given(NAMES)
def test_a_name_and_its_index_lead_to_each_other(names: list[str]) -> None:
    schema = LabelSchema(tuple(names))
    assert schema.cardinality == len(names)
    for index, name in enumerate(names):
        assert schema.name_of(index) == name
        assert schema.index_of(f"  {name} ") == index
        assert schema.parse(name) == index


@given(NAMES.filter(lambda names: not any(name.isnumeric() for name in names)))
def test_an_index_is_understood_however_a_spreadsheet_writes_it(names: list[str]) -> None:
    schema = LabelSchema(tuple(names))
    for index in range(len(names)):
        if str(index) in (name.casefold() for name in names):
            continue
        assert schema.parse(index) == schema.parse(f" {index} ") == schema.parse(float(index))


def test_a_name_wins_over_an_index() -> None:
    schema = LabelSchema(("1", "0"))
    assert [schema.parse(cell) for cell in ("1", "0", 1, 0)] == [0, 1, 0, 1]


@pytest.mark.parametrize("cell", ["eggs", 2, -1, 0.5, "nan", "inf", None, "", "1e400"])
def test_a_cell_that_is_no_label_is_refused_with_what_is_allowed(cell: object) -> None:
    with pytest.raises(Invalid, match="ham, spam"):
        LabelSchema(("ham", "spam")).parse(cell)


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("only",),
        ("a", "A"),
        ("a", ""),
        ("a", " b"),
        ("a", "b\n"),
        ("a", "b\0"),
        ("a", "x" * (MAX_NAME_LENGTH + 1)),
        tuple(str(i) for i in range(MAX_LABELS + 1)),
    ],
)
def test_names_that_nobody_could_tell_apart_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        LabelSchema(names)


def test_the_most_labels_and_the_longest_name_are_allowed() -> None:
    LabelSchema(tuple(f"{i:0{MAX_NAME_LENGTH}d}" for i in range(MAX_LABELS)))


def test_abstain_has_a_name_and_other_negatives_have_none() -> None:
    schema = LabelSchema(("ham", "spam"))
    assert schema.name_of(ABSTAIN) == "abstain"
    for index in (-2, 2):
        with pytest.raises(Invalid, match=f"index {index}"):
            schema.name_of(index)


def test_a_long_list_is_shortened_in_a_sentence() -> None:
    assert LabelSchema(tuple("abcdefghijklmn")).describe().endswith("l and 2 more")
