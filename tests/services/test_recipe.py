from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import BadRecipe
from studio.services.recipe import load_recipe
from tests.services.helpers import write_rows

GOOD = """\
project: parcels
labels: [refund, delivery]
documents:
  - {path: rows.csv, label: label, split_column: split}
labeling_functions:
  - {kind: keyword, name: says_refund, label: refund, keywords: [refund]}
label_model: majority
training: {method: tfidf, seed: 3}
export: [labels]
"""


def load(folder: Path, text: str) -> object:
    write_rows(folder)
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path)


def test_a_good_recipe_is_read(tmp_path: Path) -> None:
    recipe = load(tmp_path, GOOD)
    assert recipe.label_model.name == "majority"  # type: ignore[attr-defined]
    assert recipe.training.seed == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("project:", "projekt:", 1, "projekt"),
        ("labels: [refund, delivery]", "labels: [refund]", 2, "labels"),
        ("labels: [refund, delivery]", "labels: [refund, Refund]", 2, "same name"),
        ("path: rows.csv", "path: nowhere.csv", 4, "nowhere.csv"),
        ("path: rows.csv", "path: rows.csv, format: word", 4, "wrench"),
        ("path: rows.csv", "path: rows.csv, split: middle", 4, "split"),
        ("path: rows.csv", "path: rows.csv, column: x", 4, "column"),
        ("kind: keyword", "kind: magic", 6, "regex"),
        ("keywords: [refund]", "keywords: [refund], colour: red", 6, "colour"),
        ("label_model: majority", "label_model: {name: oracle}", 7, "majority"),
        ("label_model: majority", "label_model: {seed: -1}", 7, "seed"),
        ("method: tfidf", "method: magic", 8, "tfidf"),
        ("seed: 3", "options: {colour: red}", 8, "colour"),
        ("export: [labels]", "export: [everything]", 9, "everything"),
        ("export: [labels]", "export: [labels", 10, "cannot be read"),
    ],
)
def test_a_mistake_names_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    with pytest.raises(BadRecipe) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert caught.value.line == line, str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_what_is_no_recipe_at_all_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadRecipe):
        load(tmp_path, text)


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="cannot be read"):
        load_recipe(tmp_path / "nothing.yaml")


def test_a_model_to_export_needs_a_training(tmp_path: Path) -> None:
    text = GOOD.replace("training: {method: tfidf, seed: 3}\n", "").replace("[labels]", "[model]")
    with pytest.raises(BadRecipe, match="training"):
        load(tmp_path, text)
