from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_worker_knows_every_kind_of_job_that_a_service_can_queue() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "studio" / "services").glob("*.py")]
    kinds = re.findall(r'^@handles\("(\w+)"', "\n".join(sources), re.MULTILINE)
    assert len(kinds) >= 8
    # In a fresh process, as a worker starts: what other tests imported does not count.
    program = (
        "from studio.services import handlers\n"
        "from studio.jobs.handlers import handler_of\n"
        f"[handler_of(kind) for kind in {kinds!r}]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0
