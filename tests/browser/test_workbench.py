"""The workbench of labeling functions: each kind, and all that a trial and a table show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studio.config import load_settings
from studio.core.endpoints import Endpoint
from studio.core.lexicons import Lexicon
from studio.core.runs import Targets
from studio.services import endpoints, lexicons, projects, training
from studio.storage.store import Store
from tests.browser.serving import idle
from tests.browser.walking import (
    choose,
    choose_kind,
    editor,
    go,
    keyed,
    new_function,
    press,
    shown,
)
from tests.labeling.fake_endpoint import Reply, running_endpoint, said
from tests.services.helpers import ME, do, label_project, make_project

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def store(studio_home: Path) -> Iterator[Store]:
    """Open the running studio's store beside it, as another process would."""
    opened = Store.open(load_settings({"STUDIO_HOME": str(studio_home)}))
    yield opened
    opened.close()


def open_workbench(page: Page, studio: str, number: int) -> None:
    page.goto(f"{studio}/labeling_functions?project={number}")
    idle(page)
    expect(page.get_by_role("heading", name="Labeling functions", level=1)).to_be_visible()


def fill(page: Page, kind: str, option: str, text: str, element: str = "textarea") -> None:
    """Type an option of the function in the editor."""
    box = keyed(page, f"labeling.{kind}.{editor(page)}.{option}").locator(element)
    box.fill(text)
    box.press("Control+Enter" if element == "textarea" else "Enter")
    idle(page)


def try_and_save(page: Page, name: str, n_docs: int = 10) -> None:
    """Try what the editor holds, then save it, and find it in the table."""
    if name:
        keyed(page, f"labeling.name.{editor(page)}").locator("input").fill(name)
        page.keyboard.press("Enter")
        idle(page)
    press(page, f"labeling.try.{editor(page)}")
    shown(page, f"Tried on {n_docs} documents", timeout=90_000)
    press(page, f"labeling.save.{editor(page)}")
    if name:
        shown(page, f"{name} is saved")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible(timeout=30_000)


def write_code(page: Page, code: str) -> None:
    """Put code into the editor, in place of what stands there."""
    box = page.frame_locator("iframe[title*='code_editor']").locator(".ace_text-input")
    box.press("Control+a")
    page.keyboard.insert_text(code)
    box.blur()
    page.wait_for_timeout(1200)
    idle(page)


def answer(count: int, prompt: str) -> Reply:
    return said("refund" if "refund" in prompt else "delivery")


def test_a_function_of_each_kind_is_tried_and_saved(
    studio: str, page: Page, store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path, "Each kind")
    run_id = training.start_training(store, ME, number, method="tfidf", targets=Targets.GOLD)
    job_id = store.runs.get(run_id).job_id
    assert job_id is not None
    do(store, job_id)
    lexicons.save(store, ME, number, Lexicon("moving", ("parcel", "van"), ("delivery", None)))
    with running_endpoint(answer) as model:
        endpoints.save_endpoint(store, ME, Endpoint("Local", model.url, "small"))
        open_workbench(page, studio, number)

        fill(page, "keyword", "keywords", "refund\nmoney")
        try_and_save(page, "by_keyword")

        new_function(page)
        choose_kind(page, "Regex")
        fill(page, "regex", "pattern", r"re(fund|turn)s?", "input")
        expect(page.locator("mark").first).to_have_text("refund", timeout=30_000)
        try_and_save(page, "by_regex")

        new_function(page)
        choose_kind(page, "Lexicon")
        choose(page, f"labeling.lexicon.{editor(page)}.lexicon", "moving")
        try_and_save(page, "by_lexicon")

        new_function(page)
        choose_kind(page, "Heuristic")
        fill(page, "heuristic", "value", "4", "input")
        try_and_save(page, "by_heuristic")

        new_function(page)
        choose_kind(page, "Similar")
        fill(page, "similar", "exemplars", "I want my money back")
        try_and_save(page, "by_similar")

        new_function(page)
        choose_kind(page, "Zero-shot")
        try_and_save(page, "by_description")

        new_function(page)
        choose_kind(page, "Classifier")
        try_and_save(page, "by_classifier")

        new_function(page)
        choose_kind(page, "Prompt")
        fill(page, "prompt", "prompt", "Is this about a refund? {text}")
        try_and_save(page, "by_prompt")

    new_function(page)
    choose_kind(page, "Python")
    write_code(
        page,
        "from lexicons import moving\n\n"
        "def by_python(x):\n"
        "    return DELIVERY if any(t in x.text for t in moving) else ABSTAIN\n",
    )
    try_and_save(page, "")
    shown(page, "Saved: by")
    expect(page.get_by_role("button", name="by_python", exact=True)).to_be_visible(timeout=30_000)
    kinds = {f.name: f.kind for f in store.functions.list(number)}
    assert len(kinds) == 9
    assert len(set(kinds.values())) == 9


