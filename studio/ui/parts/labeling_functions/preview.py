"""The right column: what a trial came to, and the documents behind its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from studio.core.functions import Fault
from studio.core.schema import ABSTAIN, LabelSchema
from studio.services import completions, trial_results
from studio.services.flips import Flips
from studio.services.trial_results import CHIPS, Trial, TrialDoc
from studio.storage.store import Store
from studio.ui import html, session
from studio.ui.components.doclist import Button, Item, Pressed, Tone, draw_documents
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.text import _, percent, plain, short

PAGE: Final = 20


def show_trials(
    store: Store, trials: Sequence[Trial], schema: LabelSchema, desk: Desk
) -> list[Do]:
    """Draw what the tried functions would do; return what was asked for."""
    trial = trials[0]
    if len(trials) > 1:
        names = [t.name for t in trials]
        chosen = st.selectbox(_("Function of the code"), names, key="labeling.trial")
        trial = trials[names.index(chosen)]
    _show_figures(trial)
    for fault in trial.faults:
        if fault.doc_id is None:
            st.error(fault_words(fault), icon=":material/error:")
    chip = _draw_chips(trial)
    if chip == "flips":
        _show_flips(trial, schema)
    return _show_documents(store, trial, chip, schema=schema, desk=desk)


def fault_words(fault: Fault) -> str:
    """Return why a function failed, as markdown that shows it letter by letter."""
    where = _("line {line}").format(line=fault.line) if fault.line else _("no line")
    return plain(f"{fault.exception}: {fault.message} ({where}; {fault.count:,} ×)")


def _show_figures(trial: Trial) -> None:
    first, second, third = st.columns(3)
    first.metric(
        _("Coverage"),
        percent(trial.coverage, 1),
        help=_("Votes on {votes} of the {n} documents it was tried on.").format(
            votes=f"{trial.n_votes:,}", n=f"{trial.n_docs:,}"
        ),
    )
    second.metric(
        _("Right on gold"),
        f"{trial.right} / {trial.n_gold}" if trial.n_gold else _("no gold hit"),
    )
    if trial.interval is not None:
        third.metric(
            _("Precision, 95 %"),
            f"{trial.interval[0]:.0%} – {trial.interval[1]:.0%}",
            help=_("Where its precision lies, given so few gold documents (Wilson interval)."),
        )
    else:
        third.metric(_("Precision, 95 %"), "–")
    html.note(
        _("Tried on {n} documents in {s} s, sandbox: {tier}.").format(
            n=f"{trial.n_docs:,}", s=f"{trial.seconds:.2f}", tier=trial.tier
        )
    )


def _draw_chips(trial: Trial) -> str:
    titles = {
        "hits": _("Hits"),
        "wrong": _("Wrong hits"),
        "misses": _("Misses"),
        "flips": _("Flips"),
        "faults": _("Faults"),
        "pins": _("Pins"),
    }
    shown = [chip for chip in CHIPS if chip != "pins" or trial.chips.get("pins")]
    chosen = st.segmented_control(
        _("Documents"),
        shown,
        default="hits",
        format_func=lambda chip: f"{titles[chip]} {trial.chips.get(chip, 0):,}",
        key="labeling.chip",
        required=True,
        label_visibility="collapsed",
    )
    return chosen or "hits"


def _show_flips(trial: Trial, schema: LabelSchema) -> None:
    flips = trial.flips
    if flips is None:
        html.note(_("No combined labels to compare with: no other function votes yet."))
        return
    words = _(
        "Saving changes {n} of {all} combined labels ({model}). Of {gold} gold documents, {right} "
        "become right and {wrong} become wrong: {before} → {after} right."
    ).format(
        n=f"{flips.n_changed:,}",
        all=f"{flips.n_docs:,}",
        model=flips.model,
        gold=flips.n_gold,
        right=flips.n_right,
        wrong=flips.n_wrong,
        before=flips.right_before,
        after=flips.right_after,
    )
    tone = st.success if flips.n_right >= flips.n_wrong else st.warning
    tone(words, icon=":material/swap_horiz:")
    if flips.note:
        html.note(flips.note)
    for change in flips.changes[:6]:
        html.changes(
            schema, change.before, change.after, f"{change.count:,}", dark=session.is_dark()
        )
    _show_balance(flips, schema)


def _show_balance(flips: Flips, schema: LabelSchema) -> None:
    shifts = [
        (label, before, after)
        for label, (before, after) in enumerate(
            zip(flips.balance_before, flips.balance_after, strict=True)
        )
        if abs(after - before) >= 0.0005
    ]
    shifts.sort(key=lambda shift: -abs(shift[2] - shift[1]))
    if shifts:
        parts = [
            f"{schema.name_of(label)} {before:.1%} → {after:.1%}"
            for label, before, after in shifts[:6]
        ]
        html.note(_("Balance of labels: {parts}").format(parts=", ".join(parts)))


def _show_documents(
    store: Store, trial: Trial, chip: str, *, schema: LabelSchema, desk: Desk
) -> list[Do]:
    n_listed = len(trial.listed.get(chip, ()))
    n_pages = -(-n_listed // PAGE)
    # Another trial may have fewer pages than the one that was paged through.
    number = min(int(st.session_state.get(f"labeling.page.{chip}.{n_pages}", 1)), max(1, n_pages))
    found, total = trial_results.documents(store, trial, chip, page=number, size=PAGE)
    if not total:
        html.note(_EMPTY.get(chip, ""))
        return []
    said = _answers(store, trial, [doc.doc_id for doc in found])
    pressed = draw_documents(
        [_item(doc, said.get(doc.doc_id, "")) for doc in found],
        schema,
        key=f"labeling.docs.{chip}",
        buttons=buttons(desk),
        viewing=desk.viewing,
        selectable=True,
    )
    if n_pages > 1:
        st.pagination(n_pages, key=f"labeling.page.{chip}.{n_pages}")
    if trial.chips.get(chip, 0) > n_listed:
        html.note(_("The first {n} can be paged through.").format(n=n_listed))
    return wishes_of(pressed, {doc.doc_id: _right_label(doc) for doc in found}, desk)


def buttons(desk: Desk) -> list[Button]:
    """Return the buttons beside each document: look, and pins where a function is edited."""
    look = Button("look", _("look"), _("See in the table what every function says of it"))
    if desk.editing is None:
        return [look]
    return [
        look,
        Button("must", _("must vote"), _("Pin: this function must vote here")),
        Button("must_not", _("must not"), _("Pin: this function must not vote here")),
    ]


def wishes_of(pressed: Pressed | None, labels: dict[int, int | None], desk: Desk) -> list[Do]:
    """Return what a press beside a document asks for.

    Parameters
    ----------
    labels
        The label that a pin would ask for, by document; None where none is known.
    """
    if pressed is None:
        return []
    lf_id = desk.editing if desk.editing is not None else -1
    values = {"doc_id": pressed.doc_id, "text": pressed.text, "label": labels[pressed.doc_id]}
    return [Do(pressed.verb, lf_id, values)]


def _right_label(doc: TrialDoc) -> int | None:
    return doc.gold if doc.gold is not None else doc.vote


def _answers(store: Store, trial: Trial, doc_ids: Sequence[int]) -> dict[int, str]:
    """Return what a language model said of documents; empty for functions that ask none."""
    if trial.kind != "prompt":
        return {}
    kept = completions.kept_answers(store, trial.project_id, trial.options, doc_ids)
    return {one.doc_id: one.answer for one in kept if one.answer is not None}


def _item(doc: TrialDoc, said: str = "") -> Item:
    chips: list[tuple[int, str]] = []
    notes: list[tuple[str, Tone]] = []
    if doc.vote is not None and doc.vote != ABSTAIN:
        chips.append((doc.vote, _("vote")))
    if doc.gold is not None:
        chips.append((doc.gold, _("gold")))
        if doc.vote is not None and doc.vote != ABSTAIN:
            right = doc.vote == doc.gold
            notes.append((_("right"), "good") if right else (_("wrong"), "bad"))
    if doc.before is not None and doc.after is not None:
        chips += [(doc.before, _("combined now")), (doc.after, _("then"))]
    if doc.pin is not None:
        kept = (ABSTAIN if doc.vote is None else doc.vote) == doc.pin.wanted
        notes.append((_("pin holds"), "good") if kept else (_("pin broken"), "bad"))
    if said:
        notes.append((_("answer: {words}").format(words=short(said, 80)), ""))
    if doc.fault:
        notes.append((doc.fault, "bad"))
    marks = [(start, end, doc.vote) for start, end in doc.spans if doc.vote is not None]
    return Item(doc.doc_id, doc.text, marks=marks, chips=chips, notes=notes)


_EMPTY: Final = {
    "hits": "It votes on no document it was tried on.",
    "wrong": "None of its votes contradicts gold.",
    "misses": "It misses no gold document of its labels.",
    "flips": "Saving it would change no combined label.",
    "faults": "It failed on no document.",
    "pins": "No pin is set.",
}
