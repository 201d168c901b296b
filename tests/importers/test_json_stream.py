"""JSON item by item says what the standard library says of the whole."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.core.errors import BadFile
from studio.importers import json_stream
from studio.importers.json_stream import JsonStream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Dripping(io.StringIO):
    """A text of which each read gives a few characters only."""

    def read(self, size: int | None = -1, /) -> str:
        return super().read(3)


@settings(max_examples=40)
@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 1]))
def test_items_of_a_list_are_those_of_the_standard_library(
    values: list[Any], indent: int | None
) -> None:
    text = json.dumps(values, indent=indent)
    assert list(JsonStream(Dripping(text)).items()) == values


@settings(max_examples=40)
@given(st.dictionaries(st.text(), VALUES, max_size=6), st.booleans())
def test_pairs_of_an_object_are_those_of_the_standard_library(
    values: dict[str, Any], ascii_only: bool
) -> None:
    text = " " + json.dumps(values, ensure_ascii=ascii_only) + "\n"
    assert list(JsonStream(Dripping(text)).pairs()) == list(values.items())


@example("00")
@given(st.text(alphabet='[]{},:"\\ \n\tab01.-', max_size=30))
def test_whatever_the_standard_library_refuses_is_refused(text: str) -> None:
    given_text = f"[{text}]"
    try:
        expected = json.loads(given_text)
    except ValueError:
        with pytest.raises(BadFile, match=r"Line \d+, column \d+ is not JSON"):
            list(JsonStream(io.StringIO(given_text)).items())
    else:
        assert list(JsonStream(io.StringIO(given_text)).items()) == expected


@pytest.mark.parametrize("n_items", [0, 1, 40])
def test_the_place_of_an_error_does_not_depend_on_how_the_text_arrives(n_items: int) -> None:
    text = "[" + "".join(f'{{"text": "{n}"}},\n' for n in range(n_items)) + '{"text" 1}]'
    for stream in (io.StringIO(text), Dripping(text)):
        with pytest.raises(BadFile, match=f"Line {n_items + 1}, column {9 + (n_items == 0)} is"):
            list(JsonStream(stream).items())


@pytest.mark.parametrize("text", ['[{"a": 1}', '[{"a": 1},', '[{"a": "x', "[", '[1, {"a": tru'])
def test_a_text_that_is_cut_off_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match="Line 1, column"):
        list(JsonStream(io.StringIO(text)).items())


def test_a_quote_left_open_does_not_read_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ITEM", 1000)
    monkeypatch.setattr(json_stream, "CHUNK", 100)
    text = '[{"a": 1},\n{"text": "' + "x" * 100_000
    stream = io.StringIO(text)
    with pytest.raises(BadFile, match="begins in line 2 has more than 1,000 characters"):
        list(JsonStream(stream).items())
    assert stream.tell() < 5000
