"""Colours of labels and charts: fixed by label index, told apart by the colour-blind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from studio.core.schema import ABSTAIN

BASE: Final = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e0a100",
    "#56b4e9",
    "#5028c8",
    "#785028",
)
"""Blue to brown after Okabe and Ito (2008); their yellow, too pale on white, gave way to violet
and brown."""

_NEUTRAL: Final = "#8a94a3"
_SHIFT: Final = 0.28
"""How far each further round through :data:`BASE` moves towards the text colour."""


@dataclass(frozen=True)
class Surface:
    """The ground that colours stand on, as in the theme's configuration."""

    background: str
    panel: str
    text: str
    muted: str
    border: str
    accent: str
    good: str
    bad: str


LIGHT: Final = Surface(
    background="#ffffff",
    panel="#f4f6f9",
    text="#1b2330",
    muted="#566173",
    border="#dbe0e8",
    accent="#3451b2",
    good="#1a7f4b",
    bad="#b42318",
)
DARK: Final = Surface(
    background="#11151c",
    panel="#1a2029",
    text="#e4e8ef",
    muted="#9aa5b5",
    border="#2d3643",
    accent="#7d97f0",
    good="#5cc08b",
    bad="#f0877c",
)


def surface(dark: bool) -> Surface:
    """Return the ground of one of the two themes."""
    return DARK if dark else LIGHT


@dataclass(frozen=True)
class LabelColor:
    """Three tones of one label.

    ``solid`` for bars and dots, ``soft`` behind text, ``ink`` for text on ``soft`` (contrast at
    least 4.5 to 1).
    """

    solid: str
    soft: str
    ink: str


@lru_cache(maxsize=4096)
def label_color(index: int, dark: bool) -> LabelColor:
    """Return the colours of a label index, the same everywhere; grey for ``ABSTAIN``."""
    ground = surface(dark)
    solid = _NEUTRAL if index == ABSTAIN else _solid(index, ground)
    if dark:
        solid = mix(solid, "#ffffff", 0.18)
    soft = mix(ground.background, solid, 0.24 if dark else 0.14)
    return LabelColor(solid=solid, soft=soft, ink=_readable(solid, soft, ground.text))


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def mix(first: str, second: str, share: float) -> str:
    """Return ``first`` with a ``share`` in ``[0, 1]`` of ``second`` in it."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def translucent(color: str, alpha: float) -> str:
    """Return a colour with an opacity in ``[0, 1]``, as CSS writes it."""
    red, green, blue = _channels(color)
    return f"rgba({red}, {green}, {blue}, {min(1.0, max(0.0, alpha)):.3f})"


def _solid(index: int, ground: Surface) -> str:
    turn, position = divmod(index, len(BASE))
    # Beyond eight labels no palette keeps all apart; the name is always written beside it.
    return mix(BASE[position], ground.text, min(0.7, _SHIFT * (turn % 3)))


def _readable(solid: str, soft: str, text: str) -> str:
    for step in range(11):
        ink = mix(solid, text, step / 10)
        if contrast(ink, soft) >= 4.5:
            return ink
    return text


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
