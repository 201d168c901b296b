"""All commands of ``python -m studio``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from studio.cli import output
from studio.cli.bench import bench_app
from studio.cli.functions import functions_app
from studio.cli.models import explain, predict
from studio.cli.projects import demo, project_app
from studio.core.errors import BadRecipe, Canceled, StudioError

app = typer.Typer(
    name="studio",
    help="Weft: raw texts to labels, labels to a model, a model to why.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(project_app, name="project")
app.add_typer(functions_app, name="functions")
app.add_typer(bench_app, name="bench")
app.command()(demo)
app.command()(predict)
app.command()(explain)


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for report, labels and model. Default: NAME-out beside it."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON; always so into a pipe.")
    ] = False,
) -> None:
    """Build the project of a recipe: import, label, fit, train, score, export."""
    from studio.services import handlers  # noqa: F401 - registers the kinds of jobs
    from studio.services.recipe_run import run_recipe

    target = out or recipe.with_name(f"{recipe.stem}-out")
    report = run_recipe(recipe, target, progress=output.progress)
    output.show_report(report, as_json=json or not sys.stdout.isatty(), folder=target)


@app.command()
def worker() -> None:
    """Do queued jobs until stopped. Start one on each machine of a team."""
    from studio.config import load_settings
    from studio.jobs.worker import run_worker
    from studio.labeling.sandbox import probe
    from studio.services import handlers  # noqa: F401
    from studio.storage.store import Store

    output.log_to_stderr()
    settings = load_settings()
    store = Store.open(settings)
    try:
        tier = probe(settings.code_policy)
        run_worker(store, executor_id=settings.executor_id, sandbox_tier=tier.name)
    finally:
        store.close()


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Say what this machine can do; exit 1 when the main job could not run."""
    from studio.config import load_settings
    from studio.services.doctor import checks

    found = checks(load_settings())
    output.show_checks(found, as_json=json)
    if any(check.essential and not check.ok for check in found):
        raise typer.Exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; turn every error that Weft raises into its sentence and an exit code."""
    try:
        app(arguments)
    except BadRecipe as error:
        output.fail(str(error), 2)
    except StudioError as error:
        output.fail(str(error), 1)
    except (KeyboardInterrupt, Canceled):
        output.fail("Stopped.", 1)
    except BrokenPipeError:
        # The reader of our output went away (head, less); nothing is wrong.
        sys.stderr.close()
        sys.exit(1)
