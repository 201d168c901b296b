"""Bytes into text: which encoding a file has, and reading it so that a wrong byte is named."""

from __future__ import annotations

import codecs
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TextIO

from pydantic import BeforeValidator

from studio.core.errors import BadFile
from studio.importers.places import Place, compression_of, open_bytes

CHUNK: Final = 1 << 20
"""Bytes looked at in one go."""

PACKED_CHUNKS: Final = 64
"""Chunks of a packed file that are looked at for a byte beyond ASCII; unpacking all takes long."""

MAX_LINE: Final = 1 << 26
"""Characters of one line; a longer one is no line of a table, and would fill the memory."""

_BOMS: Final = (
    # UTF-32 first: its mark for little-endian starts with the one of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1a\x1b\x1c\x1d\x1e\x1f\x00")
_ALIASES: Final = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf16": "utf-16",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "latin1": "latin-1",
    "iso-8859-1": "latin-1",
    "shift-jis": "shift_jis",
    "euc-kr": "euc_kr",
}


def _plain_name(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name = value.strip().lower()
    return _ALIASES.get(name, name)


Encoding = Annotated[
    Literal[
        "auto",
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "gb18030",
        "big5",
        "shift_jis",
        "euc_kr",
        "cp1251",
        "cp1252",
        "latin-1",
    ],
    BeforeValidator(_plain_name),
]
"""What the option *encoding* may be; usual other spellings are understood."""


def resolve_encoding(path: Place, encoding: str) -> str:
    """Return ``encoding``, or the detected one where it is "auto".

    Raises
    ------
    BadFile
        If it is "auto" and the file is not text.
    """
    if encoding != "auto":
        return encoding
    found = detect_encoding(path)
    if found is None:
        raise BadFile(
            "The file holds binary data, not text. Save it as CSV, JSON Lines, Excel (.xlsx) or "
            "Parquet and upload it again."
        )
    return found


def detect_encoding(path: Place) -> str | None:
    """Return the encoding that a file seems to have; None if it is not text.

    A byte order mark decides. Without one the first part of the file that is not plain ASCII is
    judged: valid UTF-8 is UTF-8; pairs of bytes that are common Chinese characters are GB 18030 or
    Big5, whichever knows more of them; the rest is taken for Windows-1252.
    """
    return encoding_of(_telling_chunk(path))


def encoding_of(chunk: bytes) -> str | None:
    """Return the encoding that some bytes seem to have, as :func:`detect_encoding` judges."""
    for mark, name in _BOMS:
        if chunk.startswith(mark):
            return name
    wide = _wide_encoding(chunk)
    if wide is not None:
        return wide
    if _is_binary(chunk):
        return None
    if _share_of_utf8(chunk) > 0.95:
        # A few wrong bytes in a UTF-8 file are a damaged file: reading it names the line.
        return "utf-8"
    return _chinese(chunk) or _western(chunk)


@contextmanager
def open_text(path: Place, encoding: str) -> Iterator[TextIO]:
    r"""Open a file as text, ends of lines untouched; a wrong byte becomes a sentence.

    Raises
    ------
    BadFile
        Inside the block, as soon as a byte is read that the encoding does not allow.
    """
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_bytes(path) as binary:
        try:
            yield io.TextIOWrapper(binary, encoding=codec, newline="")
        except UnicodeError as error:
            line = _line_of_wrong_byte(path, encoding)
            where = f" in line {line}" if line else ""
            raise BadFile(
                f"The file is not {encoding} throughout: a byte{where} cannot be read. "
                "Choose another encoding, or save the file as UTF-8."
            ) from error


def lines_of(stream: TextIO) -> Iterator[str]:
    """Iterate over the lines of an open text, with their ends.

    Raises
    ------
    BadFile
        If a line has more than 67 million characters.
    """
    for number in itertools.count(1):
        line = stream.readline(MAX_LINE + 1)
        if not line:
            return
        if len(line) > MAX_LINE:
            raise BadFile(
                f"Line {number} has more than {MAX_LINE:,} characters. Check that the file has "
                "ends of lines, and that its format is the right one."
            )
        yield line


def head_of(path: Place, encoding: str, *, characters: int = 1 << 16) -> str:
    """Return the beginning of a text file, up to the last whole line of ``characters``."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_bytes(path) as binary:
        stream = io.TextIOWrapper(binary, encoding=codec, newline="", errors="replace")
        text = stream.read(characters)
    if len(text) < characters:
        return text
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end > 0 else text


def _telling_chunk(path: Place) -> bytes:
    """Return the first chunk, or the first one with a byte beyond ASCII if there is one."""
    packed = not isinstance(path, Path) or compression_of(path) is not None
    with open_bytes(path) as stream:
        first = stream.read(CHUNK)
        chunk = first
        for looked_at in itertools.count(1):
            if not chunk or not chunk.isascii() or b"\x00" in chunk:
                break
            chunk = b"" if packed and looked_at >= PACKED_CHUNKS else stream.read(CHUNK)
    return first if not chunk or not first.isascii() else chunk


def _wide_encoding(chunk: bytes) -> str | None:
    # Western text in UTF-16 without a mark: every second byte is 0, and only these.
    even, odd = chunk[0::2].count(0), chunk[1::2].count(0)
    half = max(1, len(chunk) // 2)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _is_binary(chunk: bytes) -> bool:
    controls = sum(chunk.count(code) for code in _CONTROLS)
    # A stray NUL in a table of text is a slip of a database export; many are a binary file.
    return controls > 0.01 * len(chunk) or chunk.count(0) > max(4, 0.02 * len(chunk))


def _share_of_utf8(chunk: bytes) -> float:
    """Return the share of the bytes beyond ASCII that are valid UTF-8; 1.0 if there are none."""
    high = len(chunk) - len(chunk.translate(None, bytes(range(128, 256))))
    kept = chunk.decode("utf-8", "ignore").encode()
    valid = len(kept) - len(kept.translate(None, bytes(range(128, 256))))
    # The end of the chunk may cut one character of up to four bytes.
    return 1.0 if high <= 3 and valid == high else (valid + 3) / (high + 3) if valid else 0.0


def _chinese(chunk: bytes) -> str | None:
    """Return which encoding of Chinese most bytes beyond ASCII pair up in; None for neither.

    The 3,755 characters of GB 2312's first level and the 5,401 of Big5's, with the punctuation,
    make up nearly all of running text. Cyrillic and Western bytes pair up too, but into rare
    characters; a Western letter may look like one of Big5, but seldom stands beside another.
    """
    gb = big5 = pairs = runs = 0
    index, after = 0, -1
    while index < len(chunk) - 1:
        lead, trail = chunk[index], chunk[index + 1]
        if lead < 0x80:
            index += 1
            continue
        pairs += 1
        runs += index != after
        gb += (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3) and trail >= 0xA1
        big5 += 0xA1 <= lead <= 0xC6 and (0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE)
        index += 2
        after = index
    if max(gb, big5) <= 0.8 * pairs:
        return None
    if big5 > gb:
        return "big5" if pairs >= 2 * runs else None
    return "gb18030"


def _western(chunk: bytes) -> str:
    try:
        chunk.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"  # Windows-1252 leaves five bytes undefined, Latin-1 none.
    return "cp1252"


def _line_of_wrong_byte(path: Place, encoding: str) -> int | None:
    if encoding.startswith(("utf-16", "utf-32")):
        return None  # A line's bytes cannot be told without decoding what lies before.
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number
    return None
