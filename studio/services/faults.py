"""What went wrong in a labeling function: reasons, documents, the line of code, slow documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio.core.functions import Fault, LabelingFunction, Votes
from studio.services import resources
from studio.storage.store import Store

SHOWN = 3
SLOWEST = 5
MAX_TEXT = 500
"""Characters of a document that a report shows."""


@dataclass(frozen=True)
class FaultDocument:
    """A document that a report names; ``text`` is its beginning."""

    doc_id: int
    text: str


@dataclass(frozen=True)
class FaultGroup:
    """Documents that failed alike: by one exception, in one line.

    ``count`` is how many, ``documents`` the first three of them; there is none where the function
    failed as a whole. ``line`` counts from 1 in the function's code, ``code`` is that line
    itself; None and "" where no line is to blame.
    """

    exception: str
    message: str
    line: int | None
    code: str
    count: int
    documents: tuple[FaultDocument, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the function failed before it saw a document."""
        return not self.documents


@dataclass(frozen=True)
class SlowDocument:
    """A document that took long: ``seconds`` of processor time."""

    doc_id: int
    text: str
    seconds: float


@dataclass(frozen=True)
class FaultReport:
    """What the last run of a labeling function left: the most frequent reason first.

    ``n_faults`` documents of the ``n_docs`` that it was asked about failed or were not reached.
    ``is_stopped`` is whether it was given up before the last document. ``tier`` names the
    sandbox, "" if it never ran.
    """

    lf_id: int
    name: str
    n_docs: int
    n_faults: int
    groups: tuple[FaultGroup, ...]
    slowest: tuple[SlowDocument, ...]
    tier: str
    is_stopped: bool


def report(store: Store, project_id: int, lf_id: int) -> FaultReport:
    """Return the faults and the slow documents of the newest version of a labeling function.

    Raises
    ------
    NotFound
        If there is no such function.
    """
    function = resources.with_inputs(store, project_id, store.functions.get(lf_id))
    shards = store.documents.shards(project_id)
    loaded = [store.votes.load(function.fingerprint, shard) for shard in shards]
    parts = [part for part in loaded if part is not None]
    merged = merge(fault for part in parts for fault in part.faults)
    slowest = _slowest(parts)
    texts = _texts(store, project_id, [*_doc_ids(merged), *(doc_id for doc_id, _ in slowest)])
    groups = [_group(function, fault, texts) for fault in merged]
    return FaultReport(
        lf_id=lf_id,
        name=function.name,
        n_docs=sum(len(part.votes) for part in parts),
        n_faults=sum(fault.count for fault in merged),
        groups=tuple(groups),
        slowest=tuple(SlowDocument(doc_id, texts[doc_id], s) for doc_id, s in slowest),
        tier=next((part.tier for part in parts), ""),
        is_stopped=any(fault.exception == "NotRun" for fault in merged),
    )


def merge(faults: Iterable[Fault]) -> list[Fault]:
    """Return one fault for each exception and line, of all shards; the most frequent first.

    A failure as a whole comes once a shard, and counts once.
    """
    found: dict[tuple[str, int | None, bool], list[Fault]] = {}
    for fault in faults:
        found.setdefault((fault.exception, fault.line, fault.doc_id is None), []).append(fault)
    merged = [_join(alike, is_whole) for (_, _, is_whole), alike in found.items()]
    return sorted(merged, key=lambda fault: (fault.doc_id is not None, -fault.count))


def _join(alike: Sequence[Fault], is_whole: bool) -> Fault:
    first = alike[0]
    if is_whole:
        return first
    every = sorted({doc_id for fault in alike for doc_id in _ids_of(fault)})[:SHOWN]
    message = first.message
    if first.exception == "NotRun":
        total = sum(fault.count for fault in alike)
        message = f"{total:,} documents were not reached. {message.partition('reached. ')[2]}"
    return Fault(
        lf_name=first.lf_name,
        exception=first.exception,
        message=message,
        line=first.line,
        doc_id=every[0],
        count=sum(fault.count for fault in alike),
        doc_ids=tuple(every),
    )


def _ids_of(fault: Fault) -> tuple[int, ...]:
    if fault.doc_ids or fault.doc_id is None:
        return fault.doc_ids
    return (fault.doc_id,)


def _doc_ids(faults: Sequence[Fault]) -> list[int]:
    return [doc_id for fault in faults for doc_id in _ids_of(fault)]


def _slowest(parts: Sequence[Votes]) -> list[tuple[int, float]]:
    every = [found for part in parts for found in part.slowest]
    return sorted(every, key=lambda found: (-found[1], found[0]))[:SLOWEST]


def _texts(store: Store, project_id: int, doc_ids: Sequence[int]) -> dict[int, str]:
    wanted = sorted(set(doc_ids))
    texts = store.documents.texts(project_id, wanted) if wanted else []
    return {i: text[:MAX_TEXT] for i, text in zip(wanted, texts, strict=True)}


def _group(function: LabelingFunction, fault: Fault, texts: Mapping[int, str]) -> FaultGroup:
    return FaultGroup(
        exception=fault.exception,
        message=fault.message,
        line=fault.line,
        code=_line_of(function, fault.line),
        count=fault.count,
        documents=tuple(FaultDocument(i, texts[i]) for i in _ids_of(fault)),
    )


def _line_of(function: LabelingFunction, line: int | None) -> str:
    lines = str(function.options.get("code", "")).split("\n")
    return lines[line - 1].strip() if line and line <= len(lines) else ""
