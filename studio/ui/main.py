"""The entry script: runs first for every address, then runs the page that was asked for."""

from __future__ import annotations

import sys
from pathlib import Path

# Streamlit puts the folder of the entry script first on the path, where our html.py would hide
# Python's own from every package that is imported later.
_HERE = str(Path(__file__).resolve().parent)
sys.path[:] = [path for path in sys.path if path != _HERE]

import streamlit as st  # noqa: E402

from studio.ui import html, navigation, session  # noqa: E402

st.set_page_config(
    page_title="Weft",
    # A local picture: an icon of Streamlit's would be fetched from elsewhere.
    page_icon=str(navigation.FAVICON),
    layout="wide",
    initial_sidebar_state="expanded",
)
html.page_style(dark=session.is_dark())
navigation.register().run()
