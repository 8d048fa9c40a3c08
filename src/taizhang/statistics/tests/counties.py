"""Small counties of the other four programmes, for tables worked out by hand: divisions and the short way to enter
people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.divisions.models import Division, Level
from taizhang.ledger.tests.people import enter, number
from taizhang.protection import keys
from taizhang.statistics.tests.population import officer

LEVELS = {2: Level.PROVINCE, 4: Level.CITY, 6: Level.COUNTY, 9: Level.TOWN, 12: Level.VILLAGE}
NAMES = {
    "43": "湖南省", "4331": "湘西土家族苗族自治州", "433126": "古丈县", "433126100": "古阳镇", "433126101": "默戎镇",
    "433126100201": "树栖柯村", "433126101201": "龙鼻嘴村",
    "14": "山西省", "1401": "太原市", "140121": "清徐县", "140121100": "清源镇", "140121100201": "东关村",
    "1402": "大同市", "140212": "新荣区", "140212100": "新荣镇", "140212100201": "安乐庄村",
    "51": "四川省", "5117": "达州市", "511723": "开江县", "511723100": "新宁镇", "511723100201": "橄榄村",
    "511723101": "普安镇", "511723101201": "宝塔坝村",
    "44": "广东省", "4416": "河源市", "441623": "连平县", "441623100": "元善镇", "441623100201": "增坑村",
    "441623101": "忠信镇", "441623101201": "西湖村",
    "4403": "深圳市", "33": "浙江省", "3301": "杭州市", "330106": "西湖区",
}  # fmt: skip


def tree(province: str) -> None:
    """The divisions of one province of NAMES."""
    full: dict[str, str] = {}
    for code in sorted(code for code in NAMES if code.startswith(province)):
        parent = next((code[:size] for size in (9, 6, 4, 2) if size < len(code)), None)
        full[code] = full.get(parent or "", "") + NAMES[code]
        Division.objects.update_or_create(
            code=code,
            defaults={
                "name": NAMES[code], "full_name": full[code], "match_key": NAMES[code], "level": LEVELS[len(code)],
                "parent_id": parent,
            },
        )  # fmt: skip


def open_county(code: str) -> User:
    """The tree of a county's province, the keys, and an officer whose scope is `code`."""
    tree(code[:2])
    keys.create()
    return officer("li", scopes=(code,))


def person(name: str, village: str, born: str = "1990-01-01", sex: str = "1", **items: Any) -> dict[str, Any]:
    """A line as a form would bring it; numbers of people are made from the name's place in the test."""
    birth = dt.date.fromisoformat(born)
    person.sequence = (person.sequence + 2) % 900  # type: ignore[attr-defined]
    return {
        "id_number": number(f"{birth:%Y%m%d}", person.sequence),  # type: ignore[attr-defined]
        "full_name": name,
        "sex": sex,
        "birth_date": birth,
        "hukou_region": village,
        **{item: Decimal(str(value)) if isinstance(value, float) else value for item, value in items.items()},
    }


person.sequence = 100  # type: ignore[attr-defined]


def bring(actor: User, programme: str, county: str, on: dt.date, *lines: dict[str, Any]) -> None:
    """Enter people through the door, as collected on a day."""
    with acting_as(actor):
        enter(actor, *lines, on=on, programme=programme, division=county)
