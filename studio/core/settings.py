"""What an operator can set. Read from the environment by ``studio.config``, handed down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Settings:
    """Settings of the whole program.

    Attributes
    ----------
    home
        Folder of everything that Weft keeps (``STUDIO_HOME``).
    database_url
        SQLAlchemy URL (``STUDIO_DATABASE_URL``); a SQLite file in ``home`` by default.
    worker
        ``"child"``: the web server starts a worker; ``"external"``: somebody else does
        (``STUDIO_WORKER``).
    executor_id
        Stable name of this machine's worker (``STUDIO_EXECUTOR_ID``).
    trusted_authors
        Whether Python labeling functions may run where no sandbox can be had
        (``STUDIO_TRUSTED_AUTHORS``); such runs are stamped "unsandboxed".
    user
        Name under which a single-user studio keeps annotations (``STUDIO_USER``).
    """

    home: Path
    database_url: str
    worker: Literal["child", "external"] = "child"
    executor_id: str = "local"
    trusted_authors: bool = False
    user: str = "me"
