from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import Invalid
from studio.core.intervals import wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Published values (Newcombe 1998, table I, method 3) and exact ends.
        (18, 20, 0.6990, 0.9721),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_known_intervals(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(counts)
def test_an_interval_holds_its_share_and_lies_in_the_unit(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    assert 0.0 <= low <= pair[0] / pair[1] <= high <= 1.0
    assert low < high


@given(counts)
def test_the_interval_of_the_opposite_is_the_mirror_image(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    other_low, other_high = wilson(pair[1] - pair[0], pair[1])
    assert (other_low, other_high) == (pytest.approx(1 - high), pytest.approx(1 - low))


@given(counts, st.integers(2, 50))
def test_more_of_the_same_narrows_the_interval(pair: tuple[int, int], times: int) -> None:
    low, high = wilson(*pair)
    closer_low, closer_high = wilson(pair[0] * times, pair[1] * times)
    assert closer_high - closer_low < high - low


@given(counts)
def test_a_higher_level_widens_the_interval(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    surer_low, surer_high = wilson(*pair, level=0.99)
    assert surer_low <= low
    assert high <= surer_high


def test_nothing_seen_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_what_is_no_share_is_refused(right: int, n: int, level: float) -> None:
    with pytest.raises(Invalid):
        wilson(right, n, level)
