"""口径 as the people who use it meet it: read, searched, asked about one person, put side by side."""

import datetime as dt
import re

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.accounts.tests import people as cast
from taizhang.ledger import person as people_pages
from taizhang.protection.models import AuditEntry
from taizhang.statistics import definitions, reasons
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, XINQIAO

pytestmark = pytest.mark.django_db
ASKED = {"division": COUNTY, "as_of": "2017-08-20"}


@pytest.fixture
def ids(db) -> list[str]:
    return population.load_people()


@pytest.fixture
def li(client, ids):
    client.force_login(cast.county_li())
    return client


def text(response) -> str:
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.replace("&quot;", '"').split())


# -- reading -----------------------------------------------------------------------------------------------------------


def test_every_indicator_of_every_programme_can_be_read(li):
    for programme in definitions.programmes(""):
        page = text(li.get("/tables/indicators/", {"programme": programme.id}))
        for indicator in programme.indicators.values():
            assert indicator.name in page
            assert li.get(f"/tables/indicators/{programme.id}/{indicator.id}/").status_code == 200


def test_an_indicator_tells_rule_clause_and_the_columns_it_feeds(li):
    page = text(li.get("/tables/indicators/mouding-2017/transferred_out_of_province/"))
    assert "转移就业 并且 就业区域(务工地点, 户籍地) 属于 省外、境外" in page
    assert "主要收入来源 属于 务工、经营（不明的不算）" in page.replace("务工收入", "务工").replace("经营收入", "经营")
    assert "附件1；五(四)、五(五)（省外输出人员、省外新增转移）" in page
    assert "农村劳动力转移就业情况表 ：已转移就业 · 按区域 · 省外，第 6 栏" in page
    assert "最低年龄 16周岁 周岁(出生日期, 基准日) ≥ 最低年龄" in page


def test_thresholds_tell_their_operator(li):
    page = text(li.get("/tables/indicators/guzhang-2020/counted/"))
    assert "县外收入 9000元 年度务工收入 &gt; 县外收入 年度务工收入 = 县外收入" in page
    assert "达标含等于 1" in page


def test_a_formula_is_a_use_of_its_columns():
    uses = definitions.find("mouding-2017", "transferred").uses
    assert [(use.path, use.no, use.formula) for use in uses] == [
        ("已转移就业 · 人数", 3, ""),
        ("转移率", 21, "3/1"),
    ]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("省外新增", ["transferred_out_of_province"]),  # clause of one; 本年累计… 其中省外 has another wording
        ("月人均", ["monthly_wage_mean"]),
        ("意愿", ["not_transferred_able_willing", "not_transferred_able_unwilling"]),
        ("没有这个词", []),
    ],
)
def test_a_word_finds_the_indicators_it_stands_in(word, found):
    programme = definitions.find("mouding-2017", "pool").programme
    names = [one.indicator.id for one in definitions.definitions(programme, word)]
    assert [name for name in names if name in found] == found
    assert (names == []) == (found == [])


def test_the_menu_table_and_column_heads_lead_to_the_rules(li):
    assert 'href="/tables/indicators/"' in li.get("/tables/").content.decode()
    page = li.get("/tables/mouding-2017/C3/", ASKED | {"cell": f"{GONGHE}.transferred_out_of_province"})
    links = re.findall(r'href="(/tables/indicators/[^"]+)"', page.content.decode())
    # 21 columns with an indicator, the rate by the number above the line, and the open panel
    assert len(links) == 23
    assert links.count("/tables/indicators/mouding-2017/transferred_out_of_province/") == 2
    assert links.count("/tables/indicators/mouding-2017/transferred/") == 2


def test_an_unknown_indicator_or_programme_is_not_found(li):
    assert li.get("/tables/indicators/mouding-2017/nothing/").status_code == 404
    assert li.get("/tables/indicators/", {"programme": "nowhere"}).status_code == 404


# -- why ---------------------------------------------------------------------------------------------------------------

