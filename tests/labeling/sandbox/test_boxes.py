"""Boxes and processes: from any thread, none left behind, none leaking."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.core.errors import Canceled, Invalid, Unavailable
from studio.labeling import sandbox
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import Box
from studio.labeling.sandbox.finding import find_functions
from studio.labeling.sandbox.pool import warm_box
from tests.labeling.shards import write_shard

ROOT = Path(__file__).resolve().parents[3]
LABELS = ("ham", "spam")
SOURCE = "def f(x):\n    return SPAM if 'Check' in x.text else HAM"
EXPECTED = [1 if i % 3 == 0 else 0 for i in range(20)]


def children_of(pid: int) -> list[int]:
    """Return all processes below one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children_of(child)]
    return found


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(_is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process of the sandbox outlives its parent"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.parametrize("bubblewrap", [True, False])
def test_a_box_outlives_the_thread_that_started_it(bubblewrap: bool) -> None:
    with ThreadPoolExecutor(1) as pool:
        box = pool.submit(Box.start, bubblewrap=bubblewrap, confined=True).result()
    time.sleep(0.2)
    assert box.is_alive
    assert find_functions(box, SOURCE, LABELS, Limits()) == ["f"]
    box.close()
    assert not box.is_alive


def test_many_threads_share_a_box(shard: Path) -> None:
    def one(_: int) -> list[int]:
        votes = sandbox.run(SOURCE, ["f"], shard, labels=LABELS)["f"].votes
        return [int(vote) for vote in votes]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, range(18))) == [EXPECTED] * 18


def test_jobs_leave_no_descriptor_and_no_process(shard: Path) -> None:
    sandbox.run(SOURCE, ["f"], shard, labels=LABELS)
    before = len(os.listdir("/proc/self/fd"))
    processes = len(children_of(os.getpid()))
    for source in (SOURCE, "import os\nos._exit(3)", "1/0", "def f(x): import os; os._exit(1)"):
        sandbox.run(source, ["f"], shard, labels=LABELS)
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(children_of(os.getpid())) == processes


def test_a_stop_ends_the_function_at_once(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "s.arrow", ["a"] * 50)
    processes = len(children_of(os.getpid()))

    def stop(fraction: float, message: str = "") -> None:
        raise Canceled

    started = time.monotonic()
    with pytest.raises(Canceled):
        sandbox.run(
            "import time\ndef f(x): time.sleep(60)",
            ["f"],
            shard,
            labels=LABELS,
            limits=Limits(document_seconds=60),
            progress=stop,
        )
    assert time.monotonic() - started < 20
    deadline = time.monotonic() + 5
    while len(children_of(os.getpid())) > processes:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_box_that_died_is_replaced(shard: Path) -> None:
    box = warm_box(bubblewrap=True, confined=True)
    below = children_of(box._process.pid)
    for pid in [box._process.pid, *below]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until_gone(below)
    box._process.wait()
    assert sandbox.run(SOURCE, ["f"], shard, labels=LABELS)["f"].votes.tolist() == EXPECTED


def test_a_box_that_dies_meanwhile_is_an_error_and_the_next_run_works(shard: Path) -> None:
    box = warm_box(bubblewrap=True, confined=True)

    def kill() -> None:
        time.sleep(0.5)
        for pid in [*children_of(box._process.pid), box._process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(Unavailable, match="has ended"):
        sandbox.run(
            "import time\ndef f(x): time.sleep(60)",
            ["f"],
            shard,
            labels=LABELS,
            limits=Limits(document_seconds=60),
        )
    killer.join()
    assert sandbox.run(SOURCE, ["f"], shard, labels=LABELS)["f"].votes.tolist() == EXPECTED


@pytest.mark.slow
@pytest.mark.parametrize("bubblewrap", [True, False])
def test_the_sandbox_ends_with_its_parent_even_when_that_is_killed(
    shard: Path, bubblewrap: bool
) -> None:
    script = f"""
import sys
from studio.core.jobs import no_progress
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import Box
from studio.labeling.sandbox.election import Election
from pathlib import Path
box = Box.start(bubblewrap={bubblewrap}, confined=True)
def hello(fraction, message=""):
    sys.stdout.write("running\\n")
    sys.stdout.flush()
election = Election(box, "import time\\ndef f(x): time.sleep(60)", "f", labels=("a", "b"),
                    limits=Limits(document_seconds=60), progress=hello)
election.run(Path({str(shard)!r}), 20, "full")
"""
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        below = children_of(parent.pid)
        assert len(below) >= 2
        parent.kill()
    wait_until_gone(below)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(x) return 0", "Line 1: SyntaxError: expected ':'"),
        ("x = 1\n1 / 0", "Line 2: ZeroDivisionError"),
        ("import os\nos._exit(5)", "exit code 5"),
        ("x" * (1 << 21), "at most"),
        ("\ud800", "Error"),
        ("a = '\x00'", "Error"),
    ],
)
def test_code_that_does_not_load_is_refused_with_the_reason(source: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        sandbox.discover(source, LABELS)
