"""What an operator can set. Read from the environment by ``studio.config``, handed down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class CodePolicy:
    """Where people's Python may run; ``labeling.sandbox.policy`` decides by it.

    Attributes
    ----------
    logins
        Whether several people log in, so that an author is not the operator.
    level
        Lowest level of sandbox that an administrator asks for; None: nobody said.
    trusted_authors
        Whether an administrator lets code run without any sandbox.
    """

    logins: bool = False
    level: Literal["full", "kernel"] | None = None
    trusted_authors: bool = False


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
    sandbox_level
        Lowest level of sandbox that Python labeling functions may run in
        (``STUDIO_SANDBOX_LEVEL``); None: full with logins, kernel without.
    logins
        Whether people log in.
    user
        Name under which a single-user studio keeps annotations (``STUDIO_USER``).
    import_folder
        Folder on the server that editors may import from (``STUDIO_IMPORT_FOLDER``): saved data
        sets and SQLite files. None: no folder at all.
    """

    home: Path
    database_url: str
    worker: Literal["child", "external"] = "child"
    executor_id: str = "local"
    trusted_authors: bool = False
    user: str = "me"
    sandbox_level: Literal["full", "kernel"] | None = None
    logins: bool = False
    import_folder: Path | None = None

    @property
    def code_policy(self) -> CodePolicy:
        """Where Python labeling functions may run."""
        return CodePolicy(self.logins, self.sandbox_level, self.trusted_authors)