# Person of population.py, indicator of mouding-2017, counted, reason; all on 2017-08-20.
WHY = [
    (0, "transferred", True, "转移就业 是（主要收入来源 务工，属于 务工、经营）"),
    (9, "transferred", False, "转移就业 否（主要收入来源 务农，不属于 务工、经营）"),
    (24, "transferred", False, "转移就业 否（主要收入来源 未填写，判断不了“主要收入来源 属于 务工、经营”）"),
    (
        2,
        "transferred_out_of_province",
        False,
        "就业区域(务工地点 云南省楚雄彝族自治州牟定县共和镇, 户籍地 云南省楚雄彝族自治州牟定县共和镇天台村民委员会) 乡内，不属于 省外、境外",
    ),
    # place unknown: cannot be told, so not counted there
    (
        3,
        "transferred_out_of_province",
        None,
        "务工地点 未填写，判断不了“就业区域(务工地点, 户籍地) 属于 省外、境外”",
    ),
    # ... but counted in the county, as the unknown is
    (
        3,
        "transferred_in_county",
        True,
        "转移就业 是（主要收入来源 务工，属于 务工、经营）；务工地点 未填写，判断不了“就业区域(务工地点, 户籍地) 属于 乡内、县内乡外”",
    ),
    (
        1,
        "new_transfer_month",
        False,
        "年初（2017-01-01）转移就业 是（主要收入来源 务工，属于 务工、经营）",
    ),
    # sixteen tomorrow
    (12, "pool", False, "不在统计范围：周岁(出生日期 2001-08-21, 基准日 2017-08-20) 15 < 最低年龄 16"),
    # sixteen today
    (11, "pool", True, "统计范围内的全部都算"),
    (13, "transferred", False, "不在统计范围：劳动能力 丧失劳动力，属于 丧失劳动力、无劳动力"),
    (3, "monthly_wage_mean", False, "没有“月平均工资”，不参加计算"),
    (18, "not_transferred_unable", True,
     "转移就业 否（主要收入来源 未填写，判断不了“主要收入来源 属于 务工、经营”）；是否有转移就业条件 否"),
]  # fmt: skip


@pytest.mark.parametrize(("index", "indicator", "counted", "reason"), WHY)
def test_the_deciding_facts_are_those_found_by_hand(ids, index, indicator, counted, reason):
    found = definitions.find("mouding-2017", indicator)
    with acting_for([COUNTY]):
        row = reasons.rows(cast.county_li(), [ids[index]], DAY, [found.indicator])[ids[index]]
        why = reasons.why(found.programme, found.indicator, row, DAY, people_pages.places([row]))
    told = why.text.replace("务工收入", "务工").replace("经营收入", "经营").replace("务农收入", "务农")
    assert (why.counted, told) == (counted, reason)


def test_every_person_behind_a_number_is_counted_and_nobody_else(ids):
    """The rules in Python on each row agree with the list behind every number of the table."""
    from taizhang.statistics import indicators

    user = cast.county_li()
    with acting_for([COUNTY]):
        mouding = definitions.find("mouding-2017", "pool").programme
        rows = reasons.rows(user, ids, DAY, mouding.indicators.values())
        for one in definitions.definitions(mouding):
            behind = set(indicators.people("mouding-2017", one.indicator.id, COUNTY, DAY))
            why = {who: reasons.why(one.programme, one.indicator, row, DAY, {}) for who, row in rows.items()}
            assert {who for who, reason in why.items() if reason.counted is True} == behind


@pytest.mark.parametrize("day", [DAY, dt.date(2017, 8, 19), dt.date(2017, 2, 28)])
def test_rows_already_read_give_the_same_lines_as_the_ledger(ids, day):
    from taizhang.statistics import behind

    with acting_for([COUNTY]):
        rows = reasons.rows(cast.county_li(), ids, day)
        lines = behind.people_of_rows(rows, ids, day)
        assert lines == behind.people(ids, day)
    # sixteen on 20 August 2017
    assert [one.age for one in lines if one.worker_id == ids[11]] == [16 if day == DAY else 15]


def test_the_page_of_a_person_shows_the_whole_rule_and_is_audited(li, ids):
    page = text(li.get(f"/tables/why/{ids[9]}/", {"indicator": "mouding-2017.transferred", "as_of": "2017-08-20"}))
    assert "刘芳" in page
    assert "不计入" in page
    assert "起决定作用" in page
    # the other indicators of the programme, one line each
    assert "尚未转移就业：有条件有意愿" in page
    entry = AuditEntry.objects.filter(action="person.viewed").last()
    assert entry.subject == ids[9]


