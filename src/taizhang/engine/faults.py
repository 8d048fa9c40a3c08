"""Faults of our own: written down under a number people can quote, never with what the exception says."""

from __future__ import annotations

import logging
import secrets
import traceback

log = logging.getLogger("taizhang.fault")


def report(exception: BaseException | None) -> str:
    """Log where it broke under a new number and return the number: THE place that gives fault numbers, for pages, jobs
    and phones alike.

    The message of the exception may quote a person's data: it stays out.
    """
    number = secrets.token_hex(4).upper()
    if exception is None:  # a server error somebody asked for without one
        log.error("%s without an exception", number)
        return number
    frames = traceback.extract_tb(exception.__traceback__)
    where = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames[-8:])
    )
    log.error("%s %s at %s", number, type(exception).__name__, where)
    return number
