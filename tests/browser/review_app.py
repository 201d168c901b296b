"""A page with the review card and nothing else; answers go into a file, one a line."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from studio.core.annotations import Answer
from studio.core.schema import LabelSchema
from studio.services.review import ReviewCard
from studio.ui import session
from studio.ui.components.outbox import draw_outbox
from studio.ui.components.review import Desk, review_card

JOURNAL = Path(os.environ["REVIEW_JOURNAL"])
DELAY = float(os.environ.get("REVIEW_DELAY", "0"))
SCHEMA = LabelSchema(("ham", "spam", "unsure"))
MANY = LabelSchema(tuple(f"intent {number}" for number in range(77)))


def read() -> list[dict[str, object]]:
    """Return the answers that count, the oldest first."""
    if not JOURNAL.exists():
        return []
    rows = [json.loads(line) for line in JOURNAL.read_text(encoding="utf-8").splitlines()]
    undone = {row["undone"] for row in rows if "undone" in row}
    kept = {row["key"]: row for row in reversed(rows) if "key" in row}
    return [row for row in reversed(kept.values()) if row["key"] not in undone]


def append(row: dict[str, object]) -> None:
    with JOURNAL.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def card(doc_id: int) -> ReviewCard:
    return ReviewCard(
        doc_id=doc_id,
        external_id=str(doc_id),
        text=f"text of document {doc_id} <img src=x onerror=alert(1)> ![](https://example.org/x)",
        suggestion=doc_id % 3 if doc_id % 5 else None,
        probability=0.87,
        votes=(("says free", 1), ("short text", 0)),
        reason="the label model is least sure here",
        metadata={"channel": "mail"},
    )


def next_cards(*, limit: int) -> list[ReviewCard]:
    answered = {row["doc"] for row in read()}
    return [card(doc_id) for doc_id in range(400) if doc_id not in answered][:limit]


def submit(answers: Sequence[Answer]) -> None:
    time.sleep(DELAY)
    for answer in answers:
        append(
            {
                "key": answer.key,
                "doc": answer.doc_id,
                "label": answer.label,
                "status": answer.status.value,
            }
        )


def undo(key: str | None) -> tuple[int, ...]:
    rows = read() if key is None else [row for row in read() if row["key"] == key]
    if not rows:
        return ()
    append({"undone": rows[-1]["key"]})
    return (int(str(rows[-1]["doc"])),)


def find(doc_ids: Sequence[int]) -> list[ReviewCard]:
    return [card(doc_id) for doc_id in doc_ids]


DESK = Desk(next_cards=next_cards, submit=submit, undo=undo, find=find)


def desk(schema: LabelSchema) -> None:
    session.enter(f"cards of {schema.cardinality}")
    cards(schema)


@st.fragment
def cards(schema: LabelSchema) -> None:
    review_card(DESK, key="review.card", scope="1.me", queue="all", schema=schema)


def other() -> None:
    session.enter("other")
    st.write("another page")
    draw_outbox(lambda scope: DESK if scope == "1.me" else None)


def typing() -> None:
    st.text_input("comment", key="comment")
    desk(SCHEMA)


st.navigation(
    [
        st.Page(partial(desk, SCHEMA), title="cards", url_path="cards", default=True),
        st.Page(partial(desk, MANY), title="many", url_path="many"),
        st.Page(typing, title="typing", url_path="typing"),
        st.Page(other, title="other", url_path="other"),
    ]
).run()
