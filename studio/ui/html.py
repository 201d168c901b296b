"""All HTML of the interface. Whatever comes from people goes through ``escape``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from studio.core.schema import LabelSchema
from studio.ui.palette import Surface, label_color, surface, translucent

LARGEST_TEXT = 20_000
"""Characters of one text that are drawn; more would freeze the browser's layout."""


@dataclass(frozen=True)
class Mark:
    """A marked part of a text: character offsets, the label it speaks for, and a title."""

    start: int
    end: int
    label: int
    title: str = ""


def page_style(*, dark: bool) -> None:
    """Put the style sheet of everything in this module on the page."""
    st.html(f"<style>{_variables(surface(dark))}{_SHEET}</style>")


def brand(*, dark: bool) -> str:
    """Return name and mark of the program as a picture."""
    ground = surface(dark)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="104" height="28" viewBox="0 0 104 28">'
        f'<g fill="none" stroke-width="3" stroke-linecap="round" stroke="{ground.border}">'
        '<path d="M3 7h22M3 14h22M3 21h22"/></g>'
        f'<g fill="none" stroke-width="3" stroke-linecap="round" stroke="{ground.accent}">'
        '<path d="M7 3v6M7 12v11M14 5v11M14 19v6M21 3v6M21 12v11"/></g>'
        f'<text x="36" y="20.5" font-family="Source Sans,Segoe UI,Helvetica,Arial,sans-serif" '
        f'font-size="19" font-weight="600" fill="{ground.text}">Weft</text></svg>'
    )


def lead(sentence: str) -> None:
    """Draw the sentence under a title."""
    st.html(f'<p class="weft-lead">{escape(sentence)}</p>')


def empty(title: str, sentence: str) -> None:
    """Draw the words of an empty state."""
    st.html(
        f'<div class="weft-empty"><strong>{escape(title)}</strong><p>{escape(sentence)}</p></div>'
    )


def note(sentence: str) -> None:
    """Draw a quiet remark beside figures."""
    st.html(f'<p class="weft-note">{escape(sentence)}</p>')


def status(sentence: str) -> None:
    """Draw a short remark that changes by itself; screen readers say it when it does."""
    st.html(f'<p class="weft-note" role="status" aria-live="polite">{escape(sentence)}</p>')


def reading(text: str, marks: Sequence[Mark] = (), *, dark: bool = False) -> None:
    """Draw a text large, at reading width, with marked parts in their labels' colours."""
    st.html(f'<div class="weft-reading">{marked(text, marks, dark=dark)}</div>')


def texts(rows: Sequence[tuple[str, Sequence[Mark]]], *, dark: bool = False) -> None:
    """Draw several short texts as a compact list."""
    items = "".join(f"<li>{marked(text, marks, dark=dark)}</li>" for text, marks in rows)
    st.html(f'<ul class="weft-texts">{items}</ul>')


def chip(schema: LabelSchema, label: int, *, dark: bool, detail: str = "") -> str:
    """Return a label as a small coloured piece, with its name; for :func:`chips`."""
    color = label_color(label, dark)
    more = f' <span class="weft-chip-detail">{escape(detail)}</span>' if detail else ""
    return (
        f'<span class="weft-chip" style="background:{color.soft};color:{color.ink}">'
        f'<i style="background:{color.solid}"></i>{escape(schema.name_of(label))}{more}</span>'
    )


def chips(
    schema: LabelSchema, labels: Sequence[tuple[int, str]], *, dark: bool, before: str = ""
) -> None:
    """Draw labels as coloured pieces in a row.

    Parameters
    ----------
    labels
        Label index and a detail, ``""`` for none.
    before
        Words in front of the row.
    """
    words = f'<span class="weft-note">{escape(before)}</span>' if before else ""
    row = "".join(chip(schema, label, dark=dark, detail=detail) for label, detail in labels)
    st.html(f'<div class="weft-chips">{words}{row}</div>')


def changes(schema: LabelSchema, before: int, after: int, words: str, *, dark: bool) -> None:
    """Draw how many documents go from one label to another; ``ABSTAIN`` is "no label"."""
    row = f"{chip(schema, before, dark=dark)}<span>→</span>{chip(schema, after, dark=dark)}"
    st.html(f'<div class="weft-chips">{row}<span class="weft-note">{escape(words)}</span></div>')


def probabilities(
    schema: LabelSchema, probs: Sequence[float], *, dark: bool, top: int = 8
) -> None:
    """Draw the most probable labels as bars with their shares."""
    order = sorted(range(len(probs)), key=lambda label: -probs[label])[:top]
    rows = "".join(
        f'<div class="weft-bar"><span>{escape(schema.name_of(label))}</span>'
        f'<b><i style="width:{100 * probs[label]:.1f}%;'
        f'background:{label_color(label, dark).solid}"></i></b>'
        f"<em>{probs[label]:.1%}</em></div>"
        for label in order
    )
    st.html(f'<div class="weft-bars">{rows}</div>')


