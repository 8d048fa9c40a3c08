"""SQL text that carries its parameters along."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

SLOT = re.compile(r"\{(\w+)\}")


class Sql(NamedTuple):
    """An expression and the values bound to its placeholders, in order."""

    text: str
    params: tuple[Any, ...] = ()


def fill(template: str, **parts: Sql | str) -> Sql:
    """Put parts into `{slots}`; a part used twice brings its parameters twice."""
    params: list[Any] = []

    def put(match: re.Match[str]) -> str:
        part = parts[match[1]]
        if isinstance(part, str):
            return part
        params.extend(part.params)
        return part.text

    return Sql(SLOT.sub(put, template), tuple(params))


def join(separator: str, parts: Iterable[Sql]) -> Sql:
    found = list(parts)
    return Sql(separator.join(p.text for p in found), tuple(v for p in found for v in p.params))
