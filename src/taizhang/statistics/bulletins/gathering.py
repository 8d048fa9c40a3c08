"""Everything a bulletin says, counted once: from seals where the period is sealed, else from what is known of its
cut-off (a draft that cannot be issued)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Indicator, Programme, Scorecard
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.protection import signing
from taizhang.review import periods
from taizhang.review.policies import Verb
from taizhang.statistics import actions as statistics
from taizhang.statistics import definitions, indicators, knowing, pages, sources, tables
from taizhang.statistics.boards import breakdown, headlines
from taizhang.statistics.boards.breakdown import ANY, Cut
from taizhang.statistics.boards.dimensions import UNKNOWN
from taizhang.statistics.bulletins import drafting, scoring
from taizhang.statistics.bulletins.scoring import Score
from taizhang.statistics.knowing import Basis
from taizhang.statistics.targets import pageparts, progress, tree

KINDS = {"month": "月调度", "quarter": "季通报", "year": "年考核", "progress": "进度通报"}
SPAN = {"month": 1, "quarter": 3, "year": 12, "progress": 1}  # months a kind looks back over
RECORD = "complete_record"


@dataclass(frozen=True)
class Order:
    """What is asked for: a kind of bulletin of a programme for a division and one of its periods."""

    kind: str
    programme: Programme
    division: str
    period: Period

    @property
    def before(self) -> dt.date:
        """The cut-off it is compared with: that of the span before."""
        return pages.month_moved(self.period.cut_off, -SPAN[self.kind])


@dataclass(frozen=True)
class Ground:
    """What the figures rest on. `sealed`: all of it is sealed; then nothing else may stand in the bulletin."""

    bases: Sequence[Basis]
    sealed: bool
    before_sealed: bool

    @property
    def known(self) -> knowing.Known:
        return "then" if self.sealed else "now"


def order(actor: User, kind: str, programme: str, division: str, period: str) -> Order:
    """Raises NotFound outside the actor's divisions; DomainError "bad_kind", "bad_period"."""
    settings = definitions.programme_of(programme)
    statistics.check_covers(actor, division)
    divisions.get(division)
    if kind not in KINDS:
        raise DomainError("bad_kind", f"没有这种通报，可用的有：{'、'.join(KINDS.values())}。")
    found = duedates.find(settings, period)
    if found is None or not fits(kind, found):
        raise DomainError("bad_period", f"“{period[:20]}”不是{KINDS[kind]}的统计期，请从列表里选。")
    return Order(kind, settings, division, found)


def fits(kind: str, period: Period) -> bool:
    """Whether a period ends the span of a kind: a quarter's third month, a year's twelfth."""
    last = {"-Q1": 3, "-Q2": 6, "-Q3": 9, "-Q4": 12, "-H1": 6, "-H2": 12}.get(period.id[4:], period.cut_off.month)
    last = 12 if len(period.id) == 4 else period.month.month if len(period.id) == 7 and period.id[5] in "01" else last
    return {"quarter": last % 3 == 0, "year": last == 12}.get(kind, True)


def ground(asked: Order) -> Ground:
    found = knowing.bases(asked.programme.id, asked.division, asked.period.cut_off, "then")
    before = knowing.bases(asked.programme.id, asked.division, asked.before, "then")
    return Ground(
        found,
        bool(found) and all(basis.seal for basis in found),
        bool(before) and all(basis.seal for basis in before),
    )


def key(actor: User, asked: Order, on: Ground) -> str:
    """The same for the same figures: what is asked, the seals (or the ledger's marks), the targets in force."""
    aims = tree.standing(actor, asked.programme, str(asked.period.cut_off.year), asked.division)
    marks = sources.marks([basis.county for basis in on.bases])
    rests = [
        bytes(basis.seal.digest).hex() if on.sealed and basis.seal else f"{basis.county}:{marks[basis.county]}"
        for basis in on.bases
    ]
    data = [
        asked.kind, asked.programme.id, asked.division, asked.period.id, on.sealed, on.before_sealed, rests,
        [[aim.goal, aim.division, aim.version] for aim in aims], drafting.VERSION,
    ]  # fmt: skip
    return signing.sm3(signing.canonical(data)).hex()


