"""Commands about one exported model, without a project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import typer

from studio.cli import output
from studio.core.errors import Invalid


def predict(
    model_dir: Annotated[Path, typer.Argument(help="Folder of an exported model.")],
    file: Annotated[Path, typer.Argument(help="File of texts: CSV, JSON Lines, Parquet, …")],
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    out: Annotated[Path, typer.Option(help="CSV file to write.")] = Path("predictions.csv"),
) -> None:
    """Predict the label of each text of a file; the other columns are kept."""
    from studio.exporters.base import labels_exporters
    from studio.importers.base import detect, importers

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from studio.training.loading import load_classifier

    if not file.is_file():
        raise Invalid(f"There is no file {str(file)!r}.")
    found = detect(file, file.name)
    importer = importers.get(found.format)
    classifier = load_classifier(model_dir)

    def batches() -> Iterator[pa.RecordBatch]:
        done = 0
        options = importer.Options.model_validate(dict(found.options))
        for batch in importer().read(file, options):
            if text_column not in batch.schema.names:
                raise Invalid(
                    f"The file has no column {text_column!r}; it has "
                    f"{', '.join(batch.schema.names)}. Choose with --text-column."
                )
            texts = [str(text or "") for text in batch.column(text_column).to_pylist()]
            probs = classifier.predict_proba(texts)
            yield _with_prediction(batch, classifier.labels, probs)
            done += len(texts)
            output.progress(0.0, f"{done} texts")

    exporter = labels_exporters.get("csv")
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    rows = exporter().write(batches(), temporary, exporter.Options())
    temporary.replace(out)
    typer.echo(f"{rows} predictions written to {out}")


def explain(
    model_dir: Annotated[Path, typer.Argument(help="Folder of an exported model.")],
    text: Annotated[str, typer.Option(help="The text to explain.")],
    label: Annotated[
        str | None, typer.Option(help="The label to explain; default: the predicted one.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say which words push a model towards a label, and which away (SHAP)."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from studio.core.schema import LabelSchema
    from studio.explaining.base import explainers
    from studio.training.loading import load_classifier

    if not text.strip():
        raise Invalid("There is no text to explain. Give one with --text.")
    classifier = load_classifier(model_dir)
    index = LabelSchema(classifier.labels).parse(label) if label is not None else None
    explainer = explainers.get(explainers.default)
    found = explainer().explain(classifier, text, label=index, options=explainer.Options())
    words = [
        {"text": text[start:end], "start": start, "end": end, "value": value}
        for (start, end), value in zip(found.spans, found.values, strict=True)
    ]
    name = classifier.labels[found.label]
    if json:
        output.print_json(
            {
                "label": name,
                "probability": found.probs[found.label],
                "base": found.base,
                "probabilities": dict(zip(classifier.labels, found.probs, strict=True)),
                "method": found.method,
                "words": words,
            }
        )
        return
    typer.echo(
        f"{name}: {found.base:.2f} without the text, {found.probs[found.label]:.2f} with it"
    )
    for word in sorted(words, key=lambda w: -abs(float(str(w["value"])))):
        typer.echo(f"  {word['value']:+.3f}  {word['text']}")


def _with_prediction(
    batch: pa.RecordBatch,
    labels: tuple[str, ...],
    probs: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    best = probs.argmax(axis=1)
    columns["predicted_label"] = pa.array([labels[index] for index in best], pa.string())
    columns["predicted_probability"] = pa.array(probs.max(axis=1))
    return pa.RecordBatch.from_pydict(columns)
