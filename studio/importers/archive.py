"""Archives: many files of text, a document each, or tables of one format, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from studio.core.documents import MAX_TEXT_LENGTH, Split
from studio.core.errors import BadFile, Invalid
from studio.core.options import Options, option
from studio.importers.archive_plan import Plan, make_plan
from studio.importers.base import Detection, FileHead, Importer, importers
from studio.importers.decoding import Encoding, encoding_of
from studio.importers.packs import Entry, Pack, common_folders, is_tar, is_zip, open_pack
from studio.importers.places import Place, open_bytes
from studio.importers.rows import Remarks, text_schema, to_batches

_OFFICE: Final = ("[Content_Types].xml", "mimetype")
_LISTED: Final = 5


class ArchiveOptions(Options):
    """Options of archives."""

    content: Literal[
        "auto", "texts", "csv", "excel", "json", "jsonl", "parquet", "text", "wrench"
    ] = option(
        "auto",
        title="Files inside",
        help="texts: each file is a document. A format: each file is a table of it, and their "
        "rows follow each other. auto takes what most files are.",
    )
    encoding: Encoding = option(
        "auto",
        title="Encoding",
        help="How letters are written as bytes; auto looks at each file.",
    )


@importers.register("archive")
class Archive(Importer):
    """Files of text with their folders, or tables one after the other."""

    title = "Zip or tar archive"
    summary = "Text files, a document each with its folder, or tables of one format."
    Options = ArchiveOptions
    extensions = (".zip", ".tar", ".tgz")
    example = "ham/1.txt     Great song, love it\nspam/1.txt    Subscribe to my channel\n"

    def read(
        self, path: Place, options: ArchiveOptions, *, limit: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Iterate over the files in their order; nothing is unpacked to where it says."""
        with open_pack(path) as pack:
            plan = make_plan(pack.entries, options.content)
            if plan.format is None:
                yield from _texts(pack, plan, options, limit)
            else:
                importer = importers.get(plan.format)(self.waiting)
                yield from _tables(pack, plan, importer, options=options, limit=limit)

    def recognize(self, head: FileHead) -> Detection | None:
        """Recognize by content; documents of office programs are zip archives too, and none."""
        if not is_tar(head.start) and not (head.start.startswith(b"PK") and is_zip(head.path)):
            if head.suffix in self.extensions:
                raise BadFile(f"The file {head.name[:60]!r} is no archive, or a damaged one.")
            return None
        with open_pack(head.path) as pack:
            if any(entry.name in _OFFICE for entry in pack.entries):
                return None
            plan = make_plan(pack.entries, "auto")
        n = len(plan.entries)
        inside = "texts" if plan.format is None else f"{importers.get(plan.format).title} files"
        note = f"An archive of {n:,} {inside if n > 1 else inside.removesuffix('s')}."
        return Detection("archive", {}, note, 0.99)

    def size(self, path: Place) -> int:
        """Return how many bytes the files have, unpacked."""
        with open_pack(path) as pack:
            return sum(entry.size for entry in pack.entries)


def _texts(
    pack: Pack, plan: Plan, options: ArchiveOptions, limit: int | None
) -> Iterator[pa.RecordBatch]:
    folders, splits = _where(plan.entries)
    names = ["text", "file", "folder", *(["split"] if splits else [])]
    schema = Remarks(plan.notes, located_by="file").attach(text_schema(names))

    def rows() -> Iterator[list[str]]:
        for entry, place in pack.walk(plan.entries[:limit]):
            text = _text_of(entry, place, options.encoding)
            row = [text, entry.name, folders[entry.number]]
            yield [*row, splits[entry.number]] if splits else row

    yield from to_batches(rows(), schema)


def _text_of(entry: Entry, place: Place, encoding: str) -> str:
    longest = 4 * MAX_TEXT_LENGTH + 4  # bytes; no encoding needs more for a character
    try:
        with open_bytes(place) as stream:
            data = stream.read(longest + 1)
    except BadFile as error:
        raise _inside(entry, error) from error
    if len(data) > longest:
        raise BadFile(
            f"The file {entry.name[:80]!r} has more than {MAX_TEXT_LENGTH:,} characters. "
            "Split it into several documents."
        )
    chosen = encoding if encoding != "auto" else encoding_of(data)
    if chosen is None:
        raise BadFile(
            f"The file {entry.name[:80]!r} holds binary data, not text. Leave it out of the "
            "archive."
        )
    try:
        text = data.decode("utf-8-sig" if chosen == "utf-8" else chosen)
    except UnicodeError as error:
        raise BadFile(
            f"The file {entry.name[:80]!r} is not {chosen} throughout. Choose another encoding, "
            "or save it as UTF-8."
        ) from error
    return text.rstrip("\r\n")


