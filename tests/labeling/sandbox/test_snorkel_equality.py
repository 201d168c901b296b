"""Votes equal those of Snorkel's own applier, on functions written as for Snorkel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.labeling import sandbox
from tests.labeling.shards import write_shard

# In the manner of Snorkel's spam tutorial: keywords, a pattern, a length, resources, a
# preprocessor with memory, and one that builds on another.
SPAM_FUNCTIONS = '''
import re
from snorkel.labeling import LabelingFunction, labeling_function
from snorkel.preprocess import preprocessor

def keyword_lookup(x, keywords, label):
    if any(word in x.text.lower() for word in keywords):
        return label
    return ABSTAIN

def make_keyword_lf(keywords, label=SPAM):
    return LabelingFunction(
        name=f"keyword_{keywords[0]}",
        f=keyword_lookup,
        resources=dict(keywords=keywords, label=label),
    )

keyword_my = make_keyword_lf(keywords=["my"])
keyword_subscribe = make_keyword_lf(keywords=["subscribe"])
keyword_song = make_keyword_lf(keywords=["song"], label=HAM)

@labeling_function()
def check(x):
    return SPAM if "check" in x.text.lower() else ABSTAIN

@labeling_function()
def regex_check_out(x):
    return SPAM if re.search(r"check.*out", x.text, flags=re.I) else ABSTAIN

@labeling_function()
def short_comment(x):
    """Comments of few words are often ham."""
    return HAM if len(x.text.split()) < 5 else ABSTAIN

@labeling_function(resources=dict(least=3))
def many_likes(x, least):
    return HAM if x.likes >= least else ABSTAIN

@preprocessor(memoize=True)
def lower(x):
    x.text = x.text.lower()
    return x

@preprocessor(memoize=True, pre=[lower])
def count_links(x):
    x.n_links = x.text.count("http")
    return x

@labeling_function(pre=[count_links])
def has_link(x):
    return SPAM if x.n_links else ABSTAIN

@labeling_function(name="by source", pre=[lower])
def named(x):
    return {"web": SPAM, "app": HAM}.get(x.source, ABSTAIN)
'''
NAMES = [
    "keyword_my",
    "keyword_subscribe",
    "keyword_song",
    "check",
    "regex_check_out",
    "short_comment",
    "many_likes",
    "has_link",
    "by source",
]
WORDS = "check it out my song subscribe HTTP://x.y love this naïve 你好 Please great".split()


def _documents(n: int) -> dict[str, list[object]]:
    rng = np.random.default_rng(0)
    return {
        "text": [" ".join(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(n)],
        "likes": rng.integers(0, 6, n).tolist(),
        "source": rng.choice(["web", "app", "phone"], n).tolist(),
    }


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2500])
def test_votes_equal_snorkels(tmp_path: Path, n: int) -> None:
    import pandas as pd
    from snorkel.labeling import LabelingFunction, PandasLFApplier

    documents = _documents(n)
    texts = [str(text) for text in documents.pop("text")]
    shard = write_shard(tmp_path / "s.arrow", texts, rows_a_batch=1000, **documents)
    members: dict[str, object] = {"HAM": 0, "SPAM": 1, "ABSTAIN": -1}
    exec(SPAM_FUNCTIONS, members)
    functions = [v for v in members.values() if isinstance(v, LabelingFunction)]
    frame = pd.DataFrame({"text": texts, **documents})
    expected = PandasLFApplier(functions).apply(frame, progress_bar=False)

    found = sandbox.run(SPAM_FUNCTIONS, NAMES, shard, labels=("ham", "spam"))

    assert [f.name for f in functions] == NAMES
    for column, name in enumerate(NAMES):
        assert found[name].faults == ()
        np.testing.assert_array_equal(found[name].votes, expected[:, column], err_msg=name)


def test_functions_are_found_in_order_of_definition() -> None:
    assert sandbox.discover(SPAM_FUNCTIONS, ("ham", "spam")) == NAMES


def test_plain_functions_count_where_there_are_no_others() -> None:
    source = "import re\ndef _no(x): pass\ndef two(x, y): pass\ndef yes(x): return 0\nclass C: 0"
    assert sandbox.discover(source, ("a", "b")) == ["yes"]
    assert sandbox.discover("X = 1", ("a", "b")) == []


def test_all_columns_can_be_read_and_missing_values_are_none(tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "m.arrow", ["a", "b"], score=[None, 2.5], ok=[True, None])
    source = """
def f(x):
    assert x["text"] == x.text and x.get("nothing") is None and x.external_id[:4] == "doc-"
    assert repr(x).startswith("<document external_id=")
    return int(x.score is None) + 2 * int(x.ok is None)
"""
    votes = sandbox.run(source, ["f"], shard, labels=("a", "b", "c"))["f"]
    assert votes.faults == ()
    assert votes.votes.tolist() == [1, 2]


@pytest.mark.parametrize("k", [250, 251, 1000])
def test_hundreds_of_labels_come_through(tmp_path: Path, k: int) -> None:
    shard = write_shard(tmp_path / "k.arrow", ["a"] * (k + 1), n=list(range(-1, k)))
    labels = tuple(f"label {i}" for i in range(k))
    source = "def f(x):\n    return x.n\ndef bad(x):\n    return x.n if x.n % 2 else 5000"
    found = sandbox.run(source, ["f", "bad"], shard, labels=labels)
    assert found["f"].votes.tolist() == list(range(-1, k))
    odd = [n if n % 2 else -1 for n in range(-1, k)]
    assert found["bad"].votes.tolist() == odd
    assert found["bad"].n_faults == sum(n % 2 == 0 for n in range(-1, k))
