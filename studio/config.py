"""Settings from the environment: what each variable means, its default, and its rules."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from studio.core.errors import Invalid
from studio.core.settings import Settings

DEFAULT_HOME: Final = "~/.weft"
DEFAULT_USER: Final = "me"
MAX_NAME_LENGTH: Final = 100

_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name, its default in words, and what it does."""

    name: str
    default: str
    help: str


def describe() -> tuple[Variable, ...]:
    """Return every variable that :func:`load_settings` reads."""
    return (
        Variable("STUDIO_HOME", DEFAULT_HOME, "Folder of everything that Weft keeps."),
        Variable(
            "STUDIO_DATABASE_URL",
            "a SQLite file in the home",
            "Database, as sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. A team needs "
            "PostgreSQL.",
        ),
        Variable(
            "STUDIO_WORKER",
            "child",
            "child: the web server starts a worker and stops it again. external: you run "
            "python -m studio worker yourself.",
        ),
        Variable(
            "STUDIO_EXECUTOR_ID",
            "the host's name",
            "Name of this machine's worker. Keep it stable, so that a restarted worker goes on "
            "with its jobs, and different on each machine.",
        ),
        Variable(
            "STUDIO_TRUSTED_AUTHORS",
            "no",
            "yes: Python labeling functions may run where no sandbox can be had. Only for "
            "studios whose users you would give a login on the machine.",
        ),
        Variable(
            "STUDIO_SANDBOX_LEVEL",
            "full with logins, kernel without",
            "Lowest level of sandbox for Python labeling functions: full, or kernel (Landlock and "
            "seccomp without bubblewrap). python -m studio doctor says what this machine has.",
        ),
        Variable(
            "STUDIO_USER",
            DEFAULT_USER,
            "Name under which a studio of one person keeps annotations.",
        ),
        Variable(
            "STUDIO_IMPORT_FOLDER",
            "none",
            "Folder on the server from which editors may import saved data sets and SQLite files. "
            "Everything in it can be read by every editor.",
        ),
    )


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment asks for; an empty variable counts as unset.

    Parameters
    ----------
    environ
        The process's own environment by default.

    Raises
    ------
    Invalid
        If a variable has a value that it cannot have.
    """
    variables = os.environ if environ is None else environ
    given = {name: value.strip() for name, value in variables.items() if value.strip()}
    home = _home(given.get("STUDIO_HOME", DEFAULT_HOME))
    return Settings(
        home=home,
        database_url=_database_url(given.get("STUDIO_DATABASE_URL"), home),
        worker=_worker(given.get("STUDIO_WORKER", "child")),
        executor_id=_name("STUDIO_EXECUTOR_ID", given.get("STUDIO_EXECUTOR_ID", _host())),
        trusted_authors=_flag("STUDIO_TRUSTED_AUTHORS", given.get("STUDIO_TRUSTED_AUTHORS", "no")),
        sandbox_level=_sandbox_level(given.get("STUDIO_SANDBOX_LEVEL")),
        user=_name("STUDIO_USER", given.get("STUDIO_USER", DEFAULT_USER)),
        import_folder=_import_folder(given.get("STUDIO_IMPORT_FOLDER")),
    )


def _home(value: str) -> Path:
    try:
        home = Path(value).expanduser().absolute()
    except RuntimeError as error:
        raise Invalid(
            f"STUDIO_HOME is {value!r}, but the user it names has no home folder. "
            "Give a whole path."
        ) from error
    if home.exists() and not home.is_dir():
        raise Invalid(f"STUDIO_HOME is {value!r}, which is a file. Name a folder.")
    return home


def _import_folder(value: str | None) -> Path | None:
    if value is None:
        return None
    folder = Path(value)
    if not folder.is_absolute() or not folder.is_dir():
        raise Invalid(
            f"STUDIO_IMPORT_FOLDER is {value!r}, which is no folder. Give the whole path of a "
            "folder that exists, or leave the variable out."
        )
    return folder


def _database_url(value: str | None, home: Path) -> str:
    if value is None:
        return f"sqlite:///{home / 'weft.db'}"
    scheme, separator, rest = value.partition("://")
    kind = scheme.partition("+")[0]
    if not separator or kind not in ("sqlite", "postgresql", "postgres") or not rest.strip("/"):
        # The value may hold a password, so only its beginning is repeated.
        raise Invalid(
            f"STUDIO_DATABASE_URL begins with {scheme[:20]!r}; it must be sqlite:///PATH or "
            "postgresql://USER:PASSWORD@HOST/NAME."
        )
    if kind == "sqlite":
        return value
    return f"postgresql+psycopg://{rest}"


def _worker(value: str) -> Literal["child", "external"]:
    if value == "child":
        return "child"
    if value == "external":
        return "external"
    raise Invalid(f"STUDIO_WORKER is {value[:40]!r}; use child or external.")


def _sandbox_level(value: str | None) -> Literal["full", "kernel"] | None:
    if value is None:
        return None
    if value == "full":
        return "full"
    if value == "kernel":
        return "kernel"
    raise Invalid(f"STUDIO_SANDBOX_LEVEL is {value[:40]!r}; use full or kernel.")


def _flag(name: str, value: str) -> bool:
    if value.casefold() in _YES:
        return True
    if value.casefold() in _NO:
        return False
    raise Invalid(f"{name} is {value[:40]!r}; use yes or no.")


def _name(variable: str, value: str) -> str:
    if len(value) > MAX_NAME_LENGTH or not value.isprintable():
        raise Invalid(
            f"{variable} is {value[:40]!r}; use 1 to {MAX_NAME_LENGTH} printable characters."
        )
    return value


def _host() -> str:
    return re.sub(r"[^\w.-]", "-", socket.gethostname())[:MAX_NAME_LENGTH] or "local"
