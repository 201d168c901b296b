"""The names under which Python labeling functions know the labels."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from studio.core.schema import ABSTAIN


def constant_names(labels: Iterable[str]) -> dict[str, int]:
    """Return what is predefined in Python labeling functions: a name and its label index.

    Each label is known in capitals with underscores (``not spam`` as ``NOT_SPAM``) and, if it is
    an identifier, under its own name; -1 as ``ABSTAIN``. A name that two labels would share is
    left out.
    """
    indices: dict[str, set[int]] = {}
    for index, label in enumerate(labels):
        for name in (re.sub(r"\W+", "_", label).strip("_").upper(), label):
            if name.isidentifier() and not keyword.iskeyword(name):
                indices.setdefault(name, set()).add(index)
    constants = {name: owners.pop() for name, owners in indices.items() if len(owners) == 1}
    return {**constants, "ABSTAIN": ABSTAIN}
