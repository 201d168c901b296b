"""One job: give up all rights, load the user's source, run it, and end.

Everything that needs rights (maps, pipes) is set up before the first line of user code; nothing
trusted happens after it.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import random
import signal
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from . import kernel, landlock, module, seccomp
from .faults import DocumentTimeout, Faults
from .records import Records
from .votemap import Section, width
from .voting import Voting
from .watch import Watch

MAX_REPORT = 64 * 1024
"""Bytes that one file of documents may be told of."""

_YOUNG = 20_000


class Report:
    """Sends JSON lines to the parent, up to a budget: user code decides how much there is."""

    def __init__(self, pipe: int, budget: int) -> None:
        self._pipe = pipe
        self._left = budget

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, or nothing if the budget is spent."""
        line = json.dumps(message).encode() + b"\n"
        if len(line) > self._left:
            return
        self._left -= len(line)
        os.write(self._pipe, line)


def run(job: Mapping[str, Any], config: Mapping[str, Any], descriptors: list[int]) -> None:
    """Do one job in this freshly forked process. The caller ends the process afterwards.

    Parameters
    ----------
    job
        ``limits``; to vote also ``name``, ``cardinality``, ``sizes`` (documents a file),
        ``start`` (file and row) and ``n_bytes``, ``corpus_bytes`` of all memory to map.
    config
        ``readable`` folders, whether ``landlock`` and ``seccomp`` are to be in force, and whether
        ``namespaces`` of bubblewrap are.
    descriptors
        The report pipe and a file with the source and the constants; to vote also the memory of
        the votes and the files of documents.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pipe, code_file, *data = descriptors
    report = Report(pipe, MAX_REPORT * max(1, len(data) - 1))
    code = json.loads(os.pread(code_file, os.fstat(code_file).st_size, 0))
    memory = mmap.mmap(data[0], job["n_bytes"]) if data else None
    documents = [mmap.mmap(file, 0, prot=mmap.PROT_READ) for file in data[1:]]
    _close_all_but(pipe)
    _confine(job, config)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the state that user code draws from
    # The records of a batch are thousands of young objects that are no garbage yet.
    gc.set_threshold(_YOUNG, 20, 20)
    members = _load(job, code, Faults(config["known"]), report)
    if members is None:
        return
    found = module.find(members, config["labeling_function"])
    if memory is None:
        report.send({"names": list(found)})
    elif job["name"] not in found:
        report.send({"load": ["NameError", "There is no labeling function of this name.", None]})
    else:
        _vote(found[job["name"]], memory, documents, job=job, config=config, report=report)
    report.send({"done": True})


def _vote(
    found: module.Found,
    memory: mmap.mmap,
    documents: list[mmap.mmap],
    *,
    job: Mapping[str, Any],
    config: Mapping[str, Any],
    report: Report,
) -> None:
    part, row = job["start"]
    records, sizes = Records(), job["sizes"]
    while part < len(sizes):
        section = Section(memory, sum(sizes[:part]), sizes[part], width(job["cardinality"]))
        faults = Faults(config["known"])
        voting = Voting(part, section, job=job, faults=faults, send=report.send)
        mapped = pa.ipc.open_file(pa.py_buffer(documents[part]))
        voting.run(found, mapped, start=row, records=records)
        if voting.is_stopped:
            return
        part, row = part + 1, 0


def _close_all_but(pipe: int) -> None:
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))


def _confine(job: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Give up all rights. An exception here ends the job before any user code runs."""
    limits = job["limits"]
    # Not below what the studio runs at: the pages come first.
    niceness = max(limits["niceness"], os.getpriority(os.PRIO_PROCESS, 0))
    os.setpriority(os.PRIO_PROCESS, 0, niceness)
    if config["landlock"]:
        version = landlock.restrict(config["readable"])
        if not version and not config["namespaces"]:
            raise OSError("Nothing keeps this process from the files")
    kernel.limit_resources(
        memory_bytes=limits["memory_bytes"] + job.get("corpus_bytes", 0) + job.get("n_bytes", 0),
        cpu_seconds=max(1, int(limits["cpu_seconds"])),
    )
    if config["seccomp"]:
        seccomp.install(config["filter"])


def _load(
    job: Mapping[str, Any], code: Mapping[str, Any], faults: Faults, report: Report
) -> dict[str, Any] | None:
    watch = Watch(lambda: 0)
    watch.start(job["limits"]["load_seconds"])
    try:
        return module.load(code["source"], code["constants"], code["lexicons"])
    except BaseException as error:  # noqa: BLE001 - user code: all of it is a fault to report
        watch.stop()
        name, message, line = faults.describe(error)
        if type(error) is DocumentTimeout:
            seconds = job["limits"]["load_seconds"]
            name, message = "TimeoutError", f"Loading the code took longer than {seconds:g} s."
        report.send({"load": [name, message, line]})
        return None
    finally:
        watch.stop()
