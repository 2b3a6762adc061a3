"""The names of everything in Redis. Keys of one act share a hash tag, so each act runs in one cluster slot.

The tag of a gate's keys is that of its shard: the batch id, where a batch is not split (`shards.py`).
"""

from __future__ import annotations

from collections.abc import Iterable


def gate(tag: str) -> str:
    """Hash: state, epoch, stock, window, person limit of a shard, and how many buckets its marks have."""
    return f"gate:{{{tag}}}"


def pending(tag: str) -> str:
    """Hash: admitted and not yet committed claims of a shard."""
    return f"gate:{{{tag}}}:pending"


def held(tag: str, bucket: int) -> str:
    """Set: the marks of those who hold units, one bucket of them."""
    return f"gate:{{{tag}}}:held:{bucket}"


def rebuilt(batch_id: str) -> str:
    """Marks, for one second, that this gate was just rebuilt."""
    return f"gate:{{{batch_id}}}:rebuilt"


def locks(citizen_id: str, voucher_ids: Iterable[str]) -> list[str]:
    """One lock a voucher, under the tag of its citizen."""
    return [f"lock:{{{citizen_id}}}:{voucher_id}" for voucher_id in sorted(voucher_ids)]
