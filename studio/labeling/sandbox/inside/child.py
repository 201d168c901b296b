"""One job: give up all rights, load the user's source, run it, and end.

Everything that needs rights (maps, pipes) is set up before the first line of user code; nothing
trusted happens after it.
"""

from __future__ import annotations

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
from .voting import Voting
from .watch import Watch

_MAX_REPORT = 64 * 1024
_MAX_KINDS = 100


class Report:
    """Sends JSON lines to the parent, up to a budget: user code decides how much there is."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._left = _MAX_REPORT

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
        ``limits``; to vote also ``name``, ``n_docs``, ``cardinality``, ``start``, ``n_bytes``,
        ``corpus_bytes``.
    config
        ``readable`` folders, whether ``landlock`` and ``seccomp`` are to be in force, and whether
        ``namespaces`` of bubblewrap are.
    descriptors
        The report pipe and a file with the source and the constants; to vote also the documents
        and the memory of the votes.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pipe, code_file, *data = descriptors
    report = Report(pipe)
    code = json.loads(os.pread(code_file, os.fstat(code_file).st_size, 0))
    memory, documents = _open_data(job, data) if data else (None, None)
    _close_all_but(pipe)
    _confine(job, config)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the state that user code draws from
    faults = Faults(config["known"])
    members = _load(job, code, faults, report)
    if members is None:
        return
    found = module.find(members, config["labeling_function"])
    if memory is None:
        report.send({"names": list(found)})
    elif job["name"] not in found:
        report.send({"load": ["NameError", "There is no labeling function of this name.", None]})
    else:
        Voting(memory, job, faults, report.send).run(found[job["name"]], documents)
        counts = [[name, line, n] for (name, line), n in faults.counts.items()]
        report.send({"counts": counts[:_MAX_KINDS]})
    report.send({"done": True})


def _open_data(
    job: Mapping[str, Any], descriptors: list[int]
) -> tuple[mmap.mmap, pa.ipc.RecordBatchFileReader]:
    documents_file, votes_file = descriptors
    memory = mmap.mmap(votes_file, job["n_bytes"])
    documents = mmap.mmap(documents_file, 0, prot=mmap.PROT_READ)
    return memory, pa.ipc.open_file(pa.py_buffer(documents))


def _close_all_but(pipe: int) -> None:
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))


def _confine(job: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Give up all rights. An exception here ends the job before any user code runs."""
    limits = job["limits"]
    if config["landlock"]:
        version = landlock.restrict(config["readable"])
        if not version and not config["namespaces"]:
            raise OSError("Nothing keeps this process from the files")
    kernel.limit_resources(
        memory_bytes=limits["memory_bytes"] + job.get("corpus_bytes", 0),
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
        return module.load(code["source"], code["constants"])
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
