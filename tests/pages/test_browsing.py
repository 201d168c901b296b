"""The page Documents: filters, their chips, the address, and slices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from studio.core.documents import DocumentFilter, Split
from studio.core.filters import NO_LABEL, TextMode, VoteCondition, VoteState
from studio.services import slices
from studio.storage.store import Store
from tests.pages.conftest import Open
from tests.services.helpers import ME, label_project, make_project

pytestmark = pytest.mark.slow


def shown(app: AppTest) -> list[int]:
    """Return the ids in the table of documents."""
    tables = [table for table in app.dataframe if "external id" in table.value.columns]
    return [] if not tables else tables[0].value["id"].tolist()


def chips(app: AppTest) -> list[str]:
    found = [button for button in app.button if str(button.key).startswith("documents.chip.")]
    return [str(button.label).replace("\\", "") for button in found]


def test_filters_narrow_are_said_in_words_and_taken_away(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    app = open_page("documents", number)
    assert shown(app) == list(range(10))
    app.text_input(key="documents.q").set_value("parcel refund").run()
    assert shown(app) == []
    app.selectbox(key="documents.mode").set_value(TextMode.WORDS).run()
    assert shown(app) == [9]
    assert chips(app) == ["text has all words of “parcel refund”"]
    app.multiselect(key="documents.by_gold").set_value([NO_LABEL]).run()
    app.selectbox(key="documents.split").set_value(Split.TRAIN).run()
    assert chips(app)[1:] == ["split train", "gold label is none"]
    app.button(key="documents.chip.0").click().run()
    assert shown(app) == [8, 9]
    assert app.text_input(key="documents.q").value == ""
    app.button(key="documents.clear").click().run()
    assert shown(app) == list(range(10))
    assert app.multiselect(key="documents.by_gold").value == []
    assert not app.exception


def test_a_filter_of_votes_and_metadata_is_added_behind_more(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    app = open_page("documents", number)
    app.button(key="documents.lf_add").click().run()
    assert shown(app) == [0, 2, 9]
    app.selectbox(key="documents.lf_state").set_value(VoteState.ABSTAINED).run()
    app.button(key="documents.lf_add").click().run()
    assert shown(app) == []
    assert chips(app) == ["says_refund voted", "says_refund abstained"]
    app.button(key="documents.chip.0").click().run()
    app.slider(key="documents.confidence").set_value((90, 100)).run()
    assert shown(app) == [1, 3, 4, 5, 6, 7]


def test_the_address_holds_the_view(open_page: Open, studio: Store, tmp_path: Path) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    refund = studio.functions.list(number)[0].lf_id
    query = DocumentFilter(votes=(VoteCondition(refund or 0),), gold=(0,))
    app = open_page("documents", number, q="REFUND", filter=json.dumps(query.to_json()))
    assert shown(app) == [0, 2]
    app.selectbox(key="documents.split").set_value(Split.DEV).run()
    assert shown(app) == [2]
    address = {name: app.query_params[name] for name in ("q", "filter")}
    plain = {
        name: value if isinstance(value, str) else value[0] for name, value in address.items()
    }
    again = open_page("documents", number, **plain)
    assert shown(again) == [2]
    assert again.text_input(key="documents.q").value == "REFUND"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"filter": "{"}, "damaged"),
        ({"filter": '{"gold": ["x"]}'}, "is wrong"),
        ({"filter": '{"mode": "regex"}', "q": "("}, "not understood"),
        ({"selection": "nonsense"}, "not understood"),
    ],
)
def test_a_view_that_cannot_be_asked_says_why_and_can_be_cleared(
    open_page: Open, studio: Store, tmp_path: Path, parameters: dict[str, str], sentence: str
) -> None:
    number = make_project(studio, tmp_path)
    app = open_page("documents", number, **parameters)
    assert any(sentence in str(error.value) for error in app.error)
    if "filter" in parameters and "q" not in parameters:
        app.text_input(key="documents.q").set_value("parcel").run()
    else:
        app.button(key="documents.clear").click().run()
    assert not app.error
    assert shown(app)


def test_slices_are_saved_chosen_renamed_deleted_and_brought_back(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    app = open_page("documents", number)
    app.text_input(key="documents.q").set_value("parcel").run()
    app.button(key="documents.slice_save").click().run()
    assert any("needs a name" in str(error.value) for error in app.error)
    app.text_input(key="documents.slice_name").set_value("parcels")
    app.button(key="documents.slice_save").click().run()
    (made,) = slices.choices(studio, number)
    app.button(key="documents.clear").click().run()
    app.selectbox(key="documents.slice").set_value(made.slice_id).run()
    assert shown(app) == [4, 5, 6, 7, 9]
    assert chips(app) == ["Documents of the slice parcels"]
    app.session_state["documents.slices"] = True  # a press opens the list
    app.run()
    field = f"documents.slice_name.{made.slice_id}.parcels"
    app.text_input(key=field).set_value("late parcels")
    app.button(key=f"documents.slice_rename.{made.slice_id}").click().run()
    assert chips(app) == ["Documents of the slice late parcels"]
    app.button(key=f"documents.slice_delete.{made.slice_id}").click().run()
    assert slices.choices(studio, number) == []
    assert shown(app) == list(range(10))
    app.button(key="documents.slice_restore").click().run()
    assert [one.name for one in slices.choices(studio, number)] == ["late parcels"]
    app.session_state["documents.slices"] = True
    app.run()
    app.button(key=f"documents.slice_load.{made.slice_id}").click().run()
    assert app.text_input(key="documents.q").value == "parcel"


def test_who_opens_a_slice_by_its_word_sees_it(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    made = slices.save(studio, ME, number, name="late", query=DocumentFilter("late"))
    app = open_page("documents", number, selection=f"slice:{made.slice_id}")
    assert shown(app) == [6]
    assert app.selectbox(key="documents.slice").value == made.slice_id
