"""The parts on language models, drawn on a page of their own in the real frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from studio.core.endpoints import Endpoint
from studio.core.users import Role, User
from studio.jobs.queue import run_pending
from studio.services import endpoints, labeling
from studio.services.completions import complete
from studio.storage.store import Store
from studio.ui import session
from tests.labeling.fake_endpoint import running_endpoint, said
from tests.services.helpers import ME, make_project


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

    from studio.services.completions import kept_answers
    from studio.services.ledger import ledger
    from studio.ui import frame, navigation, session
    from studio.ui.parts import endpoints

    navigation.register()
    store, user = session.open_store(), session.current_user()
    project = store.projects.get(1)
    wish = endpoints.draw_endpoints(store, user)
    wish = wish or endpoints.draw_texts(store, user, project)
    if store.endpoints.list():
        options = {"endpoint": "tiny", "prompt": "{text}"}
        found = kept_answers(store, 1, options, [0, 4])
        endpoints.draw_answers(found, store.documents.texts(1, [0, 4]), project.schema)
    endpoints.draw_ledger(ledger(store, 1))
    if wish is not None:
        with frame.shown_errors():
            endpoints.carry_out(store, user, wish, project)
            st.rerun()


def opened() -> AppTest:
    app = AppTest.from_function(draw, default_timeout=60).run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.mark.slow
def test_an_administrator_adds_tests_and_removes_an_endpoint(
    studio: Store, tmp_path: Path
) -> None:
    make_project(studio, tmp_path)
    with running_endpoint(lambda n, _: said("**ready**")) as asked:
        app = opened()
        app.text_input(key="endpoints.name").input("tiny")
        app.text_input(key="endpoints.model").input("m")
        app.text_input(key="endpoints.url").input(asked.url)
        app.number_input(key="endpoints.price_in").set_value(2.0)
        press(app, "endpoints.save")
        assert studio.endpoints.list() == [Endpoint("tiny", asked.url, "m", "", 2.0)]
        press(app, "endpoints.test.tiny")
        assert asked.bodies == []
        run_pending(studio)
        app.run()
        assert [s.value for s in app.success] == [r"tiny answered\: \*\*ready\*\*"]
        complete(studio, 1, "tiny", ["never came"])
        app.run()
    (row,) = app.dataframe[-1].value.to_dict("records")
    assert (row["calls"], row["tokens"], row["cost"]) == (1, 12, 10 * 2 / 1e6)
    press(app, "endpoints.remove.tiny")
    assert studio.endpoints.list() == []


def test_an_address_that_will_not_do_is_a_sentence(studio: Store, tmp_path: Path) -> None:
    make_project(studio, tmp_path)
    app = opened()
    app.text_input(key="endpoints.name").input("far")
    app.text_input(key="endpoints.model").input("m")
    app.text_input(key="endpoints.url").input("http://api.example.org/v1")
    press(app, "endpoints.save")
    assert "unencrypted" in app.error[0].value
    assert studio.endpoints.list() == []


def test_others_see_endpoints_and_change_nothing(
    studio: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(studio, tmp_path)
    endpoints.save_endpoint(studio, ME, Endpoint("tiny", "http://127.0.0.1:1/v1", "m"))
    options = {"endpoint": "tiny"}
    labeling.save_function(studio, ME, 1, kind="prompt", name="asks", options=options)
    monkeypatch.setattr(session, "current_user", lambda: User("ed", Role.EDITOR))
    app = opened()
    assert [b.key for b in app.button] == []
    assert app.selectbox(key="endpoints.texts").disabled


def test_what_models_see_is_set_for_the_project(studio: Store, tmp_path: Path) -> None:
    make_project(studio, tmp_path)
    app = opened()
    app.selectbox(key="endpoints.texts").set_value("masked").run()
    assert studio.project_settings.get(1, endpoints.TEXTS) == "masked"
