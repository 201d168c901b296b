"""The launcher: ``streamlit run app.py`` serves the studio."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from studio.ui import server

# The entry script lies elsewhere on purpose: beside a folder named pages/, Streamlit would run a
# page that is opened by its address without running the entry script first.
ENTRY = Path(__file__).resolve().parent / "studio" / "ui" / "main.py"

app = st.App(
    str(ENTRY),
    middleware=[Middleware(server.SecurityHeaders)],
    lifespan=server.lifespan,
    on_script_error=server.on_script_error,
)
