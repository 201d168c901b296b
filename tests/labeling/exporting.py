"""Labeling functions of every kind that Python can say, and documents that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.functions import LabelingFunction
from studio.core.lexicons import Lexicon
from studio.core.schema import LabelSchema
from studio.labeling.apply import apply_function
from studio.labeling.base import Asking
from studio.labeling.resources import NoResources

SCHEMA = LabelSchema(("ham", "not spam", "list"))

TEXTS = [
    "",
    "Check it out! http://x.org/a",
    "FREE money, free MONEY!!!",
    "my army is ISLAM İ ı ſ K",
    "naïve 你好，世界 退款",
    "free_money or free money",
    "line one\nfree",
    "aaaa!!!! \U0001f600\U0001f600 12345",
    "The Straße of STRASSE ΣΊΣΥΦΟΣ",
    "\x0bfree\x85money 5.0",
    "I am the list",
    "money" * 30,
]
NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
TOPICS = ["Sport", "sport ", None, "", "News", "12", "12.0", "SPORT news", "nan", "é", "É", " x"]

TUTORIAL = '''\
import re
from snorkel.labeling import labeling_function, LabelingFunction

ABSTAIN = -1
HAM = 0


def keyword_lookup(x, keywords, label):
    return label if any(word in x.text.lower() for word in keywords) else ABSTAIN


def make(keywords, label=1):
    return LabelingFunction(
        name=f"has_{keywords[0]}",
        f=keyword_lookup,
        resources=dict(keywords=keywords, label=label),
    )


has_money = make(["money"])


@labeling_function()
def short(x):
    """Short texts: '\\'\\'\\'' and \\"\\"\\" do no harm."""
    return HAM if len(re.findall(r"\\w+", x.text)) < 3 else ABSTAIN
'''
PLAIN = """\
LIMIT = 3


def helper_of_one(x):
    return 1 if x.n > LIMIT else -1


def counts(x):
    return helper_of_one(x) if x.n % 2 else 0
"""
CLASHING = """\
from __future__ import annotations
import re as regex
from snorkel.labeling import labeling_function
from snorkel.preprocess import preprocessor

LIMIT = 7


@preprocessor()
def lowered(x):
    x.low = x.text.lower()
    return x


@labeling_function(pre=[lowered])
def lower_free(x):
    return NOT_SPAM if regex.search("free", x.low) else ABSTAIN


@labeling_function(name="over limit")
def over(x):
    return HAM if x.n > LIMIT else ABSTAIN
"""
FAILING = """\
from snorkel.labeling import labeling_function

@labeling_function()
def odd_answers(x):
    return [True, 1.7, "spam", None, 9, -2, 1, 0][x.n]
"""
LEXICAL = """\
from snorkel.labeling import labeling_function
from lexicons import words, words_labels

@labeling_function()
def by_words(x):
    return next((words_labels[w] for w in x.text.split() if w in words), ABSTAIN)
"""

WORDS = Lexicon(
    "words", ("free", "Money", "my", "退款", "ΣΊΣΥΦΟΣ"), ("not spam", None, "ham", "list", "ham")
)


class Lexicons(NoResources):
    """The lexicons of these functions."""

    def lexicon(self, name: str) -> Lexicon:
        assert name == "words"
        return WORDS


ASKING = Asking(SCHEMA, resources=Lexicons())


def functions() -> list[LabelingFunction]:
    """Return labeling functions of every kind that Python can say."""
    python = {
        "has_money": TUTORIAL,
        "short": TUTORIAL,
        "counts": PLAIN,
        "lower_free": CLASHING,
        "over limit": CLASHING,
        "odd_answers": FAILING,
        "by_words": LEXICAL,
    }
    made = [
        LabelingFunction(name, "python", {"code": code, "function": name})
        for name, code in python.items()
    ]
    made.append(LabelingFunction("renamed", "python", {"code": PLAIN, "function": "counts"}))
    for number, (kind, options) in enumerate(_declarative()):
        made.append(LabelingFunction(f"{kind} no. {number}", kind, options))
    made.append(LabelingFunction("list", "keyword", {"label": "list", "keywords": ["the list"]}))
    return made


def _declarative() -> list[tuple[str, dict[str, Any]]]:
    keyword = {"label": "not spam", "keywords": ["free", "my", "退款", "sTRASSE", "is", "ΣΊΣΥΦΟΣ"]}
    regex = [r"\bfree\b", r"i\w+", r"\p{Han}{2}", r"(a)\1\1", "^$|\\d+$", "money 5", '"?\n"?free$']
    measures = ["characters", "words", "capitals in %", "digits in %", "punctuation in %"]
    measures += ["exclamation marks", "question marks", "links", "emoji", "repeated character"]
    cells = [("is", "sport"), ("is not", "12"), ("contains", "É"), ("does not contain", "port")]
    cells += [("is empty", ""), ("is not empty", ""), ("at least", "12")]
    return [
        ("keyword", keyword),
        ("keyword", {**keyword, "whole_words": True}),
        ("keyword", {**keyword, "case_sensitive": True}),
        ("keyword", {"label": 2, "keywords": ["free", "money"], "match": "all"}),
        *(("regex", {"label": "ham", "pattern": pattern}) for pattern in regex),
        *(("regex", {"label": "list", "pattern": p, "case_sensitive": True}) for p in regex),
        ("lexicon", {"lexicon": "words"}),
        ("lexicon", {"lexicon": "words", "label": "ham", "whole_words": False}),
        *(
            ("heuristic", {"label": "ham", "measure": measure, "value": value})
            for measure in measures
            for value in ("1", "4.5", "33.3")
        ),
        *(
            ("heuristic", {"label": 1, "measure": "column", "column": "topic", **cell})
            for cell in [{"comparison": c, "value": v} for c, v in cells]
        ),
        (
            "heuristic",
            {
                "label": 1,
                "measure": "column",
                "column": "n",
                "comparison": "between",
                "value": "2",
                "upper": "5",
            },
        ),
    ]


def columns() -> Mapping[str, list[Any]]:
    """Return the columns of the documents but the text."""
    return {"n": NUMBERS, "topic": TOPICS}


def votes_of(made: list[LabelingFunction], shard: Path) -> NDArray[np.int16]:
    """Return Weft's votes, ``[n_docs, n_functions]``."""
    return np.stack([apply_function(f, shard, ASKING).votes for f in made], axis=1)
