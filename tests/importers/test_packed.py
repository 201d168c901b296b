"""Compressed files are read as what they hold."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from studio.core.errors import BadFile
from studio.core.jobs import no_progress
from studio.importers.base import detect, importers, incoming, preview
from studio.importers.decoding import detect_encoding
from tests.importers.making import LABELS, bring_in, rows_of, texts_of

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
TRADITIONAL = "餐點很好吃，外送也很快，下次還會再訂。\n等了兩個小時，飯都冷掉了，服務很差。\n"


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("name", ["crowd", "csv", "json", "jsonl", "text", "wrench"])
def test_a_compressed_file_is_the_file(tmp_path: Path, ending: str, name: str) -> None:
    importer = importers.get(name)
    plain = tmp_path / f"a{importer.extensions[0]}"
    plain.write_text(importer.example, encoding="utf-8")
    packed = tmp_path / f"{plain.name}.{ending}"
    packed.write_bytes(PACKERS[ending](plain.read_bytes()))
    found, other = detect(packed, packed.name), detect(plain, plain.name)
    assert (found.format, found.options) == (other.format, other.options) == (name, found.options)
    assert "Compressed with" in found.note
    assert preview(packed, name, found.options) == preview(plain, name, found.options)
    assert texts_of(bring_in(packed)[1]) == texts_of(bring_in(plain)[1])


def test_binary_formats_may_be_compressed_too(tmp_path: Path) -> None:
    book, excel, parquet = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(("text",))
    book.active.append(("hi",))
    book.save(excel)
    pyarrow.parquet.write_table(pa.table({"text": ["hi"]}), parquet)
    for name, content in {"a.xlsx.gz": excel, "a.parquet.xz": parquet}.items():
        path = tmp_path / name
        path.write_bytes(PACKERS[name.rsplit(".", 1)[1]](content.getvalue()))
        assert texts_of(bring_in(path)[1]) == ["hi"]


def test_a_workbook_needs_no_ending(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(("text",))
    book.active.append(("hi",))
    book.save(tmp_path / "a.xlsx")
    upload = (tmp_path / "a.xlsx").rename(tmp_path / "0123abcd")
    assert rows_of(upload, "excel") == [{"text": "hi"}]


@pytest.mark.parametrize("ending", PACKERS)
def test_a_file_that_is_cut_off_is_refused_with_the_place(tmp_path: Path, ending: str) -> None:
    lines = "".join(f"{n},{n * n}\n" for n in range(20_000))
    whole = PACKERS[ending](f"text,label\n{lines}".encode())
    path = tmp_path / "a.csv"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(BadFile, match=r"damaged or cut off after [\d,]+ unpacked bytes"):
        rows_of(path, "csv", encoding="utf-8", delimiter="comma")


def test_several_gzip_streams_in_a_row_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert texts_of(bring_in(path)[1]) == ["one", "two"]


def test_progress_of_a_compressed_file_does_not_jump_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"text\n" + b"the same words again\n" * 30_000))
    shown = preview(path, "csv", {})
    assert shown.mapping is not None
    seen: list[float] = []

    def progress(fraction: float, message: str = "") -> None:
        no_progress(fraction, message)
        seen.append(fraction)

    for part in incoming(path, "csv", {}, shown.mapping, schema=LABELS, progress=progress):
        assert part.batch.num_rows
    assert seen[0] < 0.5 < seen[-1] < 1


@pytest.mark.parametrize("packer", [bytes, gzip.compress])
def test_traditional_chinese_is_read_from_big5(
    tmp_path: Path, packer: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(packer(TRADITIONAL.encode("big5")))
    assert detect_encoding(path) == "big5"
    assert texts_of(bring_in(path)[1]) == TRADITIONAL.splitlines()


def test_western_letters_that_look_like_big5_stay_western(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Ärger mit Ämtern, Ästen und Äpfeln\n".encode("cp1252"))
    assert detect_encoding(path) == "cp1252"


def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.importers import decoding

    monkeypatch.setattr(decoding, "MAX_LINE", 1000)
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "x," * 2000, encoding="utf-8")
    for name in ("csv", "jsonl"):
        with pytest.raises(BadFile, match=r"Line \d has more than 1,000 characters|not JSON"):
            rows_of(path, name)
