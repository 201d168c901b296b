"""The family of sources that are no files: rows from elsewhere, written as Parquet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final

import pyarrow as pa

from studio.core.errors import BadFile, Forbidden, Invalid
from studio.core.jobs import Progress
from studio.core.registry import Member, Registry

DEFAULT_LIMIT: Final = 1_000_000
MAX_LIMIT: Final = 50_000_000


@dataclass(frozen=True)
class Reach:
    """What on this machine a source may read.

    ``folder`` is the one that an administrator opened to editors, None without one; ``home`` is
    the studio's own, which is never read.
    """

    folder: Path | None
    home: Path

    def allow(self, path: str) -> Path:
        """Return the real path of a file or folder that may be read.

        Raises
        ------
        Forbidden
            If no folder is open to editors, or the path leads out of it or into the studio's own.
        Invalid
            If there is nothing.
        """
        if self.folder is None:
            raise Forbidden(
                "No folder of the server is open to imports. An administrator can name one by "
                "STUDIO_IMPORT_FOLDER."
            )
        found = (self.folder / path).resolve()
        home = self.home.resolve()
        if not found.is_relative_to(self.folder.resolve()) or found.is_relative_to(home):
            raise Forbidden(
                f"{path[:80]!r} is not in the folder that is open to imports. Name a path in it."
            )
        if home.is_relative_to(found) and found.is_dir():
            raise Forbidden(f"{path[:80]!r} holds the studio's own data. Name a folder inside it.")
        if not found.exists():
            raise Invalid(f"There is no {path[:80]!r} in the folder that is open to imports.")
        return found


@dataclass(frozen=True)
class Asked:
    """What a source is asked for, beside its options.

    ``secret`` is a password or token that is stored nowhere. ``waiting`` is called now and then
    while no row has come yet; it raises ``Canceled`` when somebody asked to stop.
    """

    reach: Reach
    secret: str = field(default="", repr=False)
    waiting: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Rows:
    """Rows on their way: how many there will be (None: nobody knows), and the batches.

    Each batch has the same schema of flat columns. ``notes`` are sentences for the user.
    """

    total: int | None
    batches: Iterator[pa.RecordBatch]
    notes: tuple[str, ...] = ()


class RowSource(Member, ABC):
    """One kind of place that rows come from.

    ``secret_title`` is what the source calls its password, "" where it has none. ``example`` shows
    what to fill in.
    """

    secret_title: ClassVar[str] = ""
    secret_help: ClassVar[str] = ""
    example: ClassVar[str]

    def separate(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Return raw options without the secret that somebody may have typed into them, and it."""
        return dict(values), ""

    @abstractmethod
    def check(self, options: Any, reach: Reach) -> None:
        """Refuse at once what cannot work, without asking anybody.

        Raises
        ------
        Invalid, Forbidden
            With a sentence that says what to do.
        """

    @abstractmethod
    def title_of(self, options: Any) -> str:
        """Return what the rows are called, without secrets: "imdb, train"."""

    @abstractmethod
    def open(self, options: Any, asked: Asked) -> Rows:
        """Begin to read.

        Raises
        ------
        Invalid, Forbidden, Unavailable
            If there is no such thing, it may not be read, or it cannot be reached. The iterator
            raises the same while it reads.
        """


sources: Registry[RowSource] = Registry("source", "studio.importers.sources", "huggingface")


def write_parquet(rows: Rows, target: BinaryIO, progress: Progress) -> int:
    """Write rows as Parquet and return how many; memory holds one batch.

    Raises
    ------
    BadFile
        If there is not one row.
    Canceled
        From ``progress``.
    """
    import pyarrow.parquet

    n = 0
    writer: Any = None
    try:
        for batch in rows.batches:
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(target, batch.schema, compression="zstd")
            writer.write_batch(batch)
            n += batch.num_rows
            # Without a total the bar creeps on: half of what is left every 100,000 rows.
            share = n / max(1, rows.total) if rows.total else 1 - 0.5 ** (n / 100_000)
            progress(min(0.99, share), f"{n:,} rows read")
    finally:
        if writer is not None:
            writer.close()
    if n == 0:
        raise BadFile("Not one row came. Check split, query and limit.")
    return n
