"""People drawn at random for any programme: every item its rules read, in every code, through the door, month by
month."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.catalogue.types import Item
from taizhang.divisions.models import Division, Level
from taizhang.ledger.tests.people import enter, number
from taizhang.statistics.compiling import rules_of

PLACES = ("330106", "33", "4403", "110101", "LA", "81")
# What would leave most of the drawn outside every pool.
USUAL: dict[str, tuple[Any, ...]] = {
    "hukou_nature": ("1",) * 9 + ("2",),
    "is_poverty_registered": (True,) * 4 + (False,),
    "labour_ability": ("1",) * 6 + ("2", "4"),
    "pool_status": ("10",) * 12 + ("21", "23", "31", "41"),
    "military_service": ("2",) * 5 + ("1",),
    "pension_status": ("0",) * 8 + ("1", "2"),
}


def grow(county: str, towns: int = 3, villages: int = 10) -> list[str]:
    """Towns and villages below a county that is in the tree; returns the villages."""
    above = Division.objects.get(code=county)
    made = []
    for i in range(villages):
        town = f"{county}{201 + i % towns}"
        code = f"{town}{201 + i}"
        for one, level, parent, name in (
            (town, Level.TOWN, county, f"第{i % towns + 1}镇"),
            (code, Level.VILLAGE, town, f"第{i + 1}村"),
        ):
            full = above.full_name + name
            values = {"name": name, "full_name": full, "match_key": name, "level": level, "parent_id": parent}
            Division.objects.update_or_create(code=one, defaults=values)
        made.append(code)
    return made


def items_of(programme: Programme) -> list[Item]:
    """The stored items a programme's rules read, but for who somebody is."""
    known = catalogue.load().items
    own = {"full_name", "sex", "birth_date", "hukou_region"}
    read = {item for rule in rules_of(programme) for item in rule.items} - own
    return [known[item] for item in sorted(read) if known[item].table and not known[item].sealed]


class Drawing:
    """Draws lines of a programme's form; the same seed always gives the same people."""

    def __init__(self, programme: Programme, villages: list[str], seed: int) -> None:
        self.random = random.Random(seed)
        self.items, self.villages = items_of(programme), villages
        self.known: list[dict[str, Any]] = []

    def newcomer(self, day: dt.date) -> dict[str, Any]:
        born = day - dt.timedelta(days=self.random.choice([self.random.randint(15 * 365, 65 * 365), 16 * 365 - 10]))
        sequence = len(self.known) % 900 + 100
        line = {
            "id_number": number(f"{born:%Y%m%d}", sequence),
            "full_name": f"某{len(self.known)}",
            "sex": self.random.choice(["1", "2"]),
            "birth_date": born,
            "hukou_region": self.random.choice(self.villages),
        }
        self.known.append(line)
        return {**line, **self._facts(self.items, day)}

    def again(self, line: dict[str, Any], day: dt.date) -> dict[str, Any]:
        """Somebody known with some items drawn anew; one in ten has moved village."""
        if self.random.random() < 0.1:
            line["hukou_region"] = self.random.choice(self.villages)
        chosen = self.random.sample(self.items, k=max(1, len(self.items) // 2))
        return {**line, **self._facts(chosen, day)}

    def _facts(self, items: list[Item], day: dt.date) -> dict[str, Any]:
        drawn = {item.id: self._value(item, day) for item in items if item.id in USUAL or self.random.random() < 0.8}
        return {item: value for item, value in drawn.items() if value is not None}

    def _value(self, item: Item, day: dt.date) -> Any:
        choose = self.random
        if item.id in USUAL:
            return choose.choice(USUAL[item.id])
        if item.list:
            codes = list(catalogue.load().lists[item.list].codes)
            return choose.choice(codes) if item.kind == "enum" else sorted(set(choose.choices(codes, k=2)))
        match item.kind:
            case "bool":
                return choose.random() < 0.6
            case "date" | "ym":
                return day - dt.timedelta(days=choose.choice([0, 0, 3, 7, 12, 60, 200, 500]))
            case "int":
                return choose.randint(0, 12)
            case "dec":
                digits, after = item.precision
                return Decimal(
                    choose.choice([n for n in (1, 2, 3, 4, 12, 3000, 9000, 12000) if n < 10 ** (digits - after)])
                )
            case "months":
                return [dt.date(day.year, month, 1) for month in range(1, choose.randint(2, 13))]
            case "region":
                home = self.villages[0]
                return choose.choice([*PLACES, home[:2], home[:2] + "0122", home[:6], *self.villages])
        return f"词{choose.randint(1, 9)}"


def fill(
    actor: User, programme: Programme, root: str, villages: list[str], days: list[dt.date], people: int, seed: int
) -> None:
    """`people` on the first day; on each further day a third of them again and a tenth as many newcomers."""
    drawing = Drawing(programme, villages, seed)
    with acting_as(actor):
        for i, day in enumerate(days):
            seen = drawing.random.sample(drawing.known, k=people // 3) if i else []
            lines = [drawing.again(line, day) for line in seen]
            lines += [drawing.newcomer(day) for _ in range(people // 10 if i else people)]
            enter(actor, *lines, on=day, programme=programme.id, division=root)
