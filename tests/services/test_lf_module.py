"""A project's functions as a file, and a file's functions in a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import Conflict, Forbidden, Invalid
from studio.jobs.queue import run_inline
from studio.services import applying, labeling, lf_module
from studio.services.lf_module import ModulePreview
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, add_keyword, do, make_project

CODE = """\
from snorkel.labeling import labeling_function

@labeling_function()
def says_back(x):
    return REFUND if "back" in x.text else ABSTAIN

@labeling_function()
def says_late(x):
    return DELIVERY if "late" in x.text else ABSTAIN
"""


def names(store: Store, project_id: int) -> list[str]:
    return [f.name for f in store.functions.list(project_id)]


def test_export_and_import_give_the_same_votes(store: Store, tmp_path: Path) -> None:
    first = make_project(store, tmp_path)
    add_keyword(store, first, "says refund!", "refund", "refund")
    labeling.save_code(store, ME, first, CODE)
    off = store.functions.list(first)[2]
    assert off.lf_id is not None
    labeling.set_enabled(store, ME, off.lf_id, False)
    content, missing = lf_module.export_module(store, first)
    assert missing == []
    second = make_project(store, tmp_path, "Copy")
    done = lf_module.import_module(store, ME, second, content.decode())
    assert sorted(done.new) == ["says refund!", "says_back"]
    matrices = []
    for project_id in (first, second):
        do(store, applying.start_apply(store, ME, project_id))
        matrix = labeling.vote_matrix(store, project_id)
        matrices.append(dict(zip(matrix.lf_names, matrix.votes.T.tolist(), strict=True)))
    assert matrices[0] == matrices[1]
    assert matrices[0]["says_back"] == [-1, 0, -1, 0, -1, -1, -1, -1, -1, -1]


def test_a_preview_says_what_an_import_would_do(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    add_keyword(store, project_id, "says_late", "delivery", "late")
    preview = lf_module.preview_module(store, project_id, CODE)
    assert preview == ModulePreview(("says_back",), (), (), {"says_late": "keyword"})
    assert names(store, project_id) == ["says_late"]
    with pytest.raises(Conflict, match="keyword function is already called 'says_late'"):
        lf_module.import_module(store, ME, project_id, CODE)
    assert names(store, project_id) == ["says_late"]
    lf_module.import_module(store, ME, project_id, CODE, names=["says_back"])
    again = lf_module.preview_module(store, project_id, CODE)
    assert again.unchanged == ("says_back",)
    edited = lf_module.preview_module(store, project_id, CODE + "# more\n")
    assert edited.changed == ("says_back",)


def test_an_import_is_saved_as_jobs_and_versions(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    job_id = lf_module.start_preview(store, ME, project_id, CODE)
    do(store, job_id)
    found = lf_module.preview_of(store.jobs.get(job_id))
    assert found.new == ("says_back", "says_late")
    do(store, lf_module.start_import(store, ME, project_id, CODE, names=found.new))
    do(
        store,
        lf_module.start_import(store, ME, project_id, CODE + "# more\n", names=["says_late"]),
    )
    versions = {f.name: f.version for f in store.functions.list(project_id)}
    assert versions == {"says_back": 1, "says_late": 2}


def test_bad_modules_are_refused_with_their_line(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    for code, why in (
        ("def f(:", "Line 1"),
        ("\nraise KeyError('gone')", "Line 2: KeyError"),
        ("A = 1", "no labeling function"),
        ("LABELS = ['delivery', 'refund']\nLF_NAMES = ['f']\ndef f(x): return 0", "other labels"),
    ):
        with pytest.raises(Invalid, match=why):
            lf_module.import_module(store, ME, project_id, code)
    with pytest.raises(Invalid, match="no labeling function 'f'"):
        lf_module.import_module(store, ME, project_id, CODE, names=["f"])
    with pytest.raises(Forbidden):
        lf_module.import_module(store, GUEST, project_id, CODE)
    with pytest.raises(Invalid, match="Line 1"):
        lf_module.start_preview(store, ME, project_id, "def f(:")
    job_id = lf_module.start_import(store, ME, project_id, CODE, names=["f"])
    run_inline(store, job_id)
    assert "no labeling function 'f'" in (store.jobs.get(job_id).error or "")
    assert names(store, project_id) == []


def test_what_cannot_be_exported_is_said(store: Store, tmp_path: Path) -> None:
    project_id = make_project(store, tmp_path)
    with pytest.raises(Invalid, match="switched on"):
        lf_module.export_module(store, project_id)
    labeling.save_function(
        store, ME, project_id, kind="prompt", name="asks", options={"endpoint": "tiny"}
    )
    content, missing = lf_module.export_module(store, project_id)
    (sentence,) = missing
    assert sentence.startswith("asks is not in the file: the kind 'Prompt' needs the studio")
    assert "asks: the kind 'Prompt'" in content.decode()
