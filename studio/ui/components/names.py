"""Names that an author needs, to be copied by a click: columns, labels, lexicons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from studio.ui.components import acts
from studio.ui.text import _

_names = st.components.v2.component(
    "weft_names",
    html='<div class="names"></div>',
    css=acts.sheet("names.css"),
    js=acts.script("names.js"),
)


@dataclass(frozen=True)
class Name:
    """One name as code writes it, what it is, and its colours if it is a label."""

    text: str
    help: str
    soft: str = ""
    ink: str = ""


def draw_names(groups: Sequence[tuple[str, Sequence[Name]]], *, key: str) -> None:
    """Draw groups of names under their titles; a click copies one."""
    _names(
        key=key,
        data={
            "groups": [
                {
                    "title": title,
                    "names": [
                        {"text": n.text, "help": n.help, "soft": n.soft, "ink": n.ink}
                        for n in names
                    ],
                }
                for title, names in groups
                if names
            ],
            "words": {
                "copy": _("Click to copy."),
                "copied": _("{name} is copied."),
                "refused": _("The browser did not let {name} be copied; select it instead."),
            },
        },
    )
