"""Whom an action of the list is about: the people ticked on the page, or everybody the question finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.http import QueryDict

from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError
from taizhang.ledger import asking, listing, pageparts
from taizhang.ledger.asking import Lexicon, Question
from taizhang.ledger.listing import Where


@dataclass(frozen=True)
class Selection:
    """`ids`: those ticked; None means everybody `question` finds. `expected`: how many the person was told, if they
    were."""

    question: Question
    ids: tuple[UUID, ...] | None
    expected: int | None = None

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a form carries on to the next page. Opaque ids and the address of the question, no personal data."""
        pairs = [("query", urlencode(self.question.query()))]
        return pairs + ([("all", "1")] if self.ids is None else [("person", str(one)) for one in self.ids])


def read(data: QueryDict, words: Lexicon, searches: Mapping[str, Any]) -> Selection:
    """The selection a form of the list sends: `all` or `person` (several), `query`, `expected`.

    Raises DomainError "nobody_selected"; "search_forgotten" where the session no longer knows the name or 口径 that was
    searched for: without it everybody else would be found too.
    """
    query = QueryDict(data.get("query", ""))
    if query.get("s") and query["s"] not in searches:
        raise DomainError(
            "search_forgotten", "这次查询隔得太久，条件已经不在了。请回到台账重新查询，再办。", status=409
        )
    question = asking.read(query, words, dict(searches))
    ids = None if data.get("all") == "1" else _ids(data.getlist("person"))
    if ids == ():
        raise DomainError("nobody_selected", "还没有选人。先在名单左边勾选，或者选“全部”，再办。")
    expected = data.get("expected", "")
    return Selection(question, ids, int(expected) if expected.isdigit() else None)


def _ids(texts: list[str]) -> tuple[UUID, ...]:
    found = []
    for text in dict.fromkeys(texts):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)


def where(selection: Selection, words: Lexicon, actor: User) -> Where:
    """The people as conditions of the list. Row-level security keeps to the actor's divisions."""
    if selection.ids is None:
        return listing.where(selection.question, words, actor)
    return Where(("f.worker_id = ANY(%s)",), (list(selection.ids),), False)


def count(conditions: Where, selection: Selection) -> int:
    """How many are meant.

    Raises DomainError "nobody_found"; "selection_changed" when it is another number than the person agreed to.
    """
    total = listing.count(conditions, None)
    if not total:
        raise DomainError("nobody_found", "选的人已经不在您负责的区划内。请回到台账刷新后再选。", status=409)
    if selection.expected not in (None, total):
        raise DomainError(
            "selection_changed",
            f"刚才是 {selection.expected:,} 人，现在是 {total:,} 人，还没有办。请回到台账看过再办。",
            status=409,
        )
    return total


def scopes_of(conditions: Where, actor: User) -> list[str]:
    """Those of the actor's divisions in which the people live; never wider than what the actor answers for."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s FROM unnest(%s::text[]) s WHERE EXISTS (SELECT 1 FROM (SELECT f.division {conditions.sql}) p"
            " WHERE p.division >= s AND p.division < s || ':') ORDER BY s",
            [list(filter(None, actor.scopes)), *conditions.params],
        )
        return [row[0] for row in cursor.fetchall()]


def saying(selection: Selection, words: Lexicon) -> str:
    """Who is meant, in words: 勾选的人, or the question as a sentence."""
    if selection.ids is not None:
        return "在名单上勾选的人"
    return pageparts.saying(selection.question, words) or "负责区划内全部在册的人"
