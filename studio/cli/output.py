"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer

from studio.services.doctor import Check

BAR = 24
"""Characters of the progress bar."""


def progress(fraction: float, message: str = "") -> None:
    """Show where a long command stands: a bar on a terminal, plain lines without one."""
    line = f"{fraction:4.0%}  {message}"
    if sys.stderr.isatty():
        done = round(BAR * fraction)
        end = "\n" if fraction >= 1 else ""
        typer.echo(f"\r[{'=' * done}{' ' * (BAR - done)}] {line:<70.70}", err=True, nl=False)
        typer.echo(end, err=True, nl=False)
    elif line != _last[0]:
        typer.echo(line, err=True)
    _last[0] = line


_last = [""]


def print_json(value: object) -> None:
    """Print a value as JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_report(report: Mapping[str, Any], *, as_json: bool, folder: Path) -> None:
    """Print the report of a recipe."""
    if as_json:
        print_json(report)
        return
    typer.echo(f"Project {report['project']}: " + _counts(report["documents"]))
    for row in report["labeling_functions"]:
        accuracy = "  -  " if row["accuracy"] is None else f"{row['accuracy']:.3f}"
        typer.echo(
            f"  {row['name']:<28.28} coverage {row['coverage']:.3f}  accuracy {accuracy}  "
            f"faults {row['faults']}"
        )
    model = report["label_model"]
    if model:
        typer.echo(f"Label model {model['name']}: {_figures(model)}")
        typer.echo(f"Majority vote: {_figures(model['majority'])}")
    training = report["training"]
    if training:
        typer.echo(
            f"Training {training['method']}: {_figures(training)}, "
            f"{training['seconds']:.1f} s, {training['texts_per_second']:.0f} texts/s"
        )
    typer.echo(f"Written to {folder}: {', '.join(['report.json', *report['artifacts'].values()])}")


def show_checks(found: Sequence[Check], *, as_json: bool) -> None:
    """Print what the doctor found."""
    if as_json:
        print_json([dataclasses.asdict(check) for check in found])
        return
    for check in found:
        mark = "ok  " if check.ok else ("FAIL" if check.essential else "note")
        typer.echo(f"{mark}  {check.name:<16} {check.sentence}")


def fail(message: str, code: int) -> NoReturn:
    """Print one sentence on standard error and end."""
    typer.echo(message, err=True)
    sys.exit(code)


def log_to_stderr() -> None:
    """Send the program's log to standard error, one line an event."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def _counts(documents: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {split}" for split, n in documents.items())


def _figures(values: Mapping[str, Any]) -> str:
    found = values.get("test") or values.get("dev")
    if not found:
        return "no gold on dev or test"
    split = "test" if values.get("test") else "dev"
    return f"{split} accuracy {found['accuracy']:.3f}, macro-F1 {found['macro_f1']:.3f}"
