"""Words that speak for a label."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import SerializerFunctionWrapHandler, field_validator, model_serializer

from studio.core.functions import Votes
from studio.core.jobs import Progress
from studio.core.options import Options, option
from studio.core.schema import ABSTAIN
from studio.labeling.base import Asking, LFKind, ShardSource, Spans, kinds
from studio.labeling.constants import constant_of, literals
from studio.labeling.patterns import vote_where, word_pattern
from studio.labeling.stems import AS_WRITTEN, Language, StemFinder, stem_finder
from studio.labeling.terms import TermFinder, finder

_MAX_KEYWORDS = 10_000
MANY = 500
"""Keywords from which the automaton is used; RE2 slows down by a factor of ten beyond 1,000."""


class KeywordOptions(Options):
    """Options of :class:`Keyword`."""

    label: str | int = option(
        title="Label", help="The label to vote for where a keyword is found.", widget="label"
    )
    keywords: list[str] = option(
        title="Keywords",
        help="Words or phrases, one a line.",
        min_length=1,
        widget="lines",
    )
    match: Literal["any", "all"] = option(
        "any", title="Match", help="Whether one of the keywords is enough, or all must be there."
    )
    word_forms: Literal["as written"] | Language = option(
        AS_WRITTEN,
        title="Word forms",
        help="Choose the language to find a word in all its forms: 'refund' in 'refunds', "
        "'refunded', 'refunding'. Whole words are then compared without case; words of "
        "languages without spaces are found as they stand.",
    )
    whole_words: bool = option(
        False,
        title="Whole words only",
        help="Find 'my' in 'on my way' but not in 'army'. Leave it off for languages that write "
        "no spaces.",
    )
    case_sensitive: bool = option(
        False, title="Mind upper and lower case", help="Tell 'US' from 'us'.", advanced=True
    )

    @field_validator("keywords")
    @classmethod
    def _check_keywords(cls, words: list[str]) -> list[str]:
        kept = list(dict.fromkeys(word.strip() for word in words if word.strip()))
        if not kept:
            raise ValueError("name at least one keyword")
        if len(kept) > _MAX_KEYWORDS:
            raise ValueError(f"at most {_MAX_KEYWORDS:,} keywords are allowed")
        return kept

    @model_serializer(mode="wrap")
    def _leave_out_new(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Functions that were saved before there were word forms keep their fingerprint.
        values: dict[str, Any] = handler(self)
        if values.get("word_forms") == AS_WRITTEN:
            del values["word_forms"]
        return values


@kinds.register("keyword")
class Keyword(LFKind):
    """Votes for a label where words are found."""

    title = "Keywords"
    summary = "Votes for a label where one of some words, or all of them, are in the text."
    Options = KeywordOptions

    def vote(self, source: ShardSource, options: KeywordOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        label = asking.schema.parse(options.label)
        if options.word_forms != AS_WRITTEN or len(options.keywords) > MANY:
            return _vote_by_finder(source, options, label, asking.progress)
        groups = [options.keywords] if options.match == "any" else [[w] for w in options.keywords]
        return vote_where(
            source,
            [word_pattern(group, whole_words=options.whole_words) for group in groups],
            label,
            case_sensitive=options.case_sensitive,
            progress=asking.progress,
        )

    def matches(self, text: str, options: KeywordOptions, asking: Asking | None = None) -> Spans:
        """Return where the keywords are found; nothing where they are not enough for a vote."""
        found_by = _finder(options)
        if options.match == "all":
            rows, _ = found_by.pairs(pa.array([text], pa.large_string()))
            if len(rows) < len(options.keywords):
                return []
        return found_by.spans(text)

    def as_python(self, options: KeywordOptions, asking: Asking) -> str | None:
        """See :meth:`LFKind.as_python`; word forms need a stemmer, which Python has none of."""
        if options.word_forms != AS_WRITTEN:
            return None
        names = asking.schema.names
        label = constant_of(names, asking.schema.parse(options.label))
        enough = "found" if options.match == "any" else f"len(found) == {len(options.keywords)}"
        return (
            f"terms = {literals(options.keywords)}\n"
            f"found = _found(x.text, terms, whole_words={options.whole_words}, "
            f"case_sensitive={options.case_sensitive})\n"
            f"return {label} if {enough} else ABSTAIN"
        )


def _vote_by_finder(
    source: ShardSource, options: KeywordOptions, label: int, progress: Progress
) -> Votes:
    found_by = _finder(options)
    needed = 1 if options.match == "any" else len(options.keywords)
    votes = np.full(source.n_docs, ABSTAIN, np.int16)
    first = 0
    for texts in source.texts():
        rows, _ = found_by.pairs(texts)
        enough = np.bincount(rows, minlength=len(texts)) >= needed
        votes[first : first + len(texts)][enough] = label
        first += len(texts)
        progress(first / max(1, source.n_docs))
    return Votes(votes)


def _finder(options: KeywordOptions) -> TermFinder | StemFinder:
    words = tuple(options.keywords)
    if options.word_forms != AS_WRITTEN:
        return stem_finder(words, options.word_forms)
    return finder(words, options.whole_words, options.case_sensitive)
