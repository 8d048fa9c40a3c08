"""The numbers of a month (月末报送), village by village, and what is odd about them.

期初 + 增 − 减 = 期末: opening, entries and exits are counted from the movements, closing from the memberships, so that the
sum proves something. All are counted by village, by the day they took effect.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings

from taizhang import catalogue
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme
from taizhang.collecting.people import shared
from taizhang.collecting.tasks import FAILED, UNDECIDED, VERIFIED
from taizhang.engine.planning import MANY, planned_for
from taizhang.ledger import queries as ledger
from taizhang.ledger.states import OTHER_REASONS, State

LISTED = 30  # names of an exception shown; the rest is a number


@dataclass(frozen=True)
class Asked:
    """Which programme and period, counted up to which day."""

    programme: Programme
    period: Period
    today: dt.date

    @property
    def until(self) -> dt.date:
        return min(self.period.cut_off, self.today)

    @property
    def since(self) -> dt.date:
        """From when a verification counts: of the month, or of the round it lies in where that is longer."""
        turn = duedates.turn_of(self.programme, self.until)
        return min(self.period.first, turn.first) if turn else self.period.first

    @property
    def to_be_verified(self) -> bool:
        """Whether everybody should be verified by the end of this period: of a round over several of them only in the last
        that ends within it."""
        turn = duedates.turn_of(self.programme, self.period.cut_off)
        length = self.period.cut_off - self.period.first
        return turn is not None and turn.until <= self.period.cut_off + length

    @property
    def due(self) -> dt.date | None:
        """The last day on which a point is in time; None where the notice gives it none."""
        return duedates.due(self.programme, self.period, "point")


@dataclass(frozen=True)
class Numbers:
    """A unit's month. `added`, `left`: reason -> how many. `verified` of `closing`; `unreached`: of the rest, the last
    attempt failed."""

    opening: int = 0
    added: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    closing: int = 0
    verified: int = 0
    unreached: int = 0
    waiting: int = 0
    returned: int = 0

    @property
    def more(self) -> int:
        return sum(self.added.values())

    @property
    def fewer(self) -> int:
        return sum(self.left.values())

    @property
    def balanced(self) -> bool:
        return self.opening + self.more - self.fewer == self.closing

    @property
    def share(self) -> float | None:
        return self.verified / self.closing if self.closing else None

    @property
    def unverified(self) -> int:
        return self.closing - self.verified

    def plain(self) -> dict[str, Any]:
        """As kept with a step."""
        return {
            "opening": self.opening, "more": self.more, "fewer": self.fewer, "closing": self.closing,
            "verified": self.verified, "waiting": self.waiting, "returned": self.returned, "unreached": self.unreached,
            "added": dict(self.added), "left": dict(self.left),
        }  # fmt: skip


def count(asked: Asked, villages: Sequence[str]) -> dict[str, Numbers]:
    """Village -> its month."""
    known = {
        "programme": asked.programme.id, "villages": list(villages), "first": asked.period.first, "until": asked.until,
        "since": asked.since, "failed": [one.value for one in FAILED], "undecided": UNDECIDED,
        "zone": settings.TIME_ZONE,
    }  # fmt: skip
    with planned_for(MANY):
        moved: dict[str, list[ledger.Row]] = defaultdict(list)
        for row in ledger.fetch(MOVED, known):
            moved[row["division"]].append(row)
        heads = {row["division"]: row for row in ledger.fetch(HEADS, known)}
        papers = {row["division"]: row for row in ledger.fetch(PAPERS, known)}
    found = {}
    for code in villages:
        own = moved[code]
        head, paper = heads.get(code, {}), papers.get(code, {})
        found[code] = Numbers(
            opening=sum(row["before"] for row in own),
            added={row["reason"]: row["during"] for row in own if row["direction"] == "in" and row["during"]},
            left={row["reason"]: row["during"] for row in own if row["direction"] == "out" and row["during"]},
            closing=head.get("people", 0), verified=head.get("verified", 0), unreached=head.get("unreached", 0),
            waiting=paper.get("waiting", 0), returned=paper.get("returned", 0),
        )  # fmt: skip
    return found


MOVED = """
SELECT division, direction, reason, count(*) FILTER (WHERE effective_on >= %(first)s) AS during,
       sum(CASE WHEN effective_on >= %(first)s THEN 0 WHEN direction = 'in' THEN 1 ELSE -1 END)::int AS before
