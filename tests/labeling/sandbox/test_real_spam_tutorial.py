"""The functions of Snorkel's spam tutorial on the YouTube collection, and the votes known of it.

WRENCH published the votes of seven of them with the texts; Snorkel itself gives those of all.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio.labeling import sandbox
from tests.labeling.shards import write_shard

pytestmark = [pytest.mark.slow, pytest.mark.real_data]

# The seven that WRENCH ran, in its order; then those of the tutorial's first steps, and own
# preprocessors where the tutorial's need TextBlob and spaCy.
FUNCTIONS = '''
import re

from snorkel.labeling import LabelingFunction, labeling_function
from snorkel.preprocess import Preprocessor, preprocessor

ABSTAIN = -1
HAM = 0
SPAM = 1


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


"""Spam comments talk about 'my channel', 'my video', etc."""
keyword_my = make_keyword_lf(keywords=["my"])

"""Spam comments ask users to subscribe to their channels."""
keyword_subscribe = make_keyword_lf(keywords=["subscribe"])

"""Spam comments post links to other channels."""
keyword_link = make_keyword_lf(keywords=["http"])

"""Spam comments make requests rather than commenting."""
keyword_please = make_keyword_lf(keywords=["please", "plz"])

"""Ham comments actually talk about the video's content."""
keyword_song = make_keyword_lf(keywords=["song"], label=HAM)


@labeling_function()
def regex_check_out(x):
    return SPAM if re.search(r"check.*out", x.text, flags=re.I) else ABSTAIN


@labeling_function()
def short_comment(x):
    """Ham comments are often short, such as 'cool video!'"""
    return HAM if len(x.text.split()) < 5 else ABSTAIN


@labeling_function()
def check(x):
    return SPAM if "check" in x.text.lower() else ABSTAIN


@labeling_function()
def check_out(x):
    return SPAM if "check out" in x.text.lower() else ABSTAIN


GLAD = frozenset("love great awesome best nice good amazing".split())


@preprocessor(memoize=True)
def sentiment(x):
    words = re.findall(r"\\w+", x.text.lower())
    x.polarity = sum(word in GLAD for word in words) / max(1, len(words))
    return x


@labeling_function(pre=[sentiment])
def positive(x):
    return HAM if x.polarity > 0.15 else ABSTAIN


class Capitals(Preprocessor):
    """Stands where the tutorial has spaCy: an object with fields, a memory, and a helper."""

    def __init__(self):
        super().__init__("capitals", dict(text="text"), dict(names="names"), memoize=True)

    def run(self, text):
        return dict(names=[word for word in text.split() if word.istitle()])


@labeling_function(pre=[Capitals()])
def has_a_name(x):
    return HAM if len(x.text.split()) < 20 and len(x.names) > 2 else ABSTAIN
'''
KNOWN = 7


def read(real_data: Path) -> tuple[list[str], np.ndarray]:
    """Return all texts and the votes of WRENCH's ten functions."""
    texts, votes = [], []
    for split in ("train", "valid", "test"):
        path = real_data / "youtube_spam" / f"{split}.json"
        for row in json.loads(path.read_text(encoding="utf-8")).values():
            texts.append(row["data"]["text"])
            votes.append(row["weak_labels"])
    return texts, np.array(votes)


def test_tutorial_gives_the_votes_of_wrench_and_of_snorkel(
    real_data: Path, tmp_path: Path
) -> None:
    import pandas as pd
    from snorkel.labeling import LabelingFunction, PandasLFApplier

    texts, published = read(real_data)
    shard = write_shard(tmp_path / "youtube.arrow", texts)
    names = sandbox.discover(FUNCTIONS, ("HAM", "SPAM"))
    found = sandbox.run(FUNCTIONS, names, shard, labels=("HAM", "SPAM"))
    assert [name for name in names if found[name].faults] == []
    ours = np.column_stack([found[name].votes for name in names])
    np.testing.assert_array_equal(ours[:, :KNOWN], published[:, :KNOWN])

    members: dict[str, object] = {}
    exec(FUNCTIONS, members)
    functions = [v for v in members.values() if isinstance(v, LabelingFunction)]
    assert [f.name for f in functions] == names
    expected = PandasLFApplier(functions).apply(pd.DataFrame({"text": texts}), progress_bar=False)
    np.testing.assert_array_equal(ours, expected)
    assert all((ours[:, column] != -1).any() for column in range(len(names)))
