"""Functions over shards: in pieces, on all cores, and each one for itself."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from studio.core.errors import Canceled
from studio.core.functions import Fault, LabelingFunction, Votes
from studio.labeling.base import Asking, Limits, ShardSource, abstentions
from studio.labeling.kinds.keyword import Keyword
from studio.services import applying, faults, labeling, pieces, projects, resources
from studio.storage.documents import Shard
from studio.storage.store import Store
from tests.services.helpers import ME, add_keyword, do

N_DOCS = 5


@pytest.fixture
def number(store: Store) -> int:
    """A project of four shards with five documents each; document i says its number."""
    made = projects.create_project(store, ME, name="Four", labels=["ham", "spam"])
    for first in range(0, 4 * N_DOCS, N_DOCS):
        rows = range(first, first + N_DOCS)
        with store.documents.open_writer(made) as writer:
            columns = {"external_id": [f"d{i}" for i in rows], "text": [f"doc {i}" for i in rows]}
            writer.write(pa.RecordBatch.from_pydict(columns), np.zeros(N_DOCS, np.int8))
            writer.commit()
    return made


def python(name: str, body: str) -> LabelingFunction:
    code = "import os, time\ndef f(x):\n    n = int(x.text[4:])\n" + body
    return LabelingFunction(name, "python", {"code": code, "function": "f"})


def save(store: Store, number: int, function: LabelingFunction) -> LabelingFunction:
    return store.functions.add(number, function, "ada")


def apply(store: Store, number: int) -> dict[str, Any]:
    return dict(do(store, applying.start_apply(store, ME, number)))


def votes_of(store: Store, number: int, function: LabelingFunction) -> list[int]:
    loaded = [store.votes.load(function.fingerprint, s) for s in store.documents.shards(number)]
    return [int(vote) for part in loaded if part is not None for vote in part.votes]


def run(store: Store, number: int, *functions: LabelingFunction, **limits: Any) -> pieces.Outcome:
    """Apply functions on two cores under other limits than usual."""
    asking = resources.asking(store, number)
    asking = Asking(asking.schema, limits=Limits(**limits))
    shards = store.documents.shards(number)
    todo = pieces.cut([(f, shards) for f in functions], 2)
    return pieces.Application(store, asking, 2).run(todo, lambda fraction, message="": None)


def test_pieces_hold_every_shard_once_and_the_largest_come_first() -> None:
    def shard(number: int) -> Shard:
        return Shard(number, 1, number * 10, 10 - number % 3, Path("x"), str(number))

    functions = [python(f"f{i}", "    return 0\n") for i in range(7)]
    shards = [shard(number) for number in range(40)]
    cut = pieces.cut([(f, shards) for f in functions], 2)
    found = [(p.function.name, s.shard_id) for p in cut for s in p.shards]
    assert sorted(found) == sorted((f.name, s.shard_id) for f in functions for s in shards)
    assert max(len(p.shards) for p in cut) <= 8
    sizes = [p.n_docs for p in cut]
    assert sizes == sorted(sizes, reverse=True)


def test_one_function_alone_is_spread_over_the_cores() -> None:
    shards = [Shard(i, 1, i, 1, Path("x"), str(i)) for i in range(4)]
    assert len(pieces.cut([(python("f", "    return 0\n"), shards)], 2)) == 4


def test_every_shard_gets_its_own_votes_and_faults(store: Store, number: int) -> None:
    body = "    if n % 7 == 3: raise KeyError('three')\n    return n % 2\n"
    function = save(store, number, python("parity", body))
    add_keyword(store, number, "says_1", "spam", "1")
    result = apply(store, number)
    assert (result["functions"], result["computed"], result["faults"]) == (2, 8, 3)
    assert result["failed"] == {}
    expected = [-1 if n % 7 == 3 else n % 2 for n in range(20)]
    assert votes_of(store, number, function) == expected
    report = faults.report(store, number, function.lf_id or 0)
    (group,) = report.groups
    assert (group.exception, group.line, group.count) == ("KeyError", 4, 3)
    assert [(d.doc_id, d.text) for d in group.documents] == [(n, f"doc {n}") for n in (3, 10, 17)]
    assert group.code == "if n % 7 == 3: raise KeyError('three')"
    assert (report.n_docs, report.n_faults, report.tier) == (20, 3, "full")
    assert not report.is_stopped


@pytest.mark.slow
def test_a_function_that_is_stopped_is_not_asked_about_the_rest(store: Store, number: int) -> None:
    stuck = python("stuck", "    time.sleep(60)\n    return 0\n")
    fine = python("fine", "    return 1\n")
    limits = {"document_seconds": 0.1, "max_timeouts": 2}
    run(store, number, stuck, fine, **limits)
    assert votes_of(store, number, fine) == [1] * 20
    assert votes_of(store, number, stuck) == [-1] * 20
    loaded = [store.votes.load(stuck.fingerprint, s) for s in store.documents.shards(number)]
    found = [fault for part in loaded if part for fault in part.faults]
    # Two pieces may have begun side by side; none of the others was begun.
    assert sum(f.count for f in found if f.exception == "TimeoutError") <= 4
    assert sum(fault.count for fault in found) == 20
    merged = faults.merge(found)
    assert {fault.exception for fault in merged} == {"TimeoutError", "NotRun"}
    (rest,) = [fault for fault in merged if fault.exception == "NotRun"]
    assert "2 documents ended in TimeoutError" in rest.message


def test_one_process_does_several_shards_and_goes_on_where_it_was_taken_down(
    store: Store, number: int
) -> None:
    function = python("deadly", "    if n in (4, 5, 12): os._exit(1)\n    return 0\n")
    asking = Asking(store.projects.get(number).schema)
    shards = store.documents.shards(number)
    piece = pieces.Piece(function, shards)
    outcome = pieces.Application(store, asking, 1).run([piece], lambda f, m="": None)
    assert (outcome.computed, outcome.faults) == (4, 3)
    expected = [-1 if n in (4, 5, 12) else 0 for n in range(20)]
    assert votes_of(store, number, function) == expected
    loaded = [store.votes.load(function.fingerprint, s) for s in shards]
    found = [fault for part in loaded if part for fault in part.faults]
    assert [(f.exception, f.doc_id) for f in found] == [
        ("Killed", 4),
        ("Killed", 5),
        ("Killed", 12),
    ]


def test_a_function_that_cannot_vote_leaves_a_fault_and_is_asked_again(
    store: Store, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = LabelingFunction("gone", "keyword", {"label": "eggs", "keywords": ["doc"]})
    gone = save(store, number, function)
    fine = save(store, number, python("fine", "    return 0\n"))
    before = labeling.votes_fingerprint(store, number)
    result = apply(store, number)
    assert "eggs" in result["failed"]["gone"]
    assert set(result["failed"]) == {"gone"}
    assert votes_of(store, number, fine) == [0] * 20
    (group,) = faults.report(store, number, gone.lf_id or 0).groups
    assert (group.exception, group.is_whole) == ("Invalid", True)
    row = next(r for r in labeling.list_functions(store, number) if r.function.name == "gone")
    assert row.faults
    after = labeling.votes_fingerprint(store, number)
    assert after != before
    assert set(apply(store, number)["failed"]) == {"gone"}
    assert labeling.votes_fingerprint(store, number) != after


def test_progress_never_falls_and_a_stop_keeps_what_is_stored(store: Store, number: int) -> None:
    fine = python("fine", "    return 0\n")
    slow = python("slow", "    time.sleep(30)\n    return 0\n")
    asking = Asking(store.projects.get(number).schema, limits=Limits(document_seconds=60))
    shards = store.documents.shards(number)
    cut = [pieces.Piece(fine, shards), pieces.Piece(slow, shards)]
    seen: list[float] = []

    def progress(fraction: float, message: str = "") -> None:
        seen.append(fraction)
        if fraction >= 0.5:
            raise Canceled

    with pytest.raises(Canceled):
        pieces.Application(store, asking, 2).run(cut, progress)
    assert seen == sorted(seen)
    assert votes_of(store, number, fine) == [0] * 20
    assert votes_of(store, number, slow) == []


@pytest.mark.parametrize("serial", [True, False])
def test_kinds_that_need_much_run_one_at_a_time(
    store: Store, number: int, monkeypatch: pytest.MonkeyPatch, serial: bool
) -> None:
    both = threading.Barrier(2)
    met = []

    def vote(kind: Keyword, source: ShardSource, options: Any, asking: Asking) -> Votes:
        try:
            both.wait(0.1 if serial else 20)
            met.append(source)
        except threading.BrokenBarrierError:
            both.reset()
        return abstentions(source.n_docs)

    monkeypatch.setattr(Keyword, "vote", vote)
    monkeypatch.setattr(Keyword, "serial", serial)
    function = LabelingFunction("heavy", "keyword", {"label": "ham", "keywords": ["x"]})
    shards = store.documents.shards(number)
    two = [pieces.Piece(function, (shard,)) for shard in shards[:2]]
    asking = Asking(store.projects.get(number).schema)
    pieces.Application(store, asking, 2).run(two, lambda f, m="": None)
    assert len(met) == (0 if serial else 2)


def test_unsettled_votes_are_shown_but_asked_for_again(store: Store, number: int) -> None:
    (shard, *_) = store.documents.shards(number)
    said = Votes(np.full(N_DOCS, -1, np.int16), (Fault("f", "Unavailable", "Gone."),))
    store.votes.save("abc", shard, said, final=False)
    assert store.votes.missing("abc", [shard]) == [shard]
    loaded = store.votes.load("abc", shard)
    assert loaded is not None
    assert loaded.faults == said.faults
    first = store.votes.unsettled("abc", [shard])
    store.votes.save("abc", shard, said, final=False)
    assert store.votes.unsettled("abc", [shard]) != first
    store.votes.save("abc", shard, said)
    assert store.votes.missing("abc", [shard]) == []
    assert store.votes.unsettled("abc", [shard]) == []


def test_slow_documents_and_rows_of_faults_outlive_the_store(store: Store, number: int) -> None:
    shard = store.documents.shards(number)[1]
    fault = Fault("f", "KeyError", "x", 3, 1, 4, (1, 2, 3))
    said = Votes(np.zeros(N_DOCS, np.int16), (fault,), "full", ((4, 0.5), (0, 0.1)))
    store.votes.save("abc", shard, pieces.with_doc_ids(said, shard))
    loaded = store.votes.load("abc", shard)
    assert loaded is not None
    assert loaded.slowest == ((9, 0.5), (5, 0.1))
    assert (loaded.faults[0].doc_id, loaded.faults[0].doc_ids) == (6, (6, 7, 8))


def test_a_slow_document_is_named(store: Store, number: int) -> None:
    body = "    if n == 13:\n        sum(range(8_000_000))\n    return 0\n"
    function = save(store, number, python("slow", body))
    apply(store, number)
    slow = faults.report(store, number, function.lf_id or 0).slowest
    assert slow[0].doc_id == 13
    assert slow[0].text == "doc 13"
    assert slow[0].seconds > 0.01


def test_reasons_of_all_shards_come_together_the_most_frequent_first() -> None:
    found = [
        Fault("f", "KeyError", "a", 3, 1, 2, (1, 2)),
        Fault("f", "ValueError", "b", 4, 5, 1, (5,)),
        Fault("f", "ValueError", "b", 4, 105, 9, (105, 106, 107)),
        Fault("f", "NotRun", "3 documents were not reached. It took long.", None, 7, 3),
        Fault("f", "NotRun", "2 documents were not reached. It took long.", None, 17, 2),
        Fault("f", "SyntaxError", "c", 1),
        Fault("f", "SyntaxError", "c", 1),
    ]
    merged = faults.merge(found)
    assert [(f.exception, f.count, f.doc_ids) for f in merged] == [
        ("SyntaxError", 1, ()),
        ("ValueError", 10, (5, 105, 106)),
        ("NotRun", 5, (7, 17)),
        ("KeyError", 2, (1, 2)),
    ]
    assert merged[2].message == "5 documents were not reached. It took long."
