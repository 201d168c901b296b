from __future__ import annotations

import csv as standard
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import BadFile
from studio.importers.base import detect, importers
from studio.importers.csv import Csv, CsvOptions, sniff


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    batches = Csv().read(path, CsvOptions(**options))
    return [row for batch in batches for row in batch.to_pylist()]


def write(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "comma"), ("\t", "tab"), (";", "semicolon"), ("|", "bar")]
)
def test_delimiter_is_found(tmp_path: Path, delimiter: str, name: str) -> None:
    rows = [["text", "label"], ["one, two; three", "ham"], ["four\tfive | six", "spam"]]
    stream = io.StringIO()
    standard.writer(stream, delimiter=delimiter).writerows(rows)
    path = write(tmp_path, stream.getvalue())
    assert detect(path, path.name).options["delimiter"] == name
    assert [list(row.values()) for row in read(path)] == rows[1:]


def test_bom_does_not_stick_to_the_first_name(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbftext,label\nhi,ham\n")
    assert read(path) == [{"text": "hi", "label": "ham"}]


def test_quoted_cells_keep_delimiters_quotes_and_ends_of_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\r\n"a, ""b""\nc\r\nd",ham\r\n')
    assert read(path) == [{"text": 'a, "b"\nc\r\nd', "label": "ham"}]


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_odd_separators_are_part_of_the_text(tmp_path: Path, character: str) -> None:
    path = write(tmp_path, f"text,label\na{character}b,ham\n")
    assert read(path)[0]["text"] == f"a{character}b"


def test_file_without_last_end_of_line_keeps_its_last_row(tmp_path: Path) -> None:
    assert [row["text"] for row in read(write(tmp_path, "text,label\na,b\nc,d"))] == ["a", "c"]


def test_old_mac_ends_of_lines_are_understood(tmp_path: Path) -> None:
    assert [row["text"] for row in read(write(tmp_path, "text,label\ra,b\rc,d\r"))] == ["a", "c"]


def test_quotes_that_are_plain_text_in_a_tsv_do_not_swallow_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'text\tlabel\n"so called" art\tham\n5" disk\tham\nc\tspam\n', "a.tsv")
    assert [row["text"] for row in read(path)] == ['"so called" art', '5" disk', "c"]


def test_ragged_rows_are_refused_with_the_first_three_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\na,b\nc,d,e\nf\ng,h\ni,j,k,l\nm\n")
    with pytest.raises(BadFile) as caught:
        read(path, delimiter="comma")
    message = str(caught.value)
    assert "line 3 has 3, line 4 has 1, line 6 has 4." in message
    assert "line 7" not in message


def test_lines_of_a_ragged_row_count_cells_of_several_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\n"a\nb",c\nd,e\nf,g,h\n')
    with pytest.raises(BadFile, match="line 5 has 3"):
        read(path, delimiter="comma", quote="double")


def test_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\na,b\n"c,d\ne,f\n')
    with pytest.raises(BadFile, match="line 3 is never closed"):
        read(path, quote="double")


def test_huge_cell_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\na,b\n" + "x" * 20_000_000 + ",c\n")
    with pytest.raises(BadFile, match="line 3 has a cell of more than 1,000,000"):
        read(path)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="2 columns are called 'text'"):
        read(write(tmp_path, "text,text \na,b\n"))


def test_nameless_columns_get_a_name(tmp_path: Path) -> None:
    assert read(write(tmp_path, ",text\n0,hi\n")) == [{"column_1": "0", "text": "hi"}]


def test_file_without_header_keeps_its_first_row(tmp_path: Path) -> None:
    rows = read(write(tmp_path, "hi,ham\nyo,spam\n"), header=False)
    assert rows[0] == {"column_1": "hi", "column_2": "ham"}
    assert len(rows) == 2


def test_wrong_delimiter_gives_one_column(tmp_path: Path) -> None:
    path = write(tmp_path, "text;label\na;b\n")
    assert read(path, delimiter="comma") == [{"text;label": "a;b"}]


def test_header_alone_gives_columns_and_no_rows(tmp_path: Path) -> None:
    batches = list(Csv().read(write(tmp_path, "text,label\n"), CsvOptions()))
    assert [batch.num_rows for batch in batches] == [0]
    assert batches[0].schema.names == ["text", "label"]


def test_commas_in_a_file_of_one_column_are_plain_text(tmp_path: Path) -> None:
    path = write(tmp_path, "text\nfast, cheap, good\nslow\n")
    assert [row["text"] for row in read(path)] == ["fast, cheap, good", "slow"]


def test_file_of_blank_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="empty lines"):
        read(write(tmp_path, "\n\r\n\n"))


def test_binary_named_csv_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10)
    with pytest.raises(BadFile, match="a picture"):
        detect(path, path.name)
    with pytest.raises(BadFile, match="binary"):
        read(path)


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    header = ",".join(f"c{i}" for i in range(2001))
    with pytest.raises(BadFile, match="2,001 columns"):
        read(write(tmp_path, f"{header}\n"))


def test_delimiter_may_be_given_as_a_character() -> None:
    assert CsvOptions(delimiter="\t").delimiter == "tab"
    assert CsvOptions(delimiter=";").delimiter == "semicolon"


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=20)


@pytest.mark.slow
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20))
def test_what_the_standard_writer_writes_comes_back(rows: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    writer = standard.writer(stream)
    writer.writerows([("text", "label"), *rows])
    options = importers.get("csv").Options(delimiter="comma", quote="double", encoding="utf-8")
    with _temporary(stream.getvalue()) as path:
        assert [tuple(row.values()) for row in read(path, **options.model_dump())] == rows


def test_sniffing_prefers_the_dialect_in_which_rows_agree() -> None:
    head = "id;text;note\n1;a, b, c;x\n2;d;y\n3;e, f;z\n"
    dialect, columns = sniff(head)
    assert (dialect.delimiter, columns) == (";", 3)


class _temporary:  # noqa: N801 - reads as a function
    """A file that lives as long as one run of a property."""

    def __init__(self, content: str) -> None:
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "file.csv"
        self._path.write_text(content, encoding="utf-8", newline="")

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()
