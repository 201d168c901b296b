"""Archives: of texts, of tables, and of all that does not belong there."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.documents import ColumnMapping
from studio.core.errors import BadFile
from studio.importers import packs, places
from studio.importers.base import detect, incoming, preview
from studio.importers.packs import open_pack, pack
from tests.importers.making import LABELS, bring_in, rows_of, tarred, texts_of, zipped

REVIEWS = {
    "aclImdb/train/spam/0_9.txt": "Buy it now\n",
    "aclImdb/train/ham/1_1.txt": "A quiet film",
    "aclImdb/test/ham/2_2.txt": "Two hours\nwell spent\r\n",
}


def test_folders_become_labels_and_splits(tmp_path: Path) -> None:
    mapping, parts = bring_in(zipped(tmp_path / "a.zip", REVIEWS))
    assert mapping == ColumnMapping(text="text", label="folder", split="split", external_id="file")
    assert texts_of(parts) == ["Buy it now", "A quiet film", "Two hours\nwell spent"]
    assert parts[0].labels.tolist() == [1, 0, 0]
    assert parts[0].splits.tolist() == [0, 0, 2]
    assert parts[0].batch["external_id"].to_pylist() == list(REVIEWS)


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz"])
def test_a_tar_archive_is_read_as_a_zip_archive_is(tmp_path: Path, name: str) -> None:
    files = {path: text.encode() for path, text in REVIEWS.items()}
    path = tarred(tmp_path / name, files)
    assert rows_of(path, "archive") == rows_of(zipped(tmp_path / "a.zip", REVIEWS), "archive")
    assert texts_of(bring_in(path)[1])[1] == "A quiet film"


def test_one_folder_or_many_authors_are_no_labels(tmp_path: Path) -> None:
    one = {f"notes/{n}.txt": "text" for n in range(3)}
    assert bring_in(zipped(tmp_path / "a.zip", one))[0].label is None
    many = {f"author{n}/1.txt": "text" for n in range(201)}
    found = preview(zipped(tmp_path / "b.zip", many), "archive", {}).mapping
    assert found is not None
    assert found.label is None


def test_tables_follow_each_other_with_all_their_columns(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        {
            "train.csv": "text,label\na,ham\nb,spam\n",
            "test.csv": "label;text;by\nspam;c;me\n",
            "README.txt": "about",
        },
    )
    assert rows_of(path, "archive") == [
        {"text": "a", "label": "ham", "by": None, "file": "train.csv", "split": "train"},
        {"text": "b", "label": "spam", "by": None, "file": "train.csv", "split": "train"},
        {"text": "c", "label": "spam", "by": "me", "file": "test.csv", "split": "test"},
    ]
    notes = preview(path, "archive", {}).notes
    assert notes == (
        "Left out: README.txt (about the archive).",
        "The column 'by' is empty for files that lack it: 'train.csv'.",
    )
    mapping, parts = bring_in(path)
    assert mapping.external_id is None
    assert parts[0].skipped == notes
    assert all(part.skipped == () for part in parts[1:])


def test_tables_of_every_format_can_be_packed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(("text", "n"))
    book.active.append(("hi", 1))
    excel, parquet = io.BytesIO(), io.BytesIO()
    book.save(excel)
    pyarrow.parquet.write_table(pa.table({"text": ["hi"], "n": [1]}), parquet)
    for name, content in {
        "a.csv": b"text,n\nhi,1\n",
        "a.csv.gz": gzip.compress(b"text,n\nhi,1\n"),
        "a.jsonl": b'{"text": "hi", "n": 1}\n',
        "a.json": b'[{"text": "hi", "n": 1}]',
        "a.xlsx": excel.getvalue(),
        "a.parquet": parquet.getvalue(),
    }.items():
        for path in (
            zipped(tmp_path / "a.zip", {f"x/{name}": content}),
            tarred(tmp_path / "a.tar", {f"x/{name}": content}),
        ):
            assert rows_of(path, "archive") == [{"text": "hi", "n": "1", "file": f"x/{name}"}]


def test_keys_that_come_late_are_not_lost(tmp_path: Path) -> None:
    files = {"a.jsonl": '{"text": "a"}\n{"text": "b", "late": 1}\n', "b.jsonl": '{"text": "c"}\n'}
    rows = rows_of(zipped(tmp_path / "a.zip", files), "archive")
    assert [row["late"] for row in rows] == [None, "1", None]


def test_what_does_not_belong_is_left_out_and_named(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        {
            "a.txt": "hi",
            "b.txt": "yo",
            "table.csv": "text\nx\n",
            "photo.png": b"\x89PNG",
            "more.zip": b"PK",
            ".git/config": "x",
            "__MACOSX/._a.txt": "junk",
            ".DS_Store": "junk",
            "empty/": "",
        },
    )
    shown = preview(path, "archive", {})
    assert [row["text"] for row in shown.rows] == ["hi", "yo"]
    assert sorted(shown.notes) == [
        "Left out: .git/config (hidden files).",
        "Left out: more.zip (archives inside the archive: unpack them first).",
        "Left out: photo.png (neither texts nor tables).",
        "Left out: table.csv (other files than texts).",
    ]


def test_files_inside_can_be_chosen(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": "hi\nyo\n", "b.txt": "x\n", "c.csv": "text\nz\n"})
    assert [row["text"] for row in rows_of(path, "archive", content="text")] == [
        "hi",
        "yo",
        "x",
        "text",
        "z",
    ]
    assert [row["text"] for row in rows_of(path, "archive", content="csv")][-1] == "z"


def test_an_archive_without_texts_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no files"):
        rows_of(zipped(tmp_path / "a.zip", {"x/": ""}), "archive")
    with pytest.raises(BadFile, match=r"inner\.zip and the like were left out \(archives inside"):
        detect(zipped(tmp_path / "b.zip", {"inner.zip": b"PK"}), "b.zip")


def test_errors_name_the_file_inside(tmp_path: Path) -> None:
    good = "text,label\na,ham\n" * 1
    broken = {"good.csv": good, "x/bad.csv": "text,label\na,ham\nb\n"}
    with pytest.raises(BadFile, match=r"In the file 'x/bad.csv': .*line 3 has 1"):
        rows_of(zipped(tmp_path / "a.zip", broken), "archive")
    unknown = {"good.csv": good, "bad.csv": "text,label\na,ham\nb,what\n"}
    with pytest.raises(BadFile, match="In 'bad.csv', row 2, column 'label': 'what' is not"):
        bring_in(zipped(tmp_path / "b.zip", unknown))
    with pytest.raises(BadFile, match="'b.txt' holds binary data"):
        rows_of(
            zipped(tmp_path / "c.zip", {"a.txt": "x", "b.txt": bytes(range(256)) * 9}), "archive"
        )
    with pytest.raises(BadFile, match="'b.txt' has more than 1,000,000 characters"):
        rows_of(zipped(tmp_path / "d.zip", {"b.txt": "x" * 4_000_005}), "archive")
    with pytest.raises(
        BadFile, match="In 'pos/a.txt', row 1, column 'folder': 'pos' is not a label"
    ):
        bring_in(zipped(tmp_path / "e.zip", {"pos/a.txt": "x", "neg/b.txt": "y"}))


def test_rows_without_text_are_named_by_file_and_row(tmp_path: Path) -> None:
    files = {"a.csv": "text,n\nx,1\n", "b.csv": "text,n\n,1\ny,1\n,2\n"}
    _, parts = bring_in(zipped(tmp_path / "a.zip", files))
    assert parts[1].skipped == ("2 rows have no text and were left out: 'b.csv' 1, 'b.csv' 3.",)


def test_rows_of_one_file_are_counted_through_its_batches(tmp_path: Path) -> None:
    long = "text,label\n" + "a,ham\n" * 9000 + "b,what\n"
    path = zipped(tmp_path / "a.zip", {"x.csv": "text,label\na,ham\n", "y.csv": long})
    with pytest.raises(BadFile, match="In 'y.csv', row 9001"):
        bring_in(path)


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "/etc/evil.txt", "C:\\x\\evil.txt", "a/./evil.txt"]
)
def test_names_that_lead_elsewhere_lead_nowhere(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    before = sorted(tmp_path.rglob("*"))
    for path in (
        zipped(home / "a.zip", {name: "hi"}),
        tarred(home / "a.tar", {name: b"hi"}),
    ):
        (row,) = rows_of(path, "archive")
        assert row["text"] == "hi"
        assert ".." not in row["file"]
        assert not row["file"].startswith("/")
        path.unlink()
    assert sorted(tmp_path.rglob("*")) == before


def test_links_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.txt", "hi")
    assert [row["file"] for row in rows_of(path, "archive")] == ["a.txt"]
    import tarfile

    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo("link.txt")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
        real = tarfile.TarInfo("a.txt")
        real.size = 2
        tar.addfile(real, io.BytesIO(b"hi"))
    assert [row["file"] for row in rows_of(tmp_path / "a.tar", "archive")] == ["a.txt"]


def test_encrypted_files_are_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": "hi"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag in the file's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the table of contents
    path.write_bytes(bytes(data))
    with pytest.raises(BadFile, match="'a.txt' in the archive is encrypted"):
        detect(path, "a.zip")


def test_a_bomb_is_refused_by_what_it_says_and_by_what_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "HARMLESS", 1 << 16)
    bomb = {"a.txt": b"\n" * (1 << 18)}
    path = zipped(tmp_path / "a.zip", bomb, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(BadFile, match="more than 500 times its size"):
        detect(path, "a.zip")
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"text\n" + (b"a" * 9999 + b"\n") * 40))
    with pytest.raises(BadFile, match="more than 500 times its size"):
        rows_of(packed, "csv", encoding="utf-8")
    monkeypatch.setattr(places, "MAX_UNPACKED", 1 << 16)
    with pytest.raises(BadFile, match="unpacks to more than"):
        rows_of(packed, "csv", encoding="utf-8")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "MAX_FILES", 3)
    files = {f"{n}.txt": "x" for n in range(5)}
    with pytest.raises(BadFile, match="more than 3 files"):
        rows_of(zipped(tmp_path / "a.zip", files), "archive")
    with pytest.raises(BadFile, match="more than 3 files"):
        rows_of(tarred(tmp_path / "a.tar", {n: b"x" for n in files}), "archive")
    monkeypatch.setattr(packs, "MAX_DIRECTORY", 10)
    with pytest.raises(BadFile, match="more than 3 files"):
        rows_of(zipped(tmp_path / "b.zip", {"a.txt": "x"}), "archive")


def test_names_in_the_encoding_of_an_old_system_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"HHHH/1.txt": "很快", "KKKK/2.txt": "不好吃"})
    data = path.read_bytes().replace(b"HHHH", "好评".encode("gbk"))
    path.write_bytes(data.replace(b"KKKK", "差评".encode("gbk")))
    assert [row["folder"] for row in rows_of(path, "archive")] == ["好评", "差评"]


def test_texts_of_other_encodings_come_in_one_by_one(tmp_path: Path) -> None:
    words = "没有送水没有送水没有送水"
    path = zipped(
        tmp_path / "a.zip",
        {"a.txt": words.encode("gb18030"), "b.txt": words.encode("utf-8-sig"), "c.txt": b"plain"},
    )
    assert [row["text"] for row in rows_of(path, "archive")] == [words, words, "plain"]


@pytest.mark.parametrize("cut", [30, 200])
def test_damaged_archives_are_refused(tmp_path: Path, cut: int) -> None:
    whole = zipped(tmp_path / "a.zip", REVIEWS).read_bytes()
    path = tmp_path / "b.zip"
    path.write_bytes(whole[:-cut])
    with pytest.raises(BadFile, match="no archive, or a damaged one"):
        detect(path, path.name)
    spoiled = bytearray(whole)
    spoiled[60] ^= 0xFF
    path.write_bytes(bytes(spoiled))
    with pytest.raises(BadFile, match=r"zip data is damaged .* Pack it again|In the file"):
        rows_of(path, "archive")
    tar = tarred(tmp_path / "a.tar.gz", {n: t.encode() for n, t in REVIEWS.items()})
    tar.write_bytes(tar.read_bytes()[:-cut])
    with pytest.raises(BadFile, match="damaged"):
        rows_of(tar, "archive")


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=20)), min_size=2, max_size=6))
def test_files_packed_together_come_back_under_names_of_their_own(
    files: list[tuple[str, str]],
) -> None:
    target = io.BytesIO()
    pack([(name, io.BytesIO(text.encode("utf-8", "replace"))) for name, text in files], target)
    with zipfile.ZipFile(target) as archive:
        assert len(set(archive.namelist())) == len(files)
        found = [archive.read(name).decode() for name in archive.namelist()]
    assert found == [text.encode("utf-8", "replace").decode() for _, text in files]


def test_a_batch_never_promises_more_than_it_holds(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": "text\n", "b.csv": "text\n"})
    parts = list(incoming(path, "archive", {}, ColumnMapping(text="text"), schema=LABELS))
    assert parts == []
    with open_pack(path) as opened:
        assert [entry.name for entry in opened.entries] == ["a.csv", "b.csv"]
