"""Pages without a browser: Streamlit's AppTest on the real entry script and a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from studio.storage.store import Store
from studio.ui import session

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Give the store that the pages will open; jobs stay queued until a test runs them."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_WORKER", "external")
    monkeypatch.delenv("STUDIO_DATABASE_URL", raising=False)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield session.open_store()
    session.close_stores()


@pytest.fixture
def open_page(studio: Store) -> Open:
    """Return a function that opens a page as a visitor's browser would."""

    def open_(page: str, project_id: int | None = None, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "studio" / "ui" / "main.py"), default_timeout=60)
        if project_id is not None:
            app.query_params["project"] = str(project_id)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        if page != "home":
            app.switch_page(str(ROOT / "pages" / f"{page}.py"))
            if project_id is not None:
                app.query_params["project"] = str(project_id)
            for name, value in parameters.items():
                app.query_params[name] = value
            app.run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    return open_
