"""Numbers as screens show them: enough to tell two people apart, not enough to use."""

from __future__ import annotations


def mask_id(number: str | None) -> str:
    """First six and last four: "992323********1200".

    Other certificates shorter than 12 signs keep only the last two.
    """
    return _mask(number, 6, 4)


def mask_phone(number: str | None) -> str:
    """First three and last four: "154****0367"."""
    return _mask(number, 3, 4)


def mask_name(name: str | None) -> str:
    """Surname only: "王*"; for lists that leave the office."""
    return name[0] + "*" * (len(name) - 1) if name else ""


def _mask(text: str | None, head: int, tail: int) -> str:
    if not text:
        return ""
    if len(text) < head + tail + 2:  # too short to keep both ends
        head, tail = 0, min(2, len(text) // 3)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]
