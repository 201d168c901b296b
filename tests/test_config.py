from __future__ import annotations

from pathlib import Path

import pytest

from studio.config import describe, load_settings
from studio.core.errors import Invalid
from studio.core.settings import Settings
from studio.jobs.supervisor import worker_environment


def test_nothing_set_means_a_home_of_the_user_and_a_sqlite_file_in_it() -> None:
    settings = load_settings({})
    assert settings.home == Path.home() / ".weft"
    assert settings.database_url == f"sqlite:///{settings.home}/weft.db"
    assert (settings.worker, settings.trusted_authors, settings.user) == ("child", False, "me")


def test_executor_id_is_stable_on_one_machine() -> None:
    assert load_settings({}).executor_id == load_settings({}).executor_id != ""


def test_each_variable_is_read(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "STUDIO_HOME": str(tmp_path),
            "STUDIO_DATABASE_URL": "postgresql://me:secret@db/weft",
            "STUDIO_WORKER": "external",
            "STUDIO_EXECUTOR_ID": "gpu-1",
            "STUDIO_TRUSTED_AUTHORS": "Yes",
            "STUDIO_USER": "Ada",
        }
    )
    assert settings == Settings(
        tmp_path, "postgresql+psycopg://me:secret@db/weft", "external", "gpu-1", True, "Ada"
    )


def test_empty_variables_count_as_unset() -> None:
    assert load_settings({"STUDIO_USER": "  ", "STUDIO_HOME": ""}) == load_settings({})


def test_the_home_follows_the_database_unless_it_is_named(tmp_path: Path) -> None:
    settings = load_settings({"STUDIO_HOME": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/weft.db"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("STUDIO_DATABASE_URL", "mysql://u:hunter2@h/n", "postgresql://"),
        ("STUDIO_DATABASE_URL", "weft.db", "sqlite:///PATH"),
        ("STUDIO_DATABASE_URL", "postgresql://", "HOST/NAME"),
        ("STUDIO_WORKER", "none", "child or external"),
        ("STUDIO_TRUSTED_AUTHORS", "maybe", "yes or no"),
        ("STUDIO_EXECUTOR_ID", "x" * 101, "1 to 100"),
        ("STUDIO_USER", "a\nb", "printable"),
        ("STUDIO_HOME", "~nobody-of-this-name/x", "no home folder"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_is_allowed(
    variable: str, value: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        load_settings({variable: value})
    assert variable in str(caught.value)


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match="is a file"):
        load_settings({"STUDIO_HOME": str(tmp_path / "file")})


def test_a_password_is_never_repeated() -> None:
    with pytest.raises(Invalid) as caught:
        load_settings({"STUDIO_DATABASE_URL": "mysql://u:hunter2@h/n"})
    assert "hunter2" not in str(caught.value)


def test_every_variable_is_described_and_every_described_one_is_read(tmp_path: Path) -> None:
    described = {variable.name for variable in describe()}
    assert described == set(worker_environment(load_settings({})))
    assert all(variable.help.endswith(".") and variable.default for variable in describe())


def test_a_child_reads_back_the_settings_of_its_parent(tmp_path: Path) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path}/x.db", "external", "a b", True, "Zoë")
    assert load_settings(worker_environment(settings)) == settings


@pytest.mark.parametrize("level", ["full", "kernel"])
def test_level_of_the_sandbox_is_read_and_handed_on(level: str) -> None:
    settings = load_settings({"STUDIO_SANDBOX_LEVEL": level})
    assert settings.code_policy.level == level
    assert load_settings(worker_environment(settings)).code_policy == settings.code_policy
    assert load_settings({}).code_policy.level is None


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="'none'; use full or kernel"):
        load_settings({"STUDIO_SANDBOX_LEVEL": "none"})
