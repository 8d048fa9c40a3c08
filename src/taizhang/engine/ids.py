"""UUIDv7 (RFC 9562): opaque ids that sort by time, so indexes stay compact."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new UUIDv7. In SQL the same is `tz_uuid7()`."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
