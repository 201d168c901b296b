"""Small projects made by hand, for the tests of services."""

from __future__ import annotations

from pathlib import Path

from studio.core.documents import ColumnMapping, Split
from studio.core.users import Role, User
from studio.jobs.queue import run_inline
from studio.services import (
    applying,
    handlers,
    importing,
    labeling,
    projects,
    weak_labels,
)
from studio.storage.store import Store

ME = User("ada", Role.ADMIN)
GUEST = User("guest", Role.VIEWER)

assert handlers  # importing it registers the kinds of jobs

ROWS = (
    ("the refund never came", "refund", "train"),
    ("i want my money back", "refund", "train"),
    ("refund me please", "refund", "dev"),
    ("give the money back now", "refund", "test"),
    ("where is my parcel", "delivery", "train"),
    ("parcel lost again", "delivery", "train"),
    ("the parcel is late", "delivery", "dev"),
    ("my parcel never arrived", "delivery", "test"),
    ("nice shop", "", "train"),
    ("refund for the lost parcel", "", "train"),
)


def write_rows(folder: Path, rows: tuple[tuple[str, str, str], ...] = ROWS) -> Path:
    """Write rows of text, label, split as CSV."""
    path = folder / "rows.csv"
    lines = ["text,label,split", *[",".join(row) for row in rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def source(path: Path, fixed: Split | None = None) -> importing.Source:
    """Return a CSV file of :func:`write_rows` as a source."""
    mapping = ColumnMapping(text="text", label="label", split="split", fixed_split=fixed)
    return importing.Source(path, "csv", {}, mapping)


def make_project(store: Store, folder: Path, name: str = "Parcels") -> int:
    """Create a project with the ten documents above."""
    number = projects.create_project(store, ME, name=name, labels=["refund", "delivery"])
    importing.import_file(store, ME, number, source=source(write_rows(folder)))
    return number


def add_keyword(store: Store, project_id: int, name: str, label: str, *words: str) -> int:
    """Save a keyword function and return its id."""
    function = labeling.save_function(
        store,
        ME,
        project_id,
        kind="keyword",
        name=name,
        options={"label": label, "keywords": list(words)},
    )
    assert function.lf_id is not None
    return function.lf_id


def label_project(store: Store, project_id: int) -> None:
    """Add three keyword functions, apply them, and fit majority vote."""
    add_keyword(store, project_id, "says_refund", "refund", "refund")
    add_keyword(store, project_id, "says_money", "refund", "money")
    add_keyword(store, project_id, "says_parcel", "delivery", "parcel")
    do(store, applying.start_apply(store, ME, project_id))
    do(store, weak_labels.start_fit(store, ME, project_id, name="majority"))


def do(store: Store, job_id: int) -> dict[str, object]:
    """Run a queued job here, and return its result; fail with its sentence."""
    run_inline(store, job_id)
    job = store.jobs.get(job_id)
    assert job.error is None, job.error
    return dict(job.result)
