"""Suggested labeling functions: from gold labels, and from words selected in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint
from studio.core.functions import LabelingFunction
from studio.core.intervals import wilson
from studio.core.jobs import Job, Progress, no_progress
from studio.core.schema import ABSTAIN
from studio.core.users import Role, User
from studio.jobs.handlers import handles
from studio.jobs.queue import enqueue
from studio.labeling.analysis import judged
from studio.labeling.apply import apply_function
from studio.labeling.suggesting import (
    MIN_PRECISION,
    Phrase,
    choose,
    name_for,
    needs_whole_words,
    telling_phrases,
)
from studio.services import labeling, resources, votes
from studio.services.phrase_votes import (
    KIND,
    Column,
    Ids,
    Others,
    covered_documents,
    draft_of,
    drawn_documents,
    learnable_gold,
    votes_on,
)
from studio.storage.store import Store

MAX_PHRASE = 200
_CANDIDATES = 300
_DRAWN = 10_000
"""Documents on which candidates are compared with each other."""

_AT_ONCE = 20_000
"""Documents on which words selected by hand are looked up without a job."""

_SEED = 0


@dataclass(frozen=True)
class SuggestedLF:
    """A labeling function that somebody could save.

    Attributes
    ----------
    name, kind, options, label
        The function; ``label`` is the index of the label it votes for.
    words
        What it looks for.
    n_docs, n_votes
        Documents that were looked at, and on how many of them it votes.
    n_new
        Of these votes, how many are on documents without a vote of another function.
    n_gold, right
        Its votes on gold documents of train and dev, and how many of them agree.
    examples, example_ids
        Documents it votes on, at most three; first those without another vote.
    same_as
        Functions of the project that say nearly the same.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    label: int
    words: str
    n_docs: int
    n_votes: int
    n_new: int
    n_gold: int
    right: int
    examples: tuple[str, ...] = ()
    example_ids: tuple[int, ...] = ()
    same_as: tuple[str, ...] = ()

    @property
    def coverage(self) -> float:
        """Expected share of documents on which it votes, in ``[0, 1]``."""
        return self.n_votes / self.n_docs if self.n_docs else 0.0

    @property
    def precision(self) -> float | None:
        """Share of its votes on gold documents that are right; None without any."""
        return self.right / self.n_gold if self.n_gold else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of ``precision``; ``(0, 1)`` without a vote on gold."""
        return wilson(self.right, self.n_gold)


@dataclass(frozen=True)
class Suggestions:
    """The suggestions made last; ``stale`` is whether what they rest on has changed since."""

    found: tuple[SuggestedLF, ...]
    stale: bool


def start_suggest(store: Store, actor: User, project_id: int, *, n: int = 20) -> int:
    """Queue the making of at most ``n`` suggestions; see :func:`current`."""
    actor.require(Role.EDITOR)
    return enqueue(store, "suggest_functions", {"n": n}, project_id=project_id, actor=actor.name)


@handles("suggest_functions", lane="interactive")
def run_suggest(store: Store, job: Job, progress: Progress) -> Mapping[str, Any]:
    """Make suggestions and keep them."""
    assert job.project_id is not None
    found = suggest(store, job.project_id, n=job.spec["n"], progress=progress)
    return {"suggested": len(found)}


def current(store: Store, project_id: int) -> Suggestions | None:
    """Return the suggestions made last; None before any were made."""
    known = store.explanations.find(_place(project_id))
    if known is None:
        return None
    found = tuple(_from_json(raw) for raw in known["found"])
    return Suggestions(found, stale=known["of"] != _made_of(store, project_id))


def suggest(
    store: Store, project_id: int, *, n: int = 20, progress: Progress = no_progress
) -> list[SuggestedLF]:
    """Return at most ``n`` functions that phrases of gold documents make, the most useful first.

    Gold of the split test is never looked at. What says nearly the same as a function of the
    project, or as an earlier suggestion, is left out; so is what covers no new document.
    Suggestions are kept: while nothing has changed, asking again costs nothing.
    """
    made_of = _made_of(store, project_id)
    known = store.explanations.find(_place(project_id))
    if known is not None and known["of"] == made_of and known["n"] == n:
        return [_from_json(raw) for raw in known["found"]]
    found = _suggest(store, project_id, n, progress)
    raw = [asdict(suggestion) for suggestion in found]
    store.explanations.save(_place(project_id), {"of": made_of, "n": n, "found": raw})
    return found


def from_selection(store: Store, project_id: int, text: str, label: int | str) -> SuggestedLF:
    """Return the function that votes for a label where selected words are found.

    In a large project its coverage is that of a random part of the documents.

    Raises
    ------
    Invalid
        If nothing is selected, too much is, or the label is not there.
    """
    words = text.strip()
    if not words or len(words) > MAX_PHRASE:
        raise Invalid(
            f"The selection has {len(words)} characters; select 1 to {MAX_PHRASE} to make a "
            "labeling function of them."
        )
    schema = store.projects.get(project_id).schema
    phrase = Phrase(words, needs_whole_words(words), schema.parse(label), 0, 0)
    n_docs = store.documents.count(project_id)
    drawn = drawn_documents(n_docs, _AT_ONCE)
    found = votes_on(store, project_id, [phrase], drawn)[0]
    known = learnable_gold(store, project_id)
    ids = np.flatnonzero(known != ABSTAIN)[:_AT_ONCE]
    on_gold = votes_on(store, project_id, [phrase], ids)[0]
    others = Others(store, project_id, drawn)
    return _described(
        store,
        project_id,
        phrase,
        hits=drawn[found != ABSTAIN],
        new=drawn[(found != ABSTAIN) & others.uncovered],
        n_docs=len(drawn),
        on_gold=judged(on_gold, known[ids]),
        same_as=others.like(found != ABSTAIN, phrase.label),
    )


def accept(
    store: Store,
    actor: User,
    project_id: int,
    suggestion: SuggestedLF,
    *,
    name: str | None = None,
) -> LabelingFunction:
    """Save a suggestion as a labeling function, under its own name or another.

    Raises
    ------
    Conflict
        If a function of the project has this name.
    """
    return labeling.save_function(
        store,
        actor,
        project_id,
        kind=suggestion.kind,
        name=name or suggestion.name,
        options=suggestion.options,
    )


def _suggest(store: Store, project_id: int, n: int, progress: Progress) -> list[SuggestedLF]:
    gold = learnable_gold(store, project_id)
    ids = np.random.default_rng(_SEED).permutation(np.flatnonzero(gold != ABSTAIN))[:_AT_ONCE]
    if not len(ids):
        return []
    progress(0.02, "Reading gold documents")
    k = store.projects.get(project_id).schema.cardinality
    texts = store.documents.texts(project_id, ids.tolist())
    phrases = telling_phrases(texts, gold[ids], k, most=_CANDIDATES)
    drawn = np.union1d(drawn_documents(store.documents.count(project_id), _DRAWN), ids[:_DRAWN])
    progress(0.3, "Comparing phrases")
    others = Others(store, project_id, drawn)
    masks = [column != ABSTAIN for column in votes_on(store, project_id, phrases, drawn)]
    fresh = [
        i
        for i, (p, mask) in enumerate(zip(phrases, masks, strict=True))
        if not others.like(mask, p.label)
    ]
    # Good phrases of a frequent label are easy to find; rare labels need the help.
    rare = 1 - np.bincount(gold[ids], minlength=k) / len(ids)
    worth = [phrases[i].low * float(rare[phrases[i].label]) for i in fresh]
    chosen = choose([masks[i] for i in fresh], worth, others.uncovered, most=n)
    covered = covered_documents(store, project_id)
    found = []
    for done, place in enumerate(chosen):
        progress(0.5 + 0.5 * done / len(chosen), f"Counting {phrases[fresh[place]].text!r}")
        suggested = _counted(store, project_id, phrases[fresh[place]], gold, covered=covered)
        if suggested.n_new and (suggested.precision or 0.0) >= MIN_PRECISION:
            found.append(suggested)
    return _with_names(found, [f.name for f in store.functions.list(project_id)])


def _counted(
    store: Store,
    project_id: int,
    phrase: Phrase,
    gold: Column,
    *,
    covered: NDArray[np.bool_],
) -> SuggestedLF:
    """Return a phrase as a function with its exact figures on all documents."""
    asking = resources.asking(store, project_id)
    draft = draft_of(store, project_id, phrase)
    parts = [
        apply_function(draft, shard.path, asking).votes
        for shard in store.documents.shards(project_id)
    ]
    column = np.concatenate(parts)
    hits = np.flatnonzero(column != ABSTAIN)
    return _described(
        store,
        project_id,
        phrase,
        hits=hits,
        new=hits[~covered[hits]],
        n_docs=len(column),
        on_gold=judged(column[: len(gold)], gold[: len(column)]),
    )


def _described(
    store: Store,
    project_id: int,
    phrase: Phrase,
    *,
    hits: Ids,
    new: Ids,
    n_docs: int,
    on_gold: tuple[int, int],
    same_as: Sequence[str] = (),
) -> SuggestedLF:
    shown = [*new[:3].tolist(), *np.setdiff1d(hits, new)[:3].tolist()][:3]
    return SuggestedLF(
        name=name_for(phrase.text, [f.name for f in store.functions.list(project_id)]),
        kind=KIND,
        options=dict(draft_of(store, project_id, phrase).options),
        label=phrase.label,
        words=phrase.text,
        n_docs=n_docs,
        n_votes=len(hits),
        n_new=len(new),
        n_gold=on_gold[1],
        right=on_gold[0],
        examples=tuple(store.documents.texts(project_id, shown)),
        example_ids=tuple(shown),
        same_as=tuple(same_as),
    )


def _with_names(found: Sequence[SuggestedLF], taken: Sequence[str]) -> list[SuggestedLF]:
    """Return suggestions that can all be saved: no two have one name."""
    names = list(taken)
    named = []
    for suggested in found:
        name = name_for(suggested.words, names)
        names.append(name)
        named.append(replace(suggested, name=name))
    return named


def _made_of(store: Store, project_id: int) -> str:
    functions = resources.functions_of(store, project_id)
    return fingerprint(
        votes.fingerprint_of(store, project_id, functions),
        [f.enabled for f in functions],
        learnable_gold(store, project_id),
    )


def _place(project_id: int) -> str:
    return fingerprint("suggestions", project_id)


def _from_json(raw: Mapping[str, Any]) -> SuggestedLF:
    lists = ("examples", "example_ids", "same_as")
    return SuggestedLF(**{**raw, **{name: tuple(raw[name]) for name in lists}})
