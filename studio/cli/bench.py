"""``python -m studio bench``: measure this machine."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from studio.cli import output
from studio.core.errors import Unavailable

bench_app = typer.Typer(help="Measure how fast this machine is.", no_args_is_help=True)


@bench_app.callback()
def bench() -> None:
    """Measure how fast this machine is."""


@bench_app.command("lf")
def labeling_functions(
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    documents: Annotated[int, typer.Option(help="Documents to compare on.", min=1000)] = 200_000,
    million: Annotated[
        int, typer.Option(help="Documents to measure memory on.", min=1000)
    ] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="How often times are taken.", min=1)] = 3,
) -> None:
    """Time labeling functions beside Snorkel's own applier; takes some minutes."""
    run = _benchmark("labeling_functions").run
    found = run(documents, million, rounds, output.progress).as_json()
    if json:
        output.print_json(found)
    else:
        _show(found)


def _benchmark(name: str) -> Any:
    try:
        return importlib.import_module(f"tests.benchmarks.{name}")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("tests"):
            raise
        raise Unavailable(
            "The benchmarks are in the folder tests of Weft's repository. Run this command there."
        ) from error


def _show(found: dict[str, Any]) -> None:
    speed = found["documents_per_second"]
    votes = "equal" if found["equal"] else "DIFFERENT"
    lines = (
        f"{found['documents']:,} documents, ten functions, sandbox {found['sandbox']}; the votes "
        f"are {votes}.",
        f"Snorkel's PandasLFApplier  {speed['snorkel']:>10,.0f} documents/s",
        f"Weft, one process          {speed['one_process']:>10,.0f} documents/s, "
        f"{found['ratio_one']:.1f} times as fast ({found['ratio_one_cpu']:.1f} by processor time)",
        f"Weft, {found['cores']} cores              {speed['all_cores']:>10,.0f} documents/s, "
        f"{found['ratio_all']:.1f} times as fast ({found['ratio_all_cpu']:.1f} by processor time)",
        f"After one of ten was edited, applying is {found['rerun_ratio']:.1f} times as fast as "
        "after all were.",
        "The same rule as a declarative kind and as Python: "
        + ", ".join(f"{k} {v:.1f}" for k, v in found["declarative_ratios"].items())
        + " times as fast.",
        f"{found['many_documents']:,} documents, twenty functions: at most {found['peak_mb']:.0f} "
        f"MB (PSS of this process and the sandbox), {found['many_seconds']:.0f} s.",
    )
    for line in lines:
        typer.echo(line)
