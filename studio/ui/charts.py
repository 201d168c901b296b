"""All charts: one look for Plotly, one for ECharts, both in light and dark.

Curves that grow while one looks are ECharts, which change in place; the rest is Plotly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from studio.core.runs import MetricPoint
from studio.core.schema import LabelSchema
from studio.ui import session
from studio.ui.palette import label_color, mix, surface, translucent
from studio.ui.text import _, plain, short

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MAX_POINTS: Final = 400
"""Points of one curve that are sent; a screen shows no more."""

_CONFIG: Final = {"displayModeBar": False, "responsive": True}
_MARGIN: Final = {"l": 8, "r": 8, "t": 8, "b": 8}


def draw(figure: Figure, *, key: str, alt: str) -> None:
    """Draw a Plotly figure; ``alt`` says in one sentence what it shows."""
    st.plotly_chart(figure, key=key, config=_CONFIG, theme=None, alt=alt)


def histogram(edges: Sequence[float], counts: Sequence[int], *, title: str) -> Figure:
    """Return a histogram; ``edges`` has one entry more than ``counts``."""
    from plotly.graph_objects import Bar

    ground = surface(session.is_dark())
    left = np.asarray(edges[:-1])
    width = np.diff(np.asarray(edges))
    words = [f"{a:.0f}–{b:.0f}" for a, b in zip(edges[:-1], edges[1:], strict=True)]
    bars = Bar(
        x=left + width / 2,
        y=list(counts),
        width=width * 0.92,
        marker={"color": mix(ground.accent, ground.background, 0.25)},
        customdata=words,
        hovertemplate="%{customdata}: %{y:,}<extra></extra>",
    )
    return _figure(bars, x_title=title, height=220)


def bars_by_label(
    counts: Mapping[str, float], schema: LabelSchema, *, title: str = "", top: int = 25
) -> Figure:
    """Return one bar a label, in the labels' colours; the ``top`` longest where there are more.

    ``counts`` goes by label name.
    """
    from plotly.graph_objects import Bar

    dark = session.is_dark()
    order = list(schema.names)
    if len(order) > top:
        order = sorted(order, key=lambda name: -counts.get(name, 0))[:top]
    order.reverse()
    values = [counts.get(name, 0) for name in order]
    bars = Bar(
        x=values,
        y=[short(name, 28) for name in order],
        orientation="h",
        marker={"color": [label_color(schema.index_of(name), dark).solid for name in order]},
        text=[f"{value:,.0f}" for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
    )
    figure = _figure(bars, x_title=title, height=max(120, 26 * len(order) + 50))
    figure.update_xaxes(showgrid=False, showticklabels=False)
    figure.update_yaxes(showgrid=False)
    figure.update_layout(margin={**_MARGIN, "r": 48}, bargap=0.35)
    return figure


def draw_curves(
    points: Sequence[MetricPoint], names: Mapping[str, str], *, key: str, alt: str
) -> None:
    """Draw curves of a training run that go on growing in place.

    Parameters
    ----------
    names
        Metric name to what the legend calls it; other metrics are left out.
    """
    st.echarts_chart(
        curve_option(points, names, dark=session.is_dark()),
        key=key,
        height=280,
        theme=None,
        alt=alt,
    )


def loss_option(points: Sequence[MetricPoint], *, dark: bool) -> dict[str, Any]:
    """Return the ECharts option of the loss on train and dev, by step."""
    names = {"train_loss": _("training loss"), "dev_loss": _("dev loss")}
    return curve_option(points, names, dark=dark)


def curve_option(
    points: Sequence[MetricPoint], names: Mapping[str, str], *, dark: bool
) -> dict[str, Any]:
    """Return an ECharts option with one curve a metric, at most :data:`MAX_POINTS` each.

    A value that is not a number is left out of its curve, where it would tear the axis.
    """
    ground = surface(dark)
    series = []
    for position, (name, words) in enumerate(names.items()):
        curve = [[p.step, p.value] for p in points if p.name == name and np.isfinite(p.value)]
        series.append(_series(words, thin_out(curve, MAX_POINTS), label_color(position, dark)))
    axis = {
        "axisLine": {"lineStyle": {"color": ground.border}},
        "axisLabel": {"color": ground.muted},
        "splitLine": {"lineStyle": {"color": translucent(ground.border, 0.6)}},
        "nameTextStyle": {"color": ground.muted},
    }
    return {
        "animation": False,
        "grid": {"left": 8, "right": 44, "top": 36, "bottom": 24, "containLabel": True},
        "legend": {"top": 0, "textStyle": {"color": ground.text}, "icon": "roundRect"},
        "tooltip": {
            "trigger": "axis",
            "backgroundColor": ground.panel,
            "borderColor": ground.border,
            "textStyle": {"color": ground.text},
        },
        "xAxis": {**axis, "type": "value", "min": "dataMin", "name": _("step"), "nameGap": 8},
        "yAxis": {**axis, "type": "value", "scale": True},
        "series": series,
    }


def thin_out(curve: Sequence[list[float]], limit: int) -> list[list[float]]:
    """Return at most ``limit`` points, evenly chosen, the first and the last among them."""
    if len(curve) <= limit:
        return list(curve)
    chosen = np.linspace(0, len(curve) - 1, limit).round().astype(int)
    return [curve[position] for position in chosen]


def _series(words: str, curve: list[list[float]], color: Any) -> dict[str, Any]:
    # Few points are measurements, each worth a dot; many are a line.
    dots = len(curve) <= 30
    return {
        "name": words,
        "type": "line",
        "data": curve,
        "showSymbol": dots,
        "symbolSize": 6,
        "lineStyle": {"width": 2, "color": color.solid},
        "itemStyle": {"color": color.solid},
    }


def _figure(trace: Any, *, x_title: str, height: int) -> Figure:
    from plotly.graph_objects import Figure

    ground = surface(session.is_dark())
    axis = {
        "gridcolor": ground.border,
        "linecolor": ground.border,
        "zeroline": False,
        "tickfont": {"color": ground.muted},
        "title": {"font": {"color": ground.muted, "size": 12}},
    }
    figure = Figure(trace)
    figure.update_layout(
        height=height,
        margin=_MARGIN,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": '"Source Sans", sans-serif', "size": 13, "color": ground.text},
        hoverlabel={
            "bgcolor": ground.panel,
            "bordercolor": ground.border,
            "font": {"color": ground.text},
        },
        showlegend=False,
        xaxis={**axis, "automargin": True},
        yaxis={**axis, "automargin": True},
    )
    if x_title:
        figure.update_xaxes(title={"text": plain(x_title)})
    return figure