def test_flips_history_pins_and_the_document_in_view(
    studio: str, page: Page, store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path, "Flips and pins")
    label_project(store, number)
    lf_id = store.functions.list(number)[0].lf_id
    open_workbench(page, studio, number)
    page.get_by_role("button", name="says_refund", exact=True).click()
    idle(page)
    shown(page, "Tried on 10 documents")

    # What a change would do, before it is saved: flips, with the labels before and after.
    fill(page, "keyword", "keywords", "parcel")
    chips = keyed(page, "labeling.chip")
    chips.get_by_text(re.compile(r"Flips [1-9]")).click(timeout=30_000)
    idle(page)
    shown(page, "combined labels")
    assert store.functions.get(lf_id or 0).version == 1
    press(page, f"labeling.discard.{lf_id}")
    keywords = keyed(page, f"labeling.keyword.{lf_id}.1.keywords").locator("textarea")
    expect(keywords).to_have_value("refund")

    # A pin, kept while the function is as it was, broken by an edit.
    chips.get_by_text(re.compile("^Hits")).click()
    idle(page)
    page.get_by_role("button", name="Pin: this function must vote here").first.click()
    shown(page, "The pin is set")
    shown(page, "pins 1")
    page.get_by_role("button", name="See in the table").first.click()
    expect(page.get_by_role("img", name="votes, and is right").first).to_be_visible()
    fill(page, "keyword", "keywords", "money")
    press(page, f"labeling.save.{editor(page)}")
    shown(page, "says_refund is saved")
    expect(page.get_by_text("✗ pins 1 of 1")).to_be_visible(timeout=30_000)
    side = page.locator("[class*='st-key-labeling-side']")
    side.get_by_text("Pins").click()
    shown(page, "✗ broken")

    # Both versions are there; the first one comes back with its pin.
    side.get_by_text("History").click()
    shown(page, "Version 2")
    expect(page.get_by_text("+").first).to_be_visible()
    press(page, f"labeling.restore.{lf_id}.1")
    shown(page, "as in version 1 again")
    expect(page.get_by_text("✓ pins 1")).to_be_visible(timeout=30_000)
    assert [f.version for f, _at, _by in store.functions.versions(lf_id or 0)] == [3, 2, 1]


def test_faults_name_the_line_and_the_documents(
    studio: str, page: Page, store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path, "Faults")
    open_workbench(page, studio, number)
    choose_kind(page, "Python")
    write_code(page, "def breaks(x):\n    return 1 // ('parcel' not in x.text)\n")
    press(page, "labeling.save.new")
    fault = page.get_by_role("button", name=re.compile(r"breaks: faults \d"))
    fault.click(timeout=60_000)
    idle(page)
    shown(page, "ZeroDivisionError")
    shown(page, "line 2")
    expect(page.locator("code", has_text="return 1 //").last).to_be_visible()
    expect(page.locator(".documents li").first).to_contain_text("parcel")


def test_a_suggestion_becomes_a_function(
    studio: str, page: Page, store: Store, tmp_path: Path
) -> None:
    number = projects.create_sample_project(store, ME)
    # Whoever opens the sample project afterwards must not get this one.
    projects.rename_project(store, ME, number, "Suggestions")
    for function in store.functions.list(number):
        store.functions.delete(function.lf_id or 0)
    open_workbench(page, studio, number)
    keyed(page, "labeling.tab").get_by_text("Suggested").click()
    idle(page)
    press(page, "labeling.suggest")
    keyed(page, "labeling.accept.0").wait_for(timeout=60_000)
    shown(page, "not covered yet")
    press(page, "labeling.accept.0")
    shown(page, "is saved")
    assert len(store.functions.list(number)) == 1


def test_selected_words_of_a_review_become_a_function(
    studio: str, page: Page, store: Store, tmp_path: Path
) -> None:
    number = make_project(store, tmp_path, "From review")
    page.goto(f"{studio}/review?project={number}")
    text = page.locator(".review .text").first
    text.wait_for(timeout=30_000)
    idle(page)
    expect(text).not_to_be_empty()
    text.dblclick(position={"x": 30, "y": 15})
    page.get_by_role("button", name=re.compile("Make a labeling function of")).click()
    expect(page.get_by_role("heading", name="Labeling functions", level=1)).to_be_visible(
        timeout=30_000
    )
    idle(page)
    keywords = keyed(page, f"labeling.keyword.{editor(page)}.keywords").locator("textarea")
    expect(keywords).not_to_be_empty()
    shown(page, "Tried on 10 documents")
    go(page, "Review")
