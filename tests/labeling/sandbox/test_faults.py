"""Labeling functions that misbehave: the document abstains, a fault says why, the rest goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.functions import Fault, Votes
from studio.labeling import sandbox
from studio.labeling.limits import Limits
from tests.labeling.shards import write_shard

LABELS = ("ham", "spam")
LIMITS = Limits(document_seconds=0.3, load_seconds=1.5, max_restarts=2, max_timeouts=3)


def run(shard: Path, body: str, *, limits: Limits = LIMITS) -> Votes:
    """Run a function with this body on twenty documents whose column n counts from 0."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    source = f"import os, re, signal, sys, time\ndef f(x):\n{lines}"
    return sandbox.run(source, ["f"], shard, labels=LABELS, limits=limits)["f"]


def only(votes: Votes) -> Fault:
    assert len(votes.faults) == 1, votes.faults
    return votes.faults[0]


@pytest.mark.parametrize(
    ("expression", "vote"),
    [
        ("-1", -1),
        ("0", 0),
        ("SPAM", 1),
        ("spam", 1),
        ("ABSTAIN", -1),
        ("__import__('numpy').int64(1)", 1),
        ("__import__('enum').IntEnum('E', 'A B')(1)", 1),
    ],
)
def test_integers_in_range_are_votes(shard: Path, expression: str, vote: int) -> None:
    votes = run(shard, f"return {expression}")
    assert votes.faults == ()
    assert votes.votes.dtype == np.int16
    assert votes.votes.tolist() == [vote] * 20


@pytest.mark.parametrize(
    ("expression", "exception", "words"),
    [
        ("7", "ValueError", "returned 7"),
        ("-2", "ValueError", "returned -2"),
        ("10**30", "ValueError", "a huge number"),
        ("'SPAM'", "TypeError", "returned a str"),
        ("None", "TypeError", "returned None"),
        ("True", "TypeError", "returned a bool"),
        ("1.7", "TypeError", "returned a float"),
        ("float('nan')", "TypeError", "returned a float"),
        ("(i for i in ())", "TypeError", "returned a generator"),
        ("__import__('numpy').bool_(True)", "TypeError", "returned a bool"),
        ("type('Z', (int,), {'__ge__': lambda s, o: 1/0, '__add__': lambda s, o: 9})(99)",)
        + ("ValueError", "returned 99"),
        ("type('Z', (), {'__index__': lambda s: os._exit(0)})()", "TypeError", "returned a Z"),
        ("type('Z', (), {'__reduce__': lambda s: (os._exit, (0,))})()", "TypeError", "a Z"),
    ],
)
def test_any_other_answer_abstains_and_is_a_fault(
    shard: Path, expression: str, exception: str, words: str
) -> None:
    votes = run(shard, f"return {expression} if x.n == 4 else HAM")
    fault = only(votes)
    assert (fault.exception, fault.doc_id, fault.count) == (exception, 4, 1)
    assert words in fault.message
    assert votes.votes.tolist() == [0] * 4 + [-1] + [0] * 15


@pytest.mark.parametrize(
    ("statement", "exception"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("x.no_such_column", "AttributeError"),
        ("x.text = 'changed'", "AttributeError"),
        ("sys.exit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('x')", "BaseException"),
        ("raise type('E', (Exception,), {})('mine')", "E"),
        ("open('/etc/shadow')", ""),
        ("def r(n): return r(n + 1)\n    r(0)", "RecursionError"),
    ],
)
def test_an_exception_costs_its_document_and_names_the_line(
    shard: Path, statement: str, exception: str
) -> None:
    votes = run(shard, f"if x.n in (3, 11):\n    {statement}\nreturn HAM")
    fault = only(votes)
    assert fault.exception == exception or not exception
    assert (fault.lf_name, fault.line, fault.doc_id, fault.count) == ("f", 4, 3, 2)
    assert np.flatnonzero(votes.votes == -1).tolist() == [3, 11]
    assert votes.n_faults == 2


def test_two_reasons_are_two_faults_with_their_counts(shard: Path) -> None:
    votes = run(shard, "if x.n < 2: return 1 / 0\nif x.n > 16: return [][1]\nreturn HAM")
    found = [(f.exception, f.line, f.doc_id, f.count) for f in votes.faults]
    assert found == [("ZeroDivisionError", 3, 0, 2), ("IndexError", 4, 17, 3)]
    assert [f.doc_ids for f in votes.faults] == [(0, 1), (17, 18, 19)]


def test_the_first_three_documents_of_a_reason_are_kept(shard: Path) -> None:
    fault = only(run(shard, "if x.n % 4 == 2: return 1 / 0\nreturn HAM"))
    assert (fault.count, fault.doc_ids) == (5, (2, 6, 10))


