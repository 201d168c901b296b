"""Stable names for what something was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LENGTH = 20
"""Hexadecimal digits kept: 80 bits, so that a billion things still have no collision."""


def fingerprint(*parts: object) -> str:
    """Return a stable hash of JSON values, bytes and arrays, in order.

    Parameters
    ----------
    *parts
        JSON-serializable values, ``bytes`` or NumPy arrays. Dictionaries count without the order
        of their keys; arrays count with dtype and shape.

    Returns
    -------
    str
        20 hexadecimal digits of SHA-256; equal parts give equal digits on every machine.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(_frame(part))
    return digest.hexdigest()[:LENGTH]


def fingerprint_texts(texts: Iterable[str]) -> str:
    """Return a stable hash of a sequence of texts, in order; memory does not grow with it."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:LENGTH]


def _frame(part: object) -> bytes:
    # The length in front keeps ("ab", "c") apart from ("a", "bc").
    data = _encode(part)
    return len(data).to_bytes(8, "big") + data


def _encode(part: object) -> bytes:
    if isinstance(part, bytes):
        return b"b" + part
    if isinstance(part, np.ndarray):
        array: NDArray[np.generic] = np.ascontiguousarray(part)
        return f"a{array.dtype.str}{array.shape}".encode() + array.tobytes()
    return b"j" + json.dumps(part, sort_keys=True, ensure_ascii=True, default=str).encode()
