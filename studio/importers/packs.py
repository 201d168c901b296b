"""Zip and tar archives: which files they hold, and each of them in turn.

Nothing is ever written under a name that an archive gives.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, Protocol

from studio.core.errors import BadFile
from studio.importers.decoding import encoding_of
from studio.importers.places import Packed, Place, check_unpacked, on_disk, open_bytes, packed_size

MAX_FILES: Final = 200_000
MAX_DIRECTORY: Final = 64 * 2**20
"""Bytes of a zip archive's table of contents, which is read as a whole."""

_DAMAGED: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    struct.error,
    NotImplementedError,  # a zip archive of a later version
    OSError,
    ValueError,
)
_JUNK: Final = frozenset(("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"))
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its name with "/" between folders, and its size unpacked."""

    name: str
    size: int
    number: int


class Pack(Protocol):
    """An open archive. ``entries`` are its files in their order, without junk and links."""

    entries: tuple[Entry, ...]

    def walk(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Place]]:
        """Iterate over some files, in their order; each place is good until the next is asked."""


@contextmanager
def open_pack(place: Place) -> Iterator[Pack]:
    """Open a zip archive, or a tar archive, compressed or not.

    Raises
    ------
    BadFile
        If it is damaged, encrypted, or holds too much.
    """
    with contextlib.ExitStack() as stack:
        try:
            path = stack.enter_context(on_disk(place)) if is_zip(place) else None
            pack = _Tar(place) if path is None else _Zip(stack.enter_context(_opened(path)))
        except _DAMAGED as error:
            raise BadFile(
                f"The archive is damaged ({str(error)[:80] or type(error).__name__}). "
                "Pack it again."
            ) from error
        check_unpacked(sum(entry.size for entry in pack.entries), packed_size(place))
        yield pack


def is_zip(place: Place) -> bool:
    """Return whether a file is a zip archive, with a table of contents at its end."""
    with open_bytes(place) as stream:
        if not stream.read(4).startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return False
    with on_disk(place) as path:
        return zipfile.is_zipfile(path)


def is_tar(start: bytes) -> bool:
    """Return whether the first 512 bytes of an unpacked file are the header of a tar archive."""
    return start[257:262] == b"ustar"


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        infos = archive.infolist()
        _check_count(len(infos))
        names = _zip_names(infos)
        self._archive = archive
        self._infos = infos
        self.entries = tuple(
            Entry(name, info.file_size, number)
            for number, (info, name) in enumerate(zip(infos, names, strict=True))
            if not info.is_dir()
            and not stat.S_ISLNK(info.external_attr >> 16)
            and not _is_junk(name)
        )
        secret = [entry.name for entry in self.entries if self._is_encrypted(entry)]
        if secret:
            raise BadFile(
                f"The file {secret[0][:80]!r} in the archive is encrypted. "
                "Pack it again without a password."
            )

    def walk(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Place]]:
        for entry in entries:
            yield entry, Packed(self._archive, self._infos[entry.number])

    def _is_encrypted(self, entry: Entry) -> bool:
        return bool(self._infos[entry.number].flag_bits & _ENCRYPTED)


class _Tar:
    def __init__(self, place: Place) -> None:
        self._place = place
        found = []
        with self._members() as members:
            for number, member in enumerate(members):
                _check_count(number)
                name = _clean_name(member.name)
                if member.isfile() and not _is_junk(name):
                    found.append(Entry(name, member.size, number))
        self.entries = tuple(found)

    def walk(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Place]]:
        # A tar archive has no table of contents: it is read from its beginning, once.
        wanted = {entry.number: entry for entry in entries}
        with tempfile.TemporaryDirectory(prefix="weft-") as folder, self._members() as members:
            for number, member in enumerate(members):
                if not wanted:
                    return
                entry = wanted.pop(number, None)
                stream = members.extractfile(member) if entry else None
                if entry is None or stream is None:
                    continue
                copy = Path(folder) / "unpacked"
                with copy.open("wb") as target:
                    shutil.copyfileobj(stream, target, 1 << 20)
                yield entry, copy

    @contextmanager
    def _members(self) -> Iterator[tarfile.TarFile]:
        with open_bytes(self._place) as stream:
            try:
                with tarfile.open(fileobj=stream, mode="r|") as members:
                    yield members
            except tarfile.TarError as error:
                raise BadFile(
                    f"The archive is damaged ({str(error)[:80]}). Pack it again."
                ) from error


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    _check_directory(path)
    with zipfile.ZipFile(path) as archive:
        yield archive


def _check_directory(path: Path) -> None:
    """Refuse a table of contents that would fill the memory before its entries are counted."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 66_000))
        tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 16:
        raise zipfile.BadZipFile("its table of contents is missing")
    length: int = struct.unpack_from("<L", tail, at + 12)[0]
    if length == 0xFFFFFFFF:
        far = tail.rfind(b"PK\x06\x06", 0, at)
        length = struct.unpack_from("<Q", tail, far + 40)[0] if far >= 0 else length
    if length > MAX_DIRECTORY:
        _check_count(MAX_FILES + 1)


def _check_count(n_files: int) -> None:
    if n_files > MAX_FILES:
        raise BadFile(
            f"The archive holds more than {MAX_FILES:,} files. Put the texts into one table, "
            "as CSV, JSON Lines or Parquet, or split the archive."
        )


def _zip_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the names as they were meant: old programs write them in the encoding of the system.

    Python reads such names as code page 437, which loses nothing, so the bytes can be had back.
    """
    old = [info.filename.encode("cp437") for info in infos if not info.flag_bits & _UTF8_NAME]
    found = encoding_of(b"\n".join(old)) if old else None
    encoding = found if found in ("utf-8", "gb18030", "big5") else "cp437"
    return [
        _clean_name(
            info.filename
            if info.flag_bits & _UTF8_NAME
            else info.filename.encode("cp437").decode(encoding, "replace")
        )
        for info in infos
    ]


def _clean_name(name: str) -> str:
    """Return a name as it is shown and stored: no root, no way up, no control characters."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    shown = "".join(c if c.isprintable() else "\ufffd" for c in "/".join(parts))
    return shown.encode("utf-8", "replace").decode()


def _is_junk(name: str) -> bool:
    parts = name.split("/")
    return not _JUNK.isdisjoint(parts) or parts[-1].startswith("._") or not parts[-1]


def pack(files: Sequence[tuple[str, BinaryIO]], target: BinaryIO) -> None:
    """Write several files into one zip archive, as they are.

    Parameters
    ----------
    files
        Name and content of each; of equal names the later ones get a number.
    target
        Where to write.
    """
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for position, (given, stream) in enumerate(files, start=1):
            name = PurePosixPath(_clean_name(given) or f"file {position}")
            numbers = itertools.count(2)
            unique = name
            while str(unique) in taken:
                unique = name.with_name(f"{name.stem} ({next(numbers)}){name.suffix}")
            taken.add(str(unique))
            if stream.seekable():
                stream.seek(0)
            with archive.open(str(unique), "w", force_zip64=True) as member:
                shutil.copyfileobj(stream, member, 1 << 20)


def common_folders(names: Collection[str]) -> int:
    """Return how many outer folders all names share."""
    folders = [name.split("/")[:-1] for name in names]
    shared: list[Any] = list(zip(*folders, strict=False))
    return next((i for i, level in enumerate(shared) if len(set(level)) > 1), len(shared))
