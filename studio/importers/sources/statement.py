"""Is this one SELECT? Looked at from the outside, before any database sees it."""

from __future__ import annotations

import re
from typing import Final

from studio.core.errors import Invalid

MAX_LENGTH: Final = 100_000

_PIECES: Final = re.compile(
    r"""
      (?P<space>    \s+ )
    | (?P<comment>  --[^\n]* | /\*.*?\*/ )
    | (?P<quoted>   '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] )
    | (?P<dollar>   \$\w*\$ )
    | (?P<end>      ; )
    | (?P<word>     \w+ )
    | (?P<open>     ['"`] | /\* )
    | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)


def one_select(statement: str) -> str:
    """Return a statement without its semicolon, if it is one SELECT or WITH.

    What cannot be told from the outside (a string between dollars) is refused, so that nothing
    can hide a second statement. The database itself is opened for reading only; this is for a
    clear sentence, and for databases whose drivers take several statements.

    Raises
    ------
    Invalid
        If it is anything else.
    """
    if len(statement) > MAX_LENGTH:
        raise Invalid(f"The query has more than {MAX_LENGTH:,} characters. Make it shorter.")
    first, end = "", len(statement)
    for piece in _PIECES.finditer(statement):
        kind = piece.lastgroup
        if kind == "comment" and "/*" in piece.group()[2:]:
            raise Invalid("The query has a comment inside a comment. Take one of them out.")
        if kind in ("space", "comment"):
            continue
        if end < len(statement):
            raise Invalid(
                "The query holds more than one statement. Write one SELECT; nothing may follow "
                "its semicolon."
            )
        if kind == "end":
            end = piece.start()
        elif kind == "dollar":
            raise Invalid("The query quotes a text by dollars. Write it between single quotes.")
        elif kind == "open":
            raise Invalid(
                f"A quote or comment that opens in line {_line(statement, piece.start())} of the "
                "query is never closed. Close it."
            )
        first = first or piece.group()
    if first.upper() not in ("SELECT", "WITH"):
        raise Invalid(
            f"The query begins with {first[:20]!r}. Only SELECT and WITH … SELECT are allowed: "
            "an import reads and changes nothing."
        )
    return statement[:end].rstrip()


def _line(statement: str, at: int) -> int:
    return statement.count("\n", 0, at) + 1
