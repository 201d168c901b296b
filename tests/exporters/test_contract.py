"""What every labels format promises, and the two of them."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from studio.core.errors import NotFound
from studio.exporters.base import labels_exporters
from studio.exporters.csv import Csv, CsvOptions, harmless
from studio.exporters.model_zip import zip_model

NAMES = ("csv", "jsonl")


def batch(**columns: object) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def rows() -> Iterator[pa.RecordBatch]:
    yield batch(text=["a, b", 'say "hi"\r\nthere'], p=pa.array([0.3, None], pa.float32()))
    yield batch(text=["很快"], p=pa.array([float("nan")], pa.float32()))


def failing() -> Iterator[pa.RecordBatch]:
    yield batch(text=["a"])
    raise NotFound("gone")


def test_csv_is_offered_first() -> None:
    assert labels_exporters.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_all_rows_are_written_and_counted(name: str, tmp_path: Path) -> None:
    exporter = labels_exporters.get(name)
    path = tmp_path / f"labels{exporter.extension}"
    assert exporter().write(rows(), path, exporter.Options()) == 3
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", NAMES)
def test_failure_leaves_the_old_file_and_nothing_else(name: str, tmp_path: Path) -> None:
    exporter = labels_exporters.get(name)
    path = tmp_path / "labels"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(NotFound):
        exporter().write(failing(), path, exporter.Options())
    assert path.read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_csv_comes_back_as_it_went(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    Csv().write(rows(), path, CsvOptions())
    with path.open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["text", "p"],
            ["a, b", "0.3"],
            ['say "hi"\r\nthere', ""],
            ["很快", ""],
        ]


def test_lone_carriage_return_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    Csv().write(iter([batch(text=["a\rb"])]), path, CsvOptions())
    assert path.read_bytes() == b'text\r\n"a\rb"\r\n'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_formulas_are_made_harmless(start: str) -> None:
    assert harmless(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("cell", ["-1", "+3.5", "-1e-9", "a=b", "", "'=x", -2, -0.5, None, True])
def test_numbers_and_plain_cells_stay(cell: object) -> None:
    assert harmless(cell) == cell


def test_formulas_stay_if_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    Csv().write(iter([batch(text=["=1+1"])]), path, CsvOptions(harmless=False))
    assert path.read_text(encoding="utf-8").split() == ["text", "=1+1"]


def test_names_of_columns_are_made_harmless_too(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    Csv().write(iter([batch(**{"=x": ["a"]})]), path, CsvOptions())
    assert path.read_text(encoding="utf-8").split() == ["'=x", "a"]


def test_mark_for_excel_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    Csv().write(rows(), path, CsvOptions(excel_mark=True))
    assert path.read_bytes().count(b"\xef\xbb\xbf") == 1


def test_json_lines_are_objects_with_null_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    exporter = labels_exporters.get("jsonl")
    exporter().write(rows(), path, exporter.Options())
    lines = path.read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines if line] == [
        {"text": "a, b", "p": 0.3},
        {"text": 'say "hi"\r\nthere', "p": None},
        {"text": "很快", "p": None},
    ]


def test_model_folder_comes_back_from_its_zip(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 100)
    (folder / "tokenizer" / "vocab.txt").write_text("a\nb\n", encoding="utf-8")
    (folder / "secret").symlink_to("/etc/passwd")
    target = tmp_path / "out.zip"
    zip_model(folder, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["model.safetensors", "tokenizer/vocab.txt"]
        assert archive.read("model.safetensors") == bytes(range(256)) * 100


def test_same_model_gives_the_same_zip(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}", encoding="utf-8")
    zip_model(tmp_path / "model", tmp_path / "a.zip")
    (tmp_path / "model" / "config.json").touch()
    zip_model(tmp_path / "model", tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_missing_model_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no model in the folder 'gone'"):
        zip_model(tmp_path / "gone", tmp_path / "a.zip")
    assert not list(tmp_path.iterdir())
