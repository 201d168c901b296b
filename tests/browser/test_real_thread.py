"""The whole path as a person walks it, on the comments of five music videos."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import idle
from tests.browser.walking import (
    add_keyword,
    choose_kind,
    create_project,
    go,
    import_file,
    new_function,
    press,
    shown,
    wait_for_jobs,
)

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CODE = """\
from snorkel.labeling import labeling_function


@labeling_function()
def lf_short_comment(x):
    return HAM if len(x.text.split()) < 5 else ABSTAIN


@labeling_function()
def lf_needs_a_metadata_column(x):
    return SPAM if x.AUTHOR.lower() in x.text.lower() else ABSTAIN
"""


def test_from_raw_comments_to_a_model_that_says_why(
    studio: str, page: Page, real_data: Path, tmp_path: Path
) -> None:
    folder = real_data / "youtube_spam"
    create_project(page, studio, "YouTube comments", ["HAM", "SPAM"])
    for name in ("Youtube01-Psy", "Youtube02-KatyPerry", "Youtube03-LMFAO", "Youtube04-Eminem"):
        import_file(page, folder / f"{name}.csv", text="CONTENT", label="—", split="train")
    import_file(
        page, folder / "Youtube05-Shakira.csv", text="CONTENT", label="CLASS", split="test"
    )
    expect(page.get_by_text(re.compile("370 documents, 370 with a gold")).first).to_be_visible()

    go(page, "Labeling functions")
    add_keyword(page, "subscribe", "SPAM", ["subscribe", "subscribing", "channel"])
    add_keyword(page, "song", "HAM", ["song", "love", "music", "video", "views"])
    add_keyword(page, "link", "SPAM", ["http", "www", "com"])
    number = new_function(page)
    choose_kind(page, "Python")
    editor = page.frame_locator("iframe[title*='code_editor']").locator(".ace_text-input")
    editor.press("Control+a")
    page.keyboard.insert_text(CODE)
    editor.blur()
    page.wait_for_timeout(1500)
    press(page, f"labeling.save.{number}")
    expect(page.get_by_text(re.compile("Saved: lf"))).to_be_visible(timeout=60_000)
    wait_for_jobs(page)
    shown(page, "All votes are in.")

    go(page, "Weak labels")
    press(page, "weak.fit")
    wait_for_jobs(page)
    shown(page, "Majority vote")
    shown(page, "serves Review and Training")

    go(page, "Review")
    page.locator(".review").first.wait_for(timeout=30_000)
    for key in ("1", "2", "Enter", "s"):
        page.keyboard.press(key)
    expect(page.get_by_text(re.compile("3 reviewed")).first).to_be_visible(timeout=15_000)
    page.keyboard.press("u")
    expect(page.get_by_text(re.compile("2 reviewed|3 reviewed")).first).to_be_visible()

    go(page, "Training")
    page.locator("[class*='training-fine-tune-epochs'] input").fill("1")
    page.keyboard.press("Enter")
    idle(page)
    press(page, "training.start")
    page.locator("[class*='training-loss'] canvas").first.wait_for(timeout=240_000)
    page.reload()
    shown(page, "Test accuracy", timeout=480_000)

    go(page, "Evaluation")
    shown(page, "All are judged on the same 370 gold documents")

    go(page, "Inspect")
    page.get_by_label("Text", exact=True).fill("check out my <b>channel</b> and subscribe")
    press(page, "inspect.explain")
    expect(page.locator(".weft-why")).to_contain_text("<b>channel</b>", timeout=120_000)

    go(page, "Deploy")
    press(page, "deploy.labels")
    with page.expect_download(timeout=60_000) as labels:
        page.locator("[class*='deploy-download-labels'] button").click(timeout=60_000)
    assert labels.value.path().stat().st_size > 100_000
    press(page, "deploy.model")
    with page.expect_download(timeout=120_000) as model:
        page.locator("[class*='deploy-download-model'] button").click(timeout=120_000)
    assert model.value.suggested_filename.endswith(".zip")
