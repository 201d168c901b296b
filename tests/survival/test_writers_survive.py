"""Several writers and several web servers on one home."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from studio.core.annotations import Answer
from studio.core.users import Role, User
from studio.services import applying, importing, review
from studio.storage.store import Store
from tests.browser.serving import ROOT, running
from tests.jobs.processes import wait_for_end, wait_until
from tests.services.helpers import ME, add_keyword, source
from tests.survival.living import is_alive, make_films, workers_of

pytestmark = pytest.mark.slow

N_ANSWERS = 50
N_ROWS = 60_000


def answer_all(store: Store, number: int, name: str, first: int) -> None:
    """Submit one answer after the other with a store of one's own, each of them twice."""
    mine = Store.open(store.settings)
    actor = User(name, Role.ANNOTATOR)
    try:
        for turn in range(N_ANSWERS):
            answer = Answer(key=f"{name}-{turn}", doc_id=first + turn, label=turn % 2)
            review.submit(mine, actor, number, [answer])
            review.submit(mine, actor, number, [answer])
    finally:
        mine.close()


def import_many(store: Store, number: int, path: Path) -> int:
    mine = Store.open(store.settings)
    try:
        return importing.import_file(mine, ME, number, source=source(path)).n_documents
    finally:
        mine.close()


def test_answers_of_two_people_during_an_import_are_all_kept(store: Store, tmp_path: Path) -> None:
    number = make_films(store, tmp_path, n_train=2 * N_ANSWERS)
    before = store.documents.count(number)
    path = tmp_path / "more.csv"
    rows = [f"one more film {row},good,train" for row in range(N_ROWS)]
    path.write_text("\n".join(["text,label,split", *rows]) + "\n", encoding="utf-8")
    with ThreadPoolExecutor(3) as pool:
        imported = pool.submit(import_many, store, number, path)
        people = [
            pool.submit(answer_all, store, number, name, first)
            for name, first in (("ada", 0), ("bob", N_ANSWERS))
        ]
        for person in people:
            person.result()
        assert imported.result() == N_ROWS
    assert store.documents.count(number) == before + N_ROWS
    assert review.progress(store, number).reviewed == 2 * N_ANSWERS
    gold = store.annotations.gold(number)
    np.testing.assert_array_equal(gold[: 2 * N_ANSWERS], np.arange(2 * N_ANSWERS) % 2)
    assert (gold[before:] == 1).all()
    for name in ("ada", "bob"):
        kept = review.recent(store, User(name, Role.ANNOTATOR), number, limit=2 * N_ANSWERS)
        assert len(kept) == N_ANSWERS


def test_two_web_servers_on_one_home_share_a_worker_and_the_second_inherits_the_work(
    store: Store, tmp_path: Path
) -> None:
    number = make_films(store, tmp_path)
    environment = {
        "STUDIO_HOME": str(store.home),
        "STUDIO_DATABASE_URL": store.settings.database_url,
        "STUDIO_WORKER": "child",
        "STUDIO_EXECUTOR_ID": store.settings.executor_id,
    }
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(running(ROOT / "app.py", environment, tmp_path / "first.log"))
        second.enter_context(running(ROOT / "app.py", environment, tmp_path / "second.log"))
        add_keyword(store, number, "says_lovely", "good", "lovely")
        job_id = applying.start_apply(store, ME, number)
        assert wait_for_end(store, job_id).error is None
        [worker] = workers_of(store.home)
        first.close()
        wait_until(lambda: not is_alive(worker))
        add_keyword(store, number, "says_awful", "bad", "awful")
        job_id = applying.start_apply(store, ME, number)
        assert wait_for_end(store, job_id).error is None
        [heir] = workers_of(store.home)
        assert heir.pid != worker.pid
    wait_until(lambda: not is_alive(heir))
    assert [found.executor_id for found in store.workers.list()] == [store.settings.executor_id]
