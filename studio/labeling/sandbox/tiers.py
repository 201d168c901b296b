"""How strong a sandbox this machine allows, found by really trying."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final

from studio.core.errors import StudioError, Unavailable
from studio.core.settings import CodePolicy
from studio.labeling.limits import Limits
from studio.labeling.sandbox.box import Box
from studio.labeling.sandbox.finding import find_functions
from studio.labeling.sandbox.policy import decide_by
from studio.labeling.sandbox.pool import warm_box


@dataclass(frozen=True)
class Tier:
    """A strength of sandbox.

    ``name`` is stored with every run: "full", "kernel", "unsandboxed", or "none" if Python
    labeling functions are refused. ``level`` orders them, 3 to 0. ``sentence`` says what it is
    and, if something is missing, what.
    """

    name: str
    level: int
    sentence: str

    def open_box(self) -> Box:
        """Return a running box of this tier.

        Raises
        ------
        Unavailable
            If this tier refuses, or the box does not start: it never falls back to a weaker one.
        """
        if self.level == 0:
            raise Unavailable(self.sentence)
        return warm_box(bubblewrap=self.name == "full", confined=self.name != "unsandboxed")


# Defines the function "confined" if, and only if, the sandbox holds: this is the probe.
_CANARY: Final = """
import os
def refused(action):
    try:
        action()
    except OSError:
        return True
    return False
def fork():
    if os.fork() == 0:
        os._exit(0)
if refused(fork) and refused(lambda: open("/etc/passwd")) and len(os.environ) < 12:
    def confined(x):
        return -1
"""

_lock = threading.Lock()
_found: Tier | None = None


_ANY: Final = CodePolicy()


def probe(policy: CodePolicy = _ANY) -> Tier:
    """Return the strongest tier that works here, "none" if it may not be used; tried once.

    Parameters
    ----------
    policy
        Where code may run. If the operator trusts all authors, Python functions run even where no
        sandbox can be had, in a process of their own with limits, and are stamped "unsandboxed".
    """
    global _found
    with _lock:
        if _found is None:
            _found = _try_all()
        found = _found
    if found.level == 0 and policy.trusted_authors:
        found = _unsandboxed(found)
    decision = decide_by(found.name, policy)
    sentence = f"{found.sentence} {decision.sentence}".strip()
    if decision.runs:
        return replace(found, sentence=sentence)
    if found.level:
        sentence = f"Python labeling functions are refused. {decision.sentence} {found.sentence}"
    return Tier("none", 0, sentence)


def forget() -> None:
    """Let the next :func:`probe` try again."""
    global _found
    with _lock:
        _found = None


def _try_all() -> Tier:
    full = _why_not(bubblewrap=True)
    if not full:
        has_landlock = warm_box(bubblewrap=True, confined=True).landlock
        inner = "Landlock and seccomp" if has_landlock else "seccomp (this kernel has no Landlock)"
        return Tier("full", 3, f"Python labeling functions run in bubblewrap, with {inner}.")
    kernel = _why_not(bubblewrap=False)
    if not kernel:
        return Tier(
            "kernel",
            2,
            "Python labeling functions run under Landlock and seccomp, without bubblewrap: "
            f"{full} They cannot read files, but see whether a path exists.",
        )
    return Tier(
        "none",
        0,
        f"Python labeling functions are refused, because no sandbox works here: {full} {kernel}",
    )


def _unsandboxed(refusal: Tier) -> Tier:
    try:
        warm_box(bubblewrap=False, confined=False)
    except Unavailable as error:
        return Tier("none", 0, f"{refusal.sentence} Without a sandbox it fails too: {error}")
    return Tier(
        "unsandboxed",
        1,
        "Python labeling functions run WITHOUT a sandbox, because STUDIO_TRUSTED_AUTHORS is set: "
        "whoever writes one can do what this program can do.",
    )


def _why_not(*, bubblewrap: bool) -> str:
    """Return why a tier does not work, as a sentence; empty if it does."""
    try:
        box = warm_box(bubblewrap=bubblewrap, confined=True)
        if "confined" in find_functions(box, _CANARY, (), Limits()):
            return ""
    except StudioError as error:
        return str(error)
    return "The sandbox starts but does not confine."
