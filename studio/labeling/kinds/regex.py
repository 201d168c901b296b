"""A pattern that speaks for a label."""

from __future__ import annotations

import re

from pydantic import field_validator

from studio.core.errors import Invalid
from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.labeling import sandbox
from studio.labeling.base import Asking, LFKind, ShardSource, Spans, kinds
from studio.labeling.constants import constant_of, literal
from studio.labeling.patterns import MAX_PATTERN, compile_pattern, spans_of, vote_where
from studio.labeling.translating import flags_in_words, to_python

_FUNCTION = "matches_pattern"


class RegexOptions(Options):
    """Options of :class:`Regex`."""

    label: str | int = option(
        title="Label", help="The label to vote for where the pattern is found.", widget="label"
    )
    pattern: str = option(
        title="Pattern",
        help="A regular expression, for example check.?out. Searched anywhere in the text; "
        "begin with ^ to match at the start only.",
        min_length=1,
        widget="typed",
    )
    case_sensitive: bool = option(
        False, title="Mind upper and lower case", help="Tell 'US' from 'us'.", advanced=True
    )

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, pattern: str) -> str:
        if len(pattern) > MAX_PATTERN:
            raise ValueError(f"it has more than {MAX_PATTERN:,} characters")
        try:
            compile_pattern(pattern, True)
        except Invalid as refusal:
            _check_python(pattern, refusal)
        return pattern


@kinds.register("regex")
class Regex(LFKind):
    """Votes for a label where a pattern is found.

    Patterns run in RE2, in time linear in the text. The few that RE2 lacks (looking ahead or
    behind, references to groups) run in Python's ``re`` in the sandbox, under its time limits.
    """

    title = "Regex"
    summary = "Votes for a label where a regular expression is found in the text."
    Options = RegexOptions

    def vote(self, source: ShardSource, options: RegexOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        label = asking.schema.parse(options.label)
        if not _is_linear(options.pattern):
            found = sandbox.run(
                _as_python(options, label),
                [_FUNCTION],
                source.path,
                labels=asking.schema.names,
                limits=asking.limits,
                policy=asking.policy,
                progress=asking.progress,
            )
            return found[_FUNCTION]
        return vote_where(
            source,
            [options.pattern],
            label,
            case_sensitive=options.case_sensitive,
            progress=asking.progress,
        )

    def matches(self, text: str, options: RegexOptions, asking: Asking | None = None) -> Spans:
        """Return where the pattern is found; nothing for a pattern that RE2 lacks."""
        if not _is_linear(options.pattern):
            return []
        return spans_of(text, options.pattern, case_sensitive=options.case_sensitive)

    def as_python(self, options: RegexOptions, asking: Asking) -> str | None:
        """See :meth:`LFKind.as_python`; None for the few patterns that RE2 alone has."""
        flags = 0 if options.case_sensitive else int(re.IGNORECASE)
        same = (options.pattern, flags)
        if _is_linear(options.pattern):
            found = to_python(options.pattern, options.case_sensitive)
            if found is None:
                return None
            same = found
        label = constant_of(asking.schema.names, asking.schema.parse(options.label))
        return (
            f"pattern = {literal(same[0])}\n"
            f"found = _re.search(pattern, x.text, {flags_in_words(same[1])})\n"
            f"return {label} if found else ABSTAIN"
        )

    def unmarked(self, options: RegexOptions) -> str:
        """See :meth:`LFKind.unmarked`; such a pattern may take for ever, also on one text."""
        if _is_linear(options.pattern):
            return ""
        return (
            "This pattern looks ahead or behind or refers to a group, so it runs in the sandbox "
            "alone, and what it finds is not marked."
        )


def _is_linear(pattern: str) -> bool:
    try:
        compile_pattern(pattern, True)
    except Invalid:
        return False
    return True


def _check_python(pattern: str, refusal: Invalid) -> None:
    try:
        re.compile(pattern)  # only compiled here; it runs in the sandbox
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"it is no regular expression ({error})") from refusal


def _as_python(options: RegexOptions, label: int) -> str:
    flags = "0" if options.case_sensitive else "re.IGNORECASE"
    return (
        "import re\n"
        f"PATTERN = re.compile({options.pattern!r}, {flags})\n"
        f"def {_FUNCTION}(x):\n"
        f"    return {label} if PATTERN.search(x.text) else -1\n"
    )
