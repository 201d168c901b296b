"""Commands about the labeling functions of a project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from studio.cli import output
from studio.config import load_settings
from studio.core.errors import Invalid, NotFound
from studio.core.users import User
from studio.storage.store import Store

MAX_BYTES = 4 << 20
"""Bytes of a module that are read; people write a hundredth of it."""

functions_app = typer.Typer(help="Labeling functions of a project.", no_args_is_help=True)

Project = Annotated[str, typer.Argument(help="Number or name of the project.")]


@functions_app.command("export")
def export_command(
    project: Project,
    file: Annotated[Path, typer.Argument(help="Python file to write.")],
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Write all enabled labeling functions as one module that runs under plain Snorkel."""
    from studio.services import lf_module

    settings = load_settings()
    store = Store.open(settings)
    try:
        content, missing = lf_module.export_module(store, _find(store, project))
    finally:
        store.close()
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(file)
    except OSError as error:
        raise Invalid(
            f"{str(file)!r} cannot be written: {error.strerror}. Name another file."
        ) from error
    if json:
        output.print_json({"file": str(file), "not_exported": missing})
        return
    typer.echo(f"Written to {file}")
    for sentence in missing:
        typer.echo(sentence, err=True)


@functions_app.command("import")
def import_command(
    project: Project,
    file: Annotated[Path, typer.Argument(help="Python file with labeling functions.")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Save each labeling function of a module, new or as a new version."""
    from studio.services import lf_module

    code = _read(file)
    settings = load_settings()
    store = Store.open(settings)
    try:
        number, actor = _find(store, project), User(settings.user)
        if dry:
            found = lf_module.preview_module(store, number, code)
        else:
            found = lf_module.import_module(store, actor, number, code)
    finally:
        store.close()
    if json:
        output.print_json(
            {
                "new": list(found.new),
                "changed": list(found.changed),
                "unchanged": list(found.unchanged),
                "conflicts": dict(found.conflicts),
            }
        )
        return
    parts = {"new": found.new, "new version": found.changed, "unchanged": found.unchanged}
    for what, names in {**parts, "conflict": tuple(found.conflicts)}.items():
        for name in names:
            typer.echo(f"{what:<12} {name}")


def _find(store: Store, project: str) -> int:
    """Return the number of a project that is given by number or by name."""
    known = store.projects.list()
    named = [p.project_id for p in known if p.name == project]
    numbered = [p.project_id for p in known if project == str(p.project_id)]
    found = named or numbered
    if not found:
        raise NotFound(
            f"There is no project {project!r}. See them with: python -m studio project list"
        )
    if len(found) > 1:
        raise Invalid(
            f"{len(found)} projects are called {project!r}. Give the number instead: "
            f"{', '.join(map(str, found))}."
        )
    return found[0]


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Invalid(f"{str(file)!r} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise Invalid(f"{str(file)!r} is larger than {MAX_BYTES >> 20} MiB; that is no module.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{str(file)!r} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error
