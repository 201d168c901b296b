from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.errors import BadFile, Forbidden, Invalid, NotFound
from studio.core.lexicons import Lexicon
from studio.core.schema import LabelSchema
from studio.services import applying, labeling, lexicons, resources, trying
from studio.storage.store import Store
from tests.services.helpers import GUEST, ME, do, make_project

SCHEMA = LabelSchema(("refund", "delivery"))


def test_a_line_is_a_term_and_perhaps_a_label() -> None:
    text = (
        'term,label\nmoney back, Refund\n\n"lost, again",delivery\n好吃\r\n tab \tdelivery\nlate,'
    )
    assert lexicons.parse_text(text, SCHEMA) == (
        ("money back", "lost, again", "好吃", "tab", "late"),
        ("refund", "delivery", None, "delivery", None),
    )


def test_repeated_terms_count_once_and_a_lone_heading_is_a_term() -> None:
    assert lexicons.parse_text("term\nterm\nx,refund\nx,refund", SCHEMA) == (
        ("term", "x"),
        (None, "refund"),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a\nb,refnd", "Line 2: There is no label 'refnd'; the labels are refund, delivery"),
        ("a,refund\n\na,delivery", "Line 3: 'a' has the label delivery here and refund in line 1"),
        ("a,refund\na", "Line 2: 'a' has the label none here and refund in line 1"),
        ("a,b,c", "Line 1: 'a,b,c' has 3 parts"),
        (",refund", "Line 1: there is no term before the label"),
        ("x" * 300, "Line 1: the term has 300 characters"),
        (" \n\n", "There are no terms. Write one a line."),
        ("\n".join(f"a,{i}" for i in range(9)), "Line 3: .* 6 more lines are wrong"),
    ],
)
def test_a_wrong_line_is_named(text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        lexicons.parse_text(text, SCHEMA)


@given(st.dictionaries(st.text("ab ,é好", min_size=1, max_size=4), st.sampled_from([None, 0, 1])))
def test_what_is_written_in_quotes_is_read_again(terms: dict[str, int | None]) -> None:
    clean = {" ".join(t.split()): label for t, label in terms.items() if t.strip()}
    if not clean:
        return
    lines = [f'"{t}",{"" if i is None else SCHEMA.names[i]}' for t, i in clean.items()]
    found = lexicons.parse_text("\n".join(lines), SCHEMA)
    labels = tuple(None if i is None else SCHEMA.names[i] for i in clean.values())
    assert found == (tuple(clean), labels)


def test_a_file_is_read_in_its_own_encoding() -> None:
    text = "好吃,refund\n" * 30 + "难吃，真的\n"
    assert lexicons.read_file(text.encode("gb18030")) == text
    assert lexicons.read_file("\ufeffa\nb".encode()) == "a\nb"
    with pytest.raises(BadFile, match="binary data"):
        lexicons.read_file(bytes(range(256)) * 4)
    with pytest.raises(BadFile, match="Line 201 holds bytes that are no UTF-8"):
        lexicons.read_file("好\n".encode() * 200 + b"\xff\n" + "好\n".encode() * 200)


@pytest.mark.parametrize("name", ["", "1st", "two words", "_x", "class", "x_labels"])
def test_a_name_that_code_cannot_import_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="lexicon"):
        Lexicon(name, ("a",), (None,))


def test_a_lexicon_is_listed_used_and_only_deleted_unused(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    with pytest.raises(Forbidden):
        lexicons.save_text(store, GUEST, number, name="words", text="refund")
    lexicons.save_text(store, ME, number, name="words", text="refund,refund\nparcel,delivery")
    lexicons.save_text(store, ME, number, name="other", text="nice")
    options = {"lexicon": "words"}
    labeling.save_function(store, ME, number, kind="lexicon", name="by_list", options=options)
    assert lexicons.usage(store, number) == {"other": (), "words": ("by_list",)}
    assert [found.name for found in lexicons.list_lexicons(store, number)] == ["other", "words"]
    with pytest.raises(Invalid, match="'words' is used by by_list"):
        lexicons.delete(store, ME, number, "words")
    lexicons.delete(store, ME, number, "other")
    assert resources.choices(store, number)["lexicon"] == [("words", "words")]
    lexicons.restore(store, ME, number, "other")
    assert lexicons.get(store, number, "other") == Lexicon("other", ("nice",), (None,))


def test_a_changed_lexicon_makes_its_votes_stale(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lexicons.save_text(store, ME, number, name="words", text="refund,refund")
    options = {"lexicon": "words"}
    labeling.save_function(store, ME, number, kind="lexicon", name="by_list", options=options)
    do(store, applying.start_apply(store, ME, number))
    (row,) = labeling.list_functions(store, number)
    assert (row.stale, row.summary.coverage) == (False, 0.3)
    lexicons.save_text(store, ME, number, name="words", text="refund,refund\nparcel,delivery")
    assert labeling.list_functions(store, number)[0].stale
    do(store, applying.start_apply(store, ME, number))
    matrix = labeling.vote_matrix(store, number)
    assert matrix.votes[:, 0].tolist() == [0, -1, 0, -1, 1, 1, 1, 1, -1, -1]
    lexicons.save_text(store, ME, number, name="words", text="refund,refund")
    assert not labeling.list_functions(store, number)[0].stale


def test_python_with_a_lexicon_is_tried_saved_and_goes_stale(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lexicons.save_text(store, ME, number, name="words", text="parcel,delivery")
    code = (
        "from lexicons import words, words_labels\n"
        "def by_word(x):\n"
        "    hits = [words_labels[w] for w in x.text.split() if w in words]\n"
        "    return hits[0] if hits else ABSTAIN\n"
    )
    job = trying.start_try(store, ME, number, kind="python", options={"code": code})
    do(store, job)
    (trial,) = trying.result(store, job) or []
    assert (trial.n_votes, trial.faults) == (5, ())
    assert labeling.save_code(store, ME, number, code) == ["by_word"]
    (before,) = resources.functions_of(store, number)
    assert list(before.inputs) == ["lexicon:words"]
    lexicons.save_text(store, ME, number, name="words", text="parcel,refund")
    assert resources.functions_of(store, number)[0].fingerprint != before.fingerprint


def test_code_that_imports_what_is_not_there_is_refused(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    lexicons.save_text(store, ME, number, name="words", text="parcel")
    with pytest.raises(NotFound, match="no lexicon 'wrods'; there are words"):
        labeling.save_code(store, ME, number, "from lexicons import wrods\ndef f(x): return 0")


def test_a_function_whose_lexicon_is_gone_does_not_stop_the_others(
    store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path)
    labeling.save_function(
        store, ME, number, kind="lexicon", name="lost", options={"lexicon": "gone"}
    )
    options = {"label": "refund", "keywords": ["refund"]}
    labeling.save_function(store, ME, number, kind="keyword", name="fine", options=options)
    result = do(store, applying.start_apply(store, ME, number))
    assert "no lexicon 'gone'" in str(result["failed"])
    rows = {row.function.name: row for row in labeling.list_functions(store, number)}
    assert (rows["fine"].stale, rows["fine"].summary.coverage) == (False, 0.3)
