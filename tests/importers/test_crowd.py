"""Answers of workers: grouped by document, a column of votes each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import BadFile
from studio.core.schema import ABSTAIN
from studio.importers import answers
from studio.importers.answers import answer_of
from studio.importers.base import detect, preview
from tests.importers.making import bring_in, rows_of

MTURK = (
    '"HITId","HITTypeId","Reward","AssignmentId","WorkerId","AssignmentStatus",'
    '"Input.text","Input.url","Answer.comment","Answer.category.label","Approve"\n'
    '"H1","T","$0.05","A1","W1","Submitted","Great song","u1","","ham",""\n'
    '"H2","T","$0.05","A2","W1","Approved","Subscribe!","u2","easy","spam",""\n'
    '"H1","T","$0.05","A3","W2","Rejected","Great song","u1","","spam",""\n'
    '"H2","T","$0.05","A4","W2","Approved","Subscribe!","u2","","spam",""\n'
)


def write(folder: Path, content: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_results_of_mechanical_turk_are_recognized_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, MTURK)
    assert detect(path, path.name).format == "crowd"
    assert rows_of(path, "crowd") == [
        {
            "HITId": "H1",
            "text": "Great song",
            "url": "u1",
            "vote:worker_W1": "ham",
            "vote:worker_W2": None,
        },
        {
            "HITId": "H2",
            "text": "Subscribe!",
            "url": "u2",
            "vote:worker_W1": "spam",
            "vote:worker_W2": "spam",
        },
    ]
    notes = preview(path, "crowd", {}).notes
    assert notes == (
        "Rejected answers, which give no vote: 1.",
        "Left out, since they describe the task: HITTypeId, Reward, AssignmentId, "
        "Answer.comment, Approve.",
    )
    assert rows_of(path, "crowd", rejected=True)[0]["vote:worker_W2"] == "spam"


def test_votes_come_in_as_those_of_functions(tmp_path: Path) -> None:
    mapping, (part,) = bring_in(write(tmp_path, MTURK))
    assert (mapping.text, mapping.external_id) == ("text", "HITId")
    assert {name: votes.tolist() for name, votes in part.votes.items()} == {
        "worker_W1": [0, 1],
        "worker_W2": [ABSTAIN, 1],
    }


def test_the_last_answer_of_a_worker_counts_and_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, "id,text,annotator,label\n1,a,x,ham\n2,b,x,ham\n1,a,x,spam\n1,a,y,\n")
    assert detect(path, path.name).format == "crowd"
    first, second = rows_of(path, "crowd")
    assert first == {"id": "1", "text": "a", "vote:worker_x": "spam"}
    assert second["vote:worker_x"] == "ham"
    assert preview(path, "crowd", {}).notes == (
        "Answers that a worker gave again: 1. The last one counts.",
        "Rows without an answer, which give no vote: 1.",
    )


def test_columns_that_differ_within_a_document_are_left_out_and_named(tmp_path: Path) -> None:
    path = write(
        tmp_path, "id,text,worker,label,at,gold\n1,a,x,ham,9:00,ham\n1,a,y,spam,9:05,ham\n"
    )
    assert list(rows_of(path, "crowd")[0]) == [
        "id",
        "text",
        "gold",
        "vote:worker_x",
        "vote:worker_y",
    ]
    assert preview(path, "crowd", {}).notes == (
        "Left out, since answers to one document differ there: at.",
    )
    mapping, (part,) = bring_in(path)
    assert mapping.label == "gold"
    assert part.labels.tolist() == [0]


def test_json_lines_of_answers_are_recognized(tmp_path: Path) -> None:
    lines = [
        '{"text": "a", "worker": 7, "label": "ham"}',
        '{"text": "a", "worker": 8, "label": "spam"}',
    ]
    path = write(tmp_path, "\n".join(lines) + "\n", "a.jsonl")
    assert detect(path, path.name).format == "crowd"
    assert rows_of(path, "crowd") == [
        {"text": "a", "vote:worker_7": "ham", "vote:worker_8": "spam"}
    ]


def test_a_table_with_authors_is_no_crowd(tmp_path: Path) -> None:
    path = write(tmp_path, "id,text,user,label\n1,a,x,ham\n2,b,y,spam\n")
    assert detect(path, path.name).format == "csv"


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "satz,wer,was\na,x,ham\na,y,spam\n")
    with pytest.raises(BadFile, match="names no column for the document; its columns are 'satz'"):
        rows_of(path, "crowd")
    names = {"document": "satz", "worker": "wer", "answer": "was"}
    assert rows_of(path, "crowd", **names)[0]["vote:worker_y"] == "spam"
    with pytest.raises(BadFile, match="has no column 'who'"):
        rows_of(path, "crowd", **{**names, "worker": "who"})


@pytest.mark.parametrize(
    ("row", "says"),
    [(",x,ham", "Row 2 names no document"), ("b, ,ham", "Row 2 names no worker")],
)
def test_an_answer_of_nobody_is_named_by_its_row(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        rows_of(write(tmp_path, f"text,worker,label\na,x,ham\n{row}\n"), "crowd")


def test_an_unknown_answer_is_named_by_document_and_worker(tmp_path: Path) -> None:
    path = write(tmp_path, "text,worker,label\na,x,ham\na,y,ham\nb,y,what\n")
    with pytest.raises(BadFile, match="Document 2, column 'vote:worker_y': 'what' is not a label"):
        bring_in(path)


def test_too_many_workers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_WORKERS", 2)
    path = write(tmp_path, "text,worker,label\na,x,1\na,y,1\na,z,1\n")
    with pytest.raises(BadFile, match="more than 2 workers"):
        rows_of(path, "crowd")


def test_workers_whose_names_look_alike_stay_apart(tmp_path: Path) -> None:
    long = "w" * 120
    path = write(tmp_path, f"text,worker,label\na,{long}1,ham\na,{long}2,spam\n")
    names = [name for name in rows_of(path, "crowd")[0] if name.startswith("vote:")]
    assert len(set(names)) == 2
    assert all(len(name) <= 105 for name in names)


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        (" spam ", "spam"),
        ('[{"category": {"label": "spam"}}]', "spam"),
        ('{"is": {"ham": false, "spam": true}}', "spam"),
        ('{"a": true, "b": true}', '{"a": true, "b": true}'),
        ("{not json", "{not json"),
        ("", ""),
    ],
)
def test_the_label_is_found_in_the_answer_of_a_form(cell: str, label: str) -> None:
    assert answer_of(cell) == label


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(["ham", "spam", ""])),
        min_size=1,
        max_size=40,
    )
)
def test_votes_are_those_of_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, str]]
) -> None:
    truth: dict[str, dict[str, Any]] = {}
    for document, worker, label in rows:
        votes = truth.setdefault(f"d{document}", {})
        if label:
            votes[f"vote:worker_w{worker}"] = label
    lines = [f"d{document},w{worker},{label}" for document, worker, label in rows]
    path = write(tmp_path_factory.mktemp("crowd"), "\n".join(["text,worker,label", *lines, ""]))
    found = {
        row.pop("text"): {name: vote for name, vote in row.items() if vote}
        for row in rows_of(path, "crowd")
    }
    assert found == truth
    assert list(found) == list(truth)
