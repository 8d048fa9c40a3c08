"""A programme as it is in force in a county on a day: a room above may know of rules the county has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from taizhang.catalogue import Programme

Resolver = Callable[[Programme, str, dt.date], Programme]
_resolvers: list[Resolver] = []


def resolver(function: Resolver) -> Resolver:
    """Register who knows the counties' own versions."""
    _resolvers.append(function)
    return function


def programme(notice: Programme, division: str, on: dt.date) -> Programme:
    """The notice's programme with what is in force in the county of `division` on a day."""
    for function in _resolvers:
        notice = function(notice, division[:6], on)
    return notice
