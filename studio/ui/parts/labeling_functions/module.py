"""The left column: all functions as one Python module, out and in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.services import lf_module
from studio.services.function_table import FunctionRow
from studio.services.lf_module import ModulePreview
from studio.storage.store import Store
from studio.ui import html
from studio.ui.parts import panel
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.text import _, plain

PREVIEW = "labeling.module"
MOST_BYTES = 1 << 20


def draw_module(
    store: Store, project: Project, rows: Sequence[FunctionRow], desk: Desk
) -> list[Do]:
    """Draw the export and the import of a module; return what was asked for."""
    st.subheader(_("Export"), anchor=False)
    html.note(
        _(
            "All functions that are on, as one Python file that runs under plain Snorkel and "
            "votes there as it does here."
        )
    )
    if any(row.function.enabled for row in rows):
        _draw_export(store, project)
    else:
        html.note(_("No labeling function is switched on."))
    st.subheader(_("Import"), anchor=False)
    html.note(
        _("A Python file of labeling functions as Snorkel writes them. It runs in the sandbox.")
    )
    file = st.file_uploader(_("Python file"), type=["py"], key="labeling.module_file")
    wishes = []
    if file is not None and st.button(_("Look into it"), key="labeling.module_look"):
        wishes.append(Do("look_into", values={"data": file.getvalue()}))
    return [*wishes, *_draw_preview(store, project, desk)]


def _draw_export(store: Store, project: Project) -> None:
    data, missing = lf_module.export_module(store, project.project_id)
    st.download_button(
        _("Download the module"),
        data,
        file_name="labeling_functions.py",
        mime="text/x-python",
        key="labeling.module_download",
        icon=":material/download:",
    )
    for sentence in missing:
        st.warning(plain(sentence), icon=":material/info:")


def _draw_preview(store: Store, project: Project, desk: Desk) -> list[Do]:
    job = panel.show(store, project, PREVIEW, ("preview_module", "import_module"))
    if job is None or job.state is not JobState.SUCCEEDED:
        return []
    found = lf_module.preview_of(job)
    if job.kind == "import_module":
        names = ", ".join([*found.new, *found.changed])
        st.success(plain(_("Saved: {names}").format(names=names or "–")))
        return []
    _show_preview(found)
    wanted = [*found.new, *found.changed]
    chosen = st.multiselect(_("Import"), wanted, wanted, key=f"labeling.module_names.{job.job_id}")
    if chosen and st.button(_("Import these"), key="labeling.module_import"):
        return [Do("import_module", values={"code": desk.module, "names": chosen})]
    return []


def _show_preview(found: ModulePreview) -> None:
    for names, words in (
        (found.new, _("New: {names}")),
        (found.changed, _("New versions: {names}")),
        (found.unchanged, _("Unchanged: {names}")),
    ):
        if names:
            st.markdown(plain(words.format(names=", ".join(names))))
    for name, kind in found.conflicts.items():
        st.warning(
            plain(
                _("A {kind} function is already called {name}; it is not imported.").format(
                    kind=kind, name=name
                )
            ),
            icon=":material/warning:",
        )
