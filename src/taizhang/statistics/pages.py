"""The question that an address under tables/ asks, and its answers kept while the ledger stands still."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.engine.errors import DomainError, NotFound
from taizhang.statistics import actions, aims, definitions, handcells, knowing, snapshots, sources, tables, versions
from taizhang.statistics.knowing import Known
from taizhang.statistics.layout import Violation
from taizhang.statistics.tables import Result

ALL = ("all",)  # every row of the second level
Beside = Literal["", "month", "year"]
MONTHS_BACK: dict[Beside, int] = {"month": 1, "year": 12}
COUNT_UNASKED = 100_000  # people


@dataclass(frozen=True)
class Question:
    """What an address under tables/ asks: nothing in it tells who anybody is."""

    table: str  # "mouding-2017/C3"
    division: str
    as_of: dt.date
    open: tuple[str, ...] = ()
    cell: tuple[str, str] | None = None
    page: int = 1
    beside: Beside = ""  # what each number is compared with: the month before, the same month of last year
    known: Known = "now"

    def words(self, **change: Any) -> tuple[tuple[str, str], ...]:
        """The query of this question with something changed."""
        asked = replace(self, **change)
        words = [("division", asked.division), ("as_of", asked.as_of.isoformat())]
        words += [("open", ",".join(asked.open))] if asked.open else []
        words += [("cell", ".".join(asked.cell))] if asked.cell else []
        words += [("page", str(asked.page))] if asked.page > 1 else []
        words += [("beside", asked.beside)] if asked.beside else []
        words += [("known", asked.known)] if asked.known == "then" else []
        return tuple(words)

    def url(self, **change: Any) -> str:
        """The address of this question with something changed."""
        return f"{reverse('statistics:table', args=self.table.split('/'))}?{urlencode(self.words(**change))}"

    @property
    def before(self) -> Question | None:
        """The question that the numbers are compared with."""
        months = MONTHS_BACK.get(self.beside)
        return replace(self, as_of=month_moved(self.as_of, -months), beside="") if months else None


def read(table: str, words: QueryDict, user: User) -> Question:
    """The question of an address, with what it leaves out filled in: the user's own division, today.

    Raises NotFound outside the user's divisions, DomainError "bad_date" for a date that is none.
    """
    division = words.get("division") or first_division(user)
    actions.check_covers(user, division)
    unit, _, column = words.get("cell", "").partition(".")
    opened = ALL if words.get("open") == "all" else tuple(c for c in words.get("open", "").split(",") if c.isdigit())
    number = str(words.get("page", ""))
    page = int(number) if number.isdigit() and len(number) < 8 else 1
    cell = (unit, column) if column else None
    beside = words.get("beside", "")
    return Question(
        table,
        division,
        read_day(words.get("as_of", "")),
        opened,
        cell,
        max(1, page),
        beside if beside in MONTHS_BACK else "",
        "then" if words.get("known") == "then" else "now",
    )


def read_day(text: str) -> dt.date:
    """Today when empty. Raises DomainError "bad_date"."""
    if not text:
        return timezone.localdate()
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2100:
        raise DomainError("bad_date", f"“{text[:20]}”不是日期，请写成 2017-08-20 这样。")
    return day


def programme_of(name: str, user: User) -> Programme:
    """The programme an address names, else the user's own, else the first. Raises NotFound."""
    known = catalogue.load().programmes
    return definitions.programme_of(name or (user.programme if user.programme in known else min(known)))


def first_division(user: User) -> str:
    """Where a user's tables begin. Raises NotFound for who sees nobody."""
    if not user.sees_people:
        raise NotFound("division")
    return sorted(user.scopes, key=lambda scope: (len(scope), scope))[0]


def month_moved(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or its last day when it is shorter or `day` was a month's last."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month + 1, last if was_last else min(day.day, last))


Marks = tuple[tuple[str, str], ...]


@lru_cache(maxsize=32)
def _computed(table: str, division: str, as_of: dt.date, known: Known, marks: Marks) -> Result:
    """`marks` makes a result that the ledger has overtaken a different question. Holds numbers, no people."""
    programme, chosen = actions.find(table)
    return tables.compute(programme.id, chosen.id, division, as_of, known=known)


@lru_cache(maxsize=32)
def _matched(
    table: str, division: str, as_of: dt.date, known: Known, marks: Marks
) -> tuple[tuple[Violation, ...], dt.datetime]:
    result = _computed(table, division, as_of, known, marks)
    return tuple(tables.same_as_ledger(result)), timezone.now()


def marks(division: str) -> Marks:
    """What makes results overtaken by the ledger, or by a county's new rule, another question."""
    found = sorted(sources.marks(sources.counties(division)).items())
    return (*found, versions.signature(division))


def _marks(question: Question) -> Marks:
    """What an answer rests on: the ledger's state, the seals in force, the targets set."""
    programme, _, table = question.table.partition("/")
    found = dict(marks(question.division))
    typed = [("typed", one) for one in handcells.marks(programme, table, question.division)]
    sealed = knowing.bases(programme, question.division, question.as_of, question.known)
    found |= {f"seal {basis.county}": str(basis.seal.pk) for basis in sealed if basis.seal}
    return (*sorted(found.items()), ("targets", aims.mark(programme, question.division)), *typed)


def result_of(question: Question) -> Result:
    return _computed(question.table, question.division, question.as_of, question.known, _marks(question))


def match_of(question: Question) -> tuple[tuple[Violation, ...], dt.datetime]:
    """表库相符: the differences between the table and the ledger, and when they were looked for."""
    return _matched(question.table, question.division, question.as_of, question.known, _marks(question))


def basis(question: Question) -> str:
    """What "as known then" rests on, in words; nothing where then and now are the same."""
    found = knowing.bases(question.table.split("/")[0], question.division, question.as_of, "then")
    sealed = [one.seal for one in found if one.seal]
    if sealed and len(sealed) == len(found):
        versions = f"第 {sealed[0].version} 版" if len(sealed) == 1 else f"{len(sealed)} 个县的封账"
        return f"{sealed[0].period} 封账，{versions}"
    if any(one.at for one in found):
        return f"{question.as_of.year}年{question.as_of.month}月{question.as_of.day}日当天结束时已经入账的"
    return ""


def match_unasked(question: Question) -> bool:
    """Whether the page counts again in the ledger by itself: above 100,000 people that takes seconds, so there it
    waits to be asked."""
    found = [snapshots.manifest(county, question.as_of) for county in sources.counties(question.division)]
    return sum(one.rows for one in found if one) <= COUNT_UNASKED
