"""Quality of documents, drawn by the page Documents: choices, what an import found, the check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import streamlit as st

from studio.core.documents import LONG_TEXT_LENGTH, Split
from studio.core.projects import Project
from studio.core.users import Role, User
from studio.importers.quality.choices import CheckOptions, ImportChoices
from studio.services import quality
from studio.services.quality import PERSONAL, QualityReport
from studio.storage.store import Store
from studio.ui import forms, links
from studio.ui.parts import panel
from studio.ui.text import _, n_, percent, plain

PANEL: Final = "documents.check"
SHOWN_LANGUAGES: Final = 6

_LANGUAGES: Final = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish",
    "ta": "Tamil", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese", "": "unclear",
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What somebody asked for in the panel; ``into`` is where leaks are moved."""

    what: Literal["check", "move", "undo"]
    options: CheckOptions = CheckOptions()
    into: Split = Split.TRAIN


def draw_choices(*, key: str = "documents.choices") -> ImportChoices:
    """Draw what an import does with equal texts and personal data; return the choices."""
    with st.expander(_("Equal texts and personal data"), key=f"{key}.box"):
        filled = forms.draw_options(ImportChoices, key=key)
        st.caption(_("What is found is counted and shown after the import in any case."))
    return ImportChoices.model_validate(filled.values)


def show_import(project: Project, result: Mapping[str, Any]) -> None:
    """Draw what an import found, from the result of its job."""
    found: Mapping[str, Any] = result.get("quality", {})
    if not found:
        return
    sentences = [*_about_duplicates(found), *_about_personal(found)]
    if found.get("n_overlong"):
        sentences.append(
            n_(
                "{n} text is overlong: a model reads its beginning only.",
                "{n} texts are overlong: a model reads their beginning only.",
                found["n_overlong"],
            )
        )
    if found["n_empty"]:
        sentences.append(
            n_(
                "{n} row had no text and was left out.",
                "{n} rows had no text and were left out.",
                found["n_empty"],
            )
        )
    sentences.append(_mix(found["languages"], found["n_languages"], result["n_documents"]))
    for sentence in filter(None, sentences):
        st.markdown(f"- {plain(sentence)}")
    with st.container(horizontal=True):
        if found["n_duplicates"] > found["n_merged"]:
            links.show_selection(st, _("Show equal texts"), "quality:duplicates", project)
        for kind in found["personal"]:
            words = _("Show documents with {what}").format(what=_(PERSONAL[kind]))
            links.show_selection(st, words, f"quality:pii:{kind}", project)


def draw_panel(store: Store, project: Project) -> Wish | None:
    """Draw the check of all documents: its job, what it found, and what can be done about it."""
    job = panel.show(store, project, PANEL, ("check_documents",))
    if job is not None and not job.state.is_finished:
        return None
    found = quality.report(store, project.project_id)
    if found is None:
        st.caption(
            _(
                "Looks for equal and nearly equal texts, for texts that sit in two splits, for "
                "languages and for personal data. Nothing is changed."
            )
        )
    else:
        _draw_report(found, project)
    wish = _draw_fixes(store, found, project) if found is not None else None
    return _draw_start(again=found is not None) or wish


def carry_out(store: Store, user: User, project: Project, wish: Wish) -> str | None:
    """Do what was asked for in the panel; return a sentence on it, None where a job says it."""
    if wish.what == "check":
        job_id = quality.start_check(store, user, project.project_id, wish.options)
        panel.keep(project, PANEL, job_id)
        return None
    if wish.what == "move":
        moved = quality.move_leaks(store, user, project.project_id, wish.into)
        return n_("{n} document changed its split.", "{n} documents changed their split.", moved)
    back = quality.undo_move(store, user, project.project_id)
    return n_("{n} document is back.", "{n} documents are back.", back)


def draw_reveal(store: Store, user: User, project: Project, doc_id: int) -> None:
    """Draw the way to a document's text before masking, for those who may, where there is one."""
    if user.role < Role.ADMIN or not store.masked.of(project.project_id, doc_id):
        return
    asked = st.button(
        _("Show what was masked"),
        key=f"documents.reveal.{doc_id}",
        icon=":material/visibility:",
        help=_("It is noted in the project's events that you looked."),
    )
    if asked:
        st.text(quality.reveal(store, user, project.project_id, doc_id))


def language_name(code: str) -> str:
    """Return the English name of a language, its code where none is known."""
    return _(_LANGUAGES.get(code, code))


def _about_duplicates(found: Mapping[str, Any]) -> list[str]:
    n, merged = found["n_duplicates"], found["n_merged"]
    if not n:
        return [_("No row repeats an earlier text.")]
    sentences = [
        n_("{n} row repeats an earlier text.", "{n} rows repeat an earlier text.", n)
        + " "
        + (
            _("Its label and votes went to the document that stays.")
            if merged
            else _("Nothing was left out.")
        )
    ]
    if found["n_contradicting"]:
        sentences.append(
            n_("{n} of them has another gold label than the text it repeats.",
               "{n} of them have another gold label than the text they repeat.",
               found["n_contradicting"])
        )  # fmt: skip
    if found["n_across_splits"]:
        across = n_("{n} of them belongs to another split than the text it repeats",
                    "{n} of them belong to another split than the text they repeat",
                    found["n_across_splits"])  # fmt: skip
        rest = _("and was left out there.") if merged else _("so scores on it will flatter.")
        sentences.append(f"{across}, {rest}")
    return sentences


