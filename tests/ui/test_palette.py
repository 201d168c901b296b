from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.schema import ABSTAIN
from studio.ui.palette import BASE, DARK, LIGHT, contrast, label_color, mix, surface

DEUTERANOPIA = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
PROTANOPIA = np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]])
"""Linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009)."""


def linear(color: str) -> NDArray[np.float64]:
    channels = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("label", [ABSTAIN, *range(40), 999])
def test_text_on_a_label_is_readable(label: int, dark: bool) -> None:
    color = label_color(label, dark)
    assert contrast(color.ink, color.soft) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_on_the_page_is_readable(dark: bool) -> None:
    ground = surface(dark)
    for ink in (ground.text, ground.muted, ground.good, ground.bad):
        assert contrast(ink, ground.background) >= 4.5
        assert contrast(ink, ground.panel) >= 4.5


@pytest.mark.parametrize("seen", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "deu", "pro"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_first_labels_are_told_apart_by_the_color_blind(
    seen: NDArray[np.float64], dark: bool
) -> None:
    colors = [lab(seen @ linear(label_color(label, dark).solid)) for label in range(len(BASE))]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(colors, 2)]
    # A difference of 2.3 is just noticeable (Mahy et al. 1994); bars side by side need more.
    assert min(distances) > 9


def test_a_label_keeps_its_color_whatever_the_number_of_labels() -> None:
    assert label_color(0, False).solid == BASE[0]
    assert label_color(3, False) == label_color(3, False)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


def test_a_mix_lies_between() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix(LIGHT.text, DARK.text, 0) == LIGHT.text
