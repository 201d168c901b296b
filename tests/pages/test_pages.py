"""Each page: opens with nothing, opens with a project, does its act, refuses one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from studio.jobs.queue import run_pending
from studio.services import handlers, projects, training
from studio.storage.store import Store
from tests.pages.conftest import ROOT, Open
from tests.services.helpers import ME, label_project, make_project

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
assert handlers

pytestmark = pytest.mark.slow


def words(app: AppTest) -> str:
    """Return all that is written on a page."""
    parts = [*app.markdown, *app.caption, *app.error, *app.info, *app.warning, *app.success]
    return "\n".join(str(part.value) for part in parts)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_without_any_project(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_an_empty_project(open_page: Open, studio: Store, page: str) -> None:
    number = projects.create_project(studio, ME, name="Empty", labels=["a", "b"])
    app = open_page(page, number)
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_a_project_that_went_the_whole_path(
    open_page: Open, studio: Store, tmp_path: Path, page: str
) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    training.start_training(studio, ME, number, method="tfidf")
    run_pending(studio)
    app = open_page(page, number)
    assert not app.error, [error.value for error in app.error]


def test_home_creates_a_project_and_refuses_one_label(open_page: Open, studio: Store) -> None:
    app = open_page("home")
    app.text_input(key="home.name").set_value("Mail")
    app.text_area(key="home.labels").set_value("spam")
    app.button(key="home.create").click().run()
    assert "at least two" in words(app)
    assert studio.projects.list() == []
    app.text_area(key="home.labels").set_value("ham\nspam")
    app.button(key="home.create").click().run()
    assert [project.name for project in studio.projects.list()] == ["Mail"]


def test_home_puts_a_project_away_and_brings_it_back(open_page: Open, studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["a", "b"])
    app = open_page("home")
    app.button(key=f"home.delete.{number}").click().run()
    assert studio.projects.list() == []
    app.button(key="home.restore").click().run()
    assert len(studio.projects.list()) == 1


def test_documents_takes_a_file_through_its_preview(open_page: Open, studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["ham", "spam"])
    app = open_page("documents", number)
    content = b"text,label\nhello there,ham\nbuy <script>alert(1)</script>,spam\n"
    app.file_uploader(key="documents.file.0").upload("mail.csv", content)
    app.run()
    assert not app.exception
    assert app.selectbox(key="documents.text").value == "text"
    app.button(key="documents.import").click().run()
    run_pending(studio)
    app.run()
    assert studio.documents.texts(number)[1] == "buy <script>alert(1)</script>"
    assert "Imported 2 documents" in words(app)


def test_documents_refuses_an_empty_file(open_page: Open, studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["ham", "spam"])
    app = open_page("documents", number)
    app.file_uploader(key="documents.file.0").upload("mail.csv", b"")
    app.run()
    assert "empty" in words(app)
    assert studio.documents.count(number) == 0


def test_functions_saves_a_keyword_and_refuses_none(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    app = open_page("labeling_functions", number)
    app.text_input(key="labeling.name.new").set_value("says_refund")
    app.button(key="labeling.save.new").click().run()
    assert studio.functions.list(number) == []
    assert app.error
    app.text_area(key="labeling.keyword.new.keywords").set_value("refund\nmoney")
    app.button(key="labeling.save.new").click().run()
    assert [f.name for f in studio.functions.list(number)] == ["says_refund"]


def test_weak_labels_fits_and_chooses(open_page: Open, studio: Store, tmp_path: Path) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    app = open_page("weak_labels", number)
    app.button(key="weak.fit").click().run()
    run_pending(studio)
    app.run()
    assert len(studio.fits.list(number)) == 3
    assert "Majority vote" in words(app)


def test_weak_labels_refuses_without_functions(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    app = open_page("weak_labels", number)
    app.button(key="weak.fit").click().run()
    assert "No labeling function" in words(app)


def test_training_blocks_without_labels_and_starts_with_them(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    empty = projects.create_project(studio, ME, name="Empty", labels=["a", "b"])
    app = open_page("training", empty)
    assert app.button(key="training.start").disabled
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    app = open_page("training", number)
    app.radio(key="training.method").set_value("tfidf").run()
    app.button(key="training.start").click().run()
    run_pending(studio)
    app.run()
    assert studio.runs.list(number)[0].state.value == "succeeded"


def test_inspect_explains_a_typed_text_and_refuses_none(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    training.start_training(studio, ME, number, method="tfidf")
    run_pending(studio)
    app = open_page("inspect", number)
    app.button(key="inspect.explain").click().run()
    assert "no text" in words(app)
    app.text_area[0].set_value("where is my parcel <img src=x onerror=alert(1)>")
    app.button(key="inspect.explain").click().run()
    run_pending(studio)
    app.run()
    assert "Why" in words(app)


def test_deploy_exports_labels(open_page: Open, studio: Store, tmp_path: Path) -> None:
    number = make_project(studio, tmp_path)
    app = open_page("deploy", number)
    app.button(key="deploy.labels").click().run()
    run_pending(studio)
    app.run()
    assert not app.error
    done = studio.jobs.list(number)[0]
    assert done.result["rows"] == 10


def test_documents_takes_one_file_after_the_other(open_page: Open, studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["ham", "spam"])
    app = open_page("documents", number)
    for count in (2, 4, 6):
        app.get("file_uploader")[0].upload("mail.csv", b"text\nhello there\nbuy it now\n")
        app.run()
        app.button(key="documents.import").click().run()
        assert not app.exception
        run_pending(studio)
        app.run()
        assert studio.documents.count(number) == count


def test_home_renames_a_project_and_refuses_no_name(open_page: Open, studio: Store) -> None:
    number = projects.create_project(studio, ME, name="Mail", labels=["a", "b"])
    app = open_page("home")
    app.text_input(key=f"home.name.{number}").set_value("Letters")
    app.button(key=f"home.rename.{number}").click().run()
    assert studio.projects.get(number).name == "Letters"
    app.text_input(key=f"home.name.{number}").set_value("  ")
    app.button(key=f"home.rename.{number}").click().run()
    assert "needs a name" in words(app)
    assert studio.projects.get(number).name == "Letters"


def test_functions_edits_one_and_goes_back_to_a_new_one(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    lf_id = studio.functions.list(number)[0].lf_id
    app = open_page("labeling_functions", number)
    app.selectbox(key="labeling.chosen.new").select(lf_id).run()
    assert app.text_area(key=f"labeling.keyword.{lf_id}.keywords").value == "refund"
    app.text_area(key=f"labeling.keyword.{lf_id}.keywords").set_value("refund\nrefunds")
    app.button(key=f"labeling.save.{lf_id}").click().run()
    assert studio.functions.list(number)[0].version == 2
    app.button(key="labeling.fresh").click().run()
    assert app.text_input(key="labeling.name.new1").value == ""


def test_functions_puts_one_away_and_brings_it_back(
    open_page: Open, studio: Store, tmp_path: Path
) -> None:
    number = make_project(studio, tmp_path)
    label_project(studio, number)
    lf_id = studio.functions.list(number)[0].lf_id
    app = open_page("labeling_functions", number)
    press_in_table(app, 1, "delete", lf_id)
    assert len(studio.functions.list(number)) == 2
    app.button(key="labeling.restore").click().run()
    assert len(studio.functions.list(number)) == 3
    press_in_table(app, 2, "toggle", lf_id, value=False)
    assert not studio.functions.list(number)[0].enabled


def press_in_table(app: AppTest, seq: int, verb: str, lf_id: int | None, **values: object) -> None:
    """Send what the browser sends when something in the table of functions is pressed."""
    act = {"seq": seq, "verb": verb, "id": lf_id, **values}
    app.session_state["labeling.table"] = {"acts": {"epoch": "a", "list": [act]}}
    app.run()
