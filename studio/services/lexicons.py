"""Lexicons of a project: save, list, put away, and who uses them."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from studio.core.errors import BadFile, Invalid
from studio.core.lexicons import MAX_TERMS, Lexicon
from studio.core.options import parse_options
from studio.core.schema import LabelSchema
from studio.core.users import Role, User
from studio.importers.decoding import encoding_of
from studio.labeling.base import kinds
from studio.storage.lexicons import LexiconVersion
from studio.storage.store import Store

MAX_TERM = 200
"""Characters of a term."""

MAX_BYTES = 32 << 20
"""Of a file of terms: 200,000 long ones fit."""

_SHOWN = 3
_HEADINGS = frozenset({"term", "terms", "word", "words", "value", "keyword", "phrase"})


def save(store: Store, actor: User, project_id: int, lexicon: Lexicon) -> LexiconVersion:
    """Save a lexicon as its next version; votes that rest on it become stale.

    Raises
    ------
    Invalid
        If a term has a label that the project does not.
    """
    actor.require(Role.EDITOR)
    schema = store.projects.get(project_id).schema
    known = {name: schema.name_of(schema.index_of(name)) for name in set(lexicon.labels) if name}
    labels = tuple(known[name] if name else None for name in lexicon.labels)
    return store.lexicons.save(
        project_id, Lexicon(lexicon.name, lexicon.terms, labels), actor.name
    )


def save_text(
    store: Store, actor: User, project_id: int, *, name: str, text: str
) -> LexiconVersion:
    """Save what was pasted or typed: a term a line, with a comma and a label or without.

    Raises
    ------
    Invalid
        If the name cannot be imported in Python, or with the lines that are wrong.
    """
    terms, labels = parse_text(text, store.projects.get(project_id).schema)
    # Python reads names in this form, too.
    clean = unicodedata.normalize("NFKC", name.strip())
    return save(store, actor, project_id, Lexicon(clean, terms, labels))


def read_file(data: bytes) -> str:
    """Return the text of an uploaded file of terms; its encoding is found out.

    Raises
    ------
    BadFile
        If it is too large, or no text.
    """
    if len(data) > MAX_BYTES:
        raise BadFile(
            f"The file has {len(data) >> 20} MB; a lexicon may have {MAX_BYTES >> 20} MB."
        )
    encoding = encoding_of(data[: 1 << 20])
    if encoding is None:
        raise BadFile("The file holds binary data, not text. Save it as .txt or .csv.")
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile(
            f"Line {line} holds bytes that are no {encoding.upper()}. Save the file as UTF-8."
        ) from error


def parse_text(text: str, schema: LabelSchema) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    """Return terms and their labels (None where a line names none).

    Parameters
    ----------
    text
        One term a line, then a comma or a tab and a label if the term speaks for one. A term with
        a comma is put in double quotes. A heading (``term,label``), empty lines and repeated
        terms are skipped.
    schema
        The labels that lines may name.

    Raises
    ------
    Invalid
        With the first lines that are wrong and what is wrong with them.
    """
    found: dict[str, tuple[int, str | None]] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or (number == 1 and _is_heading(line)):
            continue
        try:
            term, label = _read_line(line, schema)
            _add(found, term, label, number)
        except Invalid as problem:
            problems.append(f"Line {number}: {problem}")
        if len(found) > MAX_TERMS:
            raise Invalid(
                f"There are more than {MAX_TERMS:,} terms. Split them into several lists."
            )
    if problems:
        more = len(problems) - _SHOWN
        rest = [f"{more} more lines are wrong."] if more > 0 else []
        raise Invalid(" ".join([*problems[:_SHOWN], *rest]))
    if not found:
        raise Invalid("There are no terms. Write one a line.")
    return tuple(found), tuple(label for _, label in found.values())


def list_lexicons(store: Store, project_id: int) -> list[Lexicon]:
    """Return the lexicons of a project as they are now, by name."""
    return [version.lexicon for version in store.lexicons.list(project_id)]


def get(store: Store, project_id: int, name: str) -> Lexicon:
    """Return a lexicon as it is now.

    Raises
    ------
    NotFound
        If there is none of this name; the message names those there are.
    """
    return store.lexicons.get(project_id, name).lexicon


def versions(store: Store, project_id: int, name: str) -> list[LexiconVersion]:
    """Return all versions of a lexicon, the newest first."""
    return store.lexicons.versions(project_id, name)


def usage(store: Store, project_id: int) -> dict[str, tuple[str, ...]]:
    """Return which labeling functions rest on each lexicon, by its name."""
    users: dict[str, list[str]] = {name: [] for name in store.lexicons.fingerprints(project_id)}
    for function in store.functions.list(project_id):
        kind = kinds.get(function.kind)
        options = parse_options(kind.Options, dict(function.options), what=function.name)
        for needed in kind().inputs(options):
            sort, _, name = needed.partition(":")
            if sort == "lexicon":
                users.setdefault(name, []).append(function.name)
    return {name: tuple(names) for name, names in users.items()}


def delete(store: Store, actor: User, project_id: int, name: str) -> None:
    """Put a lexicon away; :func:`restore` brings it back.

    Raises
    ------
    Invalid
        If labeling functions use it; names them.
    """
    actor.require(Role.EDITOR)
    users: Sequence[str] = usage(store, project_id).get(name, ())
    if users:
        raise Invalid(
            f"The lexicon {name!r} is used by {', '.join(users[:5])}. Delete or change what uses "
            "it first."
        )
    store.lexicons.delete(project_id, name)


def restore(store: Store, actor: User, project_id: int, name: str) -> None:
    """Bring a deleted lexicon back."""
    actor.require(Role.EDITOR)
    store.lexicons.restore(project_id, name)


def _read_line(line: str, schema: LabelSchema) -> tuple[str, str | None]:
    separator = "\t" if "\t" in line.strip() else ","
    try:
        cells = next(csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise Invalid(f"{line.strip()[:40]!r} cannot be read ({error}).") from error
    term = " ".join(cells[0].split())
    given = [cell.strip() for cell in cells[1:]]
    while given and not given[-1]:
        given.pop()
    if not term:
        raise Invalid("there is no term before the label.")
    if len(term) > MAX_TERM:
        raise Invalid(f"the term has {len(term)} characters; at most {MAX_TERM} are allowed.")
    if len(given) > 1:
        raise Invalid(
            f"{line.strip()[:40]!r} has {len(given) + 1} parts; write a term and at most one "
            "label, and put a term with a comma in double quotes."
        )
    if not given:
        return term, None
    try:
        return term, schema.name_of(schema.index_of(given[0]))
    except Invalid as error:
        raise Invalid(f"{error} Put a term with a comma in double quotes.") from error


def _add(
    found: dict[str, tuple[int, str | None]], term: str, label: str | None, number: int
) -> None:
    first, known = found.setdefault(term, (number, label))
    if known != label:
        raise Invalid(
            f"{term[:40]!r} has the label {label or 'none'} here and {known or 'none'} in line "
            f"{first}; keep one."
        )


def _is_heading(line: str) -> bool:
    cells = [cell.strip().strip('"').lower() for cell in line.replace("\t", ",").split(",")]
    return len(cells) == 2 and cells[0] in _HEADINGS and cells[1] in ("label", "labels")