def test_slow_documents_are_noted_the_slowest_first(shard: Path) -> None:
    slow = run(shard, "if x.n in (4, 9): sum(range(8_000_000))\nreturn HAM").slowest
    assert {row for row, _ in slow[:2]} == {4, 9}
    assert [seconds for _, seconds in slow] == sorted((s for _, s in slow), reverse=True)
    assert all(seconds > 0 for _, seconds in slow)


@pytest.mark.parametrize(
    "body",
    [
        "while x.n == 6: pass\nreturn HAM",
        "while x.n == 6:\n    try:\n        while True: pass\n    except Exception: pass\n"
        "return HAM",
        "if x.n == 6: re.match(r'(a+)+$', 'a' * 40 + 'b')\nreturn HAM",
        "if x.n == 6: time.sleep(3600)\nreturn HAM",
    ],
    ids=["loop", "loop that catches", "regular expression", "sleep"],
)
@pytest.mark.slow
def test_a_document_that_takes_too_long_abstains(shard: Path, body: str) -> None:
    votes = run(shard, body)
    fault = only(votes)
    assert (fault.exception, fault.doc_id) == ("TimeoutError", 6)
    assert fault.line is not None
    assert np.flatnonzero(votes.votes == -1).tolist() == [6]


@pytest.mark.parametrize(
    "statement",
    [
        "os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: pass",
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    time.sleep(3600)",
    ],
    ids=["exit", "crash", "loop without a clock", "sleep without a clock"],
)
@pytest.mark.slow
def test_a_function_that_ends_its_process_goes_on_with_the_next_document(
    shard: Path, statement: str
) -> None:
    votes = run(shard, f"if x.n == 6:\n    {statement}\nreturn HAM")
    fault = only(votes)
    assert (fault.exception, fault.doc_id, fault.count) == ("Killed", 6, 1)
    assert np.flatnonzero(votes.votes == -1).tolist() == [6]


@pytest.mark.parametrize("row", [0, 6, 7, 19], ids=["first", "end of batch", "start", "last"])
def test_the_rest_is_kept_wherever_the_process_ends(shard: Path, row: int) -> None:
    votes = run(shard, f"if x.n == {row}: os._exit(1)\nreturn HAM")
    assert [f.doc_id for f in votes.faults] == [row]
    assert np.flatnonzero(votes.votes == -1).tolist() == [row]


def test_a_function_that_always_ends_its_process_is_given_up(shard: Path) -> None:
    votes = run(shard, "os._exit(1)")
    assert votes.votes.tolist() == [-1] * 20
    assert [f.exception for f in votes.faults] == ["NotRun", "Killed", "Killed", "Killed"]
    assert votes.n_faults == 20
    assert "too often" in votes.faults[0].message


@pytest.mark.slow
def test_a_function_that_is_always_slow_is_given_up(shard: Path) -> None:
    votes = run(shard, "time.sleep(5)\nreturn HAM")
    assert votes.votes.tolist() == [-1] * 20
    assert {f.exception: f.count for f in votes.faults} == {"NotRun": 17, "TimeoutError": 3}


@pytest.mark.slow
def test_processor_time_is_limited_over_all_restarts(shard: Path) -> None:
    limits = Limits(document_seconds=30, load_seconds=30, cpu_seconds=1, max_restarts=3)
    votes = run(shard, "while x.n == 2: pass\nreturn HAM", limits=limits)
    assert votes.votes.tolist() == [0, 0] + [-1] * 18
    assert [f.exception for f in votes.faults] == ["NotRun", "Killed"]
    assert votes.n_faults == 18


@pytest.mark.slow
def test_the_time_of_the_whole_run_is_limited(shard: Path) -> None:
    limits = Limits(document_seconds=30, load_seconds=30, wall_seconds=0.5)
    votes = run(shard, "if x.n == 2: time.sleep(60)\nreturn HAM", limits=limits)
    assert votes.votes.tolist() == [0, 0] + [-1] * 18
    assert votes.n_faults == 18


@pytest.mark.slow
def test_memory_is_limited(shard: Path) -> None:
    body = "if x.n == 6:\n    l = []\n    while True: l.append(bytearray(64 << 20))\nreturn HAM"
    limits = Limits(document_seconds=20, memory_bytes=1 << 30)
    votes = run(shard, body, limits=limits)
    fault = only(votes)
    assert (fault.exception, fault.line, fault.doc_id) == ("MemoryError", 5, 6)
    assert np.flatnonzero(votes.votes == -1).tolist() == [6]


