"""Every error that Weft raises on purpose.

::

    StudioError               shown to the user as it stands
    ├── Invalid               an input breaks a rule; says which, with the value, and what to do
    │   ├── BadFile           a file cannot be read as what it is said to be
    │   └── BadRecipe         a recipe breaks its schema; carries line and field
    ├── NotFound              nothing has this id or name
    ├── Conflict              somebody else changed it meanwhile, or the name is taken
    ├── Forbidden             the role of the user does not allow it
    ├── Unavailable           something outside is missing: a model, a package, the sandbox
    └── RunFailed             a job ended badly; carries a category
    Canceled                  a job was asked to stop; not an error, hence no StudioError

A message is one or two sentences: what was wrong, with the value, and what to do.
"""

from __future__ import annotations

from enum import StrEnum


class FailureCategory(StrEnum):
    """Why a job failed, in the few kinds that call for different cures."""

    OUT_OF_MEMORY = "out of memory"
    BAD_DATA = "bad data"
    MISSING_MODEL = "gated or missing model"
    WORKER_DIED = "worker died"
    CODE_ERROR = "error in the code"


class StudioError(Exception):
    """Root of all errors that Weft raises on purpose; the message may be shown as it stands."""


class Invalid(StudioError):
    """An input breaks a rule."""


class BadFile(Invalid):
    """A file cannot be read as what it is said to be."""


class BadRecipe(Invalid):
    """A recipe breaks its schema.

    Parameters
    ----------
    message
        What was wrong and what is allowed there.
    line
        Line in the recipe, counted from 1; None where no line can be named.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(f"line {line}: {message}" if line else message)


class NotFound(StudioError):
    """Nothing has the id or name that was asked for."""


class Conflict(StudioError):
    """The name is taken, or somebody changed the thing meanwhile."""


class Forbidden(StudioError):
    """The role of the user does not allow this."""


class Unavailable(StudioError):
    """Something outside of Weft is missing: a model, a package, the sandbox."""


class RunFailed(StudioError):
    """A job ended badly.

    Parameters
    ----------
    message
        One sentence for the user.
    category
        Which kind of cure it calls for.
    """

    def __init__(
        self, message: str, category: FailureCategory = FailureCategory.CODE_ERROR
    ) -> None:
        self.category = category
        super().__init__(message)


class Canceled(Exception):
    """A job was asked to stop. Handlers let it through after tidying up."""
