"""People by one item or two, in the snapshot and in the ledger, against groups sorted by hand."""

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import peoplesets
from taizhang.statistics.boards import breakdown
from taizhang.statistics.boards.breakdown import Cut
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, JUNTUN, TIANTAI, job, person

pytestmark = pytest.mark.django_db

PEOPLE = [
    # 0 woman of 37, clothing in Hangzhou, 2,999 yuan
    person("甲", TIANTAI, "1980-01-01", "2", spells=[job("2016-01-01", "330106", "C18", "1", 2999)], education="70"),
    # 1 man of 24 until tomorrow, building in Hangzhou, 3,000 yuan
    person("乙", TIANTAI, "1992-08-21", spells=[job("2016-01-01", "330106", "E47", "1", 3000)], education="91"),
    # 2 man of 60 today, in the own town, farming there for a wage, 6,000 yuan
    person("丙", TIANTAI, "1957-08-20", spells=[job("2016-01-01", "532323101", "A01", "2", 6000)], education="80"),
    # 3 place, trade and wage unknown
    person("丁", JUNTUN, "1990-01-01", spells=[job("2016-01-01", None, None, None, None)]),
    # 4 abroad
    person("戊", JUNTUN, "1990-01-01", "2", spells=[job("2016-01-01", "LA", "C13", "2", 9000)]),
    # 5 lives on the farm: not transferred
    person("己", JUNTUN, "1990-01-01", spells=[population.farm()]),
    # 6 fifteen: in no pool
    person("庚", JUNTUN, "2002-01-01", spells=[job("2016-01-01", "330106", "C18", "1", 4000)]),
]


@pytest.fixture
def ids() -> list[str]:
    found = population.load_people(PEOPLE)
    with acting_for([COUNTY]):
        yield found


def cut(first: str, second: str = "", indicator: str = "transferred", division: str = COUNTY) -> Cut:
    return Cut("mouding-2017", indicator, division, DAY, first, second)


def said(chosen: Cut, engine: str = "snapshot") -> dict[str, int]:
    dimension = breakdown.dimension(chosen.first)
    found = breakdown.count(chosen, engine=engine)
    return {dimension.wording(key): found[key, "*"] for key in breakdown.groups(found, dimension, 0)}


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("place", {"乡内": 1, "省外": 2, "境外": 1, "不明": 1}),
        ("age", {"16—24岁": 1, "25—34岁": 2, "35—44岁": 1, "60岁以上": 1}),
        ("wage", {"2000—2999元": 1, "3000—3999元": 1, "6000元以上": 2, "不明": 1}),
        ("tier", {"第一产业": 1, "第二产业": 3, "不明": 1}),
        ("industry", {"农、林、牧、渔业": 1, "制造业": 2, "建筑业": 1, "不明": 1}),
        ("work_region", {"浙江省": 2, "云南省": 1, "境外": 1, "不明": 1}),
        ("sex", {"男": 3, "女": 2}),
        ("education", {"小学及以下": 2, "初中": 1, "不明": 2}),
        ("is_poverty_registered", {"否": 5}),
        ("returned", {"不明": 5}),
    ],
)
def test_people_fall_into_the_groups_sorted_by_hand(ids, engine, dimension, expected):
    assert said(cut(dimension), engine) == expected


def test_a_cross_table_adds_up_to_its_sides(ids):
    found = breakdown.count(cut("sex", "place"))
    # men: 1 out of province, 2 in town, 3 unknown; women: 0 out of province, 4 abroad
    assert found == {("1", "5"): 1, ("1", "1"): 1, ("1", "-"): 1, ("2", "5"): 1, ("2", "6"): 1}


def test_everybody_in_scope_is_counted_once(ids):
    assert sum(breakdown.count(cut("sex", "age", indicator="pool")).values()) == 6
    assert sum(breakdown.count(cut("sex", "age", indicator="pool", division=GONGHE)).values()) == 6
    assert sum(breakdown.count(cut("sex", "age", indicator="pool", division=JUNTUN)).values()) == 3


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
@pytest.mark.parametrize(
    ("first", "second", "expected"), [("2", "6", [4]), ("2", "*", [0, 4]), ("*", "-", [3]), ("*", "*", [0, 1, 2, 3, 4])]
)
def test_a_cell_opens_to_exactly_its_people(ids, engine, first, second, expected):
    found = breakdown.people(cut("sex", "place"), first, second, engine=engine)
    assert sorted(found) == sorted(ids[n] for n in expected)


def test_the_list_says_which_cell_it_is(ids):
    found = peoplesets.people_of(cast.county_li(), cut("sex", "place").key("2", "6"))
    assert found.title == "牟定县，已转移就业人数，性别女，务工区域境外，截至2017年8月20日"
    assert [str(one) for one in found.ids] == [ids[4]]
    assert found.back.startswith("/board/pivot/?programme=mouding-2017&division=532323")


def test_a_stranger_gets_no_list(ids):
    with pytest.raises(NotFound):
        peoplesets.people_of(cast.county_guzhang(), cut("sex", "place").key("2", "6"))


@pytest.mark.parametrize(
    "key", ["", "a/b", "mouding-2017/pool/532323/gestern/sex/*/1/*", "mouding-2017/none/532323/2017-08-20/sex/*/1/*"]
)
def test_a_key_that_means_nothing_is_refused(ids, key):
    with pytest.raises(NotFound):
        peoplesets.people_of(cast.county_li(), f"cut:{key}")


@pytest.mark.parametrize(
    "item", ["labour_ability", "health_status", "disability_type", "is_left_behind_etc", "full_name", "mobile_phone"]
)
def test_sensitive_items_are_refused_by_name(ids, item):
    with pytest.raises(DomainError) as refused:
        breakdown.dimension(item)
    assert refused.value.code == "sensitive_item"
    assert item not in breakdown.choice().all


def test_what_is_no_item_is_not_found(ids):
    with pytest.raises(NotFound):
        breakdown.dimension("shoe_size")
