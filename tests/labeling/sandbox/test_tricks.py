"""Tricks with Python itself: whatever one function does to it, its neighbour votes as ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.functions import Votes
from studio.labeling import sandbox
from studio.labeling.limits import Limits
from tests.labeling.shards import write_shard

LABELS = ("ham", "spam", "other")
LIMITS = Limits(document_seconds=0.3, load_seconds=2.0, max_restarts=0, max_timeouts=1)
HEAD = """
import ctypes, gc, os, re, signal, sys, time
from snorkel.labeling import labeling_function
@labeling_function()
def victim(x): return 1 if "Check" in x.text else -1
"""
EXPECTED = [1 if i % 3 == 0 else -1 for i in range(20)]


def bad(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f"{HEAD}@labeling_function()\ndef bad(x):\n{lines}"


TRICKS = {
    "patches what others use": bad(
        "import builtins, json, mmap, numpy, operator\n"
        "json.dumps = lambda *a, **k: '{}'\nnumpy.integer = object\n"
        "operator.index = lambda v: 0\nbuiltins.memoryview = None\nos.write = lambda *a: 0\n"
        "return 0"
    ),
    "replaces the class of all labeling functions": bad(
        "import snorkel.labeling.lf.core as core\n"
        "core.LabelingFunction.__call__ = lambda self, x: 2\nreturn 0"
    ),
    "changes the class of documents": bad(
        "type(x).text = property(lambda self: 'Check')\nreturn 0"
    ),
    "writes over all votes": bad(
        "f = sys._getframe(1)\n"
        "while f:\n"
        "    for v in list(f.f_locals.values()):\n"
        "        if isinstance(v, memoryview): v[:] = bytes([4]) * len(v)\n"
        "    f = f.f_back\n"
        "return 0"
    ),
    "takes the votes' memory away": bad(
        "f = sys._getframe(1)\n"
        "for v in list(f.f_locals.values()):\n"
        "    if isinstance(v, memoryview):\n"
        "        a = ctypes.addressof(ctypes.c_char.from_buffer(v))\n"
        "        ctypes.CDLL(None).munmap(ctypes.c_void_p(a & ~4095), 4096)\n"
        "return 0"
    ),
    "overflows the stack of C": bad(
        "sys.setrecursionlimit(10**8)\n"
        "class Q:\n"
        "    def __getattr__(self, name): return getattr(self, name + 'x')\n"
        "return Q().a"
    ),
    "traces its caller": (
        f"{HEAD}def trace(frame, event, argument): return trace\nsys.settrace(trace)\n"
        "@labeling_function()\ndef bad(x): return 0\n"
    ),
    "takes over imports": (
        f"{HEAD}class Hook:\n    def find_spec(self, *a): os._exit(0)\n"
        "sys.meta_path.insert(0, Hook())\nsys.modules.clear()\n"
        "@labeling_function()\ndef bad(x): return 0\n"
    ),
    "raises an exception that is its own cause": bad(
        "try: 1 / 0\nexcept Exception as e:\n    e.__context__ = e; e.__cause__ = e\n    raise e"
    ),
    "raises the sandbox's own exceptions": bad(
        "f = sys._getframe(1)\n"
        "raise f.f_globals['Stopped'] if x.n % 2 else f.f_globals['DocumentTimeout']"
    ),
    "answers with a coroutine": (
        f"{HEAD}import warnings\nwarnings.simplefilter('ignore')\n"
        "@labeling_function()\nasync def bad(x): return 1\n"
    ),
    "forges its progress": bad(
        "f = sys._getframe(1)\n"
        "m = next(v for v in f.f_locals.values() if isinstance(v, memoryview))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "for i in range(len(m)): m[i] = 2; time.sleep(0.01)\n"
        "os._exit(0)"
    ),
    "leaves work for the end": (
        f"{HEAD}import atexit\natexit.register(lambda: os._exit(9))\n"
        "class D:\n    def __del__(self): os._exit(9)\n"
        "d = D()\n@labeling_function()\ndef bad(x): return 0\n"
    ),
    "freezes its own clock": bad(
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        "while True:\n"
        "    try:\n"
        "        while True: pass\n"
        "    except BaseException: pass"
    ),
    "computes in C for ever": bad("3 ** (10**9)\nreturn 0"),
    "looks like a labeling function": bad(
        "class F:\n"
        "    name = 'victim'\n"
        "    def __call__(self, x): return 2\n"
        "globals()['victim'] = F()\n"
        "return 0"
    ),
}
HANGS = {"freezes its own clock", "computes in C for ever", "forges its progress"}


def run_both(source: str, shard: Path) -> dict[str, Votes]:
    return sandbox.run(source, ["bad", "victim"], shard, labels=LABELS, limits=LIMITS)


@pytest.mark.parametrize("trick", [name for name in TRICKS if name not in HANGS])
def test_a_neighbour_votes_as_ever(trick: str, shard: Path) -> None:
    _check(run_both(TRICKS[trick], shard))


@pytest.mark.slow
@pytest.mark.parametrize("trick", sorted(HANGS))
def test_a_neighbour_votes_as_ever_beside_one_that_hangs(trick: str, shard: Path) -> None:
    _check(run_both(TRICKS[trick], shard))


def _check(found: dict[str, Votes]) -> None:
    assert found["victim"].votes.tolist() == EXPECTED
    assert found["victim"].faults == ()
    assert set(found["bad"].votes.tolist()) <= {-1, 0, 1, 2}
    assert found["bad"].n_faults <= 20
    assert all(fault.message.isprintable() for fault in found["bad"].faults)


def test_of_two_functions_with_one_name_the_first_counts(shard: Path) -> None:
    source = f"{HEAD}@labeling_function(name='victim')\ndef again(x): return 2\n"
    votes = sandbox.run(source, ["victim"], shard, labels=LABELS)["victim"]
    assert votes.votes.tolist() == EXPECTED


def test_an_object_that_only_looks_like_one_is_none() -> None:
    source = (
        f"{HEAD}class F:\n    name = 'fake'\n    def __call__(self, x): return 0\nfake = F()\n"
    )
    assert sandbox.discover(source, LABELS) == ["victim"]


def test_what_experts_import_late_is_there(shard: Path) -> None:
    source = """
