from __future__ import annotations

import math

import pytest

from studio.core.runs import MetricPoint
from studio.core.schema import LabelSchema
from studio.ui import charts
from studio.ui.palette import label_color


def point(step: int, value: float, name: str = "train_loss") -> MetricPoint:
    return MetricPoint(step=step, name=name, value=value, at=float(step))


def test_a_curve_has_its_own_points_only() -> None:
    points = [point(1, 0.9), point(2, 0.8), point(2, 0.7, "dev_loss"), point(3, 0.5, "else")]
    option = charts.loss_option(points, dark=False)
    assert [series["data"] for series in option["series"]] == [[[1, 0.9], [2, 0.8]], [[2, 0.7]]]


def test_a_value_that_is_no_number_is_left_out() -> None:
    option = charts.loss_option([point(1, math.nan), point(2, math.inf), point(3, 1.0)], dark=True)
    assert option["series"][0]["data"] == [[3, 1.0]]


@pytest.mark.parametrize("n", [0, 1, 400, 401, 10_000])
def test_a_thinned_curve_keeps_first_and_last(n: int) -> None:
    curve = [[float(step), 0.0] for step in range(n)]
    thin = charts.thin_out(curve, 400)
    assert len(thin) == min(n, 400)
    assert thin[:1] == curve[:1]
    assert thin[-1:] == curve[-1:]


def test_bars_stand_in_the_colors_of_their_labels() -> None:
    schema = LabelSchema(("ham", "spam"))
    bars = charts.bars_by_label({"ham": 3, "spam": 5}, schema).data[0]
    assert dict(zip(bars.y, bars.x, strict=True)) == {"spam": 5, "ham": 3}
    assert list(bars.marker.color) == [label_color(1, False).solid, label_color(0, False).solid]


def test_of_many_labels_the_longest_bars_are_shown() -> None:
    schema = LabelSchema(tuple(f"intent {number}" for number in range(77)))
    counts = {name: float(index) for index, name in enumerate(schema.names)}
    bars = charts.bars_by_label(counts, schema, top=10).data[0]
    assert list(bars.x) == [float(index) for index in range(67, 77)]


def test_a_histogram_puts_each_bar_between_its_edges() -> None:
    bars = charts.histogram([0, 10, 30], [4, 2], title="length").data[0]
    assert (list(bars.x), list(bars.y)) == ([5, 20], [4, 2])
