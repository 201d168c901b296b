"""Words that speak for a label."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.labeling.base import Asking, LFKind, ShardSource, Spans, kinds
from studio.labeling.patterns import is_whole_word, merge, spans_of, vote_where, word_pattern

_MAX_KEYWORDS = 10_000


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


@kinds.register("keyword")
class Keyword(LFKind):
    """Votes for a label where words are found."""

    title = "Keywords"
    summary = "Votes for a label where one of some words, or all of them, are in the text."
    Options = KeywordOptions

    def vote(self, source: ShardSource, options: KeywordOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        groups = [options.keywords] if options.match == "any" else [[w] for w in options.keywords]
        return vote_where(
            source,
            [word_pattern(group, whole_words=options.whole_words) for group in groups],
            asking.schema.parse(options.label),
            case_sensitive=options.case_sensitive,
            progress=asking.progress,
        )

    def matches(self, text: str, options: KeywordOptions) -> Spans:
        """Return where the keywords are found."""
        found: Spans = []
        for word in options.keywords:
            pattern = word_pattern([word], whole_words=False)
            for start, end in spans_of(text, pattern, case_sensitive=options.case_sensitive):
                if not options.whole_words or is_whole_word(text, start, end):
                    found.append((start, end))
        return merge(found)
