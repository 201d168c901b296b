from __future__ import annotations

from enum import StrEnum
from typing import Literal

from streamlit.testing.v1 import AppTest

from studio.core.options import Options, option
from studio.ui import forms


class Order(StrEnum):
    FIRST = "first"
    LAST = "last"


class Example(Options):
    epochs: int = option(3, title="Epochs", help="Passes.", minimum=1, maximum=9)
    rate: float = option(5e-5, title="Rate", help="Step size.", minimum=0)
    limit: int | None = option(None, title="Limit", help="None for no limit.")
    match: Literal["any", "all"] = option("any", title="Match", help="How many.")
    order: Order = option(Order.LAST, title="Order", help="Which first.")
    exact: bool = option(False, title="Exact", help="Case counts.")
    label: str = option(title="Label", help="What it votes.", widget="label")
    words: list[str] = option(title="Words", help="One a line.", widget="lines", min_length=1)
    seed: int = option(0, title="Seed", help="Of the draw.", advanced=True)


def draw() -> None:
    import streamlit as st

    from studio.core.schema import LabelSchema
    from studio.ui import forms
    from tests.ui.test_forms import Example

    given = st.session_state.get("given")
    filled = forms.draw_options(
        Example, key="page.form", schema=LabelSchema(("ham", "spam")), values=given
    )
    st.session_state["filled"] = filled.values
    st.session_state["problem"] = filled.problem


def test_a_form_starts_with_the_defaults_and_says_what_is_missing() -> None:
    app = AppTest.from_function(draw).run()
    assert not app.exception
    assert app.session_state["filled"] == {
        "epochs": 3,
        "rate": 5e-5,
        "limit": None,
        "match": "any",
        "order": "last",
        "exact": False,
        "label": "ham",
        "words": [],
        "seed": 0,
    }
    assert "'words'" in app.session_state["problem"]


def test_a_filled_form_gives_values_that_the_model_accepts() -> None:
    app = AppTest.from_function(draw).run()
    app.number_input(key="page.form.epochs").set_value(5)
    app.selectbox(key="page.form.label").set_value("spam")
    app.text_area(key="page.form.words").set_value("free\n\n winner ").run()
    values = app.session_state["filled"]
    assert app.session_state["problem"] is None
    assert Example.model_validate(values).words == ["free", "winner"]
    assert (values["epochs"], values["label"]) == (5, "spam")


def test_a_form_starts_with_given_values() -> None:
    app = AppTest.from_function(draw)
    app.session_state["given"] = {"epochs": 7, "words": ["a", "b"], "match": "all", "label": 1}
    app.run()
    values = app.session_state["filled"]
    assert values["epochs"] == 7
    assert (values["words"], values["match"], values["label"]) == (["a", "b"], "all", "spam")


def test_an_unknown_value_is_named_in_a_sentence() -> None:
    problem = forms.problem_with(Example, {"epochs": 99, "label": "ham", "words": ["x"]})
    assert problem is not None
    assert "'epochs' is '99'" in problem
