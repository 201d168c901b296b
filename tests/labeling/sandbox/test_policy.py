"""Where people's Python may run: every cell of the table."""

from __future__ import annotations

import pytest

from studio.core.errors import Unavailable
from studio.core.settings import CodePolicy
from studio.labeling.sandbox import tiers
from studio.labeling.sandbox.policy import decide, decide_by


@pytest.mark.parametrize(
    ("tier", "logins", "allowed", "runs"),
    [
        ("full", False, False, True),
        ("full", False, True, True),
        ("full", True, False, True),
        ("full", True, True, True),
        ("kernel", False, False, True),
        ("kernel", False, True, True),
        ("kernel", True, False, False),
        ("kernel", True, True, True),
        ("unsandboxed", False, False, False),
        ("unsandboxed", False, True, True),
        ("unsandboxed", True, False, False),
        ("unsandboxed", True, True, True),
        ("none", False, False, False),
        ("none", False, True, False),
        ("none", True, False, False),
        ("none", True, True, False),
    ],
)
def test_cell(tier: str, logins: bool, allowed: bool, runs: bool) -> None:
    decision = decide(tier, logins=logins, allowed=allowed)
    assert decision.runs is runs
    # Whatever is less than all is said.
    assert bool(decision.sentence) is (tier != "full")
    assert runs or "STUDIO_" in decision.sentence


@pytest.mark.parametrize(
    ("policy", "runs"),
    [
        (CodePolicy(), (True, False)),
        (CodePolicy(logins=True), (False, False)),
        (CodePolicy(logins=True, level="kernel"), (True, False)),
        (CodePolicy(level="full"), (False, False)),
        (CodePolicy(logins=True, level="full"), (False, False)),
        (CodePolicy(trusted_authors=True), (True, True)),
        (CodePolicy(logins=True, trusted_authors=True), (True, True)),
        (CodePolicy(level="full", trusted_authors=True), (False, True)),
    ],
)
def test_settings_lead_to_cells(policy: CodePolicy, runs: tuple[bool, bool]) -> None:
    found = tuple(decide_by(tier, policy).runs for tier in ("kernel", "unsandboxed"))
    assert found == runs
    assert decide_by("full", policy).runs
    assert not decide_by("none", policy).runs


def test_a_refused_tier_opens_no_box_and_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "_found", tiers.Tier("kernel", 2, "No bubblewrap here."))
    refused = tiers.probe(CodePolicy(logins=True))
    assert (refused.name, refused.level) == ("none", 0)
    assert "No bubblewrap here." in refused.sentence
    with pytest.raises(Unavailable, match="STUDIO_SANDBOX_LEVEL=kernel"):
        refused.open_box()
    allowed = tiers.probe(CodePolicy(logins=True, level="kernel"))
    assert (allowed.name, allowed.level) == ("kernel", 2)
    assert "lower level" in allowed.sentence
