"""The main job on the YouTube collection, from one file, with WRENCH's splits and votes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


def run_recipe(real_data: Path, folder: Path) -> dict[str, object]:
    recipe = (ROOT / "tests" / "recipes" / "youtube_spam.yaml").read_text(encoding="utf-8")
    path = folder / "youtube_spam.yaml"
    path.write_text(recipe, encoding="utf-8")
    (folder / "youtube").symlink_to(real_data / "youtube_spam")
    done = subprocess.run(
        [sys.executable, "-m", "studio", "run", str(path), "--out", str(folder / "out"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_the_recipe_reaches_its_figures_on_test(real_data: Path, tmp_path: Path) -> None:
    report = run_recipe(real_data, tmp_path)
    assert report["documents"] == {"train": 1586, "dev": 120, "test": 250}
    model: dict[str, dict[str, dict[str, float]]] = report["label_model"]  # type: ignore[assignment]
    assert model["majority"]["test"]["accuracy"] == pytest.approx(0.840)
    assert model["test"]["accuracy"] >= 0.86  # type: ignore[operator]
    training: dict[str, dict[str, float]] = report["training"]  # type: ignore[assignment]
    assert training["test"]["accuracy"] >= 0.90
    names = [row["name"] for row in report["labeling_functions"]]  # type: ignore[attr-defined,union-attr]
    assert len(names) == 10
    assert names[0] == "keyword_my"
    for written in ("report.json", "labels.csv", "model/model.safetensors", "model/config.json"):
        assert (tmp_path / "out" / written).exists()
