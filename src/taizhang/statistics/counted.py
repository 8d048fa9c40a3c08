"""The people behind a number that stands on a page of its own (a target, a headline), as an address of the list."""

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
from taizhang.statistics import actions, definitions, indicators
from taizhang.statistics.knowing import Known

BACK = {"targets": "targets:list", "board": "boards:board", "bulletins": "bulletins:list"}  # word of a page -> its url


def list_url(key: str) -> str:
    """The ledger's list showing a set of people."""
    return f"{reverse('ledger:list')}?{urlencode({'set': key})}"


def url(page: str, programme: str, indicator: str, division: str, as_of: dt.date, known: Known = "now") -> str:
    """The list of the people an indicator's number is made of."""
    then = "/then" if known == "then" else ""
    return list_url(f"counted:{page}/{programme}/{indicator}/{division}/{as_of.isoformat()}{then}")


@peoplesets.provider("counted")
def people_of_number(actor: User, key: str) -> PeopleSet:
    """The people behind a number; `key` is page/programme/indicator/division/day, and /then where it is what was known
    then. Raises NotFound."""
    known: Known = "then" if key.endswith("/then") else "now"
    try:
        page, programme, name, division, day = key.removesuffix("/then").split("/")
        as_of = dt.date.fromisoformat(day)
        indicator = definitions.programme_of(programme).indicators[name]
        back = BACK[page]
    except (ValueError, KeyError):
        raise NotFound("number") from None
    actions.check_covers(actor, division)
    ids = [UUID(worker) for worker in indicators.people(programme, name, division, as_of, known=known)]
    place = divisions.get(division).name
    words = urlencode({"programme": programme, "division": division, "as_of": day})
    then = "，当时所知" if known == "then" else ""
    return PeopleSet(
        f"{place}，{indicator.name}，截至{as_of.year}年{as_of.month}月{as_of.day}日{then}",
        ids,
        indicator.text or "",
        f"{reverse(back)}?{words}",
    )
