"""The pages, in the order of the path through them, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from studio.ui import session
from studio.ui.text import _

PAGES_FOLDER: Final = Path(__file__).resolve().parents[2] / "pages"
FAVICON: Final = Path(__file__).parent / "static" / "favicon.png"


@dataclass(frozen=True)
class PageEntry:
    """One page: ``key`` is its file's name and its address."""

    key: str
    title: str
    icon: str
    section: str

    @property
    def path(self) -> Path:
        """The page's file."""
        return PAGES_FOLDER / f"{self.key}.py"


HOME: Final = "home"


def entries() -> tuple[PageEntry, ...]:
    """Return all pages; Home comes first and is the default."""
    label, model = _("Labels"), _("Model")
    return (
        PageEntry(HOME, _("Home"), ":material/home:", ""),
        PageEntry("documents", _("Documents"), ":material/description:", label),
        PageEntry("labeling_functions", _("Labeling functions"), ":material/function:", label),
        PageEntry("weak_labels", _("Weak labels"), ":material/layers:", label),
        PageEntry("review", _("Review"), ":material/fact_check:", label),
        PageEntry("training", _("Training"), ":material/model_training:", model),
        PageEntry("evaluation", _("Evaluation"), ":material/leaderboard:", model),
        PageEntry("inspect", _("Inspect"), ":material/search_insights:", model),
        PageEntry("deploy", _("Deploy"), ":material/deployed_code:", model),
    )


def entry(key: str) -> PageEntry:
    """Return the page of a key; a key that no page has is a mistake of the programmer."""
    return {page.key: page for page in entries()}[key]


def register() -> st.Page:
    """Make all pages known to Streamlit, always all of them, and return the one asked for."""
    pages = [
        st.Page(page.path, title=page.title, icon=page.icon, default=page.key == HOME)
        for page in entries()
    ]
    return st.navigation(pages, position="hidden")


def draw_links(project_id: int | None) -> None:
    """Draw the way through the pages into the sidebar; links keep the project."""
    section = ""
    for page in entries():
        if page.section != section:
            section = page.section
            st.sidebar.caption(section)
        st.sidebar.page_link(
            page.path, label=page.title, icon=page.icon, query_params=_parameters(project_id, {})
        )


def link(key: str, *, label: str, project_id: int | None = None, **parameters: str) -> None:
    """Draw a link to a page, with the project and further parameters in its address.

    Parameters
    ----------
    key
        Of the page.
    label
        Markdown; pass what people wrote through :func:`studio.ui.text.plain`.
    """
    page = entry(key)
    st.page_link(
        page.path, label=label, icon=page.icon, query_params=_parameters(project_id, parameters)
    )


def go(key: str, *, project_id: int | None = None, **parameters: str) -> None:
    """Leave this page for another one; does not return."""
    st.switch_page(entry(key).path, query_params=_parameters(project_id, parameters))


def _parameters(project_id: int | None, more: dict[str, str]) -> dict[str, str]:
    project = project_id if project_id is not None else st.session_state.get(session.PROJECT)
    return {**({} if project is None else {session.PROJECT: str(project)}), **more}
