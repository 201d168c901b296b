"""Labeling functions to a file and from one, by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.cli import main
from studio.config import load_settings
from studio.services import labeling
from studio.storage.store import Store
from tests.services.helpers import ME, add_keyword, make_project

CODE = "def says_late(x):\n    return DELIVERY if 'late' in x.text else ABSTAIN\n"


@pytest.fixture
def project_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A project called Parcels with one function, in the studio of the environment."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_DATABASE_URL", raising=False)
    store = Store.open(load_settings())
    number = make_project(store, tmp_path)
    add_keyword(store, number, "says_refund", "refund", "refund")
    store.close()
    return number


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.mark.slow
def test_functions_go_to_a_file_and_come_from_one(
    project_id: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lfs.py"
    assert run("functions", "export", "Parcels", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "not_exported": []}
    assert "def says_refund(x):" in file.read_text(encoding="utf-8")
    file.write_text(CODE, encoding="utf-8-sig")
    for more in (["--dry-run"], []):
        assert run("functions", "import", str(project_id), str(file), "--json", *more) == 0
        assert json.loads(capsys.readouterr().out)["new"] == ["says_late"]
    assert run("functions", "import", "Parcels", str(file)) == 0
    assert capsys.readouterr().out.split() == ["unchanged", "says_late"]


def test_what_is_not_exported_is_told(
    project_id: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(load_settings())
    options = {"endpoint": "tiny"}
    labeling.save_function(store, ME, project_id, kind="prompt", name="asks", options=options)
    store.close()
    assert run("functions", "export", "Parcels", str(tmp_path / "lfs.py")) == 0
    assert "asks is not in the file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"def f(:", "Line 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * ((4 << 20) + 1), "larger than 4 MiB"),
        (b"def says_refund(x): return 0", "already called 'says_refund'"),
    ],
)
def test_a_bad_file_is_a_sentence_and_exit_1(
    project_id: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    why: str,
) -> None:
    file = tmp_path / "lfs.py"
    file.write_bytes(content)
    assert run("functions", "import", "Parcels", str(file)) == 1
    assert why in capsys.readouterr().err


def test_places_that_are_not_there_are_sentences(
    project_id: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, why in (
        (["import", "Parcels", str(tmp_path / "none.py")], "cannot be read"),
        (["export", "Parcels", str(tmp_path / "none" / "lfs.py")], "cannot be written"),
        (["export", "Nobody's", str(tmp_path / "lfs.py")], 'no project "Nobody\'s"'),
    ):
        assert run("functions", *arguments) == 1
        assert why in capsys.readouterr().err
