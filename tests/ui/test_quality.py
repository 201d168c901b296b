"""The parts on quality, drawn on a page of their own in the real frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from studio.core.documents import ColumnMapping, Split
from studio.importers.quality.choices import ImportChoices
from studio.jobs.queue import run_pending
from studio.services import importing, projects
from studio.storage.store import Store
from studio.ui import session
from tests.services.helpers import ME

LONG = "the parcel that I ordered last week has still not arrived"
ROWS = [
    ("train", LONG),
    ("test", LONG),
    ("train", "write to <b>a@b.co</b> please"),
    ("train", "我要退款谢谢"),
    ("train", "我要退款谢谢"),
]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_WORKER", "external")
    monkeypatch.delenv("STUDIO_DATABASE_URL", raising=False)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield session.open_store()
    session.close_stores()


def draw() -> None:
    import streamlit as st

    from studio.ui import navigation, session
    from studio.ui.parts import quality

    navigation.register()
    store, user = session.open_store(), session.current_user()
    project = store.projects.get(1)
    quality.draw_choices()
    for job in store.jobs.list(1):
        quality.show_import(project, job.result)
    quality.draw_reveal(store, user, project, 0)
    quality.draw_reveal(store, user, project, 1)
    wish = quality.draw_panel(store, project)
    if wish is not None:
        said = quality.carry_out(store, user, project, wish)
        if said:
            st.success(said)


def bring(store: Store, folder: Path, choices: ImportChoices | None = None) -> None:
    number = projects.create_project(store, ME, name="P", labels=["a", "b"])
    path = folder / "rows.csv"
    path.write_text("\n".join(["split,text", *map(",".join, ROWS)]), encoding="utf-8")
    with path.open("rb") as stream:
        upload = importing.stage_upload(store, ME, number, name="rows.csv", stream=stream)
    importing.start_import(
        store,
        ME,
        number,
        upload_id=upload.upload_id,
        format_name="csv",
        options={},
        mapping=ColumnMapping(text="text", split="split"),
        choices=choices,
    )
    run_pending(store)


def words(app: AppTest) -> str:
    drawn = [*app.markdown, *app.caption, *app.warning, *app.success, *app.error]
    return "\n".join(str(part.value).replace("\\", "") for part in drawn)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def opened() -> AppTest:
    app = AppTest.from_function(draw, default_timeout=30).run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.mark.slow
def test_the_panel_checks_moves_leaks_and_sets_them_back(studio: Store, tmp_path: Path) -> None:
    bring(studio, tmp_path)
    app = opened()
    assert "2 rows repeat an earlier text. Nothing was left out." in words(app)
    assert "1 of them belongs to another split" in words(app)
    assert "Seen: email addresses 1." in words(app)
    assert not figures(app)
    app.button(key="documents.check.start").click().run()
    assert not figures(app)
    run_pending(studio)
    app.run()
    found = figures(app)
    assert (found["Equal texts"], found["Leaks between splits"]) == ("4", "2")
    assert found["Email addresses"] == "1"
    assert "English 60%, Chinese 40%" in words(app)
    app.selectbox(key="documents.leaks.into").set_value(Split.TRAIN)
    app.button(key="documents.leaks.move").click().run()
    assert "1 document changed its split." in words(app)
    assert studio.documents.splits(1).tolist() == [0] * 5
    app.run()
    assert figures(app)["Leaks between splits"] == "0"
    app.button(key="documents.leaks.undo").click().run()
    assert studio.documents.splits(1).tolist() == [0, 2, 0, 0, 0]


@pytest.mark.slow
def test_choices_are_those_of_the_widgets(studio: Store, tmp_path: Path) -> None:
    bring(studio, tmp_path, ImportChoices(duplicates="merge", mask_emails=True))
    app = opened()
    assert "Its label and votes went to the document that stays." in words(app)
    assert "1 document was masked." in words(app)
    assert {
        box.key for box in app.checkbox if (box.key or "").startswith("documents.choices")
    } >= {
        "documents.choices.mask_emails",
        "documents.choices.mask_phones",
    }
