"""Attacks that are really run, in both tiers. None may get anything or change anything."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.core.functions import Votes
from studio.core.jobs import no_progress
from studio.labeling.limits import Limits
from studio.labeling.sandbox.election import Election
from studio.labeling.sandbox.pool import warm_box
from tests.labeling.sandbox.attacks import ATTACKS, LABELS, source
from tests.labeling.shards import write_shard

HELD, THROUGH = 0, 1
N_DOCS = 3
TOKEN = "canary4711"
LIMITS = Limits(document_seconds=0.5, load_seconds=5.0, max_restarts=0)


@dataclass(frozen=True)
class Target:
    folder: Path
    facts: str

    def is_untouched(self) -> bool:
        names = sorted(p.name for p in self.folder.iterdir())
        secret = self.folder / "secret.txt"
        return (
            names == ["docs.arrow", "secret.txt", "studio.db", "u.sock"]
            and _words(self.folder / "studio.db") == [(TOKEN,)]
            and secret.read_text() == TOKEN
            and secret.stat().st_mode & 0o777 == 0o600
        )


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """All that there is to get: a file, this process, four sockets, a descriptor."""
    secret = tmp_path / "secret.txt"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    write_shard(tmp_path / "docs.arrow", ["a"] * N_DOCS)
    database = sqlite3.connect(tmp_path / "studio.db")
    database.executescript(f"create table secrets (word); insert into secrets values ('{TOKEN}')")
    database.close()
    memory = ctypes.create_string_buffer(TOKEN.encode())
    abstract = f"weft-test-{os.getpid()}"
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)
    unix, hidden = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    with tcp, udp, unix, hidden, secret.open() as inherited:
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(tmp_path / "u.sock"))
        hidden.bind("\0" + abstract)
        unix.listen()
        hidden.listen()
        os.set_inheritable(inherited.fileno(), True)
        facts = {
            "secret": str(secret),
            "folder": str(tmp_path),
            "database": str(tmp_path / "studio.db"),
            "token": TOKEN,
            "pid": os.getpid(),
            "address": ctypes.addressof(memory),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "unix": str(tmp_path / "u.sock"),
            "abstract": abstract,
            "n_docs": N_DOCS,
        }
        yield Target(tmp_path, json.dumps(facts))


@pytest.mark.parametrize("bubblewrap", [True, False], ids=["full", "kernel"])
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_gets_nothing(
    name: str, bubblewrap: bool, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_SECRET", TOKEN)
    votes = _attack(name, target, bubblewrap=bubblewrap)
    assert THROUGH not in votes.votes.tolist()
    # Either it noticed that it got nothing, or it failed for lack of rights: not for a slip in
    # the attack itself.
    slips = {"NameError", "SyntaxError", "AttributeError", "IndentationError"}
    assert not slips & {fault.exception for fault in votes.faults}, votes.faults
    assert target.is_untouched()


def test_attacks_work_where_nothing_holds_them(target: Target) -> None:
    harmless = [
        "read a system file",
        "read the secret file",
        "read the studio's database",
        "connect by TCP",
        "send by UDP",
        "connect to a socket file",
        "connect to an abstract socket",
        "signal the parent",
        "list processes",
        "see the network",
        "make memory files",
    ]
    box = warm_box(bubblewrap=False, confined=False)
    for name in harmless:
        election = Election(
            box,
            source(name, target.facts),
            "attack",
            labels=LABELS,
            limits=LIMITS,
            progress=no_progress,
        )
        votes = election.run(target.folder / "docs.arrow", N_DOCS, "unsandboxed")
        assert THROUGH in votes.votes.tolist(), (name, votes.faults)


def _words(path: Path) -> list[tuple[str, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute("select word from secrets").fetchall()
    finally:
        database.close()


def _attack(name: str, target: Target, *, bubblewrap: bool) -> Votes:
    election = Election(
        warm_box(bubblewrap=bubblewrap, confined=True),
        source(name, target.facts),
        "attack",
        labels=LABELS,
        limits=LIMITS,
        progress=no_progress,
    )
    return election.run(target.folder / "docs.arrow", N_DOCS, "full" if bubblewrap else "kernel")
