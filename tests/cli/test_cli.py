"""The commands as a person runs them: as processes, with their exit codes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.helpers import write_rows

ROOT = Path(__file__).resolve().parents[2]

RECIPE = """\
project: parcels
labels: [refund, delivery]
documents:
  - {path: rows.csv, label: label, split_column: split}
labeling_functions:
  - {path: lfs.py}
  - {kind: keyword, name: says_refund, label: refund, keywords: [refund]}
  - {kind: keyword, name: says_parcel, label: delivery, keywords: [parcel]}
label_model: {name: snorkel, seed: 0, options: {n_epochs: 50}}
training: {method: tfidf, targets: gold+weak, seed: 0}
export: [labels, model]
"""

LFS = """\
from snorkel.labeling import labeling_function

@labeling_function()
def says_money(x):
    return REFUND if "money" in x.text else ABSTAIN
"""


def studio(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "STUDIO_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "studio", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def write_recipe(folder: Path) -> Path:
    write_rows(folder)
    (folder / "lfs.py").write_text(LFS, encoding="utf-8")
    path = folder / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.mark.slow
def test_run_writes_report_labels_and_model_twice_alike(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    reports = []
    for name in ("first", "second"):
        done = studio(
            "run", str(recipe), "--out", str(tmp_path / name), "--json", home=tmp_path / "home"
        )
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report == json.loads((tmp_path / name / "report.json").read_text())
        assert "%" in done.stderr
        for key in ("seconds", "texts_per_second"):
            assert report["training"].pop(key) > 0
        reports.append(report)
    assert reports[0] == reports[1]
    report = reports[0]
    assert report["documents"] == {"train": 6, "dev": 2, "test": 2}
    assert [row["name"] for row in report["labeling_functions"]] == [
        "says_money",
        "says_refund",
        "says_parcel",
    ]
    assert report["label_model"]["majority"]["test"]["accuracy"] == 1.0
    assert report["training"]["test"]["accuracy"] == 1.0
    assert report["artifacts"] == {"labels": "labels.csv", "model": "model"}
    with (tmp_path / "first" / "labels.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert rows[0]["label_source"] == "gold"
    assert rows[9]["label_source"] == "weak"


@pytest.mark.slow
def test_an_exported_model_predicts_and_explains(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    home = tmp_path / "home"
    assert studio("run", str(recipe), "--out", str(tmp_path / "o"), home=home).returncode == 0
    model, out = str(tmp_path / "o" / "model"), tmp_path / "predicted.csv"
    done = studio("predict", model, str(tmp_path / "rows.csv"), "--out", str(out), home=home)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["predicted_label"] == "refund"
    assert 0 < float(rows[0]["predicted_probability"]) <= 1
    done = studio(
        "explain", model, "--text", "money back", "--label", "refund", "--json", home=home
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    total = found["base"] + sum(word["value"] for word in found["words"])
    assert total == pytest.approx(found["probability"], abs=1e-3)
    wrong = studio("predict", model, str(tmp_path / "rows.csv"), "--text-column", "x", home=home)
    assert wrong.returncode == 1
    assert "no column 'x'" in wrong.stderr


@pytest.mark.slow
def test_a_bad_recipe_exits_2_with_its_line(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    recipe.write_text(RECIPE.replace("name: snorkel", "name: oracle"), encoding="utf-8")
    done = studio("run", str(recipe), home=tmp_path / "home")
    assert done.returncode == 2
    assert "line 9" in done.stderr
    assert "majority" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_failing_step_exits_1_with_a_sentence(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    (tmp_path / "lfs.py").write_text("raise RuntimeError('no')\n", encoding="utf-8")
    done = studio("run", str(recipe), home=tmp_path / "home")
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_demo_makes_the_sample_project_and_list_shows_it(tmp_path: Path) -> None:
    done = studio("demo", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["documents"] >= 550
    assert made["label_model"] == "snorkel"
    rows = json.loads(studio("project", "list", "--json", home=tmp_path).stdout)
    assert [row["name"] for row in rows] == [made["name"]]