def test_the_same_person_is_asked_under_another_programme(li, ids):
    page = text(li.get(f"/tables/why/{ids[0]}/", {"indicator": "guzhang-2020.counted", "as_of": "2017-08-20"}))
    # 普秀英 is registered as poor; her labour ability was never asked
    assert "判断不了是否在统计范围：劳动能力 未填写" in page


def test_without_an_indicator_the_first_of_the_own_programme_is_shown(li, ids):
    assert "农村劳动力资源：其中建档立卡" in text(li.get(f"/tables/why/{ids[0]}/"))


def test_the_panel_tells_of_each_person_why(li, ids):
    page = li.get("/tables/mouding-2017/C3/", ASKED | {"cell": f"{XINQIAO}.not_transferred"})
    assert "主要收入来源" in text(page)
    assert (
        f"/tables/why/{ids[27]}/?indicator=mouding-2017.not_transferred&amp;as_of=2017-08-20" in page.content.decode()
    )


def test_the_page_of_a_person_in_the_ledger_leads_to_the_rule(li, ids):
    page = li.get(f"/people/{ids[9]}/")
    assert f"/tables/why/{ids[9]}/?indicator=mouding-2017.transferred" in page.content.decode()
    assert "主要收入来源 务农" in text(page)


def test_a_person_of_another_division_is_not_found(client, ids):
    client.force_login(cast.township_mo())
    assert client.get(f"/tables/why/{ids[0]}/").status_code == 404
    assert client.get(f"/tables/why/{ids[27]}/").status_code == 200
    assert not AuditEntry.objects.filter(action="person.viewed", subject=ids[0]).exists()


# -- side by side ------------------------------------------------------------------------------------------------------


def test_two_indicators_stand_side_by_side_and_open_to_people_with_both_reasons(li, ids):
    # 14 have transferred; of them, out of the province (1, 2, 5, 18, 23) are 5
    asked = ASKED | {"first": "mouding-2017.transferred", "second": "mouding-2017.transferred_out_of_province"}
    page = text(li.get("/tables/compare/", asked))
    assert "合计 5 9 0 8 22" in page
    assert "共和镇 5 8 0 7 20" in page
    page = text(li.get("/tables/compare/", asked | {"part": "first", "unit": XINQIAO}))
    assert "新桥镇，只有牟定方案（2017）“已转移就业人数”算 1 人" in page
    assert "何花" in page
    assert "不属于 省外、境外" in page


def test_a_part_opens_in_the_ledgers_list(li, ids):
    key = f"compare:mouding-2017.transferred/mouding-2017.transferred_out_of_province/first/{XINQIAO}/2017-08-20/first"
    page = text(li.get("/people/", {"set": key}))
    assert "何花" in page
    assert "吕财" not in page


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({}, 200),
        ({"part": "everybody"}, 404),
        ({"part": "both", "unit": "433126"}, 404),
        ({"first": "mouding-2017.nothing"}, 404),
        ({"pool": "moon"}, 404),
        ({"as_of": "yesterday"}, 422),
        ({"division": "433126"}, 404),
    ],
)
def test_wrong_questions_get_an_answer_in_words(li, words, status):
    assert li.get("/tables/compare/", words).status_code == status


def test_a_township_compares_its_own_people_only(client, ids):
    client.force_login(cast.township_wei())
    page = text(client.get("/tables/compare/", {"as_of": "2017-08-20", "part": "neither", "pool": "ledger"}))
    assert "共和镇" in page
    for name in ("何花", "吕财", "马厂"):
        assert name not in page


def test_addresses_hold_no_personal_data(li, ids):
    page = li.get("/tables/compare/", ASKED | {"part": "neither"}).content.decode()
    for link in re.findall(r'href="([^"]+)"', page):
        assert not re.search(r"99\d{15}|154\d{8}|%E6%99%AE", link)


def test_the_day_decides(li, ids):
    page = text(li.get(f"/tables/why/{ids[12]}/", {"indicator": "mouding-2017.pool", "as_of": "2017-08-21"}))
    assert "统计范围内的全部都算" in page
    assert dt.date(2017, 8, 21) > DAY
