"""``python -m tests.jobs.worker_entry``: a worker that knows the sample handlers.

``SILENT`` in the environment shortens the time after which others take over.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import timedelta

import tests.jobs.sample_handlers  # noqa: F401
from studio.config import load_settings
from studio.core.errors import Conflict
from studio.jobs import runner
from studio.jobs.worker import run_worker
from studio.storage.store import Store


def main() -> int:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    if "SILENT" in os.environ:
        runner.SILENT = timedelta(seconds=float(os.environ["SILENT"]))
    settings = load_settings()
    store = Store.open(settings)
    try:
        run_worker(store, executor_id=settings.executor_id, sandbox_tier="test")
    except Conflict as error:
        sys.stderr.write(f"{error}\n")
        return 3
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
