"""Python code that votes."""

from __future__ import annotations

from studio.core.functions import Votes
from studio.core.options import Options, option
from studio.labeling import sandbox
from studio.labeling.base import Asking, LFKind, ShardSource, kinds


class PythonOptions(Options):
    """Options of :class:`Python`."""

    code: str = option(
        title="Code",
        help="A Python module with labeling functions, written as for Snorkel: "
        "@labeling_function() above a function that takes a document x and returns a label or "
        "ABSTAIN.",
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
            trusted=asking.trusted,
            progress=asking.progress,
        )
        return found[options.function]
