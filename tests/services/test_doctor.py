from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from studio.core.settings import Settings
from studio.services.doctor import Check, checks
from studio.storage.store import Store


def find(settings: Settings, name: str) -> Check:
    [found] = checks(settings, only=(name,))
    return found


@pytest.mark.slow
def test_a_machine_that_runs_the_tests_can_do_the_main_job(store: Store) -> None:
    found = checks(store.settings)
    assert [check for check in found if check.essential and not check.ok] == []
    assert len({check.name for check in found}) == len(found) == 10
    assert all(check.sentence.strip() for check in found)


def test_versions_of_the_packages_are_named(store: Store) -> None:
    assert "torch 2." in find(store.settings, "packages").sentence


def test_the_processor_is_counted(store: Store) -> None:
    assert f"{len(os.sched_getaffinity(0))} cores" in find(store.settings, "processor").sentence


def test_a_home_that_cannot_be_written_is_a_finding_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    settings = Settings(home, f"sqlite:///{home}/weft.db")
    found = {check.name: check for check in checks(settings, ("home", "disk", "database"))}
    assert {name: check.ok for name, check in found.items()} == {
        "home": False,
        "disk": True,
        "database": False,
    }
    assert "STUDIO_HOME" in found["home"].sentence


def test_a_database_that_does_not_answer_is_a_finding(tmp_path: Path) -> None:
    found = find(Settings(tmp_path, "postgresql+psycopg://me@127.0.0.1:1/weft"), "database")
    assert (found.ok, found.essential) == (False, True)


def test_a_database_that_answers_is_named(store: Store) -> None:
    found = find(store.settings, "database")
    assert (found.ok, found.sentence) == (True, "SQLite answers; 0 projects.")


def test_a_missing_worker_matters_only_if_nobody_starts_one(store: Store) -> None:
    child = dataclasses.replace(store.settings, worker="child")
    external = dataclasses.replace(store.settings, worker="external")
    assert find(child, "worker").ok
    assert not find(external, "worker").ok
    assert "python -m studio worker" in find(external, "worker").sentence


def test_a_worker_that_gave_a_sign_of_life_is_named(store: Store) -> None:
    store.workers.beat("gpu-1", 1, "host", "full")
    external = dataclasses.replace(store.settings, worker="external")
    assert find(external, "worker").sentence == "At work: gpu-1."
