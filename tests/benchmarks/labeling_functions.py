"""How fast labeling functions vote, beside Snorkel's own applier, measured in one run.

All of it runs at one priority, that of the sandbox. The machine may be shared: each figure is the
best of several rounds, and processor seconds are given next to wall-clock seconds.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.functions import LabelingFunction
from studio.core.jobs import JobState, Progress, no_progress
from studio.core.schema import LabelSchema
from studio.core.settings import Settings
from studio.core.users import Role, User
from studio.jobs.queue import run_inline
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking, Limits
from studio.labeling.sandbox import close_boxes, discover, probe
from studio.services import applying, handlers, labeling, pieces, projects, resources
from studio.storage.store import Store
from tests.benchmarks import documents
from tests.benchmarks.documents import LABELS, make_batch, make_documents
from tests.benchmarks.measuring import Timing, best, peak_memory, step_back

assert handlers  # importing it registers the kinds of jobs

ME = User("bench", Role.ADMIN)
_KEYWORDS = ["refund", "cancel", "invoice", "subscription"]
_PATTERN = r"pass(word|code)|log ?in"


@dataclass(frozen=True)
class Result:
    """All figures of a run."""

    n_docs: int
    n_many: int
    tier: str
    cores: int
    snorkel: Timing
    one: Timing
    every: Timing
    equal: bool
    ten: Timing
    edited: Timing
    declarative: dict[str, tuple[Timing, Timing]]
    peak_mb: float
    many_seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures that are promised, and what they were computed from."""
        ratios = {
            name: python.wall / arrow.wall for name, (arrow, python) in self.declarative.items()
        }
        return {
            "ratio_one": self.snorkel.wall / self.one.wall,
            "ratio_all": self.snorkel.wall / self.every.wall,
            "rerun_ratio": self.ten.wall / self.edited.wall,
            "declarative_ratio": min(ratios.values()),
            "equal": self.equal,
            "peak_mb": self.peak_mb,
            "ratio_one_cpu": self.snorkel.cpu / self.one.cpu,
            "ratio_all_cpu": self.snorkel.cpu / self.every.cpu,
            "declarative_ratios": ratios,
            "documents": self.n_docs,
            "documents_per_second": {
                "snorkel": self.n_docs / self.snorkel.wall,
                "one_process": self.n_docs / self.one.wall,
                "all_cores": self.n_docs / self.every.wall,
            },
            "cores": self.cores,
            "sandbox": self.tier,
            "many_documents": self.n_many,
            "many_seconds": self.many_seconds,
        }


def run(n_docs: int, n_many: int, rounds: int, progress: Progress = no_progress) -> Result:
    """Measure everything, which takes some minutes; nothing is left behind.

    Parameters
    ----------
    n_docs
        Documents of the comparison.
    n_many
        Documents of the measurement of memory.
    rounds
        How often each time is taken; the best one counts.
    progress
        Told what is being measured.
    """
    step_back(pieces.NICENESS)
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        store = _open_store(Path(folder))
        try:
            return _measure(store, n_docs, n_many, rounds=rounds, progress=progress)
        finally:
            store.close()
            close_boxes()


def _measure(store: Store, n_docs: int, n_many: int, *, rounds: int, progress: Progress) -> Result:
    # First, while nothing else has been loaded: a worker does not hold Snorkel's applier.
    progress(0.0, f"Twenty functions on {n_many:,} documents")
    peak, seconds = _many(store, n_many)
    progress(0.3, f"Making {n_docs:,} documents")
    columns = make_documents(n_docs)
    number = _make_project(store, "bench", [columns])
    tier = probe(store.settings.code_policy)
    names = discover(documents.FUNCTIONS, LABELS)
    progress(0.4, "Snorkel's PandasLFApplier")
    snorkel, expected = _snorkel(columns, min(2, rounds))
    progress(0.6, "Weft on one process")
    cores = pieces.n_cores()
    functions = _save_apart(store, number)
    one, equal_one = _apply(store, number, functions, expected, cores=1, rounds=rounds)
    progress(0.7, f"Weft on {cores} cores")
    every, equal_all = _apply(store, number, functions, expected, cores=cores, rounds=rounds)
    progress(0.8, "One of ten functions edited")
    ten, edited = _rerun(store, number, rounds)
    progress(0.9, "Keywords and patterns, and the same rules in Python")
    declarative = _declarative(store, number, rounds)
    progress(1.0, "Done")
    assert names == [f.name for f in functions]
    return Result(
        n_docs=n_docs,
        n_many=n_many,
        tier=tier.name,
        cores=cores,
        snorkel=snorkel,
        one=one,
        every=every,
        equal=equal_one and equal_all,
        ten=ten,
        edited=edited,
        declarative=declarative,
        peak_mb=peak,
        many_seconds=seconds,
    )


def _snorkel(columns: dict[str, list[Any]], rounds: int) -> tuple[Timing, np.ndarray[Any, Any]]:
    import pandas as pd
    from snorkel.labeling import LabelingFunction as SnorkelFunction
    from snorkel.labeling import PandasLFApplier

    members: dict[str, Any] = {}
    exec(documents.FUNCTIONS, members)
    functions = [v for v in members.values() if isinstance(v, SnorkelFunction)]
    frame = pd.DataFrame(columns)
    found = []
    timing = best(
        lambda: found.append(PandasLFApplier(functions).apply(frame, progress_bar=False)), rounds
    )
    return timing, found[0]


