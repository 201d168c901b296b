from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from studio.core.errors import BadFile
from studio.importers.base import detect, importers, preview


def read(path: Path, name: str, **options: Any) -> list[dict[str, Any]]:
    importer = importers.get(name)
    return [
        row
        for batch in importer().read(path, importer.Options(**options))
        for row in batch.to_pylist()
    ]


def write(folder: Path, content: str, name: str = "file.json") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_list_of_objects_and_object_of_lists_are_the_same_table(tmp_path: Path) -> None:
    one = write(tmp_path, '[{"text": "a", "n": 1}, {"text": "b", "n": 2}]', "a.json")
    other = write(tmp_path, '{"text": ["a", "b"], "n": [1, 2]}', "b.json")
    assert (
        read(one, "json") == read(other, "json") == [{"text": "a", "n": 1}, {"text": "b", "n": 2}]
    )


def test_columns_take_the_narrowest_type_that_holds_all_values(tmp_path: Path) -> None:
    objects = [
        {"text": "a", "i": 1, "f": 1, "b": True, "m": 1, "o": {"k": [1]}, "big": 2**70},
        {"text": "b", "i": None, "f": 0.5, "b": False, "m": "x", "late": 3},
    ]
    path = write(tmp_path, "\n".join(json.dumps(one) for one in objects), "a.jsonl")
    importer = importers.get("jsonl")
    schema = next(iter(importer().read(path, importer.Options()))).schema
    assert {field.name: str(field.type) for field in schema} == {
        "text": "string",
        "i": "int64",
        "f": "double",
        "b": "bool",
        "m": "string",
        "o": "string",
        "big": "string",
        "late": "int64",
    }
    first, second = read(path, "jsonl")
    assert first["o"] == '{"k": [1]}'
    assert first["m"] == "1"
    assert first["late"] is None
    assert second["late"] == 3


def test_lines_named_json_are_read_as_json_lines(tmp_path: Path) -> None:
    path = write(tmp_path, '{"text": "a", "meta": {"x": 1}}\n{"text": "b"}\n')
    assert detect(path, path.name).format == "jsonl"
    assert [row["text"] for row in read(path, "jsonl")] == ["a", "b"]


def test_whole_json_without_an_ending_is_recognized(tmp_path: Path) -> None:
    path = write(tmp_path, '[\n {"text": "a"}\n]', "upload")
    assert detect(path, path.name).format == "json"


def test_broken_json_is_named_by_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, '[{"text": "a"},\n {"text" "b"}]')
    with pytest.raises(BadFile, match="Line 2, column 10 is not JSON"):
        read(path, "json")


def test_broken_line_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, '{"text": "a"}\n\n{"text": \n', "a.jsonl")
    with pytest.raises(BadFile, match="Line 3, column|Line 4, column"):
        read(path, "jsonl")


def test_line_that_is_no_object_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="Line 2 is no JSON object"):
        read(write(tmp_path, '{"text": "a"}\n["b"]\n', "a.jsonl"), "jsonl")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"0": "ham", "1": "spam"}', "holds an object"),
        ('["a", "b"]', "Item 1 of the list is a text"),
        ("[]", "empty list"),
        ("3", "holds a number"),
        ('{"text": ["a", "b"], "n": [1]}', "'text' has 2, 'n' has 1"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_of_another_shape_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        read(write(tmp_path, content), "json")


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, '[{"text": "a\\ud800b", "k\\udc00": "\\ud83d\\ude00"}]')
    assert read(path, "json") == [{"text": "a\ufffdb", "k\ufffd": "\U0001f600"}]


def test_not_a_number_is_no_value(tmp_path: Path) -> None:
    path = write(tmp_path, '[{"text": "a", "p": NaN}, {"text": "b", "p": 0.5}]')
    assert [row["p"] for row in read(path, "json")] == [None, 0.5]


WRENCH = {
    "0": {"data": {"text": "hi", "author": "x"}, "label": 0, "weak_labels": [-1, 0]},
    "1": {"data": {"text": "buy", "author": "y"}, "label": 1, "weak_labels": [1, -1]},
}


def test_wrench_votes_become_columns(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(WRENCH))
    assert detect(path, path.name).format == "wrench"
    assert read(path, "wrench")[1] == {
        "text": "buy",
        "label": 1,
        "vote:lf_1": 1,
        "vote:lf_2": -1,
        "author": "y",
    }
    assert preview(path, "wrench", {}).vote_columns == ("vote:lf_1", "vote:lf_2")


def test_wrench_votes_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(WRENCH))
    assert "vote:links" in read(path, "wrench", vote_names=("links", "short"))[0]
    with pytest.raises(BadFile, match="1 names .* 2 votes"):
        read(path, "wrench", vote_names=("links",))


def test_wrench_documents_with_fewer_votes_are_named(tmp_path: Path) -> None:
    broken = {**WRENCH, "2": {"data": {"text": "x"}, "label": 0, "weak_labels": [1]}}
    with pytest.raises(BadFile, match="document '2' has 1 votes, the first one 2"):
        read(write(tmp_path, json.dumps(broken)), "wrench")


def test_wrench_document_without_text_is_named(tmp_path: Path) -> None:
    broken = {**WRENCH, "2": {"data": {"body": "x"}, "label": 0, "weak_labels": [1, 1]}}
    with pytest.raises(BadFile, match="document '2' has no text"):
        read(write(tmp_path, json.dumps(broken)), "wrench")


def test_integer_columns_stay_integers(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(WRENCH))
    batch = next(iter(importers.get("wrench")().read(path, importers.get("wrench").Options())))
    assert batch.schema.field("label").type == pa.int64()
