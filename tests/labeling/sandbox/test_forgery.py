"""A child that lies to its parent: by the report, by the memory of the votes, by silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.functions import Votes
from studio.labeling import sandbox
from studio.labeling.limits import Limits

LABELS = ("ham", "spam", "other")
LIMITS = Limits(document_seconds=0.2, load_seconds=1.0, max_restarts=1)

PRELUDE = """
import os, signal, sys, time
def votes():
    f = sys._getframe(1)
    while f:
        for v in list(f.f_locals.values()):
            if isinstance(v, memoryview):
                return v
        f = f.f_back
def report():
    for fd in range(3, 64):
        try:
            os.fstat(fd)
            return fd
        except OSError:
            pass
def f(x):
"""


def run(shard: Path, body: str) -> Votes:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return sandbox.run(PRELUDE + lines, ["f"], shard, labels=LABELS, limits=LIMITS)["f"]


def test_codes_that_are_no_vote_abstain_and_are_counted(shard: Path) -> None:
    votes = run(shard, "m = votes(); m[:] = bytes([200]) * len(m); os._exit(0)")
    assert votes.votes.tolist() == [-1] * 20
    assert votes.n_faults == 20


def test_a_map_that_is_filled_at_once_is_the_authors_own_affair(shard: Path) -> None:
    votes = run(shard, "m = votes(); m[:] = bytes([4]) * len(m); return 2")
    assert votes.votes.tolist() == [2] * 20


@pytest.mark.slow
def test_a_child_that_fills_its_map_and_hangs_is_ended(shard: Path) -> None:
    votes = run(
        shard,
        "m = votes(); m[:] = bytes([2]) * len(m); signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "while True: time.sleep(1)",
    )
    assert votes.votes.tolist() == [0] * 20


def test_forged_lines_are_believed_no_further_than_the_votes_go(shard: Path) -> None:
    lines = (
        b'{"done": true}\n{"fault": [0, "X", "forged", 10000000000, 99]}\n{"fault": [1]}\n[]\n'
        b'{"part": [0, [["X", null, 1000000, [1, 99, "a"]], 5, [1, 2, 3, 4]], 7]}\nnull\n'
        b'{"part": [0, [["X", null, 3, 5]], [[99, 1.0], [1, -1.0], [1, 1e99], ["a", 1.0], 3]]}\n'
        b'{"part": [9, [], []]}\n{"part": [-1, [], []]}\n{"part": 5}\n{"part": [[], [], []]}\n'
        b'{"fault": [9, "X", "forged", 1, 1]}\n{"stopped": {}}\n{"fault": 7}\n{"names": [1]}\n'
        b'{"load": 5, "done": 1}{\n\xff\xfe\n' + b"[" * 5000 + b"\n"
    )
    votes = run(shard, f"os.write(report(), {lines!r})\nreturn 0")
    assert sum(f.count for f in votes.faults if f.exception == "X") == 0
    assert all(f.message.isprintable() for f in votes.faults)
    assert votes.slowest == ()
    assert len(votes.votes) == 20


def test_a_flood_is_cut_off(shard: Path) -> None:
    votes = run(
        shard,
        "signal.setitimer(signal.ITIMER_REAL, 0)\nb = b'x' * 65536\nfd = report()\n"
        "while True: os.write(fd, b)",
    )
    assert votes.votes.tolist() == [-1] * 20
    assert any("too much output" in f.message for f in votes.faults)


def test_what_is_printed_goes_nowhere(shard: Path) -> None:
    votes = run(shard, "print('A' * 100_000); sys.stderr.write('B' * 100_000); return 0")
    assert votes.faults == ()


def test_hanging_at_the_end_is_no_hanging(shard: Path) -> None:
    source = """
class D:
    def __del__(self):
        while True: pass
import atexit, time
atexit.register(time.sleep, 3600)
d = D()
def f(x): return 1
"""
    votes = sandbox.run(source, ["f"], shard, labels=LABELS, limits=LIMITS)["f"]
    assert votes.votes.tolist() == [1] * 20
    assert votes.faults == ()


def test_names_that_are_discovered_are_checked(shard: Path) -> None:
    source = """
from snorkel.labeling import LabelingFunction
a = LabelingFunction("a", lambda x: 0)
b = LabelingFunction("x" * 500, lambda x: 0)
c = LabelingFunction("two\\nlines", lambda x: 0)
d = LabelingFunction("", lambda x: 0)
e = LabelingFunction(5, lambda x: 0)
f = LabelingFunction("a", lambda x: 1)
"""
    assert sandbox.discover(source, LABELS) == ["a"]


SEARCH = """
import ctypes, gc
C = ctypes.CDLL(None, use_errno=True)
C.sbrk.restype = ctypes.c_void_p
NEEDLE = b"SOURCE-" + b"CANARY-"
PLANTED = {planted}
def f(x):
    if x.n: return 0
    report = next(fd for fd in range(3, 64) if C.dup2(fd, fd) >= 0)
    bases = {{id(o) >> 20 for o in gc.get_objects()[::50]}} | {{id(PLANTED) >> 20}}
    top = (C.sbrk(0) or 0) >> 20
    bases.update(top - k for k in range(100))
    budget = 20_000
    for base in sorted(bases):
        for page in range(base << 20, (base + 1) << 20, 4096):
            # The kernel says which pages can be read: writing from others fails.
            if page < 65536 or budget == 0 or C.write(report, ctypes.c_void_p(page), 1) != 1:
                continue
            budget -= 1
            data = ctypes.string_at(page, 4096)
            at = data.find(NEEDLE)
            while at >= 0:
                if set(data[at + 14 : at + 20]) == {{113}}: return 1
                at = data.find(NEEDLE, at + 1)
    return 0
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planted", "found"), [("None", 0), ("bytes(NEEDLE) + bytes([113]) * 30", 1)]
)
def test_no_job_finds_the_source_of_another_in_its_memory(
    shard: Path, planted: str, found: int
) -> None:
    secret = "SOURCE-CANARY-" + "q" * 30
    sandbox.run(f"S = '{secret}'\ndef f(x): return 0", ["f"], shard, labels=LABELS)
    limits = Limits(document_seconds=30)
    search = SEARCH.format(planted=planted)
    votes = sandbox.run(search, ["f"], shard, labels=LABELS, limits=limits)["f"]
    assert votes.faults == ()
    assert votes.votes[0] == found