FROM ledger_movement WHERE programme = %(programme)s AND division = ANY (%(villages)s) AND effective_on <= %(until)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
MEMBERS = f"""
SELECT m.worker_id, m.division, EXISTS (
         SELECT 1 FROM ledger_verification v WHERE v.worker_id = m.worker_id AND v.verify_state = '{VERIFIED}'
           AND v.survey_date BETWEEN %(since)s AND %(until)s) AS verified,
       (SELECT a.result FROM collecting_attempt a WHERE a.worker_id = m.worker_id
          AND (a.at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s ORDER BY a.at DESC, a.id DESC LIMIT 1)
         = ANY (%(failed)s) AS unreached
FROM ledger_membership m
WHERE m.programme = %(programme)s AND m.division = ANY (%(villages)s) AND m.from_date <= %(until)s
  AND (m.to_date IS NULL OR m.to_date > %(until)s)
"""
HEADS = f"""
SELECT p.division, count(*) AS people, count(*) FILTER (WHERE p.verified) AS verified,
       count(*) FILTER (WHERE NOT p.verified AND p.unreached) AS unreached
FROM ({MEMBERS}) p GROUP BY 1
"""
PAPERS = f"""
SELECT s.division, count(*) FILTER (WHERE s.state = ANY (%(undecided)s)) AS waiting,
       count(*) FILTER (WHERE s.state = '{State.RETURNED}') AS returned
FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id
WHERE NOT s.entered AND s.division = ANY (%(villages)s) AND b.programme = %(programme)s AND b.collected_on <= %(until)s
GROUP BY 1
"""


def added_up(found: Iterable[Numbers | None]) -> Numbers:
    parts = [one for one in found if one]
    return Numbers(
        **{
            name: sum(getattr(one, name) for one in parts)
            for name in ("opening", "closing", "verified", "unreached", "waiting", "returned")
        },
        added=_reasons(one.added for one in parts),
        left=_reasons(one.left for one in parts),
    )


def _reasons(found: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in found:
        for reason, n in one.items():
            total[reason] = total.get(reason, 0) + n
    return dict(sorted(total.items()))


def worded(counts: Mapping[str, int], direction: str) -> list[tuple[str, int]]:
    """Reasons of entry (CL-ADD) or exit (CL-STATUS) in words."""
    codes = catalogue.load().lists["CL-ADD" if direction == "in" else "CL-STATUS"].codes
    return [(codes[code].label if code in codes else OTHER_REASONS.get(code, code), n) for code, n in counts.items()]


def unverified(asked: Asked, villages: Sequence[str]) -> list[ledger.Row]:
    """People of the pool not verified, those who could not be reached first: worker_id, full_name, division, unreached."""
    return ledger.fetch(
        f"""SELECT p.worker_id, w.full_name, p.division, coalesce(p.unreached, false) AS unreached
            FROM ({MEMBERS}) p JOIN ledger_worker w ON w.id = p.worker_id WHERE NOT p.verified
            ORDER BY coalesce(p.unreached, false) DESC, p.division, w.full_name, p.worker_id LIMIT {LISTED}""",
        {
            "programme": asked.programme.id, "villages": list(villages), "until": asked.until,
            "since": asked.since, "failed": [one.value for one in FAILED], "zone": settings.TIME_ZONE,
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """From where on a unit's month is an exception, in per cent; parameters of collecting.yaml, or the programme's own."""

    verified: Decimal
    change: Decimal
    people: Decimal  # who make a change large, however small the unit

    @classmethod
    def of(cls, programme: Programme, on: dt.date) -> Limits:
        values = shared().values(programme, on)
        return cls(values["月末核实率"], values["月末变动"], values["月末变动人数"])


def exceptions(asked: Asked, numbers: Numbers, limits: Limits) -> list[str]:
    """What somebody should look at before approving, in words; none where all is as usual."""
    found = []
    if not numbers.balanced:
        found.append("期初＋增－减不等于期末")
    if asked.to_be_verified and numbers.share is not None and numbers.share * 100 < limits.verified:
        found.append(f"核实率 {numbers.share:.1%}，不到 {limits.verified:f}%")
    for name, n in (("增", numbers.more), ("减", numbers.fewer)):
        if n >= limits.people and n * 100 > limits.change * numbers.opening:
            found.append(f"{name} {n:,} 人，超过期初的 {limits.change:f}%")
    return found
