from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from studio.core.documents import ColumnMapping, Split
from studio.core.errors import BadRecipe, Conflict, Forbidden, Invalid, NotFound
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.importers.quality.choices import CheckOptions, ImportChoices
from studio.services import applying, importing, projects, quality, selections, votes
from studio.services.importing import ImportReport
from studio.services.recipe import load_recipe
from studio.storage.store import Store
from tests.services.helpers import ME, add_keyword, do, make_project, write_rows

MERGE = ImportChoices(duplicates="merge")
MASK = ImportChoices(mask_emails=True, mask_phones=True, mask_cards=True, mask_ibans=True)
EDITOR = User("eve", Role.EDITOR)

LONG = "the parcel that I ordered last week has still not arrived at my new address"


def new_project(store: Store) -> int:
    return projects.create_project(store, ME, name="P", labels=["refund", "delivery"])


def bring(
    store: Store, number: int, folder: Path, lines: list[str], choices: ImportChoices | None = None
) -> ImportReport:
    """Import lines of text|label|split|vote of anna."""
    path = folder / "rows.csv"
    rows = [
        "text|label|split|vote:anna",
        *(f"{line}{'|' * (3 - line.count('|'))}" for line in lines),
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    mapping = ColumnMapping(text="text", label="label", split="split")
    source = importing.Source(path, "csv", {"delimiter": "|"}, mapping)
    return importing.import_file(store, ME, number, source=source, choices=choices)


def annas(store: Store, number: int) -> list[int]:
    return votes.vote_matrix(store, number).votes[:, 0].tolist()


LINES = [
    "a parcel|||",
    "a refund|refund|train|",
    "a  parcel|delivery|train|delivery",
    "a parcel|refund|test|refund",
    "good||dev|",
]


def test_nothing_is_left_out_unless_asked_and_duplicates_are_counted(
    store: Store, tmp_path: Path
) -> None:
    number = new_project(store)
    report = bring(store, number, tmp_path, LINES)
    assert report.n_documents == store.documents.count(number) == 5
    found = report.quality
    assert (found.n_duplicates, found.n_merged) == (2, 0)
    assert (found.n_contradicting, found.n_across_splits) == (1, 1)
    assert store.annotations.gold(number).tolist() == [ABSTAIN, 0, 1, 0, ABSTAIN]
    assert quality.ids_of(store, number, "duplicates").tolist() == [0, 2, 3]


def test_the_first_of_equal_texts_stays_and_gets_what_it_lacks(
    any_store: Store, tmp_path: Path
) -> None:
    number = new_project(any_store)
    report = bring(any_store, number, tmp_path, LINES, MERGE)
    assert any_store.documents.texts(number) == ["a parcel", "a refund", "good"]
    assert report.n_documents == 3
    found = report.quality
    assert (found.n_duplicates, found.n_merged) == (2, 2)
    assert (found.n_contradicting, found.n_across_splits) == (1, 1)
    assert any_store.annotations.gold(number).tolist() == [1, 0, ABSTAIN]
    assert annas(any_store, number) == [1, ABSTAIN, ABSTAIN]
    assert report.n_gold == 2


def test_documents_that_are_there_get_labels_and_votes_of_their_doubles(
    any_store: Store, tmp_path: Path
) -> None:
    number = new_project(any_store)
    bring(any_store, number, tmp_path, ["x||test|", "y|refund||refund", "z||dev|refund"])
    weak_labels_before = votes.votes_fingerprint(any_store, number)
    lines = ["new|||", "x|delivery|train|delivery", "y|delivery||delivery", "z||dev|", "new||| "]
    report = bring(any_store, number, tmp_path, lines, MERGE)
    assert any_store.documents.texts(number) == ["x", "y", "z", "new"]
    assert any_store.annotations.gold(number).tolist() == [1, 0, ABSTAIN, ABSTAIN]
    assert annas(any_store, number) == [1, 0, 0, ABSTAIN]
    assert (report.n_documents, report.n_gold) == (1, 1)
    found = report.quality
    assert (found.n_merged, found.n_contradicting, found.n_across_splits) == (4, 1, 1)
    # What was computed from the older votes must be seen to be stale.
    assert votes.votes_fingerprint(any_store, number) != weak_labels_before


def test_a_file_of_known_texts_alone_adds_no_document(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, ["x", "y|refund"])
    before = votes.votes_fingerprint(store, number)
    report = bring(store, number, tmp_path, ["y", "x|delivery||delivery"], MERGE)
    assert (report.n_documents, report.quality.n_merged) == (0, 2)
    assert store.documents.texts(number) == ["x", "y"]
    assert store.annotations.gold(number).tolist() == [1, 0]
    assert annas(store, number) == [1, ABSTAIN]
    assert votes.votes_fingerprint(store, number) != before


def test_what_merged_rows_do_not_say_makes_no_new_version(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, ["x|||refund"])
    bring(store, number, tmp_path, ["x|||delivery", "x"], MERGE)
    (function,) = store.functions.list(number)
    assert (function.version, annas(store, number)) == (1, [0])


def test_merging_gives_up_where_others_imported_meanwhile(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    path = write_rows(tmp_path)
    source = importing.Source(path, "csv", {}, ColumnMapping(text="text"))

    def disturb(fraction: float, message: str = "") -> None:
        if not store.documents.count(number):
            importing.import_file(store, ME, number, source=source)

    with pytest.raises(Conflict, match="Import the file again"):
        importing.import_file(store, ME, number, source=source, choices=MERGE, progress=disturb)
    assert store.documents.count(number) == 10


PERSONAL = ["mail a@b.co or c@d.co", "ring 555-123-4567", "mail e@f.co or c@d.co", "nothing"]


def test_masked_texts_can_be_read_by_administrators_alone(
    any_store: Store, tmp_path: Path
) -> None:
    number = new_project(any_store)
    bring(any_store, number, tmp_path, ["older"])
    report = bring(any_store, number, tmp_path, PERSONAL, MASK)
    assert any_store.documents.texts(number)[1:] == [
        "mail [EMAIL_1] or [EMAIL_2]",
        "ring [PHONE_1]",
        "mail [EMAIL_1] or [EMAIL_2]",
        "nothing",
    ]
    assert report.quality.personal == {"email": 4, "phone": 1}
    assert report.quality.n_masked == 3
    shown = [quality.reveal(any_store, ME, number, doc_id) for doc_id in range(5)]
    assert shown == ["older", *PERSONAL]
    assert any_store.events.list(number)[0].kind == "reveal"
    n_events = len(any_store.events.list(number))
    with pytest.raises(Forbidden):
        quality.reveal(any_store, EDITOR, number, 1)
    with pytest.raises(NotFound):
        quality.reveal(any_store, ME, number, 99)
    assert len(any_store.events.list(number)) == n_events


def test_texts_that_differ_only_where_they_are_masked_are_not_merged(
    store: Store, tmp_path: Path
) -> None:
    number = new_project(store)
    both = MASK.model_copy(update={"duplicates": "merge"})
    bring(store, number, tmp_path, PERSONAL, both)
    assert store.documents.count(number) == 4
    # The same file once more: all of it is known, though the texts there are masked.
    assert bring(store, number, tmp_path, PERSONAL, both).quality.n_merged == 4
    # Also where nothing was kept beside the documents.
    for kept in (store.home / "arrays").rglob("*.npy"):
        kept.unlink()
    assert bring(store, number, tmp_path, PERSONAL, both).quality.n_merged == 4
    assert quality.ids_of(store, number, "pii:email").tolist() == [0, 2]
    assert quality.ids_of(store, number, "pii:phone").tolist() == [1]


def test_an_import_that_fails_leaves_no_originals(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    with pytest.raises(Invalid, match="banana"):
        bring(store, number, tmp_path, ["mail a@b.co", "b|banana"], MASK)
    assert store.masked.counts(number) == {}


def test_the_job_of_an_import_takes_choices_and_says_what_it_found(
    store: Store, tmp_path: Path
) -> None:
    number = new_project(store)
    rows = ["text,n", "mail a@b.co,1", "mail a@b.co,2", ",3", "Wo ist mein Paket?,4"]
    content = io.BytesIO("\n".join([*rows, "x" * 10_001 + ",5", ""]).encode())
    upload = importing.stage_upload(store, ME, number, name="a.csv", stream=content)
    job = importing.start_import(
        store,
        ME,
        number,
        upload_id=upload.upload_id,
        format_name="csv",
        options={},
        mapping=ColumnMapping(text="text"),
        choices=MASK.model_copy(update={"duplicates": "merge"}),
    )
    found = do(store, job)
    assert found["n_documents"] == 3
    told = found["quality"]
    assert isinstance(told, dict)
    assert (told["n_merged"], told["n_masked"], told["n_empty"]) == (1, 1, 1)
    assert told["n_overlong"] == 1
    assert told["personal"] == {"email": 1}
    assert told["languages"]["de"] == 1


def check(store: Store, number: int, **options: object) -> quality.QualityReport:
    do(store, quality.start_check(store, ME, number, CheckOptions(**options)))  # type: ignore[arg-type]
    found = quality.report(store, number)
    assert found is not None
    return found


CHECKED = [
    f"{LONG}||train",
    "一二三四五六七八||train",
    f"{LONG}||train",
    f"{LONG.replace('still', '')}!||dev",
    "write to a@b.co please||test",
    "一二三四五六七八||test",
]


def test_a_check_finds_doubles_leaks_languages_and_personal_data(
    any_store: Store, tmp_path: Path
) -> None:
    number = new_project(any_store)
    bring(any_store, number, tmp_path, CHECKED)
    assert quality.report(any_store, number) is None
    found = check(any_store, number)
    assert (found.n_documents, found.stale) == (6, False)
    assert (found.n_duplicates, found.n_duplicate_groups) == (4, 2)
    assert (found.n_near, found.n_near_groups) == (3, 1)
    assert (found.n_leaks, found.n_leak_groups) == (5, 2)
    assert found.languages == {"en": 4, "zh": 2}
    assert (found.n_languages, found.personal["email"], found.n_empty) == (6, 1, 0)
    behind = {
        "duplicates": [0, 1, 2, 5],
        "near": [0, 2, 3],
        "leaks": [0, 1, 2, 3, 5],
        "lang:zh": [1, 5],
        "lang:": [],
        "pii:email": [4],
        "pii:iban": [],
    }
    for what, ids in behind.items():
        word = f"quality:{what}"
        assert selections.resolve(any_store, number, word).tolist() == ids
        assert selections.describe(any_store, number, word).startswith("Documents ")
    groups = quality.duplicate_groups(any_store, number)
    assert [(group.doc_ids, group.exact) for group in groups] == [
        ((0, 2, 3), False),
        ((1, 5), True),
    ]
    assert groups[1].splits == (Split.TRAIN, Split.TEST)


def test_a_threshold_of_one_finds_equal_letters_only(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, CHECKED)
    assert check(store, number, threshold=1.0).n_near == 0


def test_leaks_follow_the_splits_and_a_move_can_be_set_back(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, CHECKED)
    check(store, number)
    before = store.documents.splits(number)
    assert quality.move_leaks(store, EDITOR, number, Split.TRAIN) == 2
    assert store.documents.splits(number).tolist() == [0, 0, 0, 0, 2, 0]
    report = quality.report(store, number)
    assert report is not None
    assert report.n_leaks == 0
    assert quality.move_leaks(store, EDITOR, number, Split.TRAIN) == 0
    assert quality.can_undo_move(store, number)
    assert quality.undo_move(store, EDITOR, number) == 2
    np.testing.assert_array_equal(store.documents.splits(number), before)
    with pytest.raises(Invalid, match="No move"):
        quality.undo_move(store, EDITOR, number)


def test_an_undone_move_leaves_splits_that_others_dealt_meanwhile(
    store: Store, tmp_path: Path
) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, CHECKED)
    check(store, number)
    quality.move_leaks(store, ME, number, Split.TRAIN)
    splits = store.documents.splits(number)
    splits[3] = Split.TEST.code
    store.documents.set_splits(number, splits)
    assert quality.undo_move(store, ME, number) == 1
    assert store.documents.splits(number).tolist() == [0, 0, 0, 2, 2, 2]


def test_a_check_goes_stale_when_documents_come_and_is_not_done_twice(
    store: Store, tmp_path: Path
) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, CHECKED)
    first = quality.start_check(store, ME, number)
    key = do(store, first)["key"]
    kept = sorted((store.home / "explanations").rglob("*.json"))
    assert do(store, quality.start_check(store, ME, number)) == {"key": key}
    assert sorted((store.home / "explanations").rglob("*.json")) == kept
    bring(store, number, tmp_path, [LONG])
    stale = quality.report(store, number)
    assert stale is not None
    assert (stale.stale, stale.n_documents, stale.n_duplicates) == (True, 6, 4)
    assert quality.ids_of(store, number, "near").tolist() == [0, 2, 3]
    fresh = check(store, number)
    assert (fresh.stale, fresh.n_documents, fresh.n_duplicates) == (False, 7, 5)


def test_before_a_check_the_sentence_says_how_to_start_it(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    for what in ("near", "leaks", "language:en"):
        with pytest.raises(Invalid, match="Start the check"):
            quality.ids_of(store, number, what)
    for what in ("banana", "pii:banana", "pii", ""):
        with pytest.raises(Invalid, match="use duplicates"):
            quality.ids_of(store, number, what)
    with pytest.raises(Invalid):
        selections.resolve(store, number, "quality")


def test_only_editors_check_and_move(store: Store, tmp_path: Path) -> None:
    number = make_project(store, tmp_path)
    guest = User("guest", Role.ANNOTATOR)
    with pytest.raises(Forbidden):
        quality.start_check(store, guest, number)
    with pytest.raises(Forbidden):
        quality.move_leaks(store, guest, number, Split.TRAIN)
    with pytest.raises(Forbidden):
        quality.undo_move(store, guest, number)
    with pytest.raises(Invalid, match="no documents"):
        quality.start_check(store, ME, new_project(store))


def test_languages_are_kept_by_shard(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, ["Wo ist mein Paket?", "我要退款", "12"])
    (shard,) = store.documents.shards(number)
    assert list(quality.language_column(store, shard)) == ["de", "zh", ""]
    store.arrays.save("languages", shard.fingerprint, np.array(["fr", "", "en"], "S2"))
    assert list(quality.language_column(store, shard)) == ["fr", "", "en"]


def test_new_documents_alone_are_voted_on(store: Store, tmp_path: Path) -> None:
    number = new_project(store)
    bring(store, number, tmp_path, ["a refund", "a parcel"])
    add_keyword(store, number, "says_refund", "refund", "refund")
    do(store, applying.start_apply(store, ME, number, None))
    bring(store, number, tmp_path, ["a  refund", "my refund"], MERGE)
    found = do(store, applying.start_apply(store, ME, number, None))
    assert found["computed"] == 1
    function = next(f for f in store.functions.list(number) if f.name == "says_refund")
    assert store.documents.texts(number) == ["a refund", "a parcel", "my refund"]
    said = [store.votes.load(function.fingerprint, s) for s in store.documents.shards(number)]
    assert [column.votes.tolist() for column in said if column] == [[0, ABSTAIN], [0]]


RECIPE = """\
project: P
labels: [refund, delivery]
documents:
  - {path: rows.csv, choices: {duplicates: merge, mask_emails: true}}
"""


def test_a_recipe_can_say_what_to_do_with_equal_texts(tmp_path: Path) -> None:
    write_rows(tmp_path)
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    (part,) = load_recipe(path).documents
    assert part.choices == ImportChoices(duplicates="merge", mask_emails=True)
    path.write_text(RECIPE.replace("merge", "burn"), encoding="utf-8")
    with pytest.raises(BadRecipe, match="burn") as caught:
        load_recipe(path)
    assert caught.value.line == 4
