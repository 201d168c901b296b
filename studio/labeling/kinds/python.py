"""Python code that votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.core.functions import Votes
from studio.core.lexicons import Lexicon
from studio.core.options import Options, option
from studio.labeling import sandbox
from studio.labeling.base import Asking, LFKind, ShardSource, kinds
from studio.labeling.imports import lexicon_names


class PythonOptions(Options):
    """Options of :class:`Python`."""

    code: str = option(
        title="Code",
        help="A Python module with labeling functions, written as for Snorkel: "
        "@labeling_function() above a function that takes a document x and returns a label or "
        "ABSTAIN. Lexicons of the project: from lexicons import NAME.",
        min_length=1,
        widget="code",
    )
    function: str = option(
        title="Function",
        help="The name of the labeling function in the code.",
        min_length=1,
    )


@kinds.register("python")
class Python(LFKind):
    """Votes by a labeling function in Python, run in the sandbox."""

    title = "Python"
    summary = "Votes by a function in Python; it runs in the sandbox."
    Options = PythonOptions

    def vote(self, source: ShardSource, options: PythonOptions, asking: Asking) -> Votes:
        """See :meth:`LFKind.vote`."""
        found = sandbox.run(
            options.code,
            [options.function],
            source.path,
            labels=asking.schema.names,
            limits=asking.limits,
            policy=asking.policy,
            lexicons=_lexicons(options, asking),
            progress=asking.progress,
        )
        return found[options.function]

    def python_module(self, options: PythonOptions) -> tuple[str, str] | None:
        """See :meth:`LFKind.python_module`."""
        return options.code, options.function

    def vote_all(
        self, sources: Sequence[ShardSource], options: PythonOptions, asking: Asking
    ) -> Iterator[Votes]:
        """See :meth:`LFKind.vote_all`; one process goes through several files."""
        return sandbox.run_all(
            options.code,
            options.function,
            [source.path for source in sources],
            labels=asking.schema.names,
            limits=asking.limits,
            policy=asking.policy,
            lexicons=_lexicons(options, asking),
            progress=asking.progress,
        )

    def inputs(self, options: PythonOptions) -> tuple[str, ...]:
        """See :meth:`LFKind.inputs`; found by reading the code."""
        return tuple(f"lexicon:{name}" for name in lexicon_names(options.code))


def _lexicons(options: PythonOptions, asking: Asking) -> dict[str, Lexicon]:
    return {name: asking.resources.lexicon(name) for name in lexicon_names(options.code)}
