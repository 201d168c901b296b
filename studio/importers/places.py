"""Where the bytes of a file lie: on the disk or inside a zip archive, compressed or not."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from studio.core.errors import BadFile

MAX_UNPACKED: Final = 8 * 2**30
"""Bytes that one upload may unpack to."""

MAX_RATIO: Final = 500
"""How many times its packed size a file may unpack to; running text reaches 3 to 10."""

HARMLESS: Final = 256 * 2**20
"""Bytes up to which the ratio does not count: a small file of equal lines packs very well."""

COMPRESSED_SUFFIXES: Final = (".gz", ".bz2", ".xz")

_COMPRESSIONS: Final = {b"\x1f\x8b\x08": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_DAMAGED: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,  # a compression method that this Python does not know
    RuntimeError,  # an encrypted member
)


@dataclass(frozen=True)
class Packed:
    """A file inside an open zip archive; it is read where it lies and never written anywhere."""

    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo


Place = Path | Packed
"""Where an importer reads from."""


@contextmanager
def open_bytes(place: Place) -> Iterator[BinaryIO]:
    """Open a file from its beginning; gzip, bzip2 and xz come out unpacked.

    Raises
    ------
    BadFile
        Inside the block, if the packed data is damaged or unpacks to far too much.
    """
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(_raw(place))
        kind = _compression(raw)
        if kind is None and isinstance(place, Path):
            yield cast("BinaryIO", raw)
            return
        stream = raw if kind is None else stack.enter_context(_unpacker(kind, raw))
        guarded = _Guarded(stream, kind or "zip", packed_size(place))
        yield cast("BinaryIO", stack.enter_context(io.BufferedReader(guarded, 1 << 17)))


def compression_of(place: Place) -> str | None:
    """Return "gzip", "bzip2" or "xz" for a file that is compressed so; else None."""
    with _raw(place) as raw:
        return _compression(raw)


@contextmanager
def on_disk(place: Place) -> Iterator[Path]:
    """Give a file that can be read from any position: itself, or a copy that goes afterwards.

    Raises
    ------
    BadFile
        If it is packed, and damaged or too large.
    """
    if isinstance(place, Path) and compression_of(place) is None:
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="weft-") as folder, open_bytes(place) as stream:
        copy = Path(folder) / "unpacked"
        with copy.open("xb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)
        yield copy


def packed_size(place: Place) -> int:
    """Return how many bytes the file takes where it lies."""
    if isinstance(place, Path):
        return place.stat().st_size
    return place.entry.compress_size


def unpacked_size(place: Place) -> int:
    """Return about how many bytes will come out; for progress only, since files may lie."""
    plain = place.stat().st_size if isinstance(place, Path) else place.entry.file_size
    kind = compression_of(place) if plain else None
    if kind == "gzip" and isinstance(place, Path):
        with place.open("rb") as stream:
            stream.seek(-4, io.SEEK_END)
            return max(plain, int.from_bytes(stream.read(4), "little"))
    return plain if kind is None else 5 * plain


def check_unpacked(unpacked: int, packed: int) -> None:
    """Refuse what unpacks to far too much.

    Raises
    ------
    BadFile
        If it is more than 8 GB, or more than 500 times its packed size beyond 256 MB.
    """
    if unpacked > MAX_UNPACKED:
        raise BadFile(
            f"The file unpacks to more than {MAX_UNPACKED // 2**30} GB, which is the most that "
            "one upload may hold. Split it into several."
        )
    if unpacked > HARMLESS and unpacked > MAX_RATIO * max(1, packed):
        raise BadFile(
            f"The file unpacks to more than {MAX_RATIO} times its size, as only files made to "
            "fill a disk do. Upload it unpacked if its texts are real."
        )


class _Guarded(io.RawIOBase):
    """Bytes as they are unpacked: counted, and with errors that are sentences."""

    def __init__(self, stream: IO[bytes], kind: str, packed: int) -> None:
        self._stream = stream
        self._kind = kind
        self._packed = packed
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        try:
            data = self._stream.read(len(view))
        except _DAMAGED as error:
            raise _damaged(self._kind, self._unpacked, error) from error
        self._unpacked += len(data)
        check_unpacked(self._unpacked, self._packed)
        view[: len(data)] = data
        return len(data)


def _damaged(kind: str, unpacked: int, error: Exception) -> BadFile:
    return BadFile(
        f"The {kind} data is damaged or cut off after {unpacked:,} unpacked bytes "
        f"({str(error)[:80] or type(error).__name__}). Pack it again."
    )


@contextmanager
def _raw(place: Place) -> Iterator[Any]:
    if isinstance(place, Path):
        with place.open("rb") as stream:
            yield stream
        return
    try:
        member = place.archive.open(place.entry)
    except _DAMAGED as error:
        raise BadFile(
            f"It cannot be read from its archive ({str(error)[:80]}). Pack it again, "
            "without a password."
        ) from error
    with member:
        yield member


def _compression(raw: Any) -> str | None:
    try:
        start = raw.peek(6)[:6]
    except _DAMAGED as error:
        raise _damaged("zip", 0, error) from error
    return next((kind for magic, kind in _COMPRESSIONS.items() if start.startswith(magic)), None)


def _unpacker(kind: str, raw: IO[bytes]) -> Any:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=raw, mode="rb")
    return bz2.BZ2File(raw) if kind == "bzip2" else lzma.LZMAFile(raw)
