"""A project's functions as one module: Snorkel alone gives the votes that Weft gives."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio.core.functions import LabelingFunction
from studio.core.schema import LabelSchema
from studio.labeling.base import Asking
from studio.labeling.kinds.heuristic import Heuristic
from studio.labeling.measures import MEASURES
from studio.labeling.module_export import export_functions
from studio.labeling.module_text import NAMES
from studio.labeling.sandbox import discover
from studio.labeling.user_modules import UserModule, names_in
from tests.labeling.exporting import ASKING, SCHEMA, TEXTS, columns, functions, votes_of
from tests.labeling.shards import write_shard

RUN = """\
import json, sys
import pandas
from snorkel.labeling import PandasLFApplier
import exported
frame = pandas.read_json(sys.stdin, dtype=False)
votes = PandasLFApplier(exported.lfs).apply(frame, progress_bar=False)
print(json.dumps([[lf.name for lf in exported.lfs], votes.tolist()]))
"""


@pytest.mark.slow
def test_plain_snorkel_gives_the_same_votes_for_every_kind(tmp_path: Path) -> None:
    made = functions()
    exported = export_functions(made, ASKING, "Mails")
    assert exported.left_out == {}
    (tmp_path / "exported.py").write_text(exported.source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", RUN],
        input=json.dumps({"text": TEXTS, **columns()}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    names, votes = json.loads(done.stdout)
    assert names == [f.name for f in made]
    wanted = votes_of(made, write_shard(tmp_path / "a.arrow", TEXTS, **columns()))
    differing = (np.array(votes) != wanted).any(axis=0)
    assert [name for name, differs in zip(names, differing, strict=True) if differs] == []
    assert (wanted != -1).any(axis=0).sum() > 40, "hardly a function votes: the law says little"


def test_an_exported_module_comes_back_with_the_same_votes(tmp_path: Path) -> None:
    made = [f for f in functions() if f.kind != "heuristic"]
    shard = write_shard(tmp_path / "a.arrow", TEXTS, **columns())
    wanted = votes_of(made, shard)
    code = export_functions(made, ASKING, "Mails").source
    names = names_in(code, NAMES)
    assert names == tuple(f.name for f in made)
    assert set(names) <= set(discover(code, SCHEMA.names))
    chosen = [0, 2, 3, 5, 6, 7, 8, 12, len(made) - 1]
    again = [
        LabelingFunction(names[i], "python", {"code": code, "function": names[i]}) for i in chosen
    ]
    np.testing.assert_array_equal(votes_of(again, shard), wanted[:, chosen])


def test_what_needs_the_studio_is_named_at_the_top() -> None:
    made = [
        LabelingFunction("asks", "prompt", {"endpoint": "tiny"}),
        LabelingFunction("came along", "votes", {"column": "by_hand"}),
        LabelingFunction("broken", "python", {"code": "def f(:", "function": "f"}),
        LabelingFunction(
            "french",
            "heuristic",
            {"label": 0, "measure": "language", "comparison": "is", "value": "fr"},
        ),
        LabelingFunction("cased", "regex", {"label": 0, "pattern": "a(?i)b"}),
        LabelingFunction("stays", "keyword", {"label": 0, "keywords": ["a"]}),
    ]
    exported = export_functions(made, ASKING, "coding: utf-7\nimport os")
    assert list(exported.left_out) == ["asks", "came along", "broken", "french", "cased"]
    top = exported.source.partition("\nimport ")[0]
    for name, why in exported.left_out.items():
        assert f"#     {name}: {why}" in top
    assert names_in(exported.source, NAMES) == ("stays",)
    ast.parse(exported.source.encode())
    assert "\nimport os" not in exported.source


def test_code_that_fits_stays_as_it_was_written() -> None:
    code = (
        "from snorkel.labeling import labeling_function\nABSTAIN = -1\n\n"
        "@labeling_function()\ndef a(x):\n    return ABSTAIN"
    )
    exported = export_functions(
        [
            LabelingFunction("a", "python", {"code": code, "function": "a"}),
            LabelingFunction("b c", "keyword", {"label": 1, "keywords": ["x"]}),
        ],
        ASKING,
        "p",
    )
    assert code in exported.source
    assert "def b_c(x):" in exported.source
    assert "_module" not in exported.source


def test_functions_of_one_pasted_module_appear_once() -> None:
    code = "MARK = 77777\ndef a(x): return MARK\ndef b(x): return -MARK"
    made = [LabelingFunction(n, "python", {"code": code, "function": n}) for n in "ab"]
    assert export_functions(made, ASKING, "p").source.count("MARK = 77777") == 1


@pytest.mark.parametrize(
    ("code", "fits"),
    [
        ("A = 1\ndef f(x): return A", True),
        ("import re\ndef f(x): return re", True),
        ("from math import pi as re\ndef f(x): return 0", False),
        ("SPAM = 2\ndef f(x): return SPAM", False),
        ("SPAM = 1\ndef f(x): return SPAM", True),
        ("SPAM = 1\nSPAM = 2\ndef f(x): return SPAM", False),
        ("def len(x): return 0", False),
        ("def f(x): return globals()", False),
        ("from os import *\ndef f(x): return 0", False),
        ("from __future__ import annotations\ndef f(x): return 0", False),
        ("def f(x):\n    global other\n    other = 1", False),
        ("other: int = 3", False),
        ("for other in (): pass", False),
        ("try: pass\nexcept OSError as other: pass", False),
        ("if (other := 1): pass", False),
        ("class other: pass", False),
        ("def labeling_function(): return 0", False),
        ("def f(x): other = 1", True),
        ("def f(:", False),
    ],
)
def test_code_fits_if_it_means_the_same_beside_other_code(code: str, fits: bool) -> None:
    others = [UserModule.read("import re\ndef g(x): return other + re")]
    given = {"SPAM": 1, "labeling_function": "snorkel.labeling:labeling_function"}
    assert UserModule.read(code).fits(others, given) is fits


def test_every_measure_can_be_exported() -> None:
    for measure in MEASURES:
        options = Heuristic.Options.model_validate({"label": 0, "measure": measure, "value": "1"})
        assert Heuristic().as_python(options, ASKING) is not None


def test_labels_that_python_cannot_name_are_numbers() -> None:
    asking = Asking(LabelSchema(("2 + 2", "class", "print", "好")))
    made = [
        LabelingFunction(f"says {i}", "keyword", {"label": i, "keywords": [str(i)]})
        for i in range(4)
    ]
    source = export_functions(made, asking, "p").source
    ast.parse(source)
    assert "return 0 if found" in source
    assert "return PRINT if found" in source
    assert "return CLASS if found" in source
    assert "return 好 if found" in source