def _about_personal(found: Mapping[str, Any]) -> list[str]:
    counted = [f"{_(PERSONAL[kind])} {n:,}" for kind, n in found["personal"].items()]
    if not counted:
        return [_("No email address, phone, card or account number was seen.")]
    sentence = _("Seen: {what}.").format(what=", ".join(counted))
    if found["n_masked"]:
        sentence += " " + n_("{n} document was masked.", "{n} documents were masked.",
                             found["n_masked"])  # fmt: skip
    return [sentence]


def _mix(languages: Mapping[str, int], looked_at: int, total: int) -> str:
    if not looked_at:
        return ""
    listed = list(languages.items())[:SHOWN_LANGUAGES]
    words = ", ".join(f"{language_name(code)} {percent(n / looked_at)}" for code, n in listed)
    if looked_at >= total:
        return _("Languages: {mix}.").format(mix=words)
    return _("Languages: {mix} (estimated on {n} documents drawn at random).").format(
        mix=words, n=f"{looked_at:,}"
    )


def _draw_report(found: QualityReport, project: Project) -> None:
    if found.stale:
        st.warning(
            _("Documents have come since this check of {n}; check again.").format(
                n=f"{found.n_documents:,}"
            ),
            icon=":material/history:",
        )
    equal, near, leaks = st.columns(3)
    _number(equal, project, found.n_duplicates, ("quality:duplicates", _("Equal texts")))
    equal.caption(
        n_(
            "{n} text is there more than once.",
            "{n} texts are there more than once.",
            found.n_duplicate_groups,
        )  # fmt: skip
    )
    _number(near, project, found.n_near, ("quality:near", _("Nearly equal texts")))
    near.caption(
        n_(
            "{n} group of similarity {share} or more.",
            "{n} groups of similarity {share} or more.",
            found.n_near_groups,
        ).replace("{share}", f"{found.threshold:g}")  # fmt: skip
    )
    _number(leaks, project, found.n_leaks, ("quality:leaks", _("Leaks between splits")))
    leaks.caption(
        _("In one split, with an equal or near text in another: scores on them flatter.")
    )
    personal = st.columns(len(PERSONAL))
    for place, (kind, words) in zip(personal, PERSONAL.items(), strict=True):
        title = _(words)[:1].upper() + _(words)[1:]
        _number(place, project, found.personal[kind], (f"quality:pii:{kind}", title))
        if found.n_masked.get(kind):
            place.caption(_("{n} values are masked.").format(n=f"{found.n_masked[kind]:,}"))
    _draw_languages(found, project)
    odd = [
        (found.n_empty, _("Empty texts")),
        (
            found.n_overlong,
            _("Texts of more than {n} characters, of which models read the beginning only").format(
                n=f"{LONG_TEXT_LENGTH:,}"
            ),
        ),
    ]
    for n, title in odd:
        if n:
            st.warning(f"{title}: {n:,}", icon=":material/warning:")


def _draw_languages(found: QualityReport, project: Project) -> None:
    st.caption(plain(_mix(found.languages, found.n_languages, found.n_documents)))
    with st.container(horizontal=True):
        for code, n in list(found.languages.items())[:SHOWN_LANGUAGES]:
            words = f"{language_name(code)} {n:,}"
            links.show_selection(st, words, f"quality:lang:{code}", project)


def _draw_fixes(store: Store, found: QualityReport, project: Project) -> Wish | None:
    wish = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if found.n_leaks:
            into = st.selectbox(
                _("Bring each leaking group together in"),
                list(Split),
                format_func=lambda split: split.value,
                key="documents.leaks.into",
            )
            if st.button(_("Move leaks"), key="documents.leaks.move"):
                wish = Wish("move", into=into)
        if quality.can_undo_move(store, project.project_id):
            if st.button(_("Set the last move back"), key="documents.leaks.undo"):
                wish = Wish("undo")
    return wish


def _draw_start(*, again: bool) -> Wish | None:
    filled = forms.draw_options(CheckOptions, key="documents.check")
    words = _("Check again") if again else _("Check documents")
    sent = st.button(
        words, key="documents.check.start", disabled=filled.problem is not None,
        icon=":material/fact_check:",
    )  # fmt: skip
    return Wish("check", CheckOptions.model_validate(filled.values)) if sent else None


def _number(place: Any, project: Project, n: int, what: tuple[str, str]) -> None:
    selection, title = what
    place.metric(title, f"{n:,}")
    if n:
        links.show_selection(place, _("Show documents"), selection, project)
