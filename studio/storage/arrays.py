"""Arrays by kind and fingerprint: weak labels, predictions, embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from studio.storage.files import load_array, safe_name, save_array


class Arrays:
    """Arrays that can be computed again, each named by the fingerprint of what made it.

    Parameters
    ----------
    folder
        Where they lie: ``folder/kind/fi/fingerprint.npy``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, kind: str, fingerprint: str, array: NDArray[Any]) -> None:
        """Store an array, in place of the one that has this kind and fingerprint."""
        save_array(self._path(kind, fingerprint), array)

    def load(self, kind: str, fingerprint: str) -> NDArray[Any] | None:
        """Return an array, mapped and read-only; None if there is none, or a damaged one."""
        return load_array(self._path(kind, fingerprint))

    def exists(self, kind: str, fingerprint: str) -> bool:
        """Whether there is an array of this kind and fingerprint."""
        return self._path(kind, fingerprint).exists()

    def stamp(self, kind: str, fingerprint: str) -> tuple[int, int] | None:
        """Return time of change and size, which tell two arrays of one name apart; None if none.

        For arrays that are stored anew under the same fingerprint.
        """
        try:
            found = self._path(kind, fingerprint).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size

    def _path(self, kind: str, fingerprint: str) -> Path:
        name = safe_name(fingerprint)
        return self._folder / safe_name(kind) / name[:2] / f"{name}.npy"
