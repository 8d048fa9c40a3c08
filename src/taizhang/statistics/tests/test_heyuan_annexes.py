"""Annex 1 of 河源 (C1, thirteen columns) and the list of needs (B3), counted by hand beside each person."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.statistics import indicators, registers, tables
from taizhang.statistics.tests.counties import bring, open_county, person
from taizhang.statistics.tests.workbooks import below, first_sheet, merged, row

pytestmark = pytest.mark.django_db
COUNTY, TOWN, VILLAGE, OTHER_TOWN, OTHER = "441623", "441623100", "441623100201", "441623101", "441623101201"
FIRST, MOVED, DAY = dt.date(2018, 9, 10), dt.date(2018, 9, 20), dt.date(2018, 9, 30)
HEYUAN = "heyuan-2018"


def poor(name: str, village: str, born: str = "1990-01-01", **items: object) -> dict[str, object]:
    return person(name, village, born, **{"is_poverty_registered": True, "labour_ability": "1", **items})


def away(**items: object) -> dict[str, object]:
    return {"employment_status": "1", "work_region": "4403", "employment_form": "10", **items}


def near(**items: object) -> dict[str, object]:
    return {"employment_status": "2", "work_region": TOWN, **items}


def seen(how: str | None, day: dt.date) -> dict[str, object]:
    """1: at home; 2: by telephone."""
    return {"survey_date": day, **({"collect_method": how} if how else {})}


def at_first() -> list[dict[str, object]]:
    september = dt.date(2018, 9, 1)
    return [
        # 增坑村: at work 1-5 and 7
        # 1 found the job at a fair, begun on the first of the month; seen at home on the first day that counts
        poor("叶一", VILLAGE, **away(organised_export=["2"], start_date=september), **seen("1", september)),
        # 2 everything a day earlier: the fair is last month's, and visits before 1 September are not counted
        poor("叶二", VILLAGE, **away(organised_export=["2"], start_date=dt.date(2018, 8, 31)),
             **seen("1", dt.date(2018, 8, 31))),
        # 3 in a workshop; telephoned on the last day: followed up, not visited
        poor("叶三", VILLAGE, **near(employment_form="50"), **seen("2", DAY)),
        # 4 the workshop's name alone says so; asked, nobody wrote how: visited, not followed up
        poor("叶四", VILLAGE, **near(employment_form="10", workshop_name="元善来料加工车间"), **seen(None, FIRST)),
        # 5 a public post; trained in both ways; not asked since
        poor("叶五", VILLAGE, **near(employment_form="70"), training_received=["1", "2"]),
        # 6 sixty-two with a resident's pension, farms and means to: still in scope here, not at work, wants nothing
        poor("叶六", VILLAGE, "1956-01-01", employment_status="3", wanted_form="80", pension_status="1",
             training_received=["1"]),
        # 7 keeps a shop: at work
        poor("叶七", VILLAGE, **near(employment_form="21")),
        # 8 the workshop has closed: not at work, so not placed there; wants a post
        poor("叶八", VILLAGE, "1990-10-01", sex="2", employment_status="41", employment_form="50", wanted_form="10",
             wanted_scope="1", wanted_employer_type="2", wanted_wage=Decimal(3000), wanted_wage_other="包午餐",
             wanted_occupation="缝纫工", wants_training=True, training_trade_wanted="服装制作",
             skill_certificates=["5"], education="70", helper="李志强", mobile_phone="15400001234",
             remark="孩子上小学"),
        # 9 works and was trained, dies on the last day of the month
        poor("叶九", VILLAGE, **away(), training_received=["1"]),
        # 10 not poor; 11 not able to work
        poor("叶十", VILLAGE, is_poverty_registered=False, **away(), training_received=["1"]),
        poor("叶十一", VILLAGE, labour_ability="4", wanted_form="10", training_received=["1"]),
        # 12 sixteen on the day itself, 13 a day later
        poor("叶十二", VILLAGE, "2002-09-30", training_received=["2"]),
        poor("叶十三", VILLAGE, "2002-10-01", training_received=["2"]),
        # 14 of 增坑村 too; moves to 西湖村 on 20 September
        poor("钟一", VILLAGE, **away(), **seen("1", dt.date(2018, 9, 8))),
        # 西湖村: at work 14 and 17
        # 15 came back twice, in May of last year and on 5 September; would take odd jobs
        poor("钟二", OTHER, "1970-09-30", employment_status="42", wanted_form="30", is_returned=True,
             return_date=dt.date(2017, 5, 1)),
        poor("钟三", OTHER, employment_status="4", wanted_form="99"),  # 16 does not want to work
        poor("钟四", OTHER, **near(employment_form="30"), wanted_form="20"),  # 17 works, so needs nothing
    ]  # fmt: skip


def again(line: dict[str, object], **news: object) -> dict[str, object]:
    same = {item: line[item] for item in ("id_number", "full_name", "sex", "birth_date", "hukou_region")}
    return {**same, **news}


@pytest.fixture
def county():
    li = open_county(COUNTY)
    lines = {line["full_name"]: line for line in at_first()}
    bring(li, HEYUAN, COUNTY, FIRST, *lines.values())
    bring(
        li, HEYUAN, COUNTY, MOVED,
        again(lines["钟一"], hukou_region=OTHER),
        again(lines["钟二"], is_returned=True, return_date=dt.date(2018, 9, 5)),
    )  # fmt: skip
    bring(li, HEYUAN, COUNTY, DAY, again(lines["叶九"], pool_status="31"))
    with acting_for([COUNTY]):
        yield li


# Columns 1 to 13; None: filled in by hand.
EXPECTED = {
    # visited 1, 4; by a fair 1; workshop 3, 4; public post 5; skill 5, 6; start-up 5, 12; at work 1-5, 7; followed up 1, 3
    VILLAGE: (None, 2, None, 1, None, 2, None, 1, 2, 2, 6, 2, None),
    # visited 14; at work 14, 17; followed up 14
    OTHER: (None, 1, None, 0, None, 0, None, 0, 0, 0, 2, 1, None),
    COUNTY: (None, 3, None, 1, None, 2, None, 1, 2, 2, 8, 3, None),
}


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_annex_1_shows_the_thirteen_columns_counted_by_hand(county, engine):
    result = tables.compute(HEYUAN, "C1", COUNTY, DAY, engine=engine)
    assert {unit: tuple(result.cells[unit].values()) for unit in EXPECTED} == EXPECTED
    assert result.cells[TOWN] == result.cells[VILLAGE]
    assert result.violations == ()


def test_who_dies_on_the_last_day_counts_the_day_before(county):
    cells = tables.compute(HEYUAN, "C1", VILLAGE, dt.date(2018, 9, 29)).cells[VILLAGE]
    assert (cells["employed"], cells["trained_skill"]) == (7, 3)  # 9 besides
    assert cells["trained_startup"] == 1  # 12 is fifteen
    assert cells["followed_up"] == 1  # 3 is telephoned tomorrow


def test_next_month_begins_anew_where_the_column_is_the_months(county):
    cells = tables.compute(HEYUAN, "C1", COUNTY, dt.date(2018, 10, 31)).cells[COUNTY]
    assert (cells["job_fair"], cells["followed_up"]) == (0, 0)
    assert (cells["surveyed"], cells["trained_startup"]) == (3, 3)  # to date; 13 is sixteen now


def test_the_list_of_needs_has_a_line_for_each_who_wants_work(county):
    found = registers.read(HEYUAN, "B3", COUNTY, DAY, limit=None)
    first, second = (line.cells for line in found.lines)
    assert first[:6] == (1, "元善镇", "增坑村", "叶八", "女", 27)  # twenty-eight tomorrow
    assert first[6].startswith("992323********")
    assert first[7:] == (
        "154****1234", "初级职业资格证书", "初中", "缝纫工", "乡内", "单位就业", "民营企业就业", 3000, "包午餐", "是",
        "服装制作", "李志强", "孩子上小学",
    )  # fmt: skip
    assert second[:6] == (2, "忠信镇", "西湖村", "钟二", "男", 48)  # once, though back twice; forty-eight today
    assert second[12] == "灵活就业"


def test_needs_are_listed_town_by_town(county):
    assert [registers.read(HEYUAN, "B3", town, DAY).total for town in (TOWN, OTHER_TOWN, COUNTY)] == [1, 1, 2]
    assert len(indicators.people(HEYUAN, "willing", COUNTY, DAY)) == 2


def test_annex_1_is_laid_out_as_printed(county):
    sheet = first_sheet(f"{HEYUAN}/C1", COUNTY, DAY)
    assert (sheet["A1"].value, sheet["A2"].value) == ("附件1", "河源市就业技能精准扶贫组织化程度工作月报表")
    assert sheet["A3"].value == "填报单位（盖章）：广东省河源市连平县"
    assert sheet["H3"].value == "截止日期：2018年9月30日"
    # two rows of heads; groups over columns 1-3, 5-6, 7-8, 9-10 and 11-12, the others over both rows
    assert merged(sheet) >= {"A2:N2", "A4:A5", "B4:D4", "E4:E5", "F4:G4", "H4:I4", "J4:K4", "L4:M4", "N4:N5"}
    assert row(sheet, 4) == [
        "乡镇", "建档立卡贫困劳动力", None, None, "通过举办专项招聘活动解决贫困劳动力就业人数", "建立乡镇（村）就业扶贫车间", None,
        "公益性岗位安置", None, "培训贫困劳动力", None, "已转移就业贫困劳动力跟踪服务", None,
        "与扶贫部门确认更新贫困劳动力就业工作信息人数",
    ]  # fmt: skip
    assert row(sheet, 5) == [
        None, "与扶贫办核对建档人数", "已上门调查人数", "政策宣传人数", None, "建立车间数量", "安置贫困劳动力就业人数", "岗位设置数",
        "安置贫困劳动力就业人数", "技能培训人数", "创业培训人数", "已就业人数", "进行跟踪服务人数", None,
    ]  # fmt: skip
    assert row(sheet, 6) == ["甲", *(str(number) for number in range(1, 14))]
    assert row(sheet, 7) == ["元善镇", *EXPECTED[VILLAGE]]
    assert row(sheet, 8) == ["忠信镇", *EXPECTED[OTHER]]
    assert row(sheet, 9) == ["合计", *EXPECTED[COUNTY]]
    assert below(sheet, 10) == [
        "单位负责人：", "填表人：", "填报日期：",
        "注1：第2、9、10栏为到截止日的累计，第4、12栏为本月，第6、8、11栏为截止日的人数。",
        "注2：第1、3、5、7、13栏台账里没有记录，由填报人手填。", "注3：备注（其它需要说明的情况。例：扶贫相关政策等）：",
    ]  # fmt: skip


def test_the_list_of_needs_is_laid_out_in_one_row_of_heads(county):
    sheet = first_sheet(f"{HEYUAN}/B3", COUNTY, DAY)
    assert sheet["A2"].value == "贫困劳动力就业“需求清单”"
    assert row(sheet, 4) == [
        "序号", "乡镇（街道）", "村（社区）", "姓名", "性别", "年龄", "身份证号", "联系电话", "技能水平", "文化程度", "岗位要求",
        "就业意向：地点", "就业意向：就业形式", "就业意向：单位性质", "就业意向：月工资（元）", "就业意向：其他要求", "是否有培训意愿", "培训工种",
        "专人联系人", "备注",
    ]  # fmt: skip
    assert row(sheet, 5)[:6] == [1, "元善镇", "增坑村", "叶八", "女", 27]
    assert (row(sheet, 5)[14], sheet["O5"].number_format) == (3000, "0")
    assert row(sheet, 6)[:4] == [2, "忠信镇", "西湖村", "钟二"]
    foot = below(sheet, 7)
    assert foot[:4] == ["单位负责人：", "填表人：", "填报日期：", "注1：按季度排查，动态更新（三(一)）。"]
