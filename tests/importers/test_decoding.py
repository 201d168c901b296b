from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import BadFile
from studio.importers.base import detect
from studio.importers.csv import Csv, CsvOptions
from studio.importers.decoding import detect_encoding, open_text

CHINESE = "text,label\n很快，好吃，味道足，量大,1\n没有送水没有送水没有送水,0\n"
FRENCH = "text,label\nLe café était très bon,1\nDéçu — plus jamais,0\n"


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        (FRENCH, "utf-8", "utf-8"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-16-le", "utf-16-le"),
        (FRENCH, "utf-16-be", "utf-16-be"),
        (FRENCH, "utf-32", "utf-32"),
        ("text,label\nplain,1\n", "ascii", "utf-8"),
    ],
)
def test_encoding_is_found_and_the_text_comes_back(
    tmp_path: Path, text: str, encoding: str, expected: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    assert detect_encoding(path) == expected
    assert detect(path, path.name).options["encoding"] == expected
    rows = [row for batch in Csv().read(path, CsvOptions()) for row in batch.to_pylist()]
    assert [row["text"] for row in rows] == [line.split(",")[0] for line in text.splitlines()[1:]]


def test_letters_after_a_long_plain_part_decide(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"text\n" + b"plain line\n" * 200_000 + "没有送水没有\n".encode("gbk"))
    assert detect_encoding(path) == "gb18030"


def test_cyrillic_bytes_are_not_taken_for_chinese(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("текст\nочень вкусно и быстро, спасибо\n".encode("cp1251"))
    assert detect_encoding(path) != "gb18030"
    batches = Csv().read(path, CsvOptions(encoding="windows-1251"))
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert rows == [{"текст": "очень вкусно и быстро, спасибо"}]


def test_undefined_bytes_of_windows_1252_make_it_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"caf\xe9 \x81 bar\n")
    assert detect_encoding(path) == "latin-1"


def test_wrong_byte_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("text\né è à é è à é è à é\nfine\n".encode() + b"bad \xff\nmore\n")
    with (
        pytest.raises(BadFile, match="not utf-8 throughout: a byte in line 4"),
        open_text(path, "utf-8") as stream,
    ):
        stream.read()


def test_binary_has_no_encoding(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 8)
    assert detect_encoding(path) is None


def test_single_nul_does_not_make_a_table_binary(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"text,label\nhello\x00world,1\n" + b"another row,0\n" * 20)
    assert detect(path, path.name).format == "csv"


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0", "2007"),
    ],
)
def test_other_kinds_of_files_are_named(tmp_path: Path, start: bytes, what: str) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(start + bytes(range(256)) * 8)
    with pytest.raises(BadFile, match=what):
        detect(path, path.name)