def attributions(
    text: str, spans: Sequence[tuple[int, int]], values: Sequence[float], *, label: int, dark: bool
) -> None:
    """Draw a text whose pieces are shaded by how much they speak for or against a label.

    For the label in the label's colour, against it in grey with a dotted line below, so that the
    direction does not hang on colour alone; the strongest piece has the fullest shade.
    """
    strongest = max((abs(value) for value in values), default=0.0) or 1.0
    pieces, position = [], 0
    for (start, end), value in zip(spans, values, strict=True):
        pieces.append(escape(text[position:start]))
        pieces.append(_attributed(text[start:end], value, strongest, label=label, dark=dark))
        position = end
    pieces.append(escape(text[position:]))
    st.html(f'<div class="weft-reading weft-why">{"".join(pieces)}</div>')


def marked(text: str, marks: Sequence[Mark], *, dark: bool) -> str:
    """Return a text as HTML with marked parts; overlapping marks: the earlier one wins."""
    shown = text[:LARGEST_TEXT]
    pieces, position = [], 0
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if mark.start < position or mark.end <= mark.start or mark.start >= len(shown):
            continue
        color = label_color(mark.label, dark)
        pieces.append(escape(shown[position : mark.start]))
        pieces.append(
            f'<mark style="background:{color.soft};color:{color.ink};'
            f'border-bottom-color:{color.solid}" title="{escape(mark.title)}">'
            f"{escape(shown[mark.start : mark.end])}</mark>"
        )
        position = mark.end
    pieces.append(escape(shown[position:]))
    if len(text) > LARGEST_TEXT:
        pieces.append(f'<span class="weft-note"> … {len(text) - LARGEST_TEXT:,} more</span>')
    return "".join(pieces)


def _attributed(piece: str, value: float, strongest: float, *, label: int, dark: bool) -> str:
    color = label_color(label, dark).solid if value >= 0 else surface(dark).muted
    kind = "for" if value >= 0 else "against"
    strength = 0.55 * abs(value) / strongest
    return (
        f'<span class="{kind}" style="background:{translucent(color, strength)};'
        f'border-bottom-color:{color if abs(value) > 0.15 * strongest else "transparent"}" '
        f'title="{value:+.3f}">{escape(piece)}</span>'
    )


def _variables(ground: Surface) -> str:
    return (
        f":root{{--weft-muted:{ground.muted};--weft-border:{ground.border};"
        f"--weft-panel:{ground.panel};--weft-accent:{ground.accent};--weft-text:{ground.text}}}"
    )


_SHEET = """
[data-testid="stMainBlockContainer"]{max-width:1560px}
[data-testid="stSidebarUserContent"] [data-testid="stCaptionContainer"]{margin:.6rem 0 -.6rem;
  text-transform:uppercase;letter-spacing:.06em;font-size:.7rem}
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"]{gap:.3rem}
[data-testid="stSidebarUserContent"] [data-testid="stSelectbox"]{margin-bottom:.6rem}
@media (max-width:1500px){
  .st-key-labeling_workbench>div>[data-testid="stHorizontalBlock"],
  .st-key-labeling_workbench>[data-testid="stHorizontalBlock"]{flex-wrap:wrap}
  .st-key-labeling_workbench>div>[data-testid="stHorizontalBlock"]>[data-testid="stColumn"]:first-child,
  .st-key-labeling_workbench>[data-testid="stHorizontalBlock"]>[data-testid="stColumn"]:first-child
  {flex:1 1 100%;min-width:100%}
}
[data-testid="stMainBlockContainer"]:has(.st-key-labeling_workbench){max-width:1880px}
.weft-lead{margin:-.75rem 0 .4rem;color:var(--weft-muted);max-width:110ch}
.weft-note{margin:0;color:var(--weft-muted);font-size:.875rem}
.weft-empty{text-align:center;padding:1.6rem 1rem .4rem}
.weft-empty p{margin:.35rem auto 0;color:var(--weft-muted);max-width:52ch}
.weft-reading{font-size:1.15rem;line-height:1.65;max-width:72ch;white-space:pre-wrap;
  overflow-wrap:anywhere}
.weft-reading mark,.weft-texts mark{padding:.05em .15em;border-radius:3px;
  border-bottom:2px solid transparent}
.weft-why span{border-radius:3px;padding:.08em 0;border-bottom:2px solid transparent}
.weft-why .against{border-bottom-style:dotted}
.weft-texts{list-style:none;margin:0;padding:0;font-size:.93rem;line-height:1.5}
.weft-texts li{padding:.4rem .1rem;margin:0;border-bottom:1px solid var(--weft-border);
  white-space:pre-wrap;overflow-wrap:anywhere}
.weft-texts li:last-child{border-bottom:none}
.weft-chips{display:flex;flex-wrap:wrap;gap:.35rem;align-items:center}
.weft-chip{display:inline-flex;align-items:center;gap:.4em;padding:.1em .6em;border-radius:999px;
  font-size:.85rem;font-weight:550;line-height:1.6;white-space:nowrap}
.weft-chip i{width:.55em;height:.55em;border-radius:50%;flex:none}
.weft-chip-detail{font-weight:400;font-variant-numeric:tabular-nums}
.weft-bar{display:grid;grid-template-columns:minmax(4rem,9rem) minmax(4rem,1fr) 3.6rem;gap:.6rem;
  align-items:center;padding:.16rem 0;font-size:.9rem}
.weft-bar span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.weft-bar b{background:var(--weft-panel);border-radius:4px;height:.85rem;overflow:hidden}
.weft-bar i{display:block;height:100%;border-radius:4px}
.weft-bar em{font-style:normal;text-align:right;font-variant-numeric:tabular-nums;
  color:var(--weft-muted)}
"""
