"""Whatever is done to a file, it comes in or is refused with a sentence."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import StudioError
from studio.importers.base import detect, preview
from tests.importers.making import rows_of
from tests.importers.test_contract import NAMES, example_file

CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(max_size=6)), min_size=1, max_size=4
)


def spoiled(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """Return bytes in which pieces were put in the place of others."""
    for share, length, piece in changes:
        at = int(share * len(data))
        data = data[:at] + piece + data[at + length :]
    return data


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(changes=CHANGES, packed=st.booleans())
def test_a_spoiled_file_comes_in_or_is_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    changes: list[tuple[float, int, bytes]],
    packed: bool,
) -> None:
    folder = tmp_path_factory.mktemp("spoiled")
    path = example_file(name, folder)
    whole = gzip.compress(path.read_bytes()) if packed else path.read_bytes()
    path.write_bytes(spoiled(whole, changes))
    with contextlib.suppress(StudioError):
        detect(path, path.name)
    with contextlib.suppress(StudioError):
        rows_of(path, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_anywhere_is_refused_with_a_sentence_or_read(tmp_path: Path, name: str) -> None:
    path = example_file(name, tmp_path)
    whole = path.read_bytes()
    refusals: list[str] = []
    for share in (0.05, 0.3, 0.5, 0.7, 0.9, 0.98):
        path.write_bytes(whole[: max(1, int(share * len(whole)))])
        with contextlib.suppress(StudioError):
            found = detect(path, path.name)
            preview(path, found.format, found.options)
        try:
            rows_of(path, name)
        except StudioError as error:
            refusals.append(str(error))
    assert [words for words in refusals if not words.endswith(".")] == []
