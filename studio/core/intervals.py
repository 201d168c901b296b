"""How far a share that was counted on few documents can be trusted."""

from __future__ import annotations

import math
from statistics import NormalDist

from studio.core.errors import Invalid


def wilson(right: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of the share ``right / n``.

    Parameters
    ----------
    right
        How often it was so, ``0..n``.
    n
        How often was looked; for 0 nothing is known and the interval is ``(0, 1)``.
    level
        How often such an interval holds the true share, in ``(0, 1)``.

    Returns
    -------
    tuple[float, float]
        Lower and upper bound, in ``[0, 1]``, around ``right / n``.

    Raises
    ------
    Invalid
        If ``right`` is outside ``0..n`` or ``level`` outside ``(0, 1)``.

    Notes
    -----
    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927,
    without correction for continuity. Unlike the textbook interval it is honest for few
    documents and for shares near 0 and 1.
    """
    if not 0 <= right <= n:
        raise Invalid(f"{right} of {n} is no share; give 0 to {n}.")
    if not 0 < level < 1:
        raise Invalid(f"{level} is no level of confidence; give a number between 0 and 1.")
    if n == 0:
        return 0.0, 1.0
    share = right / n
    z = NormalDist().inv_cdf(0.5 + level / 2)
    weight = 1 + z * z / n
    middle = (share + z * z / (2 * n)) / weight
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / weight
    # Rounding must not push the bound of an extreme share beyond the share itself.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
