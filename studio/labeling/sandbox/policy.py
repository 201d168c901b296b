"""Whether people's Python may run in the sandbox that this machine has: one table, no more."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.settings import CodePolicy


@dataclass(frozen=True)
class Decision:
    """Whether Python labeling functions run, and a sentence for people: empty if all is well."""

    runs: bool
    sentence: str = ""


def decide(tier: str, *, logins: bool, allowed: bool) -> Decision:
    """Return whether code may run.

    Parameters
    ----------
    tier
        What the machine has: "full", "kernel", "unsandboxed" or "none".
    logins
        Whether authors are other people than the operator.
    allowed
        Whether an administrator has allowed this very tier.
    """
    if tier == "full":
        return Decision(True)
    if tier == "kernel" and allowed:
        return Decision(True, "An administrator has allowed this lower level of sandbox.")
    if tier == "kernel" and not logins:
        return Decision(
            True, "This is the lower level of sandbox; install bubblewrap for the full one."
        )
    if tier == "kernel":
        return Decision(
            False,
            "This studio asks for the full sandbox. Install bubblewrap, or let an administrator "
            "allow the lower level by STUDIO_SANDBOX_LEVEL=kernel.",
        )
    if tier == "unsandboxed" and allowed:
        return Decision(True, "An administrator trusts all authors.")
    return Decision(
        False,
        "Keyword and pattern functions work. On a machine where you trust all authors, set "
        "STUDIO_TRUSTED_AUTHORS=yes.",
    )


def decide_by(tier: str, policy: CodePolicy) -> Decision:
    """Return whether code may run in a tier, by what an operator has set."""
    allowed = policy.trusted_authors or (tier == "kernel" and policy.level == "kernel")
    if policy.level == "full":
        # Said outright: then nothing below it will do, whoever the authors are.
        return decide(tier, logins=True, allowed=tier != "kernel" and allowed)
    return decide(tier, logins=policy.logins, allowed=allowed)
