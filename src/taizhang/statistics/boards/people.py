"""The list behind a mark of a chart or a cell of a cross table."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import NotFound
from taizhang.ledger import peoplesets
from taizhang.ledger.peoplesets import PeopleSet
from taizhang.statistics import actions
from taizhang.statistics.boards import breakdown
from taizhang.statistics.boards.breakdown import ANY, Cut
from taizhang.statistics.knowing import Known


@peoplesets.provider("cut")
def people_of_cut(actor: User, key: str) -> PeopleSet:
    """The people of a cell; `key` as in `Cut.key`. Raises NotFound."""
    known: Known = "then" if key.endswith("/then") else "now"
    try:
        programme, indicator, division, day, first, second, a, b = key.removesuffix("/then").split("/")
        cut = Cut(
            programme, indicator, division, dt.date.fromisoformat(day), first, "" if second == ANY else second, known
        )  # fmt: skip
    except ValueError:
        raise NotFound("cut") from None
    actions.check_covers(actor, division)
    _, counted = breakdown.subject(cut)
    words = [divisions.get(division).name, counted.name]
    for name, group in ((cut.first, a), (cut.second, b)):
        if name and group != ANY:
            chosen = breakdown.dimension(name)
            words.append(f"{chosen.name}{chosen.wording(group)}")
    ids = [UUID(worker) for worker in breakdown.people(cut, a, b)]
    asked = {"programme": programme, "division": division, "as_of": day}
    page = "boards:pivot" if cut.second else "boards:board"
    if cut.second:
        asked |= {"indicator": indicator, "first": first, "second": second}
    title = f"{'，'.join(words)}，截至{cut.as_of.year}年{cut.as_of.month}月{cut.as_of.day}日{'，当时所知' if known == 'then' else ''}"
    return PeopleSet(title, ids, counted.text or "", f"{reverse(page)}?{urlencode(asked)}")
