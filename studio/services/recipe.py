"""Recipes: a YAML file that says a whole project, read with the line of every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from studio.core.documents import Split
from studio.core.errors import BadRecipe, StudioError
from studio.core.options import parse_options
from studio.core.registry import Member, Registry
from studio.core.runs import Targets
from studio.core.schema import LabelSchema
from studio.importers.base import importers
from studio.importers.quality.choices import ImportChoices
from studio.label_models.base import label_models
from studio.labeling.base import kinds
from studio.training.base import training_methods


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentsPart(_Part):
    """One file of documents: where it lies and which column is what.

    ``choices`` say what to do with equal texts and personal data.
    """

    path: str
    format: str | None = None
    split: Split | None = None
    text: str = "text"
    label: str | None = None
    id: str | None = None
    split_column: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    choices: ImportChoices = ImportChoices()


class CodePart(_Part):
    """A Python file: every ``@labeling_function`` in it is one."""

    path: str


class FunctionPart(BaseModel):
    """A labeling function of one kind; the keys beside these are the kind's options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The kind's options as they stand in the recipe."""
        return dict(self.__pydantic_extra__ or {})


class LabelModelPart(_Part):
    """Which label model with which options."""

    name: str = label_models.default
    seed: int = Field(0, ge=0)
    options: dict[str, Any] = Field(default_factory=dict)


class TrainingPart(_Part):
    """Which training method on which targets."""

    method: str = training_methods.default
    targets: Targets = Targets.GOLD_AND_WEAK
    seed: int = Field(0, ge=0)
    options: dict[str, Any] = Field(default_factory=dict)


def _named(value: object) -> object:
    # "label_model: majority" is short for "label_model: {name: majority}".
    return {"name": value} if isinstance(value, str) else value


class Recipe(_Part):
    """A whole project in one file; paths are relative to it."""

    project: str = Field(min_length=1, max_length=100)
    labels: list[str] = Field(min_length=2)
    documents: list[DocumentsPart] = Field(min_length=1)
    labeling_functions: list[CodePart | FunctionPart] = Field(default_factory=list)
    label_model: Annotated[LabelModelPart, BeforeValidator(_named)] = LabelModelPart()
    training: TrainingPart | None = None
    export: list[Literal["labels", "model"]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _model_needs_training(self) -> Recipe:
        if "model" in self.export and self.training is None:
            raise ValueError("export holds 'model', so the recipe needs a part 'training'")
        return self

    @property
    def schema_of_labels(self) -> LabelSchema:
        """The labels as a schema."""
        return LabelSchema(tuple(self.labels))


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    BadRecipe
        With the line, what was wrong there, and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecipe(f"The recipe {path.name!r} cannot be read: {error}.") from error
    lines = _Lines(text)
    try:
        recipe = Recipe.model_validate(lines.value)
    except ValidationError as error:
        raise _bad(error, lines) from error
    _check_parts(recipe, lines)
    _check_files(recipe, path.parent, lines)
    return recipe


class _Lines:
    """A YAML document with the line of each key."""

    def __init__(self, text: str) -> None:
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            self.value: Any = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "it is not YAML"
            raise BadRecipe(
                f"The recipe cannot be read: {problem}.", mark.line + 1 if mark else None
            ) from error
        if not isinstance(self.value, dict):
            raise BadRecipe(
                "A recipe is a list of 'key: value' lines that begins with 'project:'.", 1
            )
        self._node = node

    def of(self, location: tuple[Any, ...]) -> int:
        """Return the line (from 1) of the deepest part of ``location`` that is there."""
        node, line = self._node, 1
        for part in location:
            found = _child(node, part)
            if found is None:
                continue  # pydantic names the members of a union; YAML knows nothing of them
            line, node = found
        return line


def _child(node: yaml.Node | None, part: Any) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    return None


def _bad(error: ValidationError, lines: _Lines) -> BadRecipe:
    # Of a union (a path or a kind) pydantic reports each branch; the deepest one is the meant one.
    problems = error.errors()
    problem = next((p for p in problems if p["type"] != "missing"), problems[0])
    location = problem["loc"]
    line = lines.of(location)
    name = next((str(part) for part in reversed(location) if isinstance(part, str)), "recipe")
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(_allowed(location))
        return BadRecipe(f"{name!r} is not known here; allowed are {allowed}.", line)
    if problem["type"] == "missing":
        return BadRecipe(f"{name!r} is missing here; allowed are {_allowed_text(location)}.", line)
    message = str(problem["msg"]).removeprefix("Value error, ")
    given = str(problem["input"])[:60]
    return BadRecipe(f"{name!r} is {given!r}: {message[:1].lower()}{message[1:]}.", line)


_MODELS: Mapping[str, type[BaseModel]] = {
    "documents": DocumentsPart,
    "label_model": LabelModelPart,
    "training": TrainingPart,
}


def _allowed(location: tuple[Any, ...]) -> list[str]:
    first = location[0] if len(location) > 1 else None
    if first == "labeling_functions":
        return ["path", "kind", "name", "and the options of the kind"]
    return sorted(_MODELS.get(str(first), Recipe).model_fields)


def _allowed_text(location: tuple[Any, ...]) -> str:
    return ", ".join(_allowed(location))


def _check_parts(recipe: Recipe, lines: _Lines) -> None:
    """Refuse names and options that the families do not know."""
    _at(lines, ("labels",), lambda: recipe.schema_of_labels)
    model = recipe.label_model
    _check_member(label_models, model.name, model.options, lines, place=("label_model",))
    if recipe.training is not None:
        training = recipe.training
        place: tuple[Any, ...] = ("training",)
        _check_member(training_methods, training.method, training.options, lines, place=place)
    for index, part in enumerate(recipe.documents):
        if part.format is not None:
            place = ("documents", index)
            _check_member(importers, part.format, part.options, lines, place=place, key="format")
    for index, function in enumerate(recipe.labeling_functions):
        if isinstance(function, FunctionPart):
            place = ("labeling_functions", index)
            _check_member(kinds, function.kind, function.options, lines, place=place, key="kind")


def _check_member(
    family: Registry[Any],
    name: str,
    options: dict[str, Any],
    lines: _Lines,
    *,
    place: tuple[Any, ...],
    key: str = "",
) -> None:
    member: type[Member] = _at(lines, (*place, key), lambda: family.get(name))
    what = f"the {family.family} {name}"
    _at(lines, (*place, "options"), lambda: parse_options(member.Options, options, what=what))


def _check_files(recipe: Recipe, folder: Path, lines: _Lines) -> None:
    for key, parts in (
        ("documents", recipe.documents),
        ("labeling_functions", recipe.labeling_functions),
    ):
        for index, part in enumerate(parts):
            name = getattr(part, "path", None)
            if name is not None and not (folder / name).is_file():
                raise BadRecipe(
                    f"There is no file {name!r} beside the recipe. Paths are relative to it.",
                    lines.of((key, index, "path")),
                )


def _at(lines: _Lines, location: tuple[Any, ...], act: Any) -> Any:
    """Run ``act``; an error becomes one of the recipe's, with its line."""
    try:
        return act()
    except BadRecipe:
        raise
    except StudioError as error:
        raise BadRecipe(str(error), lines.of(location)) from error
