"""Words of the interface: translation, safe text, numbers and times in words."""

from __future__ import annotations

import gettext
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import streamlit as st

LOCALES = Path(__file__).parent / "locale"
DOMAIN = "weft"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|$:<>~^=&@/])")


def _(message: str) -> str:
    """Return ``message`` in the language of the visitor's browser; English is the source."""
    return _catalogue(st.context.locale or "en").gettext(message)


def n_(singular: str, plural: str, count: int) -> str:
    """Return the form that fits ``count``, with ``{n}`` replaced by it."""
    found = _catalogue(st.context.locale or "en").ngettext(singular, plural, count)
    return found.replace("{n}", f"{count:,}")


@lru_cache(maxsize=32)
def _catalogue(locale: str) -> gettext.NullTranslations:
    language = locale.replace("-", "_")
    wanted = [language, language.split("_")[0]]
    return gettext.translation(DOMAIN, LOCALES, wanted, fallback=True)


def plain(text: str) -> str:
    """Return text that markdown shows letter by letter.

    Names, file contents and messages come from people; as markdown they could fetch a picture
    from elsewhere.
    """
    return _MARKDOWN.sub(r"\\\1", text)


def short(text: str, length: int = 120) -> str:
    """Return the beginning of a text on one line, with an ellipsis where something is cut."""
    line = " ".join(text[: length * 4].split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share in ``[0, 1]`` in percent; a dash where there is none."""
    return "–" if share is None else f"{share:.{digits}%}"


def figure(value: float | None) -> str:
    """Return a figure of merit with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Return a time span in the two units that matter: ``"3 min 20 s"``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ago(at: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    if at is None:
        return "–"
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return _("{time} ago").format(time=f"{int(seconds // size)} {unit}")
    return _("just now")
