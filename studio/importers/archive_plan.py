"""Which files of an archive are read, as what, and which are left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from studio.core.errors import BadFile
from studio.importers.packs import Entry
from studio.importers.places import COMPRESSED_SUFFIXES

FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
"""Endings of tables; any other file that is no picture and the like is a text."""

_ARCHIVES: Final = (".zip", ".tar", ".tgz", ".7z", ".rar", ".tar.gz", ".tar.bz2", ".tar.xz")
_NO_TEXT: Final = frozenset(
    ".png .jpg .jpeg .gif .bmp .webp .tif .tiff .svg .ico .mp3 .wav .ogg .mp4 .avi .mov .pdf .doc "
    ".docx .xls .ppt .pptx .odt .ods .exe .dll .so .pyc .class .npy .npz .pkl .bin .db .sqlite "
    ".html .htm .xml .yaml .yml .toml .ini .cfg .py .js .css .sh".split()
)
_PAPERS: Final = ("readme", "license", "licence", "changelog", "copying", "notice", "citation")
_LISTED: Final = 5


@dataclass(frozen=True)
class Plan:
    """What to read of an archive.

    ``format`` is the registered name of the format of its tables, None where each file is a
    document. ``notes`` say what is left out.
    """

    format: str | None
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


def make_plan(entries: Sequence[Entry], content: str) -> Plan:
    """Return what to read of an archive.

    Parameters
    ----------
    entries
        Its files.
    content
        "auto" for what most of them are, "texts", or the name of a format.

    Raises
    ------
    BadFile
        If there is nothing to read.
    """
    kinds = {entry.number: _kind(entry.name) for entry in entries}
    chosen = _most_frequent(kinds) if content == "auto" else content
    taken, left_out = [], []
    for entry in entries:
        why = _why_not(kinds[entry.number], chosen)
        if why is None:
            taken.append(entry)
        else:
            left_out.append((entry.name, why))
    if not taken:
        raise BadFile(
            f"The archive holds {_nothing(left_out)}. Pack text files, or tables as CSV, JSON "
            "Lines, Parquet or Excel."
        )
    return Plan(None if chosen == "texts" else chosen, tuple(taken), tuple(_notes(left_out)))


def _kind(name: str) -> str:
    """Return "texts", the name of a format, or why a file is never read, in angle brackets."""
    path = PurePosixPath(name.lower())
    if name.lower().endswith(_ARCHIVES):
        return "<archives inside the archive: unpack them first>"
    if any(part.startswith(".") for part in path.parts):
        return "<hidden files>"
    if path.suffix in COMPRESSED_SUFFIXES:
        path = path.with_suffix("")
    if path.suffix in _NO_TEXT:
        return "<neither texts nor tables>"
    if path.stem.split(".")[0] in _PAPERS and path.suffix in ("", ".txt", ".md", ".rst"):
        return "<about the archive>"
    return FORMATS.get(path.suffix, "texts")


def _most_frequent(kinds: dict[int, str]) -> str:
    counts = Counter(kind for kind in kinds.values() if not kind.startswith("<"))
    # Of equally many, a table says more than a text beside it.
    ranked = sorted(counts, key=lambda kind: (-counts[kind], kind == "texts", kind))
    return ranked[0] if ranked else "texts"


def _why_not(kind: str, chosen: str) -> str | None:
    if kind.startswith("<"):
        return kind.strip("<>")
    if kind == chosen or chosen in _READS.get(kind, ()):
        return None
    return f"other files than {chosen if chosen == 'texts' else 'the tables of ' + chosen}"


_READS: Final = {
    # What may be asked for by name though the ending says something else.
    "json": ("wrench",),
    "csv": ("text",),
    "jsonl": ("text",),
    "texts": ("csv", "jsonl", "text", "wrench"),
}


def _notes(left_out: Sequence[tuple[str, str]]) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out:
        by_reason.setdefault(why, []).append(name)
    return [f"Left out: {_listed(names)} ({why})." for why, names in by_reason.items()]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:60] for name in names[:_LISTED])
    return f"{shown} and {len(names) - _LISTED:,} more" if len(names) > _LISTED else shown


def _nothing(left_out: Sequence[tuple[str, str]]) -> str:
    if not left_out:
        return "no files"
    name, why = left_out[0]
    return f"nothing that can be read: {name[:60]} and the like were left out ({why})"
