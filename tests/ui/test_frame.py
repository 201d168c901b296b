from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from studio.config import load_settings
from studio.core.schema import LabelSchema
from studio.core.users import Role, User
from studio.storage.store import Store
from studio.ui import navigation, session

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = LabelSchema(("ham", "spam"))
KEYS = [page.key for page in navigation.entries()]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the pages open, in a home of its own."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_DATABASE_URL", raising=False)
    yield session.open_store(load_settings())
    session.close_stores()


def open_page(key: str, **parameters: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "studio" / "ui" / "main.py"), default_timeout=30)
    for name, value in parameters.items():
        app.query_params[name] = value
    if key != navigation.HOME:
        app.switch_page(str(navigation.entry(key).path))
    return app.run()


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_page_opens_without_a_project(studio: Store, key: str) -> None:
    app = open_page(key)
    assert not app.exception
    assert app.title[0].value == navigation.entry(key).title


@pytest.mark.slow
def test_the_project_of_the_address_is_the_one_chosen(studio: Store) -> None:
    first = studio.projects.add("first", SCHEMA, actor="me")
    studio.projects.add("second", SCHEMA, actor="me")
    app = open_page("documents", project=str(first))
    assert app.sidebar.selectbox[0].value == first
    assert app.session_state[session.PROJECT] == first


@pytest.mark.slow
def test_a_project_that_is_gone_gives_way_to_the_newest(studio: Store) -> None:
    newest = studio.projects.add("newest", SCHEMA, actor="me")
    app = open_page("documents", project="999")
    assert app.session_state[session.PROJECT] == newest


@pytest.mark.slow
def test_choosing_another_project_changes_the_address(studio: Store) -> None:
    first = studio.projects.add("first", SCHEMA, actor="me")
    second = studio.projects.add("second", SCHEMA, actor="me")
    app = open_page("documents", project=str(second))
    app.sidebar.selectbox[0].set_value(first).run()
    assert app.query_params[session.PROJECT] in (str(first), [str(first)])
    assert app.run().sidebar.selectbox[0].value == first


@pytest.mark.slow
def test_a_page_that_the_role_does_not_allow_ends_with_a_sentence(
    studio: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.projects.add("first", SCHEMA, actor="me")
    monkeypatch.setattr(session, "current_user", lambda: User("guest", Role.VIEWER))
    app = open_page("review")
    assert "needs the role annotator" in app.error[0].value


@pytest.mark.slow
def test_every_page_leads_to_every_other(studio: Store) -> None:
    project_id = studio.projects.add("first", SCHEMA, actor="me")
    app = open_page("documents")
    links = [link.proto for link in app.sidebar.get("page_link")]
    assert [link.label for link in links] == [page.title for page in navigation.entries()]
    assert all(f"project={project_id}" in link.query_string for link in links)
