"""The command line: ``python -m studio``.

Exit codes: 0 done, 1 failed (one sentence on standard error says why), 2 bad recipe or bad use.
"""

from studio.cli.main import main

__all__ = ["main"]
