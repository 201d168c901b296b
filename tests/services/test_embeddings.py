from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.core.errors import Canceled
from studio.labeling.base import ShardSource
from studio.services import applying, embeddings, labeling, remembered, trying
from studio.services.remembered import remember
from studio.storage.store import Store
from tests.labeling.shards import write_shard
from tests.services.helpers import ME, ROWS, do, make_project

Vectors = NDArray[np.float32]


def counting(asked: list[str]) -> Callable[[list[str]], Vectors]:
    """Return what computes a vector a text, and notes for which ones it did."""

    def compute(texts: list[str]) -> Vectors:
        asked.extend(texts)
        return np.array([[len(text), text.count("a")] for text in texts], np.float32)

    return compute


def test_a_text_is_computed_once_whatever_the_order(store: Store) -> None:
    asked: list[str] = []
    compute = counting(asked)
    first = remember(store, "v1", ["aa", "b", "aa", "外卖"], compute)
    assert first.tolist() == [[2, 2], [1, 0], [2, 2], [2, 0]]
    assert sorted(asked) == ["aa", "b", "外卖"]
    second = remember(store, "v1", ["外卖", "new", "aa"], compute)
    assert second.tolist() == [[2, 0], [3, 0], [2, 2]]
    assert asked[3:] == ["new"]
    remember(store, "v2", ["aa"], compute)
    assert asked[4:] == ["aa"]


def test_no_texts_ask_for_nothing(store: Store) -> None:
    asked: list[str] = []
    assert len(remember(store, "v1", [], counting(asked))) == 0
    assert asked == []


def test_only_the_newest_texts_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 3)
    asked: list[str] = []
    compute = counting(asked)
    assert len(remember(store, "v1", ["a", "ab", "abc", "abcd"], compute)) == 4
    remember(store, "v1", ["x"], compute)
    remember(store, "v1", ["x", "abcd"], compute)
    assert asked == ["a", "ab", "abc", "abcd", "x"]


@pytest.fixture(scope="module")
def _one_process() -> Iterator[None]:
    """Ends the backbone's process, which all tests here share."""
    yield
    embeddings.embedders.close()


@pytest.mark.slow
@pytest.mark.usefixtures("_one_process")
def test_a_stop_is_heard_and_leaves_nothing_half_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "CHUNK", 4)
    number = make_project(store, tmp_path)
    (shard,) = store.documents.shards(number)

    def stop(fraction: float, message: str = "") -> None:
        if fraction > 0.5:
            raise Canceled

    with pytest.raises(Canceled):
        embeddings.of_shard(store, shard, progress=stop)
    assert len(embeddings.of_shard(store, shard)) == len(ROWS)


@pytest.mark.slow
@pytest.mark.usefixtures("_one_process")
def test_similar_and_described_labels_find_what_is_meant(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    similar = {
        "label": "refund",
        "exemplars": ["please return my money", "I want a refund"],
        "threshold": 0.45,
    }
    described = {
        "descriptions": {
            "refund": "the customer asks for a refund, money back",
            "delivery": "a parcel that is late, lost or was not delivered",
        },
        "threshold": 0.3,
    }
    job = trying.start_try(store, ME, number, kind="similar", options=similar)
    do(store, job)
    assert trying.result(store, job)
    labeling.save_function(store, ME, number, kind="similar", name="near", options=similar)
    labeling.save_function(store, ME, number, kind="zero-shot", name="said", options=described)
    do(store, applying.start_apply(store, ME, number))
    matrix = labeling.vote_matrix(store, number)
    near, said = matrix.votes[:, 0].tolist(), matrix.votes[:, 1].tolist()
    gold = [["refund", "delivery"].index(label) if label else -1 for _, label, _ in ROWS]
    assert all(vote in (-1, truth) for vote, truth in zip(near[:8], gold[:8], strict=True))
    assert near[:8].count(0) >= 3
    assert said[:8] == gold[:8]
    assert said[8] == -1


@pytest.mark.slow
@pytest.mark.usefixtures("_one_process")
def test_embeddings_are_kept_by_shard_and_by_text(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    (shard,) = store.documents.shards(number)
    source = ShardSource.open(shard.path)
    told: list[float] = []
    found = embeddings.of_source(store, number, source, progress=lambda f, m="": told.append(f))
    texts = [text for text, _, _ in ROWS]
    np.testing.assert_allclose(found, embeddings.of_texts(store, texts), atol=1e-5)
    assert told[-1] == 1.0
    embeddings.embedders.close()
    again = embeddings.of_source(store, number, source)
    np.testing.assert_array_equal(again, found)
    # Nothing was loaded for it, and nothing is for a sample of texts that are known.
    sample = ShardSource.open(write_shard(tmp_path / "sample.arrow", texts[3:6]))
    np.testing.assert_allclose(embeddings.of_source(store, number, sample), found[3:6], atol=1e-5)
    assert not embeddings.embedders.is_warm
