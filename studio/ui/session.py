"""What lives longer than one run of a page: the store, who acts, the chosen project.

Everything else that matters is in the database or in the address.
"""

from __future__ import annotations

import threading
from typing import Final

import streamlit as st

from studio.config import load_settings
from studio.core.settings import Settings
from studio.core.users import Role, User
from studio.storage.store import Store

PROJECT: Final = "project"
"""Name of the query parameter, and of the session's key, that holds the chosen project's id."""

_NOTICE: Final = "frame.notice"
_PAGE: Final = "frame.page"
_VISIT: Final = "frame.visit"

_stores: dict[Settings, Store] = {}
_lock = threading.Lock()


def open_store(settings: Settings | None = None) -> Store:
    """Return the store of this process, which all visitors share; opened at the first call."""
    wanted = settings or load_settings()
    with _lock:
        if wanted not in _stores:
            _stores[wanted] = Store.open(wanted)
        return _stores[wanted]


def close_stores() -> None:
    """Close every store; the next call of :func:`open_store` opens one anew."""
    with _lock:
        for store in _stores.values():
            store.close()
        _stores.clear()


def current_user() -> User:
    """Return who acts. A single-user studio has one person, who may do everything."""
    return User(load_settings().user, Role.ADMIN)


def asked_project() -> int | None:
    """Return the project that the address asks for, else the one chosen before."""
    asked = st.query_params.get(PROJECT)
    if asked is not None and asked.isdecimal():
        return int(asked)
    chosen: int | None = st.session_state.get(PROJECT)
    return chosen


def choose_project(project_id: int | None) -> None:
    """Keep the choice in the session and in the address."""
    if st.session_state.get(PROJECT) != project_id:
        st.session_state[PROJECT] = project_id
    if project_id is None:
        st.query_params.pop(PROJECT, None)
    elif st.query_params.get(PROJECT) != str(project_id):
        st.query_params[PROJECT] = str(project_id)


def enter(page: str) -> None:
    """Note that a page runs; coming from another page counts as a new visit."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state[_VISIT] = visit() + 1


def visit() -> int:
    """Return the number of the visit to this page, by which what one saw before is told old."""
    number: int = st.session_state.get(_VISIT, 0)
    return number


def notify(sentence: str) -> None:
    """Leave a sentence that the next run of a page shows once, as a toast."""
    st.session_state.setdefault(_NOTICE, []).append(sentence)


def take_notices() -> list[str]:
    """Return and forget the sentences left by :func:`notify`."""
    notices: list[str] = st.session_state.pop(_NOTICE, [])
    return notices


def is_dark() -> bool:
    """Return whether the visitor sees the dark theme."""
    return bool(st.context.theme.type == "dark")
