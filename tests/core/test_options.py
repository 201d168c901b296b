from __future__ import annotations

import pytest
from pydantic import ValidationError

from studio.core.errors import Invalid, NotFound
from studio.core.options import NoOptions, Options, option, parse_options
from studio.core.registry import Member, Registry


class Sample(Options):
    epochs: int = option(3, title="Epochs", help="Passes.", minimum=1, maximum=10)
    words: list[str] = option(title="Words", help="Any of them.", min_length=1, widget="lines")
    depth: float = option(0.5, title="Depth", help="How deep.", advanced=True)


def test_what_is_not_given_has_its_default() -> None:
    parsed = parse_options(Sample, {"words": ["a"]}, what="Sample")
    assert (parsed.epochs, parsed.words, parsed.depth) == (3, ["a"], 0.5)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "'words' is missing"),
        ({"words": []}, "'words' is"),
        ({"words": ["a"], "epochs": 0}, "'epochs' is '0': input should be greater"),
        ({"words": ["a"], "epochs": 11}, "'epochs' is '11'"),
        ({"words": ["a"], "epochs": "many"}, "'epochs' is 'many'"),
        ({"words": ["a"], "color": 1}, "'color' is not known here; allowed are depth, epochs"),
    ],
)
def test_a_wrong_option_is_named_with_its_value(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(Invalid, match="^Sample: ") as caught:
        parse_options(Sample, dict(values), what="Sample")
    assert sentence in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(Invalid, match="'epochs'.*'words'"):
        parse_options(Sample, {"epochs": 0}, what="Sample")


def test_options_do_not_change() -> None:
    parsed = parse_options(Sample, {"words": ["a"]}, what="Sample")
    with pytest.raises(ValidationError):
        parsed.epochs = 4  # type: ignore[misc]


def test_a_form_learns_all_it_needs() -> None:
    schema = Sample.model_json_schema()["properties"]
    assert schema["epochs"]["title"] == "Epochs"
    assert (schema["epochs"]["minimum"], schema["epochs"]["maximum"]) == (1, 10)
    assert schema["words"]["widget"] == "lines"
    assert schema["depth"]["advanced"] is True


def make_registry() -> Registry[Member]:
    # A package without modules: only what the test registers is in it.
    registry: Registry[Member] = Registry("toy", "studio.storage.migrations.versions", "middle")
    registry._loaded = True
    for name in ("zebra", "middle", "ant"):
        registry.register(name)(type(name, (Member,), {}))
    return registry


def test_the_default_comes_first_and_the_rest_by_name() -> None:
    registry = make_registry()
    assert registry.names() == ("middle", "ant", "zebra")
    assert [member.name for member in registry.members()] == ["middle", "ant", "zebra"]
    assert registry.get("ant").Options is NoOptions


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="no toy 'bee'; there are middle, ant, zebra"):
        make_registry().get("bee")


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="'ant'"):
        make_registry().register("ant")(type("Other", (Member,), {}))
