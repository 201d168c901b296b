"""What the page does when something is asked for: one command of ``services`` each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from studio.core.errors import Invalid
from studio.services import (
    applying,
    history,
    labeling,
    lexicons,
    lf_module,
    pairwise,
    pins,
    suggestions,
    trying,
)
from studio.ui import session
from studio.ui.frame import Frame
from studio.ui.parts import endpoints, panel
from studio.ui.parts.labeling_functions.desk import Desk, Do, begin
from studio.ui.parts.labeling_functions.editor import Draft, checked, chosen_slice
from studio.ui.parts.labeling_functions.module import PREVIEW
from studio.ui.parts.labeling_functions.table import keep_apply
from studio.ui.text import _

TRIAL: Final = "labeling"


@dataclass(frozen=True)
class _Ask:
    """Who asks, where they stand, what the editor holds, and what is asked for."""

    view: Frame
    desk: Desk
    draft: Draft
    wish: Do

    @property
    def value(self) -> Any:
        return self.wish.values


def act(view: Frame, desk: Desk, draft: Draft, wish: Do) -> None:
    """Do what was asked for and draw the page anew.

    Raises
    ------
    StudioError
        If it cannot be done; the page then stays as it is.
    """
    command = _COMMANDS.get(wish.verb)
    if command is not None:
        command(_Ask(view, desk, draft, wish))
        st.rerun()


def _try(ask: _Ask) -> None:
    # Noted first: what cannot be tried must not be tried again at each run.
    ask.desk.tried, ask.desk.side = ask.draft.fingerprint, "trial"
    job_id = trying.start_try(
        ask.view.store,
        ask.view.user,
        ask.view.project_id,
        kind=ask.draft.kind,
        options=checked(ask.draft),
        lf_id=ask.draft.lf_id,
        slice_id=chosen_slice(),
    )
    panel.keep(ask.view.project, TRIAL, job_id)


def _save(ask: _Ask) -> None:
    store, user, number = ask.view.store, ask.view.user, ask.view.project_id
    if ask.draft.kind == "python":
        code = ask.draft.options["code"]
        panel.keep(ask.view.project, TRIAL, labeling.start_save_code(store, user, number, code))
        return
    saved = labeling.save_function(
        store,
        user,
        number,
        kind=ask.draft.kind,
        name=ask.draft.name,
        options=checked(ask.draft),
        lf_id=ask.draft.lf_id,
    )
    tried = ask.desk.tried
    if saved.lf_id is not None:
        ask.desk.edit(saved.lf_id)
        ask.desk.tried = tried
    session.notify(_("{name} is saved.").format(name=saved.name))
    _apply_one(ask, saved.lf_id)


def _apply_one(ask: _Ask, lf_id: int | None) -> None:
    store, user, number = ask.view.store, ask.view.user, ask.view.project_id
    if lf_id is not None and store.documents.count(number):
        keep_apply(ask.view.project, applying.start_apply(store, user, number, [lf_id]))


def _apply(ask: _Ask) -> None:
    job_id = applying.start_apply(ask.view.store, ask.view.user, ask.view.project_id)
    keep_apply(ask.view.project, job_id)


def _discard(ask: _Ask) -> None:
    ask.desk.revision += 1
    ask.desk.tried = ""


def _edit(ask: _Ask) -> None:
    ask.desk.edit(ask.wish.lf_id)


def _toggle(ask: _Ask) -> None:
    labeling.set_enabled(ask.view.store, ask.view.user, ask.wish.lf_id, bool(ask.value["value"]))


def _delete(ask: _Ask) -> None:
    labeling.delete_function(ask.view.store, ask.view.user, ask.wish.lf_id)
    ask.desk.deleted.append(ask.wish.lf_id)
    if ask.desk.editing == ask.wish.lf_id:
        ask.desk.start_new()


def _restore(ask: _Ask) -> None:
    labeling.restore_function(ask.view.store, ask.view.user, ask.wish.lf_id)
    ask.desk.deleted.remove(ask.wish.lf_id)


def _documents(ask: _Ask) -> None:
    which = ask.value.get("which") or ""
    ask.desk.show_documents(f"lf:{ask.wish.lf_id}" + (f":{which}" if which else ""))
    st.session_state.pop("labeling.selected_page", None)


def _faults(ask: _Ask) -> None:
    ask.desk.edit(ask.wish.lf_id)
    ask.desk.side = "faults"


def _show(ask: _Ask) -> None:
    ask.desk.show_documents(str(ask.value["selection"]))
    st.session_state.pop("labeling.selected_page", None)


def _look(ask: _Ask) -> None:
    ask.desk.viewing = ask.value["doc_id"]


def _select(ask: _Ask) -> None:
    begin(ask.view.store, ask.view.project, ask.value["text"], ask.value["label"])


def _pin(ask: _Ask, label: int | None) -> None:
    pins.pin(
        ask.view.store,
        ask.view.user,
        ask.view.project_id,
        lf_id=ask.wish.lf_id,
        doc_id=ask.value["doc_id"],
        label=label,
    )
    session.notify(_("The pin is set."))


def _must(ask: _Ask) -> None:
    label = ask.value["label"]
    if label is None or label < 0:
        session.notify(_("No label is known for this document. Review it first, then pin it."))
        return
    _pin(ask, label)


def _must_not(ask: _Ask) -> None:
    _pin(ask, None)


def _unpin(ask: _Ask) -> None:
    pins.unpin(ask.view.store, ask.view.user, ask.view.project_id, ask.value["pin_id"])
    ask.desk.unpinned = ask.value["pin_id"]


def _undo_unpin(ask: _Ask) -> None:
    pins.undo_unpin(ask.view.store, ask.view.user, ask.view.project_id, ask.value["pin_id"])
    ask.desk.unpinned = None


def _restore_version(ask: _Ask) -> None:
    saved = history.restore_version(
        ask.view.store, ask.view.user, ask.wish.lf_id, ask.value["version"]
    )
    ask.desk.revision += 1
    session.notify(
        _("{name} is as in version {n} again.").format(name=saved.name, n=ask.value["version"])
    )
    _apply_one(ask, saved.lf_id)


def _suggest(ask: _Ask) -> None:
    job_id = suggestions.start_suggest(ask.view.store, ask.view.user, ask.view.project_id)
    panel.keep(ask.view.project, "labeling.suggest", job_id)


def _accept(ask: _Ask) -> None:
    saved = suggestions.accept(
        ask.view.store, ask.view.user, ask.view.project_id, ask.value["idea"]
    )
    session.notify(_("{name} is saved.").format(name=saved.name))
    _apply_one(ask, saved.lf_id)


def _begin(ask: _Ask) -> None:
    idea = ask.value["idea"]
    ask.desk.start_new({"kind": idea.kind, "name": idea.name, "options": dict(idea.options)})


def _compare(ask: _Ask) -> None:
    job_id = pairwise.start_pairwise(ask.view.store, ask.view.user, ask.view.project_id)
    panel.keep(ask.view.project, "labeling.pairs", job_id)


def _save_lexicon(ask: _Ask) -> None:
    file = ask.value["file"]
    lexicons.save_text(
        ask.view.store,
        ask.view.user,
        ask.view.project_id,
        name=ask.value["name"],
        text=lexicons.read_file(file) if file else ask.value["text"],
    )
    session.notify(_("The lexicon {name} is saved.").format(name=ask.value["name"]))


def _delete_lexicon(ask: _Ask) -> None:
    lexicons.delete(ask.view.store, ask.view.user, ask.view.project_id, ask.value["name"])
    ask.desk.deleted_lexicon = ask.value["name"]


def _endpoint(ask: _Ask) -> None:
    endpoints.carry_out(ask.view.store, ask.view.user, ask.value["wish"], ask.view.project)


def _look_into(ask: _Ask) -> None:
    try:
        code = bytes(ask.value["data"]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            "The file is no Python: its text is not UTF-8. Save it as UTF-8 and try again."
        ) from error
    ask.desk.module = code
    job_id = lf_module.start_preview(ask.view.store, ask.view.user, ask.view.project_id, code)
    panel.keep(ask.view.project, PREVIEW, job_id)


def _import_module(ask: _Ask) -> None:
    job_id = lf_module.start_import(
        ask.view.store,
        ask.view.user,
        ask.view.project_id,
        ask.value["code"],
        names=ask.value["names"],
    )
    panel.keep(ask.view.project, PREVIEW, job_id)


def _restore_lexicon(ask: _Ask) -> None:
    lexicons.restore(ask.view.store, ask.view.user, ask.view.project_id, ask.value["name"])
    ask.desk.deleted_lexicon = None


_COMMANDS: Final[dict[str, Callable[[_Ask], None]]] = {
    "try": _try,
    "save": _save,
    "discard": _discard,
    "apply": _apply,
    "edit": _edit,
    "toggle": _toggle,
    "delete": _delete,
    "restore": _restore,
    "documents": _documents,
    "faults": _faults,
    "show": _show,
    "look": _look,
    "select": _select,
    "must": _must,
    "must_not": _must_not,
    "unpin": _unpin,
    "undo_unpin": _undo_unpin,
    "restore_version": _restore_version,
    "suggest": _suggest,
    "accept": _accept,
    "begin": _begin,
    "compare": _compare,
    "save_lexicon": _save_lexicon,
    "delete_lexicon": _delete_lexicon,
    "endpoint": _endpoint,
    "look_into": _look_into,
    "import_module": _import_module,
    "restore_lexicon": _restore_lexicon,
}
