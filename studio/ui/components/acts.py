"""What was pressed in a component, each press exactly once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """Return the script of a component, with what all of them share in front."""
    files = ("acts.js", name)
    return "\n".join((_FOLDER / file).read_text(encoding="utf-8") for file in files)


def sheet(name: str) -> str:
    """Return the style sheet of a component."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def seen(key: str) -> dict[str, int]:
    """Return how far each visit of a component was heard, for its ``data``."""
    found: dict[str, int] = st.session_state.setdefault(f"{key}.seen", {})
    return dict(found)


def take(key: str, raw: Any) -> list[Mapping[str, Any]]:
    """Return the presses that were not heard yet, the oldest first.

    Parameters
    ----------
    key
        Of the component.
    raw
        Its state ``acts``: ``{"epoch": …, "list": [{"seq": 1, "verb": …}, …]}``; it comes from
        the browser, so anything else is taken for no press.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("list"), list):
        return []
    epoch, heard = str(raw.get("epoch")), seen(key)
    acts = [act for act in raw["list"] if isinstance(act, dict) and _number(act) > 0]
    last = heard.get(epoch, 0)
    new: list[Mapping[str, Any]] = [act for act in acts if _number(act) > last]
    fresh = sorted(new, key=_number)
    if fresh:
        st.session_state[f"{key}.seen"] = {epoch: _number(fresh[-1])}
    return fresh


def _number(act: Mapping[str, Any]) -> int:
    number = act.get("seq")
    return number if type(number) is int else 0
