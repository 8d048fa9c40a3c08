"""Annexes 3 and 4 of 牟定 (B1, B2), line by line, over the people of `population`."""

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.statistics import registers
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, XINQIAO
from taizhang.statistics.tests.workbooks import below, first_sheet, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    population.load_people()
    with acting_for([COUNTY]):
        yield


def lines(table: str, division: str) -> list[tuple[object, ...]]:
    return [line.cells for line in registers.read("mouding-2017", table, division, DAY, limit=None).lines]


def test_the_transferred_stand_village_by_village_and_group_by_group(county):
    # 天台 1-9 (1 of 一组, 2 of 二组, the others of no group, by household); 军屯 18, 23, 24, 26
    assert [cells[3] for cells in lines("B1", GONGHE)] == [
        "普秀英", "李国华", "杨晓燕", "王伟", "张强", "李娟", "周平", "何勇", "普建平", "冯军", "朱港", "秦默", "许州",
    ]  # fmt: skip
    assert [cells[3] for cells in lines("B1", XINQIAO)] == ["何花"]


def test_a_line_of_the_transferred_says_where_how_and_since_when(county):
    found = {cells[3]: cells for cells in lines("B1", GONGHE)}
    # 1: Hangzhou since 5 August, making clothes (C18), by the employment office, so 有组织; was not transferred on 1 January
    assert found["普秀英"][9:20] == (
        "是", "154****0000", "省外", "浙江省杭州市西湖区", None, "纺织服装、服饰业", None, "务工", "有组织", "2017-08-05", 3000,
    )  # fmt: skip
    new = {name: cells[20] for name, cells in found.items()}
    # of the year: 1, 7 (1 March) and 24 (the day itself); 2 began on 1 January and stood so at the year's beginning
    assert {name for name, said in new.items() if said == "是"} == {"普秀英", "周平", "秦默"}
    # 6 keeps a shop; 9 is 62; 24's poverty and sex are not known
    assert (found["李娟"][16], found["普建平"][5], found["秦默"][9]) == ("经营", 62, None)


def test_the_others_stand_in_the_other_register(county):
    # 天台 10, 11, 12, 17; 军屯 19, 20 (in the army), 25 (source of income unknown)
    assert [cells[3] for cells in lines("B2", GONGHE)] == ["刘芳", "陈明", "赵小龙", "郑明", "蒋芬", "沈兵", "尤空"]
    assert [cells[3] for cells in lines("B2", XINQIAO)] == ["吕财"]


def test_a_line_of_the_others_says_what_hinders_and_what_is_wanted(county):
    found = {cells[3]: cells for cells in lines("B2", GONGHE)}
    # 10 and 25 able and willing, 17 able and not willing, 19 unable but willing, 12 able and nobody asked, of 11 nothing is known
    said = {name: cells[14:16] for name, cells in found.items()}
    assert said == {
        "刘芳": ("有", "有意愿"), "陈明": (None, None), "赵小龙": ("有", None), "郑明": ("有", "暂无意愿"), "蒋芬": ("无", "有意愿"),
        "沈兵": (None, None), "尤空": ("有", "有意愿"),
    }  # fmt: skip
    assert found["刘芳"][:10] == (1, "天台村民委员会", None, "刘芳", "女", 29, "992323********0009", None, None, "是")
    assert found["赵小龙"][5] == 16  # on the very day


def test_annex_4_is_laid_out_in_one_row_of_heads(county):
    sheet = first_sheet("mouding-2017/B2", GONGHE, DAY)
    assert [sheet[cell].value for cell in ("A1", "A2")] == ["附件4", "尚未转移就业农村劳动力登记册"]
    assert sheet["A3"].value == "填报单位（盖章）：云南省楚雄彝族自治州牟定县共和镇"
    assert row(sheet, 4) == [
        "序号", "村委会", "村民小组", "姓名", "性别", "年龄", "身份证号", "民族", "文化程度", "是否建档立卡", "健康/劳动能力", "联系电话",
        "当前状况", "未转移原因", "有无转移条件", "有无转移意愿", "意愿就业区域", "意愿行业（工种）", "期望月薪", "有无培训意愿", "培训工种",
        "就业服务需求", "帮扶责任人", "备注",
    ]  # fmt: skip
    assert row(sheet, 5)[:6] == [1, "天台村民委员会", "—", "刘芳", "女", 29]
    assert [sheet.cell(line, 4).value for line in range(5, 12)] == [
        "刘芳",
        "陈明",
        "赵小龙",
        "郑明",
        "蒋芬",
        "沈兵",
        "尤空",
    ]
    foot = below(sheet, 12)
    assert foot[:4] == ["乡镇负责人：", "审核人：", "填表人：", "填报日期："]
    assert foot[4].startswith("注1：一乡一册")
