"""All tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from studio.storage.columns import Id, UtcTime, Words

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _project() -> Column[int]:
    return Column("project_id", Id, ForeignKey("projects.id"), nullable=False, index=True)


projects: Final = Table(
    "projects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("n_docs", BigInteger, nullable=False),
    # No foreign key: projects and fits would refer to each other.
    Column("chosen_fit", Id),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
)

shards: Final = Table(
    "shards",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("first_doc_id", BigInteger, nullable=False),
    Column("n_docs", Integer, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("path", Words, nullable=False),  # relative to the studio's home
    # One int8 a document: facts that change, unlike the texts, and small enough for a row.
    Column("splits", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("project_id", "first_doc_id"),
)

functions: Final = Table(
    "functions",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("name", Words, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Index(
        "uq_functions_living_name",
        "project_id",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

function_versions: Final = Table(
    "function_versions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("function_id", Id, ForeignKey("functions.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("options", JSON, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("function_id", "version"),
)

entries: Final = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("kind", Words, nullable=False),
    Column("annotator", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    Column("path", Words),  # of imported gold, relative to the studio's home
)

answers: Final = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("entry_id", Id, ForeignKey("entries.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("doc_id", BigInteger, nullable=False),
    Column("label", SmallInteger),
    Column("status", Words, nullable=False),
    UniqueConstraint("project_id", "key"),
    Index("ix_answers_project_id_doc_id", "project_id", "doc_id"),
)

fits: Final = Table(
    "fits",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("name", Words, nullable=False),
    Column("options", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("votes_fingerprint", Words, nullable=False),
    Column("lf_names", JSON, nullable=False),
    Column("weak_labels", Words, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("lf_weights", JSON, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), index=True),
    Column("kind", Words, nullable=False),
    Column("lane", Words, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("state", Words, nullable=False, index=True),
    Column("progress", Float, nullable=False),
    Column("message", Words, nullable=False),
    Column("executor_id", Words),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("heartbeat_at", UtcTime),
    Column("cancel_requested", Boolean, nullable=False),
    Column("category", Words),
    Column("error", Words),
    Column("result", JSON, nullable=False),
)

runs: Final = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("name", Words, nullable=False),
    Column("method", Words, nullable=False),
    Column("targets", Words, nullable=False),
    Column("options", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("training_set", Words, nullable=False),
    Column("provenance", JSON, nullable=False),
    Column("state", Words, nullable=False),
    Column("job_id", Id, ForeignKey("jobs.id")),
    Column("metrics", JSON, nullable=False),
    Column("artifact", Words),
    Column("category", Words),
    Column("error", Words),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
)

points: Final = Table(
    "points",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Words, primary_key=True),
    # SQLite keeps a value that is no number as NULL.
    Column("value", Float),
    Column("at", Float, nullable=False),
)

workers: Final = Table(
    "workers",
    metadata,
    Column("executor_id", Words, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("host", Words, nullable=False),
    Column("sandbox_tier", Words, nullable=False),
    Column("beat_at", UtcTime, nullable=False),
)

uploads: Final = Table(
    "uploads",
    metadata,
    Column("id", Words, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("name", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

events: Final = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("at", UtcTime, nullable=False),
    Column("actor", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("detail", Words, nullable=False),
)

lexicons: Final = Table(
    "lexicons",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("name", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    UniqueConstraint("project_id", "name", "version"),
)

slices: Final = Table(
    "slices",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("name", Words, nullable=False),
    Column("filter", JSON, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Index(
        "uq_slices_living_name",
        "project_id",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

pins: Final = Table(
    "pins",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("function_id", Id, ForeignKey("functions.id"), nullable=False, index=True),
    Column("doc_id", BigInteger, nullable=False),
    # The label that the function must vote for; NULL: it must abstain.
    Column("label", SmallInteger),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Index(
        "uq_pins_living_document",
        "function_id",
        "doc_id",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

endpoints: Final = Table(
    "endpoints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("model", Words, nullable=False),
    # The environment variable that holds the key: no secret is ever kept in a table.
    Column("key_variable", Words, nullable=False),
    Column("price_in", Float, nullable=False),
    Column("price_out", Float, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Index(
        "uq_endpoints_living_name",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

completions: Final = Table(
    "completions",
    metadata,
    Column("key", Words, primary_key=True),
    _project(),
    Column("answer", Words, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cost", Float, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

masked: Final = Table(
    "masked",
    metadata,
    Column("id", Id, primary_key=True),
    _project(),
    Column("doc_id", BigInteger, nullable=False),
    # What stands in the text in place of ``value``.
    Column("token", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("value", Words, nullable=False),
    Index("ix_masked_project_id_doc_id", "project_id", "doc_id"),
)

project_settings: Final = Table(
    "project_settings",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("name", Words, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_by", Words, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)