def _apply(
    store: Store,
    number: int,
    functions: list[LabelingFunction],
    expected: np.ndarray[Any, Any],
    *,
    cores: int,
    rounds: int,
) -> tuple[Timing, bool]:
    """Apply all functions to all documents and store the votes, as the job does."""
    shards = store.documents.shards(number)
    todo = [(function, shards) for function in functions]

    def apply() -> None:
        application = pieces.Application(store, resources.asking(store, number), cores)
        outcome = application.run(pieces.cut(todo, cores), no_progress)
        assert (outcome.faults, outcome.failed) == (0, {})

    apply()  # the first one warms the sandbox up, as a worker does
    timing = best(apply, rounds)
    votes = labeling.vote_matrix(store, number)
    assert votes.lf_names == tuple(f.name for f in functions)
    return timing, bool((votes.votes == expected).all())


def _rerun(store: Store, number: int, rounds: int) -> tuple[Timing, Timing]:
    """Time the job after all ten functions changed, and after one of them did."""
    ten, edited = [], []
    for round_ in range(rounds):
        for name, code in _apart(documents.FUNCTIONS):
            _save(store, number, name, f"{code}\n# round {round_}\n")
        ten.append(best(lambda: _run_job(store, number, expected=10), 1))
        (changed,) = [code for name, code in _apart(documents.EDITED) if name == "is_short"]
        _save(store, number, "is_short", f"{changed}\n# round {round_}\n")
        edited.append(best(lambda: _run_job(store, number, expected=1), 1))
    return min(ten, key=lambda t: t.wall), min(edited, key=lambda t: t.wall)


def _run_job(store: Store, number: int, expected: int) -> None:
    job = run_inline(store, applying.start_apply(store, ME, number))
    assert job.state is JobState.SUCCEEDED, job.error
    n_shards = len(store.documents.shards(number))
    assert job.result["computed"] == expected * n_shards, job.result


def _declarative(store: Store, number: int, rounds: int) -> dict[str, tuple[Timing, Timing]]:
    """Time declarative kinds, and the same rules as Python in the sandbox, on one core each."""
    words = ", ".join(map(repr, _KEYWORDS))
    rules: dict[str, tuple[str, dict[str, Any], str]] = {
        "keyword": (
            "keyword",
            {"label": 0, "keywords": _KEYWORDS},
            f"def f(x):\n    text = x.text.lower()\n"
            f"    return 0 if any(word in text for word in ({words})) else -1\n",
        ),
        "regex": (
            "regex",
            {"label": 1, "pattern": _PATTERN},
            f"import re\nP = re.compile({_PATTERN!r}, re.I)\n"
            "def f(x):\n    return 1 if P.search(x.text) else -1\n",
        ),
    }
    asking = Asking(LabelSchema(LABELS), limits=Limits())
    paths = [shard.path for shard in store.documents.shards(number)]
    found = {}
    for name, (kind, options, code) in rules.items():
        arrow = LabelingFunction(name, kind, options)
        python = LabelingFunction(name, "python", {"code": code, "function": "f"})
        both = [
            np.concatenate([apply_function(f, path, asking).votes for path in paths])
            for f in (arrow, python)
        ]
        assert (both[0] == both[1]).all(), "the two rules must be the same"
        found[name] = (
            best(lambda f=arrow: [apply_function(f, p, asking) for p in paths], rounds),
            best(lambda f=python: [apply_function(f, p, asking) for p in paths], rounds),
        )
    return found


def _many(store: Store, n_docs: int) -> tuple[float, float]:
    """Return the largest memory of this process and its sandbox in megabytes, and the seconds."""
    block = 50_000
    parts = (make_documents(min(block, n_docs - s), seed=s) for s in range(0, n_docs, block))
    number = _make_project(store, "many", parts)
    _save_apart(store, number)
    for name, code in _apart(documents.FUNCTIONS):
        _save(store, number, f"{name}_2", code.replace(f"def {name}(", f"def {name}_2("))
    began = time.perf_counter()
    with peak_memory() as peak:
        job = run_inline(store, applying.start_apply(store, ME, number))
        assert job.state is JobState.SUCCEEDED, job.error
        assert (job.result["faults"], job.result["failed"]) == (0, {}), job.result
    return peak[0] / 1e6, time.perf_counter() - began


def _open_store(folder: Path) -> Store:
    home = folder / "home"
    return Store.open(Settings(home=home, database_url=f"sqlite:///{home / 'weft.db'}"))


def _make_project(store: Store, name: str, parts: Any) -> int:
    number = projects.create_project(store, ME, name=name, labels=list(LABELS))
    with store.documents.open_writer(number) as writer:
        for columns in parts:
            batch = make_batch(columns)
            writer.write(batch, np.zeros(batch.num_rows, np.int8))
        writer.commit()
    return number


def _save_apart(store: Store, number: int) -> list[LabelingFunction]:
    return [_save(store, number, name, code) for name, code in _apart(documents.FUNCTIONS)]


def _apart(module: str) -> list[tuple[str, str]]:
    """Return each labeling function of a module as a module of its own, by name."""
    head, *bodies = module.split("@labeling_function")
    found = []
    for body in bodies:
        name = body.split("def ", 1)[1].split("(", 1)[0]
        found.append((name, f"{head}@labeling_function{body}"))
    return found


def _save(store: Store, number: int, name: str, code: str) -> LabelingFunction:
    known = {f.name: f.lf_id for f in store.functions.list(number)}
    return labeling.save_function(
        store,
        ME,
        number,
        kind="python",
        name=name,
        options={"code": code, "function": name},
        lf_id=known.get(name),
    )
