"""Language models: which there are, what they may see, what they answered, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from studio.core.endpoints import Endpoint
from studio.core.jobs import JobState
from studio.core.projects import Project
from studio.core.schema import ABSTAIN, LabelSchema
from studio.core.users import Role, User
from studio.services import endpoints
from studio.services.completions import DocumentAnswer
from studio.services.ledger import LedgerRow
from studio.storage.store import Store
from studio.ui import html, jobs, session, tables
from studio.ui.text import _, plain, short

_TEST: Final = "endpoints.test_job"
_SHOWN: Final = 200


@dataclass(frozen=True)
class EndpointWish:
    """What was pressed: save, test or remove an endpoint, or set what texts models see.

    ``endpoint`` is what the form holds, for a save; ``texts`` is the new setting.
    """

    verb: str
    name: str = ""
    endpoint: dict[str, str | float] | None = None
    texts: str | None = None


def draw_endpoints(store: Store, user: User) -> EndpointWish | None:
    """Draw the endpoints; administrators also get what adds, tests and removes them.

    Returns
    -------
    EndpointWish or None
        What was pressed, for :func:`carry_out`.
    """
    known = endpoints.list_endpoints(store)
    may_change = user.role >= Role.ADMIN
    if not known:
        html.note(
            _("No endpoint yet. Add one below.")
            if may_change
            else _("No endpoint yet. An administrator can add one.")
        )
    pressed = [_draw_one(endpoint, may_change) for endpoint in known]
    _show_test(store)
    wishes = [wish for wish in pressed if wish is not None]
    if may_change:
        added = _draw_form(known)
        wishes += [added] if added else []
    return wishes[0] if wishes else None


def draw_texts(store: Store, user: User, project: Project) -> EndpointWish | None:
    """Draw what texts language models get to see in this project; return a change."""
    words = {
        None: _("as usual: masked for whatever is not on this machine"),
        endpoints.MASKED: _("always masked"),
        endpoints.FULL: _("always whole"),
    }
    now = store.project_settings.get(project.project_id, endpoints.TEXTS)
    chosen: str | None = st.selectbox(
        _("Emails, phones, cards and IBANs in what language models see"),
        list(words),
        index=list(words).index(now) if now in words else 0,
        format_func=lambda value: words[value],
        key="endpoints.texts",
        disabled=user.role < Role.ADMIN,
        placeholder=words[None],
        help=_("Only an administrator may let them see whole texts."),
    )
    return EndpointWish("texts", texts=chosen) if chosen != now else None


def carry_out(
    store: Store, user: User, wish: EndpointWish, project: Project | None = None
) -> None:
    """Do what was pressed, and leave a sentence on it for the next run of the page.

    Raises
    ------
    StudioError
        As the services do: the caller shows it.
    """
    if wish.verb == "save":
        values = wish.endpoint or {}
        endpoint = Endpoint(**values)  # type: ignore[arg-type]
        endpoints.save_endpoint(store, user, endpoint)
        session.notify(_("Endpoint {name} is saved.").format(name=endpoint.name))
    elif wish.verb == "remove":
        endpoints.remove_endpoint(store, user, wish.name)
        session.notify(_("Endpoint {name} is removed.").format(name=wish.name))
    elif wish.verb == "test":
        st.session_state[_TEST] = endpoints.start_test(store, user, wish.name)
    elif wish.verb == "texts" and project is not None:
        endpoints.set_texts(store, user, project.project_id, wish.texts)


def draw_answers(
    answers: Sequence[DocumentAnswer], texts: Sequence[str], schema: LabelSchema
) -> None:
    """Draw what a model said of documents: its answer, the label it stands for, the gold label."""
    rows = [
        {
            "text": short(text, _SHOWN),
            "answer": short(a.answer, _SHOWN) if a.answer is not None else _("not asked"),
            "label": _label_words(a, schema),
            "gold": "" if a.gold is None else schema.name_of(a.gold),
        }
        for a, text in zip(answers, texts, strict=True)
    ]
    columns = {
        "text": tables.text(_("Document"), width="large"),
        "answer": tables.text(_("Answer")),
        "label": tables.text(_("Label")),
        "gold": tables.text(_("Gold")),
    }
    tables.draw_rows(rows, columns, key="endpoints.answers")


def draw_ledger(rows: Sequence[LedgerRow]) -> None:
    """Draw what language models cost this project, one line a prompt, and the sum."""
    if not rows:
        html.note(_("No language model was asked in this project."))
        return
    shown = [
        {
            "functions": ", ".join(row.functions) or _("earlier prompts and trials"),
            "endpoint": row.endpoint,
            "calls": row.calls,
            "cached": row.cached,
            "tokens": row.tokens_in + row.tokens_out,
            "cost": row.cost,
            "unparseable": row.unparseable,
        }
        for row in rows
    ]
    columns = {
        "functions": tables.text(_("Labeling functions")),
        "endpoint": tables.text(_("Endpoint")),
        "calls": tables.number(_("Calls")),
        "cached": tables.number(
            _("Without a call"),
            help=_("Documents whose answer was there already: equal texts, or another function."),
        ),
        "tokens": tables.number(_("Tokens")),
        "cost": tables.number(_("Cost"), digits=4, help=_("In the currency of the prices.")),
        "unparseable": tables.number(_("Not understood")),
    }
    tables.draw_rows(shown, columns, key="endpoints.ledger")
    html.note(_("In all: {cost}").format(cost=f"{sum(row.cost for row in rows):,.4f}"))


def _draw_one(endpoint: Endpoint, may_change: bool) -> EndpointWish | None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        key = endpoint.key_variable or _("no key")
        st.markdown(f"**{plain(endpoint.name)}**")
        st.caption(plain(f"{endpoint.model} · {endpoint.host} · {key}"))
        if not may_change:
            return None
        tested = st.button(
            _("Test"),
            key=f"endpoints.test.{endpoint.name}",
            help=_("Sends one short question, and no document."),
        )
        removed = st.button(_("Remove"), key=f"endpoints.remove.{endpoint.name}", type="tertiary")
    if tested or removed:
        return EndpointWish("test" if tested else "remove", endpoint.name)
    return None


def _draw_form(known: Sequence[Endpoint]) -> EndpointWish | None:
    with (
        st.expander(_("Add or change an endpoint"), expanded=not known),
        st.form("endpoints.form"),
    ):
        left, right = st.columns(2)
        values: dict[str, str | float] = {
            "name": left.text_input(_("Name"), key="endpoints.name", max_chars=100),
            "model": right.text_input(_("Model"), key="endpoints.model", max_chars=100),
            "url": left.text_input(
                _("Address"),
                key="endpoints.url",
                placeholder="http://127.0.0.1:8000/v1",
                help=_("Of any OpenAI-compatible endpoint, without /chat/completions."),
            ),
            "key_variable": right.text_input(
                _("Environment variable of the key"),
                key="endpoints.key_variable",
                placeholder="OPENAI_API_KEY",
                help=_(
                    "Its name, never the key. It is set where the worker runs. Leave it empty if "
                    "no key is needed."
                ),
            ),
            "price_in": left.number_input(
                _("Price of a million tokens sent"), 0.0, key="endpoints.price_in", format="%g"
            ),
            "price_out": right.number_input(
                _("Price of a million tokens answered"),
                0.0,
                key="endpoints.price_out",
                format="%g",
            ),
        }
        sent = st.form_submit_button(_("Save endpoint"), key="endpoints.save")
    return EndpointWish("save", endpoint=values) if sent else None


def _show_test(store: Store) -> None:
    job_id = st.session_state.get(_TEST)
    if job_id is None:
        return
    job = jobs.show_job(store, job_id, key="endpoints.testing")
    if job.state is JobState.SUCCEEDED:
        name, answer = str(job.spec["name"]), str(job.result["answer"])
        st.success(plain(_("{name} answered: {answer}").format(name=name, answer=answer)))


def _label_words(answer: DocumentAnswer, schema: LabelSchema) -> str:
    if answer.answer is None:
        return ""
    if answer.label is None:
        return _("not understood")
    return _("abstains") if answer.label == ABSTAIN else schema.name_of(answer.label)
