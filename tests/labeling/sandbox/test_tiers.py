"""The tier is found by really trying, and never weaker than it says."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from studio.core.errors import Unavailable
from studio.core.settings import CodePolicy
from studio.labeling import sandbox
from studio.labeling.sandbox import tiers

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import json, sys
from studio.core.errors import StudioError
from studio.core.settings import CodePolicy
from studio.labeling import sandbox
from studio.labeling.sandbox import probe
policy = CodePolicy(logins="logins" in sys.argv[1], trusted_authors="trusted" in sys.argv[1])
tier = probe(policy)
try:
    found = sandbox.discover("def f(x): return A", ("a", "b"), policy=policy)
except StudioError as error:
    found = type(error).__name__
sandbox.close_boxes()
sys.stdout.write(json.dumps([tier.name, tier.level, tier.sentence, found]))
"""


def on_host(*lacks: str, path: str | None = None, policy: str = "") -> list[object]:
    """Return what a process finds on a machine that lacks something."""
    command = [sys.executable, "-c", SCRIPT, policy]
    if lacks:
        hosts = str(Path(__file__).with_name("hosts.py"))
        command = [sys.executable, hosts, ",".join(lacks), *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if path is not None:
        environment["PATH"] = path
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    found: list[object] = json.loads(done.stdout)
    return found


def test_this_machine_has_the_full_sandbox() -> None:
    tier = sandbox.probe()
    assert tier.name == "full", f"Install bubblewrap to run these tests. {tier.sentence}"
    assert tier.level == 3


@pytest.mark.slow
def test_without_bubblewrap_the_kernel_holds_and_it_is_said() -> None:
    name, level, sentence, found = on_host(path="/nonexistent")
    assert (name, level, found) == ("kernel", 2, ["f"])
    assert "bwrap" in str(sentence)


# The numbers of the calls that these simulated machines refuse are those of x86-64.
if platform.machine() == "x86_64":

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("lacks", "name"),
        [
            (("no-landlock",), "full"),
            (("docker",), "kernel"),
            (("docker", "no-landlock"), "none"),
            (("docker", "no-seccomp"), "none"),
            (("no-seccomp",), "none"),
        ],
    )
    def test_a_poorer_machine_gets_what_it_can_hold(lacks: tuple[str, ...], name: str) -> None:
        found_name, level, sentence, found = on_host(*lacks)
        assert found_name == name, sentence
        if name == "none":
            assert level == 0
            assert found == "Unavailable"
            assert "refused" in str(sentence)

    @pytest.mark.slow
    def test_only_trust_lets_code_run_without_a_sandbox() -> None:
        name, level, sentence, found = on_host("docker", "no-landlock", policy="trusted")
        assert (name, level, found) == ("unsandboxed", 1, ["f"])
        assert "WITHOUT" in str(sentence)


def test_trust_weakens_nothing_where_a_sandbox_can_be_had() -> None:
    assert sandbox.probe(CodePolicy(trusted_authors=True)) == sandbox.probe()


def test_a_refusing_tier_opens_nothing() -> None:
    with pytest.raises(Unavailable, match="refused here"):
        tiers.Tier("none", 0, "It is refused here.").open_box()
