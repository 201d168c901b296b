"""What every file format promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from studio.core.documents import ColumnMapping
from studio.core.errors import BadFile, Invalid, NotFound
from studio.core.schema import LabelSchema
from studio.importers.base import detect, importers, incoming, preview
from studio.importers.rows import BATCH_ROWS
from tests.importers.making import zipped

NAMES = ("archive", "crowd", "csv", "excel", "json", "jsonl", "parquet", "text", "wrench")
LABELS = LabelSchema(("ham", "spam"))


def _grid(name: str) -> list[list[str]]:
    """Return the cells that the example of a binary format shows."""
    return [[c.strip() for c in line.split("|")] for line in _example(name)]


def _example(name: str) -> list[str]:
    return importers.get(name).example.strip().splitlines()


def _workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in _grid("excel"):
        book.active.append(row)
    book.save(path)


def _parquet(path: Path) -> None:
    head, *rows = _grid("parquet")
    names = [name.removesuffix(" (string)") for name in head]
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    pyarrow.parquet.write_table(table, path)


def _archive(path: Path) -> None:
    zipped(path, dict(line.split(maxsplit=1) for line in _example("archive")))


BINARY: dict[str, Callable[[Path], None]] = {
    "archive": _archive,
    "excel": _workbook,
    "parquet": _parquet,
}


def example_file(name: str, folder: Path) -> Path:
    importer = importers.get(name)
    path = folder / f"example{importer.extensions[0]}"
    if name in BINARY:
        BINARY[name](path)
    else:
        path.write_text(importer.example, encoding="utf-8")
    return path


def test_all_formats_are_registered_and_csv_comes_first() -> None:
    assert importers.names()[0] == "csv"
    assert set(importers.names()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_example_is_detected_as_its_own_format(name: str, tmp_path: Path) -> None:
    path = example_file(name, tmp_path)
    found = detect(path, path.name)
    assert found.format == name
    assert found.note


@pytest.mark.parametrize("name", NAMES)
def test_example_has_two_documents_with_text(name: str, tmp_path: Path) -> None:
    path = example_file(name, tmp_path)
    found = detect(path, path.name)
    shown = preview(path, name, found.options)
    assert shown.n_rows_seen == 2
    assert shown.mapping is not None
    assert shown.mapping.text == "text"
    parts = list(incoming(path, name, found.options, shown.mapping, schema=LABELS))
    texts = [text for part in parts for text in part.batch["text"].to_pylist()]
    assert len(texts) == 2
    assert texts[1].startswith("Subscribe to m")
    assert all(part.batch.schema.names[:2] == ["external_id", "text"] for part in parts)
    assert {part.batch.schema.field("text").type for part in parts} == {pa.large_string()}


@pytest.mark.parametrize("name", NAMES)
def test_a_format_describes_itself_and_its_options(name: str) -> None:
    importer = importers.get(name)
    assert importer.title
    assert importer.summary
    assert importer.extensions
    assert all(
        field.title and field.description for field in importer.Options.model_fields.values()
    )


@pytest.mark.parametrize("name", NAMES)
def test_limit_bounds_the_rows(name: str, tmp_path: Path) -> None:
    importer = importers.get(name)
    path = example_file(name, tmp_path)
    batches = list(importer().read(path, importer.Options(), limit=1))
    assert sum(batch.num_rows for batch in batches) == 1


@pytest.mark.parametrize("name", NAMES)
def test_unknown_option_is_refused(name: str, tmp_path: Path) -> None:
    path = example_file(name, tmp_path)
    with pytest.raises(Invalid, match="color"):
        preview(path, name, {"color": "red"})


@pytest.mark.parametrize("name", NAMES)
def test_empty_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(BadFile, match="empty"):
        preview(path, name, {})


@pytest.mark.parametrize("name", NAMES)
def test_random_bytes_are_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)) * 40)
    mapping = ColumnMapping(text="text")
    with pytest.raises(BadFile, match=r"\.$"):
        list(incoming(path, name, {}, mapping, schema=LABELS))


def test_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there are csv"):
        preview(tmp_path, "docx", {})


def test_batches_are_bounded_and_alike(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("text\n" + "hello\n" * (BATCH_ROWS + 5), encoding="utf-8")
    importer = importers.get("csv")
    batches = list(importer().read(path, importer.Options()))
    assert [batch.num_rows for batch in batches] == [BATCH_ROWS, 5]
    assert len({str(batch.schema) for batch in batches}) == 1
