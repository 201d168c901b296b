"""What the documents say exists, and what exists is in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from studio import config
from studio.cli.main import app
from studio.ui import navigation

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Return all commands, groups with their members."""
    names = [c.name or str(getattr(c.callback, "__name__", "")) for c in app.registered_commands]
    for group in app.registered_groups:
        members = group.typer_instance.registered_commands if group.typer_instance else []
        names += [f"{group.name} {command.name}" for command in members]
    return names


@pytest.mark.parametrize("command", commands())
def test_readme_lists_every_command(command: str) -> None:
    assert f"python -m studio {command}" in README


@pytest.mark.parametrize("name", [variable.name for variable in config.describe()])
def test_readme_lists_every_setting(name: str) -> None:
    assert f"`{name}`" in README


def test_the_page_on_pages_has_every_page() -> None:
    words = (ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
    for page in navigation.entries():
        assert f"**{page.title}**" in words


def test_links_between_documents_lead_somewhere() -> None:
    import re

    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_recipe_in_the_readme_is_one(tmp_path: Path) -> None:
    from studio.services.recipe import load_recipe

    text = README.split("```yaml\n")[1].split("```")[0]
    for name in ("train.json", "test.csv", "lfs.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_recipe(path).project == yaml.safe_load(text)["project"]


def test_every_decision_says_context_and_decision() -> None:
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        words = path.read_text(encoding="utf-8")
        assert "**Context.**" in words, path.name
        assert "**Decision.**" in words, path.name


def test_the_two_commands_of_the_readme_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("make run", "make test"):
        assert command in README
        assert f"\n{command.removeprefix('make ')}:" in makefile
