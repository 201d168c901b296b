"""The far end of a model process: one loaded model that answers requests on its standard input.

``python -m studio.services.model_server FOLDER`` reads one JSON object a line and answers with
one JSON object a line. It ends when its input ends, hence also when its parent is killed.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from studio.core.classifier import Classifier
from studio.core.errors import StudioError
from studio.explaining.base import explainers
from studio.training.loading import load_classifier


def main(folder: str) -> int:
    """Load the model and answer until the input ends."""
    answers = _claim_stdout()
    try:
        classifier = load_classifier(Path(folder))
    except StudioError as error:
        _answer(answers, {"error": str(error)})
        return 1
    _answer(answers, {"labels": list(classifier.labels)})
    for line in sys.stdin:
        _answer(answers, _serve(classifier, json.loads(line)))
    return 0


def _serve(classifier: Classifier, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        if request["do"] == "predict":
            return _predict(classifier, request)
        return _explain(classifier, request)
    except StudioError as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - one bad text must not end a warm process.
        return {"error": f"The model failed on this text: {type(error).__name__}: {error}"}


def _predict(classifier: Classifier, request: Mapping[str, Any]) -> dict[str, Any]:
    probs = classifier.predict_proba(request["texts"]).astype("<f4")
    return {"probs": base64.b64encode(probs.tobytes()).decode("ascii")}


def _explain(classifier: Classifier, request: Mapping[str, Any]) -> dict[str, Any]:
    explainer = explainers.get(request["method"])
    found = explainer().explain(
        classifier,
        request["text"],
        label=request["label"],
        options=explainer.Options.model_validate(request["options"]),
    )
    return {"explanation": asdict(found)}


def _claim_stdout() -> TextIO:
    """Keep standard output for answers alone: libraries that print go to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    os.dup2(2, 1)
    return answers


def _answer(answers: TextIO, value: Mapping[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
