"""People behind a number: how a drill-down from another room becomes a list here.

A room above registers a provider under a word; `/people/?set=<word>:<anything without personal data>` then lists
exactly its people:

    @peoplesets.provider("cell")
    def people_of_cell(actor: User, key: str) -> PeopleSet: ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from taizhang.accounts.models import User
from taizhang.engine.errors import NotFound


@dataclass(frozen=True)
class PeopleSet:
    """`title` says which number, `text` its 口径, `back` leads to the table it stands in."""

    title: str
    ids: Sequence[UUID]
    text: str = ""
    back: str = ""


Provider = Callable[[User, str], PeopleSet]
_providers: dict[str, Provider] = {}


def provider(word: str) -> Callable[[Provider], Provider]:
    """Register who answers for keys that begin with `word:`."""

    def register(function: Provider) -> Provider:
        _providers[word] = function
        return function

    return register


def people_of(actor: User, key: str) -> PeopleSet:
    """The people of `key` as this actor may see them. Raises NotFound for a word nobody answers for."""
    word, _, rest = key.partition(":")
    if word not in _providers:
        raise NotFound("set")
    return _providers[word](actor, rest)
