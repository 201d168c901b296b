"""The filter of the page Documents: it lives in the address, so that a link gives the same view.

``q`` is the text, ``selection`` a selection word, ``filter`` all other parts as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from studio.core.documents import DocumentFilter
from studio.core.errors import Invalid, StudioError
from studio.ui.text import _

TEXT: Final = "q"
SELECTION: Final = "selection"
REST: Final = "filter"
PAGE: Final = "page"
_PROBLEM: Final = "documents.problem"


def read() -> DocumentFilter:
    """Return the filter that the address asks for.

    Raises
    ------
    Invalid
        If what stands there is no filter.
    """
    written = st.query_params.get(REST, "{}")
    try:
        values = json.loads(written)
    except ValueError as error:
        raise _broken() from error
    if not isinstance(values, dict):
        raise _broken()
    found = DocumentFilter.from_json({**values, **_plain_parts()})
    return replace(found, text=found.text.encode("utf-8", "replace").decode("utf-8"))


def current() -> DocumentFilter:
    """Return the filter of the address, the one that lets all through where that is broken."""
    try:
        return read()
    except StudioError:
        return DocumentFilter()


def write(query: DocumentFilter) -> None:
    """Put a filter into the address; its first page is shown."""
    rest = replace(query, text="", selection="").to_json()
    if not query.text:
        rest.pop("negate", None)
        rest.pop("case", None)
    values = {
        TEXT: query.text,
        SELECTION: query.selection,
        REST: json.dumps(rest, ensure_ascii=False, separators=(",", ":")) if rest else "",
    }
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    if st.session_state.get(PAGE, 1) != 1:
        st.session_state[PAGE] = 1


def change(**parts: Any) -> None:
    """Set parts of the filter; for callbacks.

    A change that makes no filter (a text too long, a range upside down) is refused with its
    sentence, and the filter stays.
    """
    attempt(lambda: write(replace(current(), **parts)))


def hold(key: str, value: Any) -> None:
    """Make a widget show what the address says.

    A widget that shows it already is left alone: setting it would overwrite what the visitor has
    typed meanwhile.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def attempt(act: Callable[[], None]) -> None:
    """Do what a press asks for; what was refused is said by :func:`show_problem`."""
    try:
        act()
    except StudioError as error:
        st.session_state[_PROBLEM] = str(error)


def take_problem() -> str | None:
    """Return and forget why the last press was refused."""
    problem: str | None = st.session_state.pop(_PROBLEM, None)
    return problem


def _plain_parts() -> dict[str, str]:
    wanted = {"text": TEXT, "selection": SELECTION}
    return {
        part: st.query_params[name] for part, name in wanted.items() if name in st.query_params
    }


def _broken() -> Invalid:
    return Invalid(
        _("The filter in the address is damaged. Clear the filters, or open the link again.")
    )
