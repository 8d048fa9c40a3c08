"""The few numbers of a division with their change since last month: the programme's own choice, and the rate."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from taizhang.catalogue.schema import Board, Indicator, Programme
from taizhang.statistics import indicators, pages, snapshots, sources
from taizhang.statistics.knowing import Known

Opens = Callable[[Indicator], str]


@dataclass(frozen=True)
class Headline:
    """`change` since the same day last month, None where last month is not at hand; of a rate in points."""

    name: str
    value: Decimal | int | None
    unit: str
    change: Decimal | int | None
    text: str
    url: str


def board_of(programme: Programme) -> Board:
    """The programme's own, else one made of its first counts of people."""
    if programme.board:
        return programme.board
    plain = [one.id for one in programme.indicators.values() if one.of == "worker" and one.measure.kind == "count"]
    return Board(working=plain[0], rate="占比", figures=tuple(plain[:5]))


def read(
    programme: Programme,
    places: Sequence[str],
    on: dt.date,
    opens: Opens,
    *,
    before: dt.date | None = None,
    known: Known = "now",
) -> list[Headline]:
    """Numbers of several divisions together on a day, compared with the same day last month where that is at hand, or
    with `before` as it was `known`."""
    board = board_of(programme)
    wanted = list(dict.fromkeys([*board.figures, board.working, "pool"]))
    wanted = [name for name in wanted if name in programme.indicators]
    now = _sum(programme, wanted, places, on, known)
    then = None
    if known == "now":
        before = pages.month_moved(on, -1)
        before = before if all(at_hand(code, before) for code in places) else None
    if before:
        then = _sum(programme, wanted, places, before, known)
    found = []
    for name in board.figures:
        one = programme.indicators[name]
        moved = now[name] - then[name] if then is not None else None
        found.append(Headline(one.name, now[name], one.unit, moved, one.text or "", opens(one)))
    if "pool" in wanted and board.working != "pool":
        rate, last = _rate(now, board), _rate(then, board) if then is not None else None
        working = programme.indicators[board.working]
        points = rate - last if rate is not None and last is not None else None
        text = f"{working.name}占{programme.indicators['pool'].name}的比例"
        place = 1 + max((i for i, name in enumerate(board.figures) if name in ("pool", board.working)), default=0)
        found.insert(place, Headline(board.rate, rate, "%", points, text, opens(working)))
    return found


def _rate(numbers: Counter[str], board: Board) -> Decimal | None:
    if not numbers["pool"]:
        return None
    return (Decimal(100) * numbers[board.working] / numbers["pool"]).quantize(Decimal("0.1"))


def _sum(programme: Programme, wanted: Sequence[str], places: Sequence[str], on: dt.date, known: Known) -> Counter[str]:
    total: Counter[str] = Counter()
    for place in places:
        cells = indicators.count(programme.id, wanted, place, on, known=known)
        total.update({name: int(value or 0) for name, value in cells.get(place, {}).items()})
    return total


def at_hand(division: str, day: dt.date) -> bool:
    """Whether a past day is there already, or small enough to be read while somebody waits."""
    counties = sources.counties(division)
    if all(snapshots.manifest(county, day) for county in counties):
        return True
    today = [snapshots.manifest(county, timezone.localdate()) for county in counties]
    return sum(one.rows for one in today if one) <= pages.COUNT_UNASKED
