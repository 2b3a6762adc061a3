"""Money is integer fen (分) everywhere; yuan exist only as text."""

from collections.abc import Sequence

MAX_FEN = 100_000_000_00
"""The largest amount any door takes: one hundred million yuan."""


def yuan(fen: int) -> str:
    """The amount in yuan, two decimals: 1240 → "12.40", -5 → "-0.05"."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02d}"


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` fen in proportion to the weights, to the fen (largest remainder, Hamilton's method).

    The shares add up to `total` exactly; equal remainders go to the earlier position. No share exceeds its
    weight while `total` does not exceed their sum. Without any weight, everything is the first one's.
    Raises ValueError on a negative amount or weight, and when there is nobody to share with.
    """
    if total < 0 or not weights or min(weights) < 0:
        raise ValueError("share_out needs a total >= 0 and at least one weight, none negative")
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    shares = [total * weight // whole for weight in weights]
    # sorted() is stable, so ties keep their position
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
