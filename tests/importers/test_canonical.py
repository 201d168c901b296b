"""Rows into documents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.core.documents import ColumnMapping, Split
from studio.core.errors import BadFile
from studio.core.jobs import no_progress
from studio.core.schema import ABSTAIN, LabelSchema
from studio.importers.base import Incoming, incoming, preview

LABELS = LabelSchema(("ham", "spam"))


def bring_in(folder: Path, content: str, mapping: ColumnMapping) -> Incoming:
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8", newline="")
    (found,) = incoming(path, "csv", {"delimiter": "comma"}, mapping, schema=LABELS)
    return found


def test_labels_may_be_names_or_indices_and_may_be_missing(tmp_path: Path) -> None:
    found = bring_in(
        tmp_path,
        "text,label\na,ham\nb,SPAM \nc,1\nd,0.0\ne,\nf,-1\n",
        ColumnMapping(text="text", label="label"),
    )
    np.testing.assert_array_equal(found.labels, [0, 1, 1, 0, ABSTAIN, ABSTAIN])
    assert found.labels.dtype == np.int16


def test_unknown_label_is_named_with_row_value_and_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="Row 3, column 'label': 'spma' is not a label.*ham, spam"):
        bring_in(
            tmp_path,
            "text,label\na,ham\nb,spam\nc,spma\n",
            ColumnMapping(text="text", label="label"),
        )


def test_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no column 'body'; its columns are 'text', 'label'"):
        bring_in(tmp_path, "text,label\na,ham\n", ColumnMapping(text="body"))


def test_wrong_delimiter_is_hinted_at(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="its columns are 'text;label'.*check the delimiter"):
        bring_in(tmp_path, "text;label\na;ham\n", ColumnMapping(text="text"))


def test_splits_understand_synonyms_and_a_fixed_split_wins(tmp_path: Path) -> None:
    content = "text,part\na,Training\nb,valid\nc,\nd,test\n"
    by_column = bring_in(tmp_path, content, ColumnMapping(text="text", split="part"))
    assert by_column.splits.tolist() == [0, 1, -1, 2]
    assert by_column.splits.dtype == np.int8
    mapping = ColumnMapping(text="text", split="part", fixed_split=Split.TEST)
    assert bring_in(tmp_path, content, mapping).splits.tolist() == [2, 2, 2, 2]
    assert bring_in(tmp_path, content, ColumnMapping(text="text")).splits.tolist() == [-1] * 4


def test_unknown_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="Row 1, column 'part': 'later' is not a split"):
        bring_in(tmp_path, "text,part\na,later\n", ColumnMapping(text="text", split="part"))


def test_votes_come_by_the_name_of_their_function(tmp_path: Path) -> None:
    found = bring_in(
        tmp_path,
        "text,vote:links,vote:short\na,1,abstain\nb,-1,ham\nc,,0\n",
        ColumnMapping(text="text"),
    )
    assert {name: votes.tolist() for name, votes in found.votes.items()} == {
        "links": [1, -1, -1],
        "short": [-1, 0, 0],
    }
    assert found.batch.schema.names == ["external_id", "text"]


def test_vote_outside_the_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="Row 2, column 'vote:x': '7' is not a label"):
        bring_in(tmp_path, "text,vote:x\na,1\nb,7\n", ColumnMapping(text="text"))


def test_rows_without_text_are_left_out_everywhere_and_reported(tmp_path: Path) -> None:
    found = bring_in(
        tmp_path,
        'text,label,vote:x,by\n"  ",ham,0,p\nhi,spam,1,q\n\ufeff\u200b,ham,0,r\n',
        ColumnMapping(text="text", label="label"),
    )
    assert found.batch.to_pydict() == {"external_id": ["2"], "text": ["hi"], "by": ["q"]}
    assert found.labels.tolist() == [1]
    assert found.votes["x"].tolist() == [1]
    assert found.skipped == ("2 rows have no text and were left out: 1, 3.",)
    assert found.n_skipped == 2


def test_ids_come_from_their_column_or_are_row_numbers(tmp_path: Path) -> None:
    content = "text,key\na,007\nb,\n"
    found = bring_in(tmp_path, content, ColumnMapping(text="text", external_id="key"))
    assert found.batch["external_id"].to_pylist() == ["007", "2"]
    assert bring_in(tmp_path, content, ColumnMapping(text="text")).batch.to_pydict() == {
        "external_id": ["1", "2"],
        "text": ["a", "b"],
        "key": ["007", ""],
    }


def test_metadata_cannot_take_the_place_of_text_or_id(tmp_path: Path) -> None:
    found = bring_in(
        tmp_path, "body,text,text_2,external_id\na,b,c,d\n", ColumnMapping(text="body")
    )
    assert found.batch.to_pydict() == {
        "external_id": ["1"],
        "text": ["a"],
        "text_3": ["b"],
        "text_2": ["c"],
        "external_id_2": ["d"],
    }


def test_nul_characters_become_visible(tmp_path: Path) -> None:
    found = bring_in(tmp_path, "text,by\na\0b,c\0d\n" + "e,f\n" * 20, ColumnMapping(text="text"))
    assert found.batch["text"][0].as_py() == "a\ufffdb"
    assert found.batch["by"][0].as_py() == "c\ufffdd"


def test_text_keeps_its_spaces_and_case(tmp_path: Path) -> None:
    found = bring_in(tmp_path, 'text,l\n"  A\tb  ",x\n', ColumnMapping(text="text"))
    assert found.batch["text"].to_pylist() == ["  A\tb  "]


def test_too_long_text_is_named_by_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": "' + "x" * 20_000_000 + '"}\n', encoding="utf-8")
    with pytest.raises(
        BadFile, match="text in row 2 has 20,000,000 characters; at most 1,000,000"
    ):
        list(incoming(path, "jsonl", {}, ColumnMapping(text="text"), schema=LABELS))


def test_rows_are_numbered_through_all_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "a,ham\n" * 9000 + "b,what\n", encoding="utf-8")
    parts = incoming(path, "csv", {}, ColumnMapping(text="text", label="label"), schema=LABELS)
    assert next(parts).batch["external_id"][-1].as_py() == "8192"
    with pytest.raises(BadFile, match="Row 9001"):
        next(parts)


def test_progress_rises_and_ends_below_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\n" + "hello world\n" * 20_000, encoding="utf-8")
    seen: list[float] = []

    def progress(fraction: float, message: str = "") -> None:
        no_progress(fraction, message)
        seen.append(fraction)

    list(incoming(path, "csv", {}, ColumnMapping(text="text"), schema=LABELS, progress=progress))
    assert seen == sorted(seen)
    assert len(seen) == 3
    assert 0 < seen[0] < seen[-1] < 1


def test_preview_guesses_what_is_what(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Comment_ID,Author,Content,Class,split,vote:x\nk1,me,hello,1,train,0\nk2,you,bye,0,test,1\n",
        encoding="utf-8",
    )
    shown = preview(path, "csv", {}, n=1)
    assert shown.mapping == ColumnMapping(
        text="Content", label="Class", split="split", external_id="Comment_ID"
    )
    assert shown.vote_columns == ("vote:x",)
    assert shown.label_values == (("1", 1), ("0", 1))
    assert [row["Author"] for row in shown.rows] == ["me"]
    assert shown.n_rows_seen == 2


def test_preview_takes_the_longest_column_where_no_name_helps(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\nx,a much longer cell\ny,and another one\n", encoding="utf-8")
    mapping = preview(path, "csv", {}).mapping
    assert mapping is not None
    assert mapping.text == "b"
    assert mapping.label is None


def test_preview_without_any_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}, {"a": 2}]', encoding="utf-8")
    shown = preview(path, "json", {})
    assert shown.mapping is None
    assert "No column looks like text" in shown.notes[0]


@pytest.mark.parametrize("name", ["jsonl", "json", "wrench", "crowd"])
def test_a_file_can_be_left_while_it_is_only_looked_through(tmp_path: Path, name: str) -> None:
    from studio.core.errors import Canceled
    from studio.importers.base import importers

    path = tmp_path / "a"
    path.write_text(importers.get(name).example, encoding="utf-8")
    asked = []

    def stop(fraction: float, message: str = "") -> None:
        asked.append((fraction, message))
        raise Canceled

    with pytest.raises(Canceled):
        next(incoming(path, name, {}, ColumnMapping(text="text"), schema=LABELS, progress=stop))
    assert asked == [(0.0, "looking through the file")]