def facts(actor: User, asked: Order, on: Ground) -> dict[str, Any]:
    """All figures of a bulletin as JSON values (numbers as text), with the sentences drafted from them."""
    settings, cut_off = asked.programme, asked.period.cut_off
    place = divisions.get(asked.division)
    board = headlines.board_of(settings)
    scores = _scores(asked, on)
    targets = _targets(actor, asked, on)
    late = {code for one in targets for code in one["behind"]}
    card = settings.scorecard
    talk = scoring.talk(card, scores, sorted(late)) if card else []
    found: dict[str, Any] = {
        "kind": asked.kind, "kind_name": KINDS[asked.kind], "place": place.name, "full_name": place.full_name,
        "programme": settings.id, "programme_name": settings.name, "source": settings.source,
        "period": asked.period.id, "period_name": asked.period.name, "cut_off": cut_off.isoformat(),
        "sealed": on.sealed, "before": asked.before.isoformat() if on.before_sealed or not on.sealed else None,
        "basis": [_basis(basis) for basis in on.bases],
        "division": asked.division, "working": board.working, "rate_name": board.rate, "working_name": settings.indicators[board.working].name,
        "figures": _figures(asked, on), "units": _units(asked, on),
        "places": _groups(asked, on, board.working, "place"),
        "provinces": _groups(asked, on, board.working, "work_region", by_size=True),
        "industries": _groups(asked, on, board.working, "industry", by_size=True),
        "targets": targets,
        "scores": [_score(rank, one) for rank, one in scoring.ranked(scores)],
        "card": {"timely": card.timely, "complete": card.complete, "accurate": card.accurate, "text": card.text,
                 "per_day": card.per_day, "talk_below": card.talk_below} if card else None,
        "talk": [{"name": one.name, "reasons": reasons} for one, reasons in talk],
    }  # fmt: skip
    found["sentences"] = drafting.sentences(found)
    return found


def _basis(basis: Basis) -> dict[str, Any]:
    seal = basis.seal
    name = divisions.get(basis.county).name
    if seal is None:
        return {"county": name, "seal": None}
    return {"county": name, "seal": f"{seal.period} 第{seal.version}版", "digest": bytes(seal.digest).hex()[:16]}


def _text(value: Decimal | int | None) -> str | None:
    return None if value is None else f"{value}"


def _figures(asked: Order, on: Ground) -> list[dict[str, Any]]:
    before = asked.before if on.sealed and on.before_sealed else None
    found = headlines.read(
        asked.programme, [asked.division], asked.period.cut_off, lambda one: one.id, before=before, known=on.known
    )
    return [
        {
            "name": one.name,
            "value": _text(one.value),
            "unit": one.unit,
            "change": _text(one.change),
            "indicator": one.url,
        }
        for one in found
    ]


def _below(division: str, on: dt.date, codes: Sequence[str]) -> dict[str, str]:
    place = divisions.get(division)
    size = tables.DIGITS.get(place.level + 1, 99)
    names = {child.code: child.name for child in divisions.children(division, on=on)}
    return {**names, **{code: f"区划 {code}" for code in codes if len(code) == size and code not in names}}


def _units(asked: Order, on: Ground) -> list[dict[str, Any]]:
    board = headlines.board_of(asked.programme)
    cells = indicators.count(
        asked.programme.id, ["pool", board.working], asked.division, asked.period.cut_off, known=on.known
    )
    rows = []
    for code, name in _below(asked.division, asked.period.cut_off, list(cells)).items():
        pool, working = (int(cells.get(code, {}).get(one) or 0) for one in ("pool", board.working))
        rows.append(
            {"code": code, "name": name, "pool": pool, "working": working, "rate": _text(scoring.rate(working, pool))}
        )
    return sorted(rows, key=lambda row: (-Decimal(row["rate"] or -1), row["name"]))


def _groups(asked: Order, on: Ground, indicator: str, dimension: str, *, by_size: bool = False) -> list[dict[str, Any]]:
    cut = Cut(
        asked.programme.id, indicator, asked.division, asked.period.cut_off, dimension, known=on.known
    )  # fmt: skip
    counted = {a: n for (a, _), n in breakdown.count(cut).items()}
    chosen, whole = breakdown.dimension(dimension), sum(counted.values())
    keys = breakdown.groups({(one, ANY): 0 for one in counted}, chosen, 0)
    if by_size:
        keys.sort(key=lambda one: (one == UNKNOWN, -counted[one]))
    return [
        {
            "key": one,
            "name": chosen.wording(one),
            "number": counted[one],
            "share": _text(scoring.rate(counted[one], whole)),
        }
        for one in keys
    ]


def _targets(actor: User, asked: Order, on: Ground) -> list[dict[str, Any]]:
    """The year's targets of the division, each with the units below ranked."""
    year = str(asked.period.cut_off.year)
    aims = tree.standing(actor, asked.programme, year, asked.division)
    days = progress.scale(asked.programme, year, asked.period.cut_off)
    found = []
    for goal in tree.goals(asked.programme):
        own = next((aim for aim in aims if aim.goal == goal.key and aim.division == asked.division), None)
        if own is None or goal.indicator is None:
            continue
        parts = tree.parts_of(own, aims)
        whole, *below = progress.read(asked.programme, [own, *parts], days, pace=False, as_known=on.known)
        found.append(
            {
                "indicator": goal.indicator, "name": goal.name, "sign": own.sign, "value": f"{own.value:f}", "unit": own.unit, "basis": own.basis,
                "version": own.version, "actual": _text(whole.actual), "percent": _text(whole.percent),
                "status": pageparts.STATUS[whole.status], "elapsed": _text(scoring.rounded(days.elapsed * 100)),
                "behind": [one.aim.division for one in below if one.status in ("behind", "missed")],
                "rows": [
                    {
                        "rank": row["place"], "division": row["one"].aim.division, "name": row["name"], "value": f"{row['one'].aim.value:f}",
                        "unit": row["one"].aim.unit, "actual": _text(row["one"].actual),
                        "percent": _text(row["one"].percent), "said": row["said"],
                        "late": row["one"].status in ("behind", "missed"),
                    }
                    for row in pageparts.rows(below)
                ],
            }
        )  # fmt: skip
    return found


