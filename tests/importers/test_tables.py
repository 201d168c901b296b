"""Parquet, Excel and plain text."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from studio.core.documents import ColumnMapping
from studio.core.errors import BadFile, Invalid
from studio.core.schema import LabelSchema
from studio.importers.base import detect, importers, incoming


def read(path: Path, name: str, **options: Any) -> list[dict[str, Any]]:
    importer = importers.get(name)
    return [
        row
        for batch in importer().read(path, importer.Options(**options))
        for row in batch.to_pylist()
    ]


def workbook(path: Path, *rows: tuple[Any, ...], sheet: str | None = None) -> Path:
    book = openpyxl.Workbook()
    page = book.create_sheet(sheet) if sheet else book.active
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def test_parquet_types_become_flat(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a", "b"]).dictionary_encode(),
            "tags": [["x"], ["y", "z"]],
            "day": [datetime.date(2024, 5, 1), None],
            "n": pa.array([1, 2], pa.int8()),
            "p": pa.array([0.5, None], pa.float32()),
            "ok": [True, False],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet", "parquet") == [
        {"text": "a", "tags": '["x"]', "day": "2024-05-01", "n": 1, "p": 0.5, "ok": True},
        {"text": "b", "tags": '["y", "z"]', "day": None, "n": 2, "p": None, "ok": False},
    ]


def test_parquet_of_bytes_that_are_no_text_is_refused(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"image": [b"\xff\xd8\xff"]}), tmp_path / "a.parquet")
    with pytest.raises(BadFile, match="column 'image' holds binary"):
        read(tmp_path / "a.parquet", "parquet")


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pa.table({"text": ["hello"] * 1000}), whole)
    cut = tmp_path / "b.parquet"
    cut.write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(BadFile, match="damaged"):
        read(cut, "parquet")
    wrong = tmp_path / "c.parquet"
    wrong.write_text("text,label\na,b\n", encoding="utf-8")
    with pytest.raises(BadFile, match="no Parquet file"):
        detect(wrong, wrong.name)


def test_parquet_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a.pq")
    importer = importers.get("parquet")
    batches = list(importer().read(tmp_path / "a.pq", importer.Options()))
    assert [(batch.num_rows, batch.schema.names) for batch in batches] == [(0, ["text"])]


def test_excel_cells_become_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        (),
        ("text", "label", "when", "ok"),
        ("hi", 1, datetime.datetime(2024, 5, 1, 10), True),
        (None, None, None, None),
        ("yo", 1.5, None, None),
    )
    assert read(path, "excel") == [
        {"text": "hi", "label": "1", "when": "2024-05-01T10:00:00", "ok": "true"},
        {"text": "yo", "label": "1.5", "when": None, "ok": None},
    ]


def test_excel_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ("text",), ("hi",), sheet="Data")
    assert read(path, "excel", sheet="Data") == [{"text": "hi"}]
    with pytest.raises(Invalid, match="there are Sheet, Data"):
        read(path, "excel", sheet="data ")
    with pytest.raises(BadFile, match="'Sheet' is empty"):
        read(path, "excel")


def test_excel_row_wider_than_its_header_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ("text",), ("a",), ("b", "c"))
    with pytest.raises(BadFile, match="Row 2 has more cells"):
        read(path, "excel")


def test_damaged_workbooks_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "a.xlsx"
    broken.write_bytes(b"PK\x03\x04 this is no zip")
    with pytest.raises(BadFile, match="no Excel workbook, or a damaged one"):
        detect(broken, broken.name)
    with pytest.raises(BadFile, match="damaged"):
        read(broken, "excel")
    whole = workbook(tmp_path / "b.xlsx", ("text",), ("a",))
    hollow = tmp_path / "c.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(hollow, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<broken" if "sheet1" in name else source.read(name))
    with pytest.raises(BadFile, match="damaged"):
        read(hollow, "excel")


def test_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    chunk = b"\0" * (1 << 24)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("xl/workbook.xml", "w", force_zip64=True) as stream:
            for _ in range(4):
                stream.write(chunk)
        archive.infolist()[0].file_size = 3 * 2**30  # what the directory claims is what is judged
    with pytest.raises(BadFile, match=r"unpacks to 3\.0 GB"):
        read(path, "excel")


def test_each_line_of_plain_text_is_a_document_numbered_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one, two\r\n\r\nthree\u2028four\n", encoding="utf-8", newline="")
    parts = list(
        incoming(path, "text", {}, ColumnMapping(text="text"), schema=LabelSchema(("a", "b")))
    )
    assert parts[0].batch.to_pydict() == {
        "external_id": ["1", "3"],
        "text": ["one, two", "three\u2028four"],
    }
    assert parts[0].skipped == ("Row 2 has no text and was left out.",)


def test_endless_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("short\n" + "x" * 1_000_004, encoding="utf-8")
    with pytest.raises(BadFile, match="Line 2 has more than"):
        read(path, "text")


def test_text_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * 1_000_000 + "\r\n", encoding="utf-8", newline="")
    assert len(read(path, "text")[0]["text"]) == 1_000_000