def test_an_exception_of_the_user_runs_none_of_its_methods(shard: Path) -> None:
    source = """
import os
class Meta(type):
    def __getattribute__(cls, name): os._exit(0)
class E(Exception, metaclass=Meta):
    def __str__(self): os._exit(0)
    __repr__ = __str__
    def __getattribute__(self, name): os._exit(0)
def f(x):
    if x.n == 1: raise E("x")
    return HAM
"""
    votes = sandbox.run(source, ["f"], shard, labels=LABELS, limits=LIMITS)["f"]
    fault = only(votes)
    assert (fault.exception, fault.line, fault.doc_id) == ("E", 10, 1)
    assert "not run" in fault.message


def test_messages_are_one_visible_line(shard: Path) -> None:
    text = r"\x1b[2J\x1b]0;pwn\x07 \u202e a\nb\r<img src=x onerror=1> \ud800 \x00"
    fault = only(run(shard, f"if x.n == 1: raise ValueError('{text}')\nreturn HAM"))
    assert fault.message.isprintable()
    assert "\u202e" not in fault.message
    assert "<img" in fault.message  # text stays text; whoever shows it escapes it


def test_endless_messages_are_withheld(shard: Path) -> None:
    fault = only(run(shard, "raise ValueError('A' * 10_000_000)"))
    assert fault.count == 20
    assert "too long" in fault.message


def test_many_different_errors_are_kept_within_bounds(shard: Path) -> None:
    texts = ["a"] * 300
    path = write_shard(shard.parent / "many.arrow", texts, n=list(range(300)))
    body = "\n".join(f"if x.n == {i}: raise ValueError('e{i}')" for i in range(300))
    votes = run(path, body)
    assert len(votes.faults) <= 100
    assert votes.n_faults == 300


@pytest.mark.parametrize(
    ("source", "words", "line"),
    [
        ("def f(x) return 0", "SyntaxError", 1),
        ("x = 1\n1 / 0\ndef f(x): return 0", "ZeroDivisionError", 2),
        ("import no_such_package", "ModuleNotFoundError", 1),
        ("def f(x): return 0\nwhile True: pass", "TimeoutError", 2),
        ("raise SystemExit", "SystemExit", 1),
        ("Y = " + "(" * 1000 + ")" * 1000, "SyntaxError", 1),
    ],
)
def test_code_that_does_not_load_votes_on_nothing_and_names_its_line(
    shard: Path, source: str, words: str, line: int
) -> None:
    limits = Limits(load_seconds=0.6)
    votes = sandbox.run(source, ["f"], shard, labels=LABELS, limits=limits)["f"]
    fault = only(votes)
    assert (fault.exception, fault.line, fault.doc_id) == (words, line, None)
    assert votes.votes.tolist() == [-1] * 20


@pytest.mark.slow
def test_code_that_hangs_in_c_while_loading_is_ended(shard: Path) -> None:
    source = (
        "import ctypes, signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "ctypes.CDLL(None).sleep(3600)\ndef f(x): return 0"
    )
    limits = Limits(document_seconds=0.1, load_seconds=0.3, max_restarts=0)
    votes = sandbox.run(source, ["f"], shard, labels=LABELS, limits=limits)["f"]
    assert votes.votes.tolist() == [-1] * 20
    assert votes.n_faults == 20


def test_a_name_that_is_not_there_is_a_fault(shard: Path) -> None:
    votes = sandbox.run("def g(x): return 0", ["f"], shard, labels=LABELS, limits=LIMITS)["f"]
    assert only(votes).exception == "NameError"


def test_one_bad_function_leaves_its_neighbours_alone(shard: Path) -> None:
    source = """
import builtins, json, os, sys
def bad(x):
    json.dumps = os.write = None
    builtins.len = lambda *a: 0
    sys.modules.clear()
    os._exit(0)
def good(x):
    return SPAM if len(x.text) > 17 else HAM
"""
    found = sandbox.run(source, ["bad", "good"], shard, labels=LABELS, limits=LIMITS)
    assert found["bad"].votes.tolist() == [-1] * 20
    assert found["good"].faults == ()
    assert set(found["good"].votes.tolist()) == {0, 1}


def test_each_document_is_its_own_object(shard: Path) -> None:
    source = """
SEEN = []
def f(x):
    SEEN.append(x)
    return SPAM if SEEN[0].text.startswith("row 0 ") else HAM
"""
    votes = sandbox.run(source, ["f"], shard, labels=LABELS)["f"]
    assert votes.votes.tolist() == [1] * 20


def test_sets_and_random_numbers_come_out_the_same_each_time(shard: Path) -> None:
    source = """
import random
import numpy as np
def f(x):
    return (hash(x.text) + random.randrange(10) + int(np.random.randint(10))) % 2
"""
    first, second = (
        sandbox.run(source, ["f"], shard, labels=LABELS)["f"].votes.tolist() for _ in range(2)
    )
    assert first == second
