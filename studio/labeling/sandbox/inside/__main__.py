"""Starts the fork server: ``python -m inside CONFIG``."""

from __future__ import annotations

import json
import sys

from .server import main

if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
