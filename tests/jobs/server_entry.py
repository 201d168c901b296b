"""``python -m tests.jobs.server_entry``: what a web server does about its worker."""

from __future__ import annotations

import threading

from studio.config import load_settings
from studio.jobs.supervisor import start_child_worker
from tests.jobs.processes import COMMAND

if __name__ == "__main__":
    start_child_worker(load_settings(), COMMAND)
    threading.Event().wait()
