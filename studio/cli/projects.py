"""Commands about projects."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli import output
from studio.config import load_settings
from studio.core.users import User
from studio.storage.store import Store

project_app = typer.Typer(help="Projects of this studio.", no_args_is_help=True)


@project_app.command("list")
def list_command(
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List all projects with what they hold."""
    from studio.services import projects

    store = Store.open(load_settings())
    try:
        cards = projects.list_projects(store)
    finally:
        store.close()
    rows = [
        {
            "id": card.project.project_id,
            "name": card.project.name,
            "labels": list(card.project.schema.names),
            "documents": card.n_documents,
            "labeling_functions": card.n_functions,
            "coverage": card.coverage,
            "label_model": card.weak_labels,
            "annotations": card.n_annotations,
            "runs": card.n_runs,
            "next_step": card.next_step.sentence,
        }
        for card in cards
    ]
    if json:
        output.print_json(rows)
        return
    if not rows:
        typer.echo("No projects yet. Make one in the browser, or run: python -m studio demo")
    for row in rows:
        typer.echo(
            f"{row['id']:>4}  {row['name']:<30}  {row['documents']} documents, "
            f"{row['labeling_functions']} labeling functions, {row['runs']} runs"
        )


def demo(
    json: Annotated[bool, typer.Option("--json", help="Print the project as JSON.")] = False,
) -> None:
    """Make the sample project: import, apply its labeling functions, fit the label model."""
    from studio.jobs.queue import run_pending
    from studio.services import handlers, projects  # noqa: F401

    settings = load_settings()
    store = Store.open(settings)
    try:
        project_id = projects.create_sample_project(store, User(settings.user))
        run_pending(store)
        card = projects.overview(store, project_id)
    finally:
        store.close()
    if json:
        output.print_json(
            {
                "id": project_id,
                "name": card.project.name,
                "documents": card.n_documents,
                "coverage": card.coverage,
                "label_model": card.weak_labels,
            }
        )
        return
    typer.echo(
        f"The project {card.project.name!r} is ready: {card.n_documents} documents, "
        f"{card.n_functions} labeling functions, label model {card.weak_labels}. "
        "See it with: streamlit run app.py"
    )
