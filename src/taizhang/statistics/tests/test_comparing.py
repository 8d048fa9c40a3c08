"""The same people under two indicators, in the snapshot and in the ledger: every part counted by hand."""

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotFound
from taizhang.statistics import comparing
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, JUNTUN, MACHANG, TIANTAI, job, person

pytestmark = pytest.mark.django_db

# mouding-2017 counts by source of income (务工, 经营); shanxi-2022 by state of employment (外出, 就近) outside farming.
PEOPLE = [
    # 0 wage, away, clothing: both
    person("甲两边", TIANTAI, "1990-01-01", spells=[job("2016-01-01", "330106", "C18", "1", 4000, employment_status="1")]),
    # 1 wage, state unknown: mouding only
    person("乙牟定", TIANTAI, "1990-01-01", spells=[job("2016-01-01", "330106", "C18", "1", 4000)]),
    # 2 lives on farming, works nearby in clothing: shanxi only
    person("丙山西", TIANTAI, "1990-01-01", spells=[job("2016-01-01", "532323", "C18", "2", 900, "3", employment_status="2")]),
    # 3 wage, away, on a farm: mouding only
    person("丁牟定", JUNTUN, "1990-01-01", spells=[job("2016-01-01", "33", "A01", "2", 4000, employment_status="1")]),
    # 4 nothing known: neither
    person("戊没有", JUNTUN, "1990-01-01"),
    # 5 shop, nearby, industry unknown: both, for shanxi counts the unknown as no farming
    person("己两边", MACHANG, "1990-01-01", spells=[job("2016-01-01", "532323", None, "2", None, "2", employment_status="2")]),
    # 6 fifteen: in no pool, whatever the job
    person("庚太小", MACHANG, "2002-01-01", spells=[job("2016-01-01", "330106", "C18", "1", 4000, employment_status="1")]),
]  # fmt: skip
MOUDING, SHANXI = "mouding-2017.transferred", "shanxi-2022.transferred"
EXPECTED = {
    "first": {
        TIANTAI: {"both": 1, "first": 1, "second": 1, "neither": 0},
        JUNTUN: {"both": 0, "first": 1, "second": 0, "neither": 1},
        MACHANG: {"both": 1, "first": 0, "second": 0, "neither": 0},
    },
    # everybody, each programme within its own scope: shanxi counts nobody outside its province
    "ledger": {
        TIANTAI: {"both": 0, "first": 2, "second": 0, "neither": 1},
        JUNTUN: {"both": 0, "first": 1, "second": 0, "neither": 1},
        MACHANG: {"both": 0, "first": 1, "second": 0, "neither": 1},
    },
    "second": {},
}


@pytest.fixture
def ids() -> list[str]:
    found = population.load_people(PEOPLE)
    with acting_for([COUNTY]):
        yield found


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
@pytest.mark.parametrize("pool", ["first", "ledger", "second"])
def test_the_parts_are_those_counted_by_hand_in_both_engines(ids, engine, pool):
    chosen = comparing.sides(MOUDING, SHANXI, pool)
    assert comparing.counts(chosen, COUNTY, DAY, digits=12, engine=engine) == EXPECTED[pool]
    whole = {part: sum(row[part] for row in EXPECTED[pool].values()) for part in comparing.PARTS}
    assert comparing.counts(chosen, COUNTY, DAY, engine=engine) == {COUNTY: whole}


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
@pytest.mark.parametrize(("part", "expected"), [("both", [0, 5]), ("first", [1, 3]), ("second", [2]), ("neither", [4])])
def test_a_part_opens_to_exactly_its_people(ids, engine, part, expected):
    chosen = comparing.sides(MOUDING, SHANXI, "first")
    assert sorted(comparing.people(chosen, part, COUNTY, DAY, engine=engine)) == sorted(ids[n] for n in expected)


def test_turned_round_the_two_single_parts_change_places(ids):
    forth = comparing.counts(comparing.sides(MOUDING, SHANXI, "first"), COUNTY, DAY)[COUNTY]
    back = comparing.counts(comparing.sides(SHANXI, MOUDING, "second"), COUNTY, DAY)[COUNTY]
    assert (back["both"], back["first"], back["second"], back["neither"]) == (
        forth["both"], forth["second"], forth["first"], forth["neither"],
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_thresholds_of_both_programmes_hold_side_by_side(ids, engine):
    # guzhang's pool are the poor with labour ability: nobody here, and mouding is then asked of nobody
    chosen = comparing.sides("guzhang-2020.counted", MOUDING, "first")
    assert comparing.counts(chosen, COUNTY, DAY, engine=engine) == {COUNTY: dict.fromkeys(comparing.PARTS, 0)}


@pytest.mark.parametrize(
    ("first", "second", "pool"),
    [
        ("mouding-2017.nothing", SHANXI, "first"),
        ("nowhere.transferred", SHANXI, "first"),
        (MOUDING, "", "first"),
        (MOUDING, SHANXI, "all"),
    ],
)
def test_what_does_not_exist_is_not_found(first, second, pool):
    with pytest.raises(NotFound):
        comparing.sides(first, second, pool)


def test_people_and_facts_are_not_compared(monkeypatch):
    from taizhang import catalogue

    settings = catalogue.load().programmes["mouding-2017"]
    spells = settings.indicators["transferred"].model_copy(update={"id": "spells", "name": "就业经历数", "of": "spell"})
    changed = settings.model_copy(update={"indicators": {**settings.indicators, "spells": spells}})
    monkeypatch.setitem(catalogue.load().programmes, "mouding-2017", changed)
    with pytest.raises(DomainError) as refused:
        comparing.sides("mouding-2017.spells", SHANXI, "first")
    assert refused.value.message == ("“就业经历数”数的是就业经历，“转移就业人数”数的是人，不能逐个比较，请换一个。")


def test_the_key_of_a_part_opens_only_inside_the_readers_divisions(ids):
    chosen = comparing.sides(MOUDING, SHANXI, "first")
    key = comparing.list_key(chosen, "first", GONGHE, DAY).removeprefix("compare:")
    found = comparing.people_of_part(cast.township_wei(), key)
    assert sorted(map(str, found.ids)) == sorted([ids[1], ids[3]])
    assert found.title == "共和镇，只有牟定方案（2017）“已转移就业人数”算，截至2017年8月20日"
    with pytest.raises(NotFound):
        comparing.people_of_part(cast.township_mo(), key)
    with pytest.raises(NotFound):
        comparing.people_of_part(cast.township_wei(), key + "s")