def f(x):
    import collections, dataclasses, datetime, decimal, difflib, fractions, html, itertools
    import json, random, statistics, textwrap, typing, unicodedata
    import numpy, pandas
    from snorkel.preprocess import preprocessor
    from snorkel.labeling import LabelingFunction
    return int(difflib.SequenceMatcher(None, "a", "a").ratio() == statistics.mean([1, 1]))
"""
    votes = sandbox.run(source, ["f"], shard, labels=LABELS, limits=Limits(document_seconds=5))
    assert votes["f"].faults == ()
    assert votes["f"].votes.tolist() == [1] * 20


def test_documents_do_not_show_that_they_are_tuples(shard: Path) -> None:
    source = """
KEPT = []
def refused(action):
    try: action()
    except (TypeError, KeyError, AttributeError): return True
    return False
def f(x):
    KEPT.append(x)
    assert refused(lambda: len(x)) and refused(lambda: iter(x)) and refused(lambda: "a" in x)
    assert refused(lambda: x[0]) and refused(lambda: x.count) and refused(lambda: x.__dict__)
    assert refused(lambda: setattr(x, "text", "b")) and refused(lambda: setattr(x, "new", 1))
    assert x and x == x and x != KEPT[0] if len(KEPT) > 1 else True
    assert len({x, x}) == 1 and x["n"] == x.n == x.get("n") and x.get("no", 7) == 7
    assert [kept.n for kept in KEPT] == list(range(len(KEPT)))
    assert repr(x).startswith("<document external_id='doc-")
    return x.n % 3
"""
    votes = sandbox.run(source, ["f"], shard, labels=LABELS)["f"]
    assert votes.faults == ()
    np.testing.assert_array_equal(votes.votes, np.arange(20) % 3)


def test_columns_of_any_name_can_be_read(tmp_path: Path) -> None:
    columns = {"user name": ["u"] * 200, "__slots__": ["s"] * 200, "get": [1] * 200}
    shard = write_shard(tmp_path / "odd.arrow", ["a"] * 200, **columns, count=list(range(200)))
    source = """
def f(x):
    assert x["user name"] == "u" and x["__slots__"] == "s" and x.get == 1
    assert x.count == int(x.external_id[4:])
    return x.count % 2
"""
    votes = sandbox.run(source, ["f"], shard, labels=LABELS)["f"]
    assert votes.faults == ()
    np.testing.assert_array_equal(votes.votes, np.arange(200) % 2)
