"""The right column: versions of a function, its pins and its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from studio.core.pins import PinCheck
from studio.core.schema import ABSTAIN, LabelSchema
from studio.services.faults import FaultGroup, FaultReport
from studio.services.history import VersionRow
from studio.ui import html
from studio.ui.components.doclist import Button, Item, Tone, draw_documents
from studio.ui.parts.labeling_functions.desk import Desk, Do
from studio.ui.parts.labeling_functions.preview import buttons, wishes_of
from studio.ui.text import _, ago, percent, plain


def show_history(versions: Sequence[VersionRow], lf_id: int) -> list[Do]:
    """Draw the versions, newest first, each with what it changed; return what was asked for."""
    wishes = []
    for row in versions:
        with st.container(border=True):
            head, button = st.columns([4, 1], vertical_alignment="center")
            head.markdown(
                f"**{_('Version {n}').format(n=row.version)}** · {ago(row.at)} · {plain(row.by)}"
            )
            current = row.version == versions[0].version
            if not current and button.button(
                _("Restore"),
                key=f"labeling.restore.{lf_id}.{row.version}",
                icon=":material/restore:",
            ):
                wishes.append(Do("restore_version", lf_id, {"version": row.version}))
            html.note(_figures(row))
            if row.diff:
                st.code("\n".join(row.diff), language="diff", wrap_lines=True)
    return wishes


def _figures(row: VersionRow) -> str:
    if row.coverage is None:
        return _("Never applied to the documents that are here now.")
    parts = [
        _("coverage {v}").format(v=_with_change(row.coverage, row.change_coverage)),
        _("conflicts {v}").format(v=_with_change(row.conflicts, row.change_conflicts)),
    ]
    if row.precision is not None and row.interval is not None:
        words = _with_change(row.precision, row.change_precision)
        low, high = row.interval
        parts.append(
            _("precision {v} (95 %: {low}–{high})").format(
                v=words, low=f"{low:.0%}", high=f"{high:.0%}"
            )
        )
    return " · ".join(parts)


def _with_change(value: float | None, change: float | None) -> str:
    words = percent(value, 1)
    if change is None or abs(change) < 5e-4:
        return words
    return f"{words} ({change:+.1%})"


def show_pins(
    checks: Sequence[PinCheck], texts: Mapping[int, str], schema: LabelSchema, desk: Desk
) -> list[Do]:
    """Draw the pins of a function, red or green; return what was asked for.

    Parameters
    ----------
    checks
        The pins, each held against the function's vote.
    texts
        Of the pinned documents, by id.
    """
    wishes = _draw_undo(desk)
    if not checks:
        html.note(
            _("No pin yet. Beside a document, press “must vote” or “must not” to keep it so.")
        )
        return wishes
    pressed = draw_documents(
        [_pin_item(check, texts[check.pin.doc_id]) for check in checks],
        schema,
        key="labeling.pins",
        buttons=[Button("unpin", _("take pin off"), _("Take the pin off"))],
    )
    if pressed is not None:
        pin_ids = {check.pin.doc_id: check.pin.pin_id for check in checks}
        wishes.append(Do("unpin", values={"pin_id": pin_ids[pressed.doc_id]}))
    return wishes


def _draw_undo(desk: Desk) -> list[Do]:
    if desk.unpinned is None:
        return []
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.caption(_("A pin was taken off."))
        back = st.button(_("Put it back"), key="labeling.repin", icon=":material/undo:")
    return [Do("undo_unpin", values={"pin_id": desk.unpinned})] if back else []


def _pin_item(check: PinCheck, text: str) -> Item:
    state: dict[bool | None, tuple[str, Tone]] = {
        None: (_("not applied yet"), ""),
        True: (_("✓ holds"), "good"),
        False: (_("✗ broken"), "bad"),
    }
    label = check.pin.label
    wanted = _("must not vote here") if label is None else _("must vote here")
    chips = [] if label is None else [(label, _("wanted"))]
    if check.vote is not None and check.vote != ABSTAIN:
        chips.append((check.vote, _("votes now")))
    return Item(check.pin.doc_id, text, chips=chips, notes=[state[check.holds], (wanted, "")])


def show_faults(report: FaultReport, schema: LabelSchema, desk: Desk) -> list[Do]:
    """Draw the faults of a function in groups, and its slowest documents."""
    if report.is_stopped:
        st.warning(
            _("It was given up before the last document: {n} of {all} have no vote of it.").format(
                n=f"{report.n_faults:,}", all=f"{report.n_docs:,}"
            ),
            icon=":material/timer_off:",
        )
    if not report.groups:
        html.note(_("It failed on no document."))
    wishes = []
    for number, group in enumerate(report.groups):
        wishes += _draw_group(group, number, schema, desk)
    if report.slowest:
        st.markdown(f"**{_('Slowest documents')}**")
        items = [
            Item(slow.doc_id, slow.text, notes=[(f"{slow.seconds:.3f} s", "warn")])
            for slow in report.slowest
        ]
        draw_documents(items, schema, key="labeling.slowest")
    return wishes


def _draw_group(group: FaultGroup, number: int, schema: LabelSchema, desk: Desk) -> list[Do]:
    with st.container(border=True):
        where = _("line {line}").format(line=group.line) if group.line else _("no line")
        words = f"{group.exception}: {group.message} ({where}; {group.count:,} ×)"
        st.error(plain(words), icon=":material/error:")
        if group.code:
            st.code(f"{group.line}: {group.code}", language="python", wrap_lines=True)
        if group.is_whole:
            return []
        pressed = draw_documents(
            [Item(document.doc_id, document.text) for document in group.documents],
            schema,
            key=f"labeling.faults.{number}",
            buttons=buttons(desk)[:1],
        )
    return wishes_of(pressed, {document.doc_id: None for document in group.documents}, desk)