def _tables(
    pack: Pack, plan: Plan, importer: Importer, *, options: ArchiveOptions, limit: int | None
) -> Iterator[pa.RecordBatch]:
    parsed = _options_inside(importer, options)
    columns = _columns(pack, plan, importer, parsed, limit=limit)
    _, splits = _where(plan.entries)
    every = list(dict.fromkeys(itertools.chain.from_iterable(columns.values())))
    place_name = _free("file", every)
    own_split = ["split"] if splits and "split" not in every else []
    notes = (*plan.notes, *_missing_columns(plan.entries, columns, every))
    remarks = Remarks(notes, located_by=place_name)
    schema = remarks.attach(text_schema([*every, place_name, *own_split]))
    left, empty = limit, True
    for entry, place in pack.walk(plan.entries):
        added = {place_name: entry.name} | {name: splits[entry.number] for name in own_split}
        for batch in _read_inside(importer, parsed, entry, place, limit=left):
            left = None if left is None else left - batch.num_rows
            if batch.num_rows:
                empty = False
                yield _widened(batch, added, schema)
        if left is not None and left <= 0:
            return
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=schema)


def _options_inside(importer: Importer, options: ArchiveOptions) -> Any:
    known = importer.Options.model_fields
    return importer.Options(**({"encoding": options.encoding} if "encoding" in known else {}))


def _columns(
    pack: Pack, plan: Plan, importer: Importer, parsed: Any, *, limit: int | None
) -> Mapping[int, tuple[str, ...]]:
    """Return the columns of each table, by the number of its file.

    Below a limit the rows up to there decide, so that a preview need not read all.
    """
    found = {}
    for entry, place in pack.walk(plan.entries):
        importer.waiting()
        try:
            found[entry.number] = (
                importer.columns(place, parsed)
                if limit is None
                else tuple(next(iter(importer.read(place, parsed, limit=limit))).schema.names)
            )
        except Invalid as error:
            raise _inside(entry, error) from error
    return found


def _read_inside(
    importer: Importer, parsed: Any, entry: Entry, place: Place, *, limit: int | None
) -> Iterator[pa.RecordBatch]:
    try:
        yield from importer.read(place, parsed, limit=limit)
    except Invalid as error:
        raise _inside(entry, error) from error


def _widened(batch: pa.RecordBatch, added: Mapping[str, str], schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with all columns of the archive, as text."""
    n = batch.num_rows
    have = set(batch.schema.names)
    arrays = []
    for name in schema.names:
        if name in have and name not in added:
            arrays.append(pc.cast(batch.column(name), pa.string()))
        else:
            arrays.append(pa.array([added.get(name)] * n, pa.string()))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _missing_columns(
    entries: Sequence[Entry], columns: Mapping[int, tuple[str, ...]], every: Sequence[str]
) -> Iterator[str]:
    for name in every:
        lacking = [entry.name for entry in entries if name not in columns[entry.number]]
        if lacking:
            files = ", ".join(repr(file[:60]) for file in lacking[:_LISTED])
            more = f" and {len(lacking) - _LISTED:,} more" if len(lacking) > _LISTED else ""
            yield f"The column {name[:60]!r} is empty for files that lack it: {files}{more}."


def _where(entries: Sequence[Entry]) -> tuple[dict[int, str], dict[int, str]]:
    """Return folder and split of each file, by its number; no splits unless all files name one.

    The split is a folder or the file itself called train, dev or test (or a usual synonym); the
    folder is what is left of the path without it and without the folders that all files share.
    """
    shared = common_folders([entry.name for entry in entries])
    folders, splits = {}, {}
    for entry in entries:
        *inside, file = entry.name.split("/")
        named = [part for part in (*inside, file.split(".")[0]) if _is_split(part)]
        if named:
            splits[entry.number] = named[0]
        rest = inside[shared:]
        if named and named[0] in rest:
            rest.remove(named[0])
        folders[entry.number] = "/".join(rest)
    return folders, splits if len(splits) == len(entries) else {}


def _is_split(part: str) -> bool:
    try:
        Split.parse(part)
    except Invalid:
        return False
    return True


def _free(name: str, taken: Sequence[str]) -> str:
    names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
    return next(one for one in names if one not in taken)


def _inside(entry: Entry, error: Exception) -> BadFile:
    return BadFile(f"In the file {entry.name[:80]!r}: {error}")
