"""Which labeling functions a piece of Python defines; it is run in the sandbox to know."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from studio.core.errors import Invalid
from studio.core.functions import MAX_NAME_LENGTH
from studio.core.lexicons import Lexicon
from studio.labeling.constants import constant_names
from studio.labeling.imports import module_of
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import Box
from studio.labeling.sandbox.jobs import End, RunningJob, check_source
from studio.labeling.sandbox.reading import clean, items, messages, whole

_MAX_FUNCTIONS = 1000
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 2.0


def find_functions(
    box: Box,
    source: str,
    labels: Sequence[str],
    limits: Limits,
    *,
    lexicons: Mapping[str, Lexicon] | None = None,
) -> list[str]:
    """Return the names of the labeling functions in ``source``, in order of definition.

    Raises
    ------
    Invalid
        If the code does not load; names the line and what Python says.
    """
    check_source(source)
    job = {"limits": job_limits(limits, limits.cpu_for(0))}
    with RunningJob(box, job, code(source, labels, lexicons or {})) as running:
        end = _wait(running, limits)
    names: list[Any] = []
    is_done = False
    for message in messages(end.report):
        if "load" in message:
            raise Invalid(load_sentence(message))
        if isinstance(message.get("names"), list):
            names = message["names"]
        is_done = is_done or "done" in message
    if not is_done:
        raise Invalid(f"The code does not load: {end.why}.")
    good = [n for n in names if isinstance(n, str) and n.strip() and n.isprintable()]
    return list(dict.fromkeys(n for n in good if len(n) <= MAX_NAME_LENGTH))[:_MAX_FUNCTIONS]


def code(source: str, labels: Sequence[str], lexicons: Mapping[str, Lexicon]) -> Mapping[str, Any]:
    """Return what the child loads: source, constants predefined in it, lexicons to import."""
    modules = {name: module_of(lexicon, labels) for name, lexicon in lexicons.items()}
    return {"source": source, "constants": constant_names(labels), "lexicons": modules}


def job_limits(limits: Limits, cpu_seconds: float) -> dict[str, Any]:
    """Return the limits that the child itself keeps, as JSON."""
    return {
        "document_seconds": limits.document_seconds,
        "load_seconds": limits.load_seconds,
        "cpu_seconds": cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "max_timeouts": limits.max_timeouts,
        "niceness": limits.niceness,
    }


def load_sentence(message: dict[str, Any]) -> str:
    """Return a sentence on why the code did not load."""
    found = items(message, "load", 3) or ["", "", None]
    line = whole(found[2], 1, 10**6)
    where = f"Line {line}: " if line else ""
    return f"{where}{clean(found[0], 80) or 'Error'}: {clean(found[1]) or 'the code fails'}."


def _wait(running: RunningJob, limits: Limits) -> End:
    deadline = time.monotonic() + limits.load_seconds + _GRACE_SECONDS
    while True:
        end = running.wait(_POLL_SECONDS)
        if end is not None:
            return end
        if time.monotonic() > deadline or running.is_flooding:
            running.kill()
