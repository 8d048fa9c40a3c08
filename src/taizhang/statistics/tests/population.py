"""Twenty-eight invented people of three villages, chosen for the edges of C3; what each adds to the table stands
beside the line.

All are of 牟定县 532323: 共和镇 (天台 ...101201, 军屯 ...101202) and 新桥镇 (马厂 ...102201). The table's day is
2017-08-20. ID numbers begin with 99.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from taizhang.accounts.acting import acting_for
from taizhang.accounts.models import Role, User
from taizhang.divisions.models import Division, Level
from taizhang.ledger.facts import Intention, Spell, Standing, Worker
from taizhang.ledger.models import Batch
from taizhang.protection import keys

COUNTY, GONGHE, XINQIAO = "532323", "532323101", "532323102"
TIANTAI, JUNTUN, MACHANG = "532323101201", "532323101202", "532323102201"
DAY = dt.date(2017, 8, 20)

DIVISIONS = [
    ("53", "云南省", Level.PROVINCE, None),
    ("5323", "楚雄彝族自治州", Level.CITY, "53"),
    (COUNTY, "牟定县", Level.COUNTY, "5323"),
    (GONGHE, "共和镇", Level.TOWN, COUNTY),
    (TIANTAI, "天台村民委员会", Level.VILLAGE, GONGHE),
    (JUNTUN, "军屯村民委员会", Level.VILLAGE, GONGHE),
    (XINQIAO, "新桥镇", Level.TOWN, COUNTY),
    (MACHANG, "马厂村民委员会", Level.VILLAGE, XINQIAO),
    ("33", "浙江省", Level.PROVINCE, None),
    ("3301", "杭州市", Level.CITY, "33"),
    ("330106", "西湖区", Level.COUNTY, "3301"),
]


def person(
    name: str, village: str, born: str, sex: str = "1", poor: bool | None = False, **more: Any
) -> dict[str, Any]:
    """A line of the population: what stands on the worker, and beside it spells, standing and intention."""
    return {
        "full_name": name,
        "division": village,
        "birth_date": dt.date.fromisoformat(born),
        "sex": sex,
        "is_poverty_registered": poor,
        **more,
    }


def job(
    start: str,
    place: str | None,
    industry: str | None,
    channel: str | None,
    wage: int | None,
    source: str | None = "1",
    end: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "from_date": dt.date.fromisoformat(start),
        "start_date": dt.date.fromisoformat(start),
        "work_region": place,
        "industry": industry,
        "out_channel": channel,
        "monthly_wage": wage,
        "main_income_source": source,
        "to_date": dt.date.fromisoformat(end) if end else None,
        "is_working": True,
        **more,
    }


def farm(since: str = "2010-01-01") -> dict[str, Any]:
    return job(since, None, "A01", None, None, "3", is_working=False, start_date=None)


def wish(condition: bool | None, willing: str | None) -> dict[str, Any]:
    return {"from_date": dt.date(2017, 8, 1), "transfer_condition": condition, "transfer_willingness": willing}


PEOPLE = [
    # 天台: pool 13, of them transferred 9
    # 1 in Zhejiang since this month: 省外, 二产, 有组织, 本月, 本年, 省外新增; 3,000 yuan
    person(
        "普秀英",
        TIANTAI,
        "1980-01-01",
        "2",
        True,
        spells=[job("2017-08-05", "330106", "C18", "1", 3000)],
        village_group="一组",
    ),
    # 2 began on the first of January: 本年 but not 本月; 省外; 自发; 5,001 yuan
    person("李国华", TIANTAI, "1985-05-05", spells=[job("2017-01-01", "33", "E47", "2", 5001)], village_group="二组"),
    # 3 began on the last day of last year: not new; in the own town: 县内
    person("杨晓燕", TIANTAI, "1990-01-01", "2", spells=[job("2016-12-31", "532323101", "H61", "3", 2000)]),
    # 4 place unknown: 县内; industry unknown: 三产; channel unknown: 自发; no wage: not in the mean
    person("王伟", TIANTAI, "1990-01-01", spells=[job("2015-03-01", None, None, None, None)]),
    # 5 abroad (Laos): 省外; farming there: 一产; organised by another department
    person("张强", TIANTAI, "1990-01-01", spells=[job("2016-03-01", "LA", "A01", "4", 4000)]),
    # 6 shop owner at home: 经营收入 is a transfer too; 县内
    person(
        "李娟",
        TIANTAI,
        "1975-06-06",
        "2",
        spells=[job("2014-01-01", "532323", "F52", None, None, "2", employment_form="20")],
    ),
    # 7 the province's capital: 省内县外; 二产
    person("周平", TIANTAI, "1990-01-01", spells=[job("2017-03-01", "530102", "C13", "2", 3500)]),
    # 8 another county of the prefecture: 省内县外; services to farming (A05) are 三产 by the rules of 2018
    person("何勇", TIANTAI, "1990-01-01", spells=[job("2016-05-01", "532301", "A05", "5", 2500)]),
    # 9 62 years old and working: in scope, for the rule has no upper age; 县内, other town
    person("普建平", TIANTAI, "1955-01-01", spells=[job("2016-01-01", "532323102", "E47", "2", 1999)]),
    # 10 farms: not transferred; able and willing
    person("刘芳", TIANTAI, "1988-01-01", "2", True, spells=[farm()], wish=wish(True, "1")),
    # 11 no spell, no intention: not transferred, 无条件 (unknown)
    person("陈明", TIANTAI, "1988-01-01"),
    # 12 sixteen on the very day: counted from today; able, no word on will: 暂无意愿
    person("赵小龙", TIANTAI, "2001-08-20", wish=wish(True, None)),
    # 13 sixteen tomorrow: not counted
    person("赵小凤", TIANTAI, "2001-08-21", "2"),
    # 14 no longer able to work: not counted
    person("孙老四", TIANTAI, "1960-01-01", labour_ability="4"),
    # 15 receives a pension: not counted
    person("钱大妈", TIANTAI, "1950-01-01", "2", pension_status="1"),
    # 16 non-agricultural household: not counted
    person("吴城", TIANTAI, "1990-01-01", hukou_nature="2"),
    # 17 the job begins tomorrow; on the day still on the farm; able, not willing
    person(
        "郑明",
        TIANTAI,
        "1990-01-01",
        spells=[{**farm(), "to_date": dt.date(2017, 8, 20)}, job("2017-08-21", "330106", "C18", "1", 9999)],
        wish=wish(True, "2"),
    ),
    # 军屯: pool 7, of them transferred 4
    # 18 changed jobs on 10 August: only the new one counts: 本月; 省外; fishing (A04) is 一产
    person(
        "冯军",
        JUNTUN,
        "1992-01-01",
        spells=[
            job("2016-01-01", "532323101", "C13", "2", 1000, end="2017-08-09"),
            job("2017-08-10", "4403", "A04", "1", 6000),
        ],
    ),
    # 19 job ended on 19 August, nothing since: not transferred; unable
    person(
        "蒋芬",
        JUNTUN,
        "1992-01-01",
        "2",
        spells=[job("2016-01-01", "330106", "C18", "2", 4000, end="2017-08-19")],
        wish=wish(False, "1"),
    ),
    # 20 in the army for now (暂时退出): in scope; no spell; poor
    person("沈兵", JUNTUN, "1997-01-01", "1", True, standing="22"),
    # 21 dead: not counted, whatever the spell says
    person("韩逝", JUNTUN, "1970-01-01", standing="31", spells=[job("2016-01-01", "330106", "C18", "2", 4000)]),
    # 22 moved away: not counted
    person("杨迁", JUNTUN, "1990-01-01", standing="41"),
    # 23 Hong Kong: 境外, so 省外; 三产
    person("朱港", JUNTUN, "1990-01-01", spells=[job("2015-01-01", "81", "H62", "2", 8000)]),
    # 24 poverty unknown, sex unknown, income partly unknown: transferred by 务工收入; 县内 (own village)
    person("秦默", JUNTUN, "1990-01-01", "9", None, spells=[job("2017-08-20", "532323101202", "G54", "3", None)]),
    # 25 source of income unknown: not transferred
    person(
        "尤空", JUNTUN, "1990-01-01", spells=[job("2016-01-01", "330106", "C18", "2", 4000, None)], wish=wish(True, "1")
    ),
    # 26 organised to a place in the prefecture of which no county is known: 5323 could be the own county: 县内
    # (unknown)
    person("许州", JUNTUN, "1990-01-01", "2", True, spells=[job("2016-01-01", "5323", "C18", "1", 3333)]),
    # 马厂: pool 2, of them transferred 1
    # 27 in the county seat: 县内; 有组织
    person("何花", MACHANG, "1990-01-01", "2", spells=[job("2017-02-01", "532323101", "Q84", "1", 2750)]),
    # 28 property income: not transferred
    person("吕财", MACHANG, "1970-01-01", spells=[job("2010-01-01", None, None, None, None, "4", is_working=False)]),
]


def load_tree() -> None:
    """The few divisions these people need."""
    full: dict[str, str] = {}
    for code, name, level, parent in DIVISIONS:
        full[code] = full.get(parent or "", "") + name
        Division.objects.update_or_create(
            code=code,
            defaults={"name": name, "full_name": full[code], "match_key": name, "level": level, "parent_id": parent},
        )


def officer(name: str = "li", role: str = Role.COUNTY, scopes: tuple[str, ...] = (COUNTY,)) -> User:
    """A user for these tests alone."""
    user = User(
        username=name,
        display_name="李文静",
        office="牟定县就业中心",
        role=role,
        scopes=list(scopes),
        must_change_password=False,
    )
    user.set_password("Taizhang-2026!")
    user.save()
    return user


def id_number(index: int) -> str:
    """An invented number; its check digit does not matter here."""
    return f"99232319900101{index:04d}"


def load_people(people: list[dict[str, Any]] | None = None) -> list[str]:
    """Put the people into the ledger; returns their ids in order."""
    load_tree()
    keys.create()
    user = User.objects.filter(username="demo").first() or officer("demo")
    lines = PEOPLE if people is None else people
    with acting_for([COUNTY]):
        batch = Batch.objects.create(
            source="demo",
            programme="mouding-2017",
            division=COUNTY,
            collected_on=DAY,
            stat_year=2017,
            submitted_by=user,
            state="applied",
        )
        workers = Worker.objects.bulk_create(_workers(lines, batch))
        own = [{"worker": worker, "division": worker.division, "batch": batch} for worker in workers]
        Spell.objects.bulk_create(
            Spell(**own[i], **spell) for i, line in enumerate(lines) for spell in line.get("spells", [])
        )
        Standing.objects.bulk_create(
            Standing(**own[i], from_date=line.get("standing_from", dt.date(2017, 1, 1)), pool_status=line["standing"])
            for i, line in enumerate(lines)
            if line.get("standing")
        )
        Intention.objects.bulk_create(
            Intention(**own[i], **line["wish"]) for i, line in enumerate(lines) if line.get("wish")
        )
    return [str(worker.pk) for worker in workers]


def _workers(lines: list[dict[str, Any]], batch: Batch) -> list[Worker]:
    facts = {"spells", "standing", "standing_from", "wish"}
    numbers = [id_number(i) for i in range(len(lines))]
    tokens = keys.tokens_many("id_number", numbers)
    sealed = keys.seal_many("id_number", numbers, tokens)
    phones = keys.seal_many("mobile_phone", [f"154{i:08d}" for i in range(len(lines))], tokens)
    return [
        Worker(
            batch=batch,
            id_token=tokens[i],
            id_sealed=sealed[i],
            phone_sealed=phones[i],
            household_no=f"{i:03d}",
            **{name: value for name, value in line.items() if name not in facts},
        )
        for i, line in enumerate(lines)
    ]
