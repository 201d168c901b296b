"""Data sets of the Hugging Face hub, streamed, and data sets that were saved in a folder."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from studio.core.errors import Invalid, Unavailable
from studio.core.options import Options, option
from studio.importers.rows import BATCH_ROWS, as_text, check_columns
from studio.importers.sources.base import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Asked,
    Reach,
    Rows,
    RowSource,
    sources,
)

_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_READ_AT_ONCE: Final = 1000


class HuggingFaceOptions(Options):
    """Options of Hugging Face data sets: a name on the hub, or a folder on the server."""

    name: str = option("", title="Name on the hub", help="As OWNER/NAME or NAME.")
    config: str = option("", title="Configuration", help="Where the data set has several.")
    split: str = option("train", title="Split", help="train, validation, test, …", min_length=1)
    revision: str = option(
        "", title="Revision", help="Branch, tag or commit; empty takes the newest.", advanced=True
    )
    folder: str = option(
        "",
        title="Or a saved folder",
        help="A folder on the server, as save_to_disk writes it, inside of the folder that an "
        "administrator opened to imports.",
        advanced=True,
    )
    limit: int = option(
        DEFAULT_LIMIT, title="At most", help="Rows to read.", minimum=1, maximum=MAX_LIMIT
    )


@sources.register("huggingface")
class HuggingFace(RowSource):
    """Rows of a data set; numbers of labels become their names."""

    title = "Hugging Face data set"
    summary = "By its name on the hub, or from a folder that save_to_disk wrote."
    Options = HuggingFaceOptions
    secret_title = "Access token"
    secret_help = "For private and gated data sets; used for this import only and not kept."
    example = "stanfordnlp/imdb, split train"

    def check(self, options: HuggingFaceOptions, reach: Reach) -> None:
        """Refuse names that cannot be, and folders that are not open to imports."""
        if bool(options.name) == bool(options.folder):
            raise Invalid("Give either the name of a data set on the hub or a saved folder.")
        if options.folder:
            if not reach.allow(options.folder).is_dir():
                raise Invalid(f"{options.folder[:80]!r} is no folder. Name one.")
        elif not _NAME.fullmatch(options.name):
            raise Invalid(
                f"{options.name[:80]!r} is no name of a data set. Write OWNER/NAME, as in "
                "stanfordnlp/imdb."
            )

    def title_of(self, options: HuggingFaceOptions) -> str:
        """Return name, configuration and split."""
        parts = [options.name or options.folder.rstrip("/").rsplit("/", 1)[-1], options.config]
        return ", ".join([*(part for part in parts if part), options.split])

    def open(self, options: HuggingFaceOptions, asked: Asked) -> Rows:
        """Open the data set; from the hub only what is read is fetched."""
        self.check(options, asked.reach)
        asked.waiting()
        with _said_plainly(options):
            found = _saved(options, asked.reach) if options.folder else _hub(options, asked)
            features = dict(found.features or {})
            kept = [name for name, kind in features.items() if _is_flat(kind)]
            if features and not kept:
                raise Invalid("The data set has pictures or sounds only, and no text.")
            found = found.select_columns(kept) if features else found
            total = _total(found, options)
        dropped = [name for name in features if name not in kept]
        notes = [f"Left out, since it is no text: {', '.join(dropped)}."] if dropped else []
        names = {n: tuple(k.names) for n, k in features.items() if hasattr(k, "names")}
        batches = _batches(found.with_format("arrow"), names, options)
        return Rows(total, batches, tuple(notes))


def _hub(options: HuggingFaceOptions, asked: Asked) -> Any:
    import datasets
    from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES

    if options.name in _PACKAGED_DATASETS_MODULES:
        raise Invalid(f"{options.name!r} is a file format, not a data set. Upload the file.")
    # The prefix keeps a folder of that name in the worker's own folder from being read.
    return datasets.load_dataset(
        f"hf://datasets/{options.name}",
        options.config or None,
        split=options.split,
        revision=options.revision or None,
        streaming=True,
        # Never the token of the machine: it belongs to whoever runs the studio.
        token=asked.secret or False,
    )


def _saved(options: HuggingFaceOptions, reach: Reach) -> Any:
    import datasets

    found = datasets.load_from_disk(str(reach.allow(options.folder)), keep_in_memory=False)
    if not isinstance(found, Mapping):
        return found
    if options.split not in found:
        raise Invalid(
            f"The saved data set has no split {options.split!r}; it has "
            f"{', '.join(list(found)[:20])}."
        )
    return found[options.split]


def _is_flat(kind: Any) -> bool:
    if type(kind).__name__ in ("Image", "Audio", "Video", "Pdf", "Mesh", "Nifti"):
        return False
    return getattr(kind, "dtype", "") not in ("binary", "large_binary")


def _total(found: Any, options: HuggingFaceOptions) -> int | None:
    with contextlib.suppress(TypeError):  # a stream has no length
        return min(len(found), options.limit)
    splits = getattr(found.info, "splits", None) or {}
    known = getattr(splits.get(options.split), "num_examples", None)
    return min(int(known), options.limit) if known else None


def _batches(
    found: Any, label_names: Mapping[str, tuple[str, ...]], options: HuggingFaceOptions
) -> Iterator[pa.RecordBatch]:
    schema: pa.Schema | None = None
    left = options.limit
    with _said_plainly(options):
        for table in found.iter(min(_READ_AT_ONCE, BATCH_ROWS)):
            part = table.slice(0, left)
            schema = schema or _flat_schema(part.schema, label_names)
            for batch in part.combine_chunks().to_batches():
                yield _flat(batch, schema, label_names)
            left -= part.num_rows
            if left <= 0:
                return


def _flat_schema(schema: pa.Schema, label_names: Mapping[str, Sequence[str]]) -> pa.Schema:
    names = check_columns(schema.names)
    kinds = [
        pa.string() if field.name in label_names else _flat_type(field.type) for field in schema
    ]
    return pa.schema(list(zip(names, kinds, strict=True)))


def _flat_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_boolean(kind):
        return pa.bool_()
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return pa.int64()
    return pa.float64() if pa.types.is_floating(kind) else pa.string()


def _flat(
    batch: pa.RecordBatch, schema: pa.Schema, label_names: Mapping[str, Sequence[str]]
) -> pa.RecordBatch:
    arrays = []
    for name, column, field in zip(batch.schema.names, batch.columns, schema, strict=True):
        if name in label_names:
            arrays.append(_named(column, label_names[name]))
        elif pa.types.is_nested(column.type):
            arrays.append(pa.array([as_text(value) for value in column.to_pylist()], pa.string()))
        else:
            arrays.append(pc.cast(column, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _named(column: pa.Array, names: Sequence[str]) -> pa.Array:
    """Return the names of labels; -1 is how test sets say that there is none."""
    known = pc.and_(pc.greater_equal(column, 0), pc.less(column, len(names)))
    return pc.take(pa.array(names, pa.string()), pc.if_else(known, column, None))


@contextlib.contextmanager
def _said_plainly(options: HuggingFaceOptions) -> Iterator[None]:
    """Turn errors of the library into sentences."""
    what = repr((options.name or options.folder)[:80])
    import httpx2
    import huggingface_hub.errors as hub

    try:
        yield
    except (ConnectionError, TimeoutError, httpx2.HTTPError, hub.OfflineModeIsEnabled) as error:
        raise Unavailable(
            f"The Hugging Face hub cannot be reached for {what}: this machine seems to be "
            "offline. Save the data set elsewhere and bring it as a folder or a file."
        ) from error
    except hub.HfHubHTTPError as error:
        raise Unavailable(f"The hub did not give {what}: {_first_line(error)}.") from error
    except pa.ArrowException as error:
        raise Invalid(f"Rows of {what} do not fit together: {_first_line(error)}.") from error
    except (FileNotFoundError, ValueError, RuntimeError, OSError, KeyError) as error:
        raise Invalid(
            f"The data set {what} cannot be read: {_first_line(error)}. Check name, "
            "configuration and split."
        ) from error


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")