def _score(rank: int | None, one: Score) -> dict[str, Any]:
    return {
        "rank": rank, "name": one.name, "timely": _text(one.timely), "complete": _text(one.complete),
        "accurate": _text(one.accurate), "total": _text(one.total), "late": one.late,
    }  # fmt: skip


def _scores(asked: Order, on: Ground) -> list[Score]:
    """Towns of a county, counties of a wider division. No card, or villages below: nobody is marked."""
    card = asked.programme.scorecard
    if card is None or len(asked.division) > 6:
        return []
    complete = _complete(asked, on, card)
    names = _below(asked.division, asked.period.cut_off, list(complete))
    timely = _standings(asked, names)
    accurate = _accuracy(asked, len(next(iter(names), "")))
    found = []
    for code, name in names.items():
        part, whole = complete.get(code, (0, 0))
        if not whole:
            continue
        returned, decided = accurate.get(code, (0, 0))
        marks = (
            scoring.timeliness(card, timely.get(code, [])),
            scoring.rate(part, whole),
            scoring.rate(decided - returned, decided),
        )
        late = sum(one.kind in ("late", "overdue") for one in timely.get(code, []))
        found.append(Score(code, name, *marks, scoring.total(card, *marks), late))
    return found


def _complete(asked: Order, on: Ground, card: Scorecard) -> dict[str, tuple[int, int]]:
    """Unit -> (complete records, people in the pool)."""
    settings = asked.programme
    record = Indicator(id=RECORD, name="资料完整", where=None, text=card.text).model_copy(update={"where": card.record})
    more = settings.model_copy(update={"indicators": {**settings.indicators, RECORD: record}})
    with indicators.runner(
        "snapshot", asked.division, asked.period.cut_off, programme=settings.id, known=on.known
    ) as run:
        cells = indicators.count_with(run, more, [RECORD, "pool"], asked.division, asked.period.cut_off)
    return {code: (int(row.get(RECORD) or 0), int(row.get("pool") or 0)) for code, row in cells.items()}


def _span(asked: Order) -> list[Period]:
    """The programme's periods the bulletin looks back over, its own the last."""
    year = asked.period.cut_off.year
    every = [one for y in (year - 1, year) for one in duedates.periods_of(asked.programme, y)]
    return [one for one in every if asked.before < one.cut_off <= asked.period.cut_off]


def _standings(asked: Order, names: Mapping[str, str]) -> dict[str, list[duedates.Standing]]:
    """Unit -> how it stood at the due days of the span. Judged on the day the last of them was due, so that a bulletin
    drawn up later says the same."""
    found: dict[str, list[duedates.Standing]] = defaultdict(list)
    level = "town" if len(asked.division) == 6 else "county"
    if len(asked.division) < 4:
        return found
    for period in _span(asked):
        due = duedates.due(asked.programme, period, level)
        if due is None:
            continue
        day = max(due + dt.timedelta(days=1), period.cut_off)
        for state in periods.unit_states(asked.programme, period, dict(names), day):
            found[state.division].append(state.standing)
    return found


def _accuracy(asked: Order, digits: int) -> dict[str, tuple[int, int]]:
    """Unit -> (rows given back, rows decided) by reviewers within the span."""
    if not digits:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left(d.division, %s), coalesce(sum(n) FILTER (WHERE verb = %s), 0), sum(n) FROM ledger_decision d, "
            "LATERAL (SELECT sum(upper(r) - lower(r)) AS n FROM unnest(d.rows) AS r) AS counted "
            "WHERE d.division >= %s AND d.division < %s AND d.verb IN (%s, %s) AND d.at >= %s AND d.at <= %s GROUP BY 1",
            [
                digits, Verb.RETURN.value, asked.division, asked.division + ":", Verb.RETURN.value,
                Verb.APPROVE.value, knowing.end_of(asked.before), knowing.end_of(asked.period.cut_off),
            ],
        )  # fmt: skip
        return {code: (int(returned), int(decided)) for code, returned, decided in cursor.fetchall()}


def programmes_with_periods() -> list[Programme]:
    return [one for one in catalogue.load().programmes.values() if one.sealing]


def choices(programme: Programme, today: dt.date, kind: str, most: int = 18) -> list[Period]:
    """Periods a kind can be drawn up for, the newest first."""
    if kind not in KINDS:
        raise NotFound("kind")
    return [one for one in duedates.recent(programme, today, most) if one.cut_off <= today and fits(kind, one)]
