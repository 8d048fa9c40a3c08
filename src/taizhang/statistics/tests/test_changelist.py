"""异动清单 (B4): a line per changed item of the month, in the form's words."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection

from taizhang.accounts.acting import acting_as, acting_for
from taizhang.ledger import actions
from taizhang.ledger.models import Batch
from taizhang.statistics import registers
from taizhang.statistics.tests.counties import bring, open_county, person, tree
from taizhang.statistics.tests.workbooks import below, first_sheet, row

pytestmark = pytest.mark.django_db
COUNTY, TOWN, VILLAGE, OTHER = "433126", "433126100", "433126100201", "433126101201"
SEPTEMBER, OCTOBER = dt.date(2020, 9, 10), dt.date(2020, 10, 12)
DAY = dt.date(2020, 10, 20)


@pytest.fixture
def county():
    li = open_county(COUNTY)
    for province in ("33", "44"):
        tree(province)
    poor = {"is_poverty_registered": True, "labour_ability": "1"}
    works = {"is_working": True, "work_region": "330106", "employment_form": "10", "monthly_wage": Decimal(4000)}
    first = [person("石一", VILLAGE, **poor, **works), person("石二", VILLAGE, **poor, **works),
             person("石三", VILLAGE, **poor, **works)]  # fmt: skip
    bring(li, "guzhang-2020", COUNTY, SEPTEMBER, *first)

    def again(line, **news):
        same = {item: line[item] for item in ("id_number", "full_name", "sex", "birth_date", "hukou_region")}
        return {**same, **news}

    bring(
        li, "guzhang-2020", COUNTY, OCTOBER,
        again(first[0], work_region="4403", monthly_wage=Decimal("4500.5"), education="20"),  # education: not out-work
        again(first[1]),  # nothing changed
        again(first[2], pool_status="31"),  # dead, so no longer in scope
        person("龙一", OTHER, **poor, **works),  # new
        person("龙二", OTHER, **works),  # not poor
    )  # fmt: skip
    _entered_when_collected()
    with acting_for([COUNTY]):
        yield li


def _entered_when_collected() -> None:
    """As the database's owner: the application may not rewrite what happened."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(
            "UPDATE ledger_change SET at = collected_on + interval '12 hours' FROM ledger_batch b WHERE b.id = batch_id"
        )
        cursor.execute("SET ROLE taizhang_app")


def lines(day: dt.date = DAY, division: str = COUNTY) -> list[tuple[object, ...]]:
    found = registers.read("guzhang-2020", "B4", division, day, limit=None)
    assert found.total == len(found.lines)
    return [line.cells for line in found.lines]


def test_what_changed_in_the_month_is_told_before_and_after(county):
    found = lines()
    assert [(cells[0], cells[3], *cells[5:10]) for cells in found] == [
        (1, "石一", "务工地点", "浙江省杭州市西湖区", "广东省深圳市", "2020-10-12", "情况变化"),
        (2, "石一", "月平均工资", 4000, Decimal("4500.5"), "2020-10-12", "情况变化"),
        (3, "石三", "当前状态", "正常贫困劳动力", "永久退出（死亡）", "2020-10-12", "情况变化"),
        (4, "龙一", "新登记", None, None, "2020-10-12", None),
    ]
    assert found[0][1:3] == ("古阳镇", "树栖柯村")
    assert found[0][4].startswith("992323********")


def test_only_the_month_and_only_the_division_is_listed(county):
    assert [cells[3] for cells in lines(dt.date(2020, 9, 30))] == ["石一", "石三", "石二"]
    assert {cells[5] for cells in lines(dt.date(2020, 9, 30))} == {"新登记"}
    assert lines(dt.date(2020, 10, 11)) == []
    assert [cells[3] for cells in lines(division=OTHER)] == ["龙一"]


def test_a_page_continues_where_the_one_before_ended(county):
    first = registers.read("guzhang-2020", "B4", COUNTY, DAY, limit=2)
    rest = registers.read("guzhang-2020", "B4", COUNTY, DAY, limit=2, offset=2)
    assert [line.number for line in (*first.lines, *rest.lines)] == [1, 2, 3, 4]
    assert first.total == rest.total == 4


def test_a_batch_that_was_taken_back_is_not_listed(county):
    with acting_as(county):
        batch = Batch.objects.get(collected_on=OCTOBER)
        actions.undo(actor=county, batch=batch, reason="传错了文件")
    with acting_for([COUNTY]):
        assert lines() == []


def test_a_town_sees_its_own_changes_only(county):
    with acting_for([TOWN]):
        assert {cells[3] for cells in lines()} == {"石一", "石三"}


def test_the_list_is_laid_out_with_before_and_after_side_by_side(county):
    sheet = first_sheet("guzhang-2020/B4", COUNTY, DAY)
    assert sheet["A2"].value == "外出务工贫困劳动力信息异动清单"
    assert sheet["A3"].value == "填报单位（盖章）：湖南省湘西土家族苗族自治州古丈县"
    assert row(sheet, 4) == [
        "序号", "乡镇", "村", "姓名", "身份证号码", "变动项目", "变动前", "变动后", "变动日期", "变动方式", "确认人",
    ]  # fmt: skip
    first = row(sheet, 5)
    assert [*first[:4], *first[5:]] == [
        1, "古阳镇", "树栖柯村", "石一", "务工地点", "浙江省杭州市西湖区", "广东省深圳市", "2020-10-12", "情况变化", "李文静",
    ]  # fmt: skip
    assert row(sheet, 6)[5:8] == ["月平均工资", 4000, 4500.5]
    assert row(sheet, 8)[3:8:2] == ["龙一", "新登记", "—"]
    foot = below(sheet, 9)
    assert foot[:4] == ["专班负责人：", "移交人：", "扶贫部门接收人：", "移交日期："]
    assert foot[4].startswith("注1：本月1日至截止日期入账的务工信息变动")
