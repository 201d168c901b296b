"""The left column: language models that prompt functions may ask, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.core.projects import Project
from studio.core.users import User
from studio.services.ledger import LedgerRow
from studio.storage.store import Store
from studio.ui.parts import endpoints
from studio.ui.parts.labeling_functions.desk import Do
from studio.ui.text import _


def draw_models(
    store: Store, user: User, project: Project, spent: Sequence[LedgerRow]
) -> list[Do]:
    """Draw the endpoints, what they get to see, and what was spent; return what was asked for."""
    st.subheader(_("Endpoints"), anchor=False)
    wishes = [endpoints.draw_endpoints(store, user), endpoints.draw_texts(store, user, project)]
    st.subheader(_("Spent in this project"), anchor=False)
    endpoints.draw_ledger(spent)
    return [Do("endpoint", values={"wish": wish}) for wish in wishes if wish is not None]
