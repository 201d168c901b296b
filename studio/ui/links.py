"""From a number to the documents behind it."""

from __future__ import annotations

from typing import Any

from studio.core.projects import Project
from studio.ui import navigation


def show_selection(
    place: Any, words: str, selection: str, project: Project, *, enabled: bool = True
) -> None:
    """Draw words that lead to the selected documents; plain words where there are none.

    Parameters
    ----------
    place
        Where to draw: a column, or ``st`` itself.
    words
        A number with its unit; drawn as markdown, so nothing that people wrote.
    selection
        As :mod:`studio.services.selections` understands it.
    """
    if not enabled:
        place.markdown(words)
        return
    place.page_link(
        navigation.entry("documents").path,
        label=f":blue[{words}]",
        query_params={"project": str(project.project_id), "selection": selection},
    )
