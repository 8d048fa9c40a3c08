"""A changed rule shows who enters and who leaves before anything is saved; every number counted by hand."""

import re

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.accounts.tests import people as cast
from taizhang.ledger.models import Worker
from taizhang.rules import RuleError
from taizhang.statistics import comparing, definitions, tables, whatif
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY

pytestmark = pytest.mark.django_db
URL = "/tables/indicators/mouding-2017/transferred/try/?division=532323&as_of=2017-08-20"
# Only wages: the shop owner (6) leaves. Property income too: 28 enters.
WAGES_OR_PROPERTY = "主要收入来源 in ('务工收入', '财产收入')"


@pytest.fixture
def ids(db) -> list[str]:
    return population.load_people()


@pytest.fixture
def li(client, ids):
    client.force_login(cast.county_li())
    return client


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize(
    ("rule", "engine", "enter", "leave"),
    [
        (WAGES_OR_PROPERTY, "snapshot", [27], [5]),
        ("转移就业", "snapshot", [], []),
        # a threshold: monthly pay of 4,000 or more: 2 (5,001), 5 (4,000), 18 (6,000), 23 (8,000) stay of the 14
        ("转移就业 and 月平均工资 >= 4000", "snapshot", [], [0, 2, 3, 5, 6, 7, 8, 23, 25, 26]),
        # village groups are in no snapshot: counted in the ledger itself; only the first is in the third
        ("转移就业 and 村民小组 = '三组'", "ledger", [], [1, 2, 3, 4, 5, 6, 7, 8, 17, 22, 23, 25, 26]),
        ("not 转移就业", "snapshot", [9, 10, 11, 16, 18, 19, 24, 27], [0, 1, 2, 3, 4, 5, 6, 7, 8, 17, 22, 23, 25, 26]),
    ],
)
def test_who_enters_and_who_leaves_is_counted_by_hand(ids, rule, engine, enter, leave):
    with acting_for([COUNTY]):
        Worker.objects.filter(pk=ids[0]).update(village_group="三组")
        found = whatif.trial(definitions.find("mouding-2017", "transferred"), rule)
        assert found.engine == engine
        for part, expected in (("second", enter), ("first", leave)):
            people = comparing.people(found.sides, part, COUNTY, DAY, engine=found.engine)
            assert sorted(people) == sorted(ids[n] for n in expected)


def test_the_page_shows_both_figures_and_the_people_with_reasons(li):
    page = text(li.post(URL, {"rule": WAGES_OR_PROPERTY}))
    assert "已转移就业人数：14 人变为 14 人" in page
    assert "会算进来 1 人" in page
    assert "不再算 1 人" in page
    assert "吕财" in page
    assert "李娟" in page
    assert "何花" not in page


def test_nothing_is_saved(li):
    li.post(URL, {"rule": "not 转移就业"})
    with acting_for([COUNTY]):
        assert tables.compute("mouding-2017", "C3", COUNTY, DAY).cells[COUNTY]["transferred"] == 14
    page = text(li.get(URL))
    assert "不保存" in page
    assert "not 转移就业" not in page


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "请写一条口径"),
        ("转移就也", "没有这个数据项"),
        ("月平均工资", "算出来不是“是”或“否”"),
        ("身份证号 is not null", "加密保存，不能写进口径"),
    ],
)
def test_a_wrong_rule_is_refused_in_words_and_kept_in_the_box(li, rule, said):
    response = li.post(URL, {"rule": rule})
    assert response.status_code == 422
    assert said in text(response)
    assert f">{rule}</textarea>" in response.content.decode()
    with pytest.raises(RuleError):
        whatif.trial(definitions.find("mouding-2017", "transferred"), rule)


def test_another_divisions_people_cannot_be_tried_out(client, ids):
    client.force_login(cast.township_wei())
    assert client.post(URL, {"rule": "转移就业"}).status_code == 404
    page = text(client.post(URL.replace("532323&", "532323101&"), {"rule": "not 转移就业"}))
    assert "已转移就业人数：13 人变为 7 人" in page
    assert "吕财" not in page


def test_long_lists_turn_page_by_page(li, monkeypatch):
    from taizhang.statistics import rulepages

    monkeypatch.setattr(rulepages, "SHOWN", 5)
    first = text(li.post(URL, {"rule": "not 转移就业"}))
    assert "第 1 页，共 3 页" in first  # 14 leave
    last = text(li.post(URL, {"rule": "not 转移就业", "leave": "3"}))
    assert "第 3 页，共 3 页" in last
    assert "何花" in last
    assert "何花" not in first
