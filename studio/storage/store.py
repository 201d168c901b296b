"""Everything that a studio keeps, in one object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from studio.core.settings import Settings
from studio.storage.annotations import Annotations
from studio.storage.arrays import Arrays
from studio.storage.artifacts import Artifacts
from studio.storage.completions import Completions
from studio.storage.database import Database
from studio.storage.documents import Documents
from studio.storage.endpoints import Endpoints
from studio.storage.events import Events
from studio.storage.explanations import Explanations
from studio.storage.fits import Fits
from studio.storage.functions import Functions
from studio.storage.jobs import Jobs
from studio.storage.lexicons import Lexicons
from studio.storage.masked import Masked
from studio.storage.migrating import migrate as migrate_tables
from studio.storage.pins import Pins
from studio.storage.project_settings import ProjectSettings
from studio.storage.projects import Projects
from studio.storage.runs import Runs
from studio.storage.slices import Slices
from studio.storage.sweeping import sweep_leftovers
from studio.storage.uploads import Uploads
from studio.storage.votes import VoteColumns
from studio.storage.workers import Workers


class Store:
    """The tables and folders of one studio. One object serves all threads of a process.

    Everything that is written inside of :meth:`transaction` comes in at once or not at all.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        home = settings.home
        self.settings = settings
        self.database = database
        self.projects = Projects(database)
        self.documents = Documents(database, self.projects, home)
        self.votes = VoteColumns(home)
        self.arrays = Arrays(home / "arrays")
        self.functions = Functions(database, self.projects)
        self.pins = Pins(database, self.projects)
        self.lexicons = Lexicons(database, self.projects)
        self.annotations = Annotations(database, self.projects, home)
        self.fits = Fits(database, self.projects)
        self.runs = Runs(database, self.projects)
        self.slices = Slices(database, self.projects)
        self.jobs = Jobs(database, self.projects)
        self.workers = Workers(database)
        self.uploads = Uploads(database, self.projects, home / "uploads")
        self.explanations = Explanations(home / "explanations")
        self.artifacts = Artifacts(home)
        self.events = Events(database)
        self.endpoints = Endpoints(database)
        self.completions = Completions(database)
        self.masked = Masked(database)
        self.project_settings = ProjectSettings(database, self.projects)

    @classmethod
    def open(cls, settings: Settings, migrate: bool = True) -> Store:
        """Open the studio that the settings name; a new one is made.

        Parameters
        ----------
        settings
            Whose ``home`` and ``database_url`` count.
        migrate
            Whether to bring the tables up to date. Several processes may do so at once.

        Raises
        ------
        Invalid
            If the database URL is none that Weft can use.
        Unavailable
            If the database cannot be reached, or was made by a newer version.
        """
        # Texts of people lie here: nobody else on the machine needs to read them.
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(settings.database_url)
        if migrate:
            try:
                migrate_tables(database)
            except BaseException:
                database.close()
                raise
        return cls(settings, database)

    def close(self) -> None:
        """Give all connections back. The store must not be used afterwards."""
        self.database.close()

    def sweep(self, older_than: timedelta = timedelta(days=1)) -> int:
        """Remove what killed processes left behind; see :func:`sweep_leftovers`."""
        return sweep_leftovers(self.home, older_than)

    @property
    def home(self) -> Path:
        """The folder of everything."""
        return self.settings.home

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside at once or not at all; see ``Database.transaction``."""
        with self.database.transaction():
            yield
