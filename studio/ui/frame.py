"""The frame of every page: who acts, on which project, under which title."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import streamlit as st

from studio.core.errors import NotFound, StudioError
from studio.core.projects import Project
from studio.core.users import Role, User
from studio.storage.store import Store
from studio.ui import desks, html, jobs, navigation, session
from studio.ui.components.outbox import draw_outbox
from studio.ui.text import _, plain

_REVIEW = "review"


@dataclass(frozen=True)
class Frame:
    """What a page works with. ``chosen`` is None only on pages that need no project."""

    store: Store
    user: User
    chosen: Project | None

    @property
    def project(self) -> Project:
        """The chosen project.

        Raises
        ------
        NotFound
            If none is chosen.
        """
        if self.chosen is None:
            raise NotFound("No project is chosen. Create or open one on Home.")
        return self.chosen

    @property
    def project_id(self) -> int:
        """Id of the chosen project."""
        return self.project.project_id


def open_page(
    key: str, role: Role = Role.VIEWER, *, lead: str = "", needs_project: bool = True
) -> Frame:
    """Draw the frame of a page and return what the page works with.

    Every page calls this first, so that a page is whole however it is reached. Without the role,
    or without a project where one is needed, the page ends here with a sentence that says what
    to do.

    Parameters
    ----------
    key
        Of the page, as in :mod:`studio.ui.navigation`.
    role
        The lowest role that may see the page.
    lead
        One sentence under the title: what the page is for.
    """
    session.enter(key)
    st.logo(html.brand(dark=session.is_dark()), size="large")
    store, user = session.open_store(), session.current_user()
    chosen = _pick_project(store)
    navigation.draw_links(chosen.project_id if chosen else None)
    if chosen:
        jobs.draw_activity(store, chosen.project_id)
    if key != _REVIEW:
        # The review card itself sends what is left; everywhere else somebody has to.
        with st.sidebar:
            draw_outbox(partial(desks.desk_of_scope, store, user))
    _draw_title(key, lead)
    for sentence in session.take_notices():
        st.toast(plain(sentence), icon=":material/check_circle:")
    with shown_errors():
        user.require(role)
    if user.role < role:
        st.stop()
    if needs_project and chosen is None:
        empty_state(
            _("No project yet"),
            _("Documents, labels and models belong to a project. Create one, or open the sample."),
            page=navigation.HOME,
        )
        st.stop()
    return Frame(store, user, chosen)


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show an error that Weft raised on purpose; let every other one through to the log."""
    try:
        yield
    except StudioError as error:
        st.error(plain(str(error)), icon=":material/error:")


def empty_state(title: str, sentence: str, *, page: str | None = None) -> None:
    """Say that there is nothing here yet, why, and what to do next.

    Parameters
    ----------
    page
        The page that does it; a link to it is drawn below.
    """
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        html.empty(title, sentence)
        if page is not None:
            navigation.link(page, label=navigation.entry(page).title)


def stale(sentence: str) -> None:
    """Say that what is shown is older than what it was made of, and what to do."""
    st.warning(sentence, icon=":material/history:")


def _pick_project(store: Store) -> Project | None:
    projects = {project.project_id: project for project in store.projects.list()}
    if not projects:
        session.choose_project(None)
        return None
    asked = session.asked_project()
    start = asked if asked in projects else next(iter(projects))
    # The key carries the start, so that an address or a button that asks for another project
    # is not overruled by what the widget remembers.
    chosen = st.sidebar.selectbox(
        _("Project"),
        list(projects),
        index=list(projects).index(start),
        format_func=lambda project_id: projects[project_id].name,
        key=f"frame.project.{start}",
        label_visibility="collapsed",
    )
    session.choose_project(chosen)
    return projects[chosen]


def _draw_title(key: str, lead: str) -> None:
    page = navigation.entry(key)
    st.title(page.title, anchor=False)
    if lead:
        html.lead(lead)
