"""Bring what the tests need and pip cannot: PostgreSQL, bubblewrap, and a Chromium.

``python tests/setup_machine.py [browser]``. Looks for what is there first; else installs
Playwright's own Chromium or the distribution's packages; else says what to do and fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a Chromium: the system's, else Playwright's own."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find_postgres() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest version first."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def install_chromium() -> bool:
    """Try Playwright's own download, then the distribution's package."""
    if _run([sys.executable, "-m", "playwright", "install", "chromium"]) and find_chromium():
        return True
    # The fonts are for the tests in Chinese: without them a screenshot shows empty boxes.
    return os.geteuid() == 0 and _apt("chromium", "fonts-noto-cjk", "fonts-noto-color-emoji")


def install_postgres() -> bool:
    """Try the distribution's package."""
    return os.geteuid() == 0 and _apt("postgresql")


def _apt(*packages: str) -> bool:
    if shutil.which("apt-get") is None:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if _run(["apt-get", "install", "-y", "-qq", *packages], environment):
        return True
    return _run(["apt-get", "update", "-qq"], environment) and _run(
        ["apt-get", "install", "-y", "-qq", *packages], environment
    )


def _run(command: list[str], environment: dict[str, str] | None = None) -> bool:
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        return (
            subprocess.run(command, env=environment, stdout=nothing, check=False).returncode == 0
        )


def main(wanted: list[str]) -> int:
    """Bring what is missing; return 1 with a sentence where that fails."""
    if find_postgres() is None and not (install_postgres() and find_postgres()):
        sys.stderr.write(
            "The tests need a PostgreSQL server (initdb, pg_ctl) and could not install one. "
            "Install the package postgresql of your system and run them again.\n"
        )
        return 1
    if shutil.which("bwrap") is None and not (os.geteuid() == 0 and _apt("bubblewrap")):
        sys.stderr.write(
            "The tests of the sandbox need bubblewrap (bwrap) and could not install it. Install "
            "the package bubblewrap of your system and run them again.\n"
        )
        return 1
    if "browser" not in wanted:
        return 0
    if find_chromium() is None and not (install_chromium() and find_chromium()):
        sys.stderr.write(
            "The browser tests need a Chromium and could not install one. Install the package "
            "chromium of your system, or run: python -m playwright install chromium\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
