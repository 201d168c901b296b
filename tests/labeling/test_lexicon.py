from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import Invalid, NotFound
from studio.core.lexicons import Lexicon
from studio.labeling.base import Asking, kinds
from studio.labeling.imports import lexicon_names
from studio.labeling.kinds.lexicon import LexiconOptions
from tests.labeling.offering import MOODS, Offer
from tests.labeling.voting import SCHEMA, vote

PLAIN = Lexicon("plain", ("refund", "money back", "退款"), (None, None, None))
OFFER = Offer(PLAIN)


def test_each_term_speaks_for_its_own_label(tmp_path: Path) -> None:
    texts = ["I love it", "Check!", "checked", "好吃", "很好吃", None]
    found = vote(tmp_path, "lexicon", texts, {"lexicon": "moods"})
    assert found.votes.tolist() == [0, 1, -1, 0, -1, -1]
    found = vote(tmp_path, "lexicon", texts, {"lexicon": "moods", "whole_words": False})
    assert found.votes.tolist() == [0, 1, 1, 0, 0, -1]


def test_most_terms_win_and_a_tie_abstains(tmp_path: Path) -> None:
    texts = ["love, check", "love love check", "好吃 love check", "难吃 check love"]
    found = vote(tmp_path, "lexicon", texts, {"lexicon": "moods"})
    assert found.votes.tolist() == [-1, -1, 0, 1]


def test_one_label_for_all_terms(tmp_path: Path) -> None:
    options = {"lexicon": "plain", "label": "spam", "whole_words": False}
    found = vote(tmp_path, "lexicon", ["no refunds", "要求退款", "money"], options, OFFER)
    assert found.votes.tolist() == [1, 1, -1]


def test_texts_are_more_than_is_looked_through_at_once(tmp_path: Path) -> None:
    texts = ["so " * 350_000 + word for word in ("love", "check", "so") * 4]
    found = vote(tmp_path, "lexicon", texts, {"lexicon": "moods"})
    assert found.votes.tolist() == [0, 1, -1] * 4
    found = vote(tmp_path, "lexicon", texts, {"lexicon": "moods", "label": "spam"})
    assert found.votes.tolist() == [1, 1, -1] * 4


def test_a_lexicon_without_labels_needs_one(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="'plain' have no labels. Choose the label"):
        vote(tmp_path, "lexicon", ["a"], {"lexicon": "plain"}, OFFER)


def test_an_unknown_lexicon_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no lexicon 'mods'; there are moods, plain"):
        vote(tmp_path, "lexicon", ["a"], {"lexicon": "mods"}, OFFER)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["love", "check", "好吃", "难吃", "so"]), max_size=5))
def test_a_text_has_spans_exactly_if_it_is_voted_on_and_of_that_label(parts: list[str]) -> None:
    text, kind = " ".join(parts), kinds.get("lexicon")()
    options = LexiconOptions(lexicon="moods")
    spans = kind.matches(text, options, Asking(SCHEMA, resources=Offer()))
    by_term = dict(zip(MOODS.terms, MOODS.labels, strict=True))
    said = [by_term[part] for part in set(parts) if part in by_term]
    ham, spam = said.count("ham"), said.count("spam")
    winner = None if ham == spam else "ham" if ham > spam else "spam"
    assert {text[s:e] for s, e in spans} == {
        p for p in parts if winner and by_term.get(p) == winner
    }


def test_what_it_rests_on_is_named() -> None:
    assert kinds.get("lexicon")().inputs(LexiconOptions(lexicon="moods")) == ("lexicon:moods",)


def test_python_imports_terms_and_label_indices(tmp_path: Path) -> None:
    code = (
        "from lexicons import moods, moods_labels as says\n"
        "import lexicons as all_of_them\n"
        "def f(x):\n"
        "    assert all_of_them.plain == {'refund', 'money back', '退款'}\n"
        "    assert all_of_them.plain_labels == {}\n"
        "    assert list(says) == ['love', 'check', '好吃', '难吃']\n"
        "    return says[x.text] if x.text in moods else ABSTAIN\n"
    )
    options = {"code": code, "function": "f"}
    found = vote(tmp_path, "python", ["love", "难吃", "refund"], options, OFFER)
    assert (found.votes.tolist(), found.faults) == ([0, 1, -1], ())
    kind = kinds.get("python")
    needed = kind().inputs(kind.Options.model_validate(options))
    assert needed == ("lexicon:moods", "lexicon:plain")


def test_python_that_imports_an_unknown_lexicon_is_refused(tmp_path: Path) -> None:
    options = {"code": "from lexicons import mood\ndef f(x): return 0", "function": "f"}
    with pytest.raises(NotFound, match="no lexicon 'mood'; there are moods"):
        vote(tmp_path, "python", ["a"], options)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import lexicons\nlexicons.a.b\nother.c", ("a",)),
        ("from lexicons import b_labels, a", ("a", "b")),
        ("def f(x):\n    from lexicons import inner", ("inner",)),
        ("from .lexicons import a\nfrom my.lexicons import b\nimport lexicons.c", ()),
        ("# from lexicons import a", ()),
        ("not python at all", ()),
    ],
)
def test_imports_are_read_from_the_code(code: str, names: tuple[str, ...]) -> None:
    assert lexicon_names(code) == names
