"""Say what this machine can do, and what stands in the way of the main job."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Final

from studio.core.errors import StudioError
from studio.core.settings import Settings

PACKAGES: Final = (
    "streamlit",
    "torch",
    "transformers",
    "snorkel",
    "shap",
    "scikit-learn",
    "pyarrow",
    "sqlalchemy",
    "dbos",
)
LEAST_DISK: Final = 1_000_000_000
LEAST_MEMORY: Final = 2_000_000_000
"""Bytes below which training is likely to fail."""

SILENT: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class Check:
    """One finding. Without the ``essential`` ones a project cannot be carried to a model."""

    name: str
    ok: bool
    essential: bool
    sentence: str


Finding = tuple[bool, str]
"""Whether all is well, and the sentence that says what was found."""


def checks(settings: Settings, only: Collection[str] | None = None) -> list[Check]:
    """Examine this machine and studio; a part that is broken is a finding, never an error.

    Parameters
    ----------
    only
        Names of the checks that are wanted; all by default, which takes a few seconds, since
        PyTorch is imported.
    """
    plan: tuple[tuple[str, bool, Callable[[], Finding]], ...] = (
        ("packages", True, _packages),
        ("processor", False, _processor),
        ("graphics card", False, _gpu),
        ("memory", False, _memory),
        ("home", True, lambda: _home(settings.home)),
        ("disk", True, lambda: _disk(settings.home)),
        ("database", True, lambda: _database(settings)),
        ("worker", False, lambda: _worker(settings)),
        ("backbone", True, _backbone),
        ("sandbox", False, lambda: _sandbox(settings)),
    )
    return [_examine(*entry) for entry in plan if only is None or entry[0] in only]


def _examine(name: str, essential: bool, look: Callable[[], Finding]) -> Check:
    try:
        ok, sentence = look()
    except StudioError as error:
        ok, sentence = False, str(error)
    except Exception as error:  # noqa: BLE001 - a doctor survives what is broken, whatever it is
        ok, sentence = False, f"Cannot be used: {type(error).__name__}: {str(error)[:300]}"
    return Check(name, ok, essential, sentence)


def _packages() -> Finding:
    found, missing = [f"Python {platform.python_version()}"], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return False, f"Missing: {', '.join(missing)}. Run: pip install -r requirements.txt"
    return True, ", ".join(found) + "."


def _processor() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    flags = _cpu_flags()
    fast = [name for flag, name in _FAST.items() if flag in flags]
    extra = f"fast bfloat16 by {' and '.join(fast)}" if fast else "no fast bfloat16"
    return True, f"{cores} cores for this process, {extra}."


_FAST = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512"}


def _cpu_flags() -> frozenset[str]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return frozenset()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "flags":
            return frozenset(value.split())
    return frozenset()


def _gpu() -> Finding:
    import torch

    if not torch.cuda.is_available():
        return True, "None that PyTorch can use; training runs on the processor."
    found = torch.cuda.get_device_properties(0)
    bf16 = "with" if torch.cuda.is_bf16_supported() else "without"
    return True, f"{found.name}, {_gigabytes(found.total_memory)}, {bf16} bfloat16."


def _memory() -> Finding:
    import psutil

    memory = psutil.virtual_memory()
    words = f"{_gigabytes(memory.available)} of {_gigabytes(memory.total)} are free"
    if memory.available < LEAST_MEMORY:
        return False, f"{words}; training needs about {_gigabytes(LEAST_MEMORY)}."
    return True, f"{words}."


def _home(home: Path) -> Finding:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return True, f"{home} can be written."
    except OSError as error:
        return False, (
            f"{home} cannot be written ({error.strerror}). Set STUDIO_HOME to a folder of yours."
        )


def _disk(home: Path) -> Finding:
    folder = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < LEAST_DISK:
        return False, (
            f"Only {_gigabytes(free)} are free at {folder}; a model alone needs some 0.3 GB. "
            "Make room, or set STUDIO_HOME to another disk."
        )
    return True, f"{_gigabytes(free)} are free at {folder}."


def _database(settings: Settings) -> Finding:
    from studio.storage.store import Store

    store = Store.open(settings)
    try:
        n_projects = len(store.projects.list())
    finally:
        store.close()
    kind = "SQLite" if settings.database_url.startswith("sqlite") else "PostgreSQL"
    return True, f"{kind} answers; {n_projects} projects."


def _worker(settings: Settings) -> Finding:
    from studio.storage.store import Store

    store = Store.open(settings)
    try:
        alive = [beat.executor_id for beat in store.workers.list() if beat.age < SILENT]
    finally:
        store.close()
    if alive:
        return True, f"At work: {', '.join(alive)}."
    if settings.worker == "child":
        return True, "None at work; the web server starts one."
    return False, "None at work, and STUDIO_WORKER is external. Start: python -m studio worker"


def _backbone() -> Finding:
    from studio.training.backbones import find_backbone

    return True, find_backbone("bundled").sentence


def _sandbox(settings: Settings) -> Finding:
    from studio.labeling.sandbox import probe

    tier = probe(settings.code_policy)
    return tier.level > 0, f"Level {tier.name}. {tier.sentence}"


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
