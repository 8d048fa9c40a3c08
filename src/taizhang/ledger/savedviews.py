"""Saved views: a question under a name, kept with the account.

The 口径 and a name are kept here, never in an address.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import asking
from taizhang.ledger.asking import Lexicon, Private, Question

PREFERENCE = "people_views"
MOST = 12


@dataclass(frozen=True)
class View:
    number: int
    title: str
    current: bool


def _all(user: User) -> list[dict[str, Any]]:
    return list(user.preferences.get(PREFERENCE, []))


def _public(question: Question) -> str:
    return urlencode([pair for pair in question.query() if pair[0] != "s"])


def listed(user: User, question: Question) -> list[View]:
    """The user's views; the one that asks the same is the current one."""
    now = {"query": _public(question), "name": question.private.name, "rule": question.private.rule}
    return [
        View(number, kept["title"], {key: kept[key] for key in now} == now) for number, kept in enumerate(_all(user))
    ]


def save(user: User, title: str, question: Question) -> None:
    """Keep a question. A view of the same name is replaced.

    Raises DomainError: a view without a name or conditions, a search for one number (a view is for lists),
    too many views.
    """
    title = title.strip()[:20]
    if not title:
        raise DomainError("view_without_title", "给视图起个名字再保存，如“共和镇建档立卡”。")
    if question.empty or question.private.ids is not None:
        raise DomainError("view_without_question", "先查出一批人再保存为视图；按号码查一个人，不用保存。")
    kept = [one for one in _all(user) if one["title"] != title]
    if len(kept) >= MOST:
        raise DomainError("too_many_views", f"最多保存 {MOST} 个视图。先去掉不用的，再保存。")
    kept.append(
        {"title": title, "query": _public(question), "name": question.private.name, "rule": question.private.rule}
    )
    _store(user, kept)


def question(user: User, number: int, words: Lexicon, session: MutableMapping[str, Any]) -> Question:
    """The question of a saved view. Raises NotFound."""
    kept = _get(user, number)
    private = Private(kept["name"], kept["rule"])
    key = asking.keep(session, private) if private else ""
    found = asking.read(QueryDict(kept["query"]), words, {})
    return Question(found.regions, found.chosen, found.ranges, private, key, found.people)


def drop(user: User, number: int) -> None:
    gone = _get(user, number)
    _store(user, [one for one in _all(user) if one != gone])


def _get(user: User, number: int) -> dict[str, Any]:
    views = _all(user)
    if number >= len(views):
        raise NotFound("view")
    return views[number]


def _store(user: User, views: list[dict[str, Any]]) -> None:
    user.preferences = {**user.preferences, PREFERENCE: views}
    user.save(update_fields=["preferences"])
