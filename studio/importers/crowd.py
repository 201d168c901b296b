"""Crowd results: a row an answer, so that a document has several; each worker becomes votes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pyarrow as pa

from studio.core.errors import BadFile, Invalid
from studio.core.options import Options, option
from studio.importers.answers import Answers, Layout, cells_of
from studio.importers.base import Detection, FileHead, Importer, detect, importers
from studio.importers.mapping import VOTE_PREFIX
from studio.importers.places import Place
from studio.importers.rows import Remarks

_NOT_ASKED: Final = ("crowd", "archive", "text")
_LOOKED_AT: Final = 2_000
"""Answers among which the recognition looks for a document with two of them."""

_WORKERS: Final = (
    "worker worker_id workerid annotator annotator_id annotatorid coder coder_id rater rater_id "
    "judge judge_id labeler labeler_id labeller !amt_worker_ids amt_worker_ids _worker_id user "
    "user_id username"
).split()
_LABELS: Final = (
    "label answer response annotation vote judgment judgement category class rating".split()
)
_DOCUMENTS: Final = (
    "doc_id document_id document item_id item task_id task question_id question unit_id _unit_id "
    "orig_id example_id text_id sentence_id tweet_id id text content sentence comment tweet review"
).split()
_MTURK: Final = ("HITId", "AssignmentId", "WorkerId")


class CrowdOptions(Options):
    """Options of crowd results; an empty name means that the column is found by its name."""

    document: str = option(
        "",
        title="Document column",
        help="Rows with the same value here are answers to one document: an id, or the text.",
    )
    worker: str = option("", title="Worker column", help="Who gave the answer.")
    answer: str = option("", title="Answer column", help="The label that was given.")
    rejected: bool = option(
        False,
        title="Use rejected answers",
        help="Mechanical Turk: also answers whose assignment was rejected.",
        advanced=True,
    )


@importers.register("crowd")
class Crowd(Importer):
    """Answers grouped by document; ``vote:worker_NAME`` a worker."""

    title = "Crowd results"
    summary = "A row an answer of a worker, as from Amazon Mechanical Turk."
    Options = CrowdOptions
    extensions = (".csv", ".tsv", ".jsonl")
    example = (
        "text,worker,label\n"
        '"Great song, love it",ann,ham\n'
        '"Great song, love it",bob,ham\n'
        "Subscribe to my channel,ann,spam\n"
        "Subscribe to my channel,bob,ham\n"
    )

    def read(
        self, path: Place, options: CrowdOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over documents: the answers are read first, then the texts in a second round."""
        table = _Table(path, limit, self.waiting)
        layout = _layout(table.names, options)
        answers = Answers(layout, table.names)
        for batch in table.batches():
            self.waiting()
            answers.add(batch)
        answers.close()
        kept = answers.kept_columns()
        votes = answers.workers()
        names = [name for _, name in kept] + [VOTE_PREFIX + worker for worker in votes]
        _check_names(names)
        fields = [pa.field(name, pa.string()) for name in names]
        remarks = Remarks(tuple(answers.notes()), unit="Document")
        schema = remarks.attach(pa.schema(fields))
        empty = True
        for rows, first, last in answers.documents(table.batches()):
            empty = False
            texts = [cells_of(rows, column) for column, _ in kept]
            arrays = [*texts, *answers.votes(first, last)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        if empty:
            yield pa.RecordBatch.from_pylist([], schema=schema)

    def recognize(self, head: FileHead) -> Detection | None:
        """Recognize by columns for worker and answer, and a document with two answers."""
        if head.encoding is None or not _may_have_workers(head.text):
            return None
        try:
            table = _Table(head.path, _LOOKED_AT, self.waiting)
            layout = _layout(table.names, CrowdOptions())
            answers = Answers(layout, table.names)
            for batch in table.batches():
                answers.add(batch)
            answers.close()
        except Invalid:
            return None
        if layout.is_mturk:
            note = "Results of Amazon Mechanical Turk: an answer a row."
            return Detection("crowd", {}, note, 0.98)
        if answers.n_documents >= answers.n_answers:
            return None
        found = {"document": layout.document, "worker": layout.worker, "answer": layout.answer}
        note = f"Crowd results: an answer a row, workers in the column {layout.worker[:60]!r}."
        return Detection("crowd", found, note, 0.96)


class _Table:
    """The file as its own format reads it."""

    def __init__(self, path: Place, limit: int | None, waiting: Callable[[], None]) -> None:
        found = detect(path, "", without=_NOT_ASKED)
        self._importer = importers.get(found.format)(waiting)
        self._options = self._importer.Options(**found.options)
        self._path = path
        self._limit = limit
        self.names: tuple[str, ...] = tuple(next(iter(self.batches())).schema.names)

    def batches(self) -> Iterator[pa.RecordBatch]:
        return self._importer.read(self._path, self._options, limit=self._limit)


def _layout(names: Sequence[str], options: CrowdOptions) -> Layout:
    """Return which column is what.

    Raises
    ------
    BadFile
        If a column is missing; the message names those there are.
    """
    is_mturk = set(_MTURK) <= set(names)
    answer = _mturk_answer(names) if is_mturk else _find(names, _LABELS)
    worker = "WorkerId" if is_mturk else _find(names, _WORKERS)
    document = "HITId" if is_mturk else _find(names, _DOCUMENTS)
    chosen = {
        "document": options.document or document,
        "worker": options.worker or worker,
        "answer": options.answer or answer,
    }
    for what, name in chosen.items():
        if name not in names:
            shown = ", ".join(repr(one[:40]) for one in names[:20])
            problem = f"has no column {name!r}" if name else f"names no column for the {what}"
            raise BadFile(
                f"The file {problem}; its columns are {shown}. Choose the column of document, "
                "worker and answer in the reading options."
            )
    status = "AssignmentStatus" if is_mturk and "AssignmentStatus" in names else None
    return Layout(
        document=str(chosen["document"]),
        worker=str(chosen["worker"]),
        answer=str(chosen["answer"]),
        status=None if options.rejected else status,
        is_mturk=is_mturk,
    )


def _find(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    by_name = {name.strip().casefold().replace(" ", "_"): name for name in reversed(names)}
    return next((by_name[name] for name in wanted if name in by_name), None)


def _mturk_answer(names: Sequence[str]) -> str | None:
    answers = [name for name in names if name.startswith("Answer.")]
    ends = {name: name.removeprefix("Answer.").casefold() for name in answers}
    telling = [name for name in answers if any(word in ends[name] for word in _LABELS)]
    return next(iter((*telling, *answers)), None)


def _may_have_workers(head: str) -> bool:
    first = head.lstrip()[:4096].splitlines()[:1]
    words = first[0].casefold().replace(" ", "_") if first else ""
    return any(word in words for word in _WORKERS)


def _check_names(names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadFile(f"Two columns would be called {twice[:60]!r}. Rename one in the file.")
