"""Files: laid out like the annexes, numbers as numbers, nothing that runs."""

import csv
import io
import json
from datetime import date

import openpyxl
import pytest

from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotFound
from taizhang.statistics import actions
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, TIANTAI, XINQIAO

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(db):
    return population.load_people()


def book(table: str, division: str):
    content = actions.render(f"mouding-2017/{table}", division, DAY, "xlsx")
    return openpyxl.load_workbook(io.BytesIO(content))


def values(sheet, row: int) -> list:
    return [cell.value for cell in sheet[row]]


def test_c3_is_laid_out_like_annex_one(ids):
    sheet = book("C3", COUNTY)["农村劳动力转移就业情况表"]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert sheet["A1"].value == "附件1"
    assert sheet["A2"].value == "农村劳动力转移就业情况表"
    assert "A2:W2" in merged
    assert sheet["A3"].value == "填报单位（盖章）：云南省楚雄彝族自治州牟定县"
    assert sheet["L3"].value == "截止日期：2017年8月20日"
    # three rows of heads: 乡镇 over all three, 已转移就业 over columns 3 to 13, 按区域 over 4 to 6
    assert {"A4:A6", "B4:C4", "D4:N4", "E5:G5", "D5:D6", "V4:V6", "W4:W6"} <= merged
    assert (sheet["A4"].value, sheet["D4"].value, sheet["E5"].value, sheet["G6"].value) == (
        "乡镇",
        "已转移就业",
        "按区域",
        "省外",
    )
    assert values(sheet, 7) == ["甲", *(str(n) for n in range(1, 23))]
    assert values(sheet, 8)[:4] == ["共和镇", 20, 4, 13]
    assert values(sheet, 9)[:4] == ["新桥镇", 2, 0, 1]
    assert values(sheet, 10)[:4] == ["合计", 22, 4, 14]
    assert sheet["V10"].value == 63.6
    assert sheet["V10"].number_format == "#,##0.0"
    signs = [value for value in values(sheet, 12) if value]
    assert signs == ["单位负责人：", "填表人：", "联系电话：", "填报日期："]
    assert sheet["A13"].value.startswith("注1：")
    setup = sheet.page_setup
    assert (setup.orientation, int(setup.paperSize), setup.fitToHeight) == ("landscape", 9, 0)
    assert sheet.print_title_rows == "$4:$7"
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert sheet.freeze_panes == "B8"


def test_the_second_sheet_has_the_villages_under_their_town(ids):
    sheet = book("C3", COUNTY)["逐级明细"]
    assert [sheet.cell(row, 1).value for row in range(8, 14)] == [
        "共和镇", "天台村民委员会", "军屯村民委员会", "新桥镇", "马厂村民委员会", "合计",
    ]  # fmt: skip
    assert sheet["B9"].value == 13


@pytest.mark.parametrize(("table", "division"), [("C3", COUNTY), ("B1", GONGHE), ("B2", GONGHE)])
def test_no_cell_is_a_formula_or_a_link(ids, table, division):
    for sheet in book(table, division):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None


def test_a_name_that_looks_like_a_formula_stays_text(ids):
    from taizhang.accounts.acting import acting_for
    from taizhang.ledger.facts import Worker

    with acting_for([COUNTY]):
        Worker.objects.filter(pk=ids[0]).update(full_name="=1+1")
    sheet = book("B1", GONGHE).worksheets[0]
    assert sheet["D5"].value == "=1+1"
    line = actions.render("mouding-2017/B1", GONGHE, DAY, "csv").decode("utf-8-sig").splitlines()[1]
    assert ",'=1+1," in line


def test_a_register_has_full_names_masked_numbers_and_says_so(ids):
    sheet = book("B1", GONGHE).worksheets[0]
    assert sheet["A2"].value == "已转移就业农村劳动力登记册"
    assert sheet["A3"].value == "填报单位（盖章）：云南省楚雄彝族自治州牟定县共和镇"
    assert values(sheet, 4)[:7] == ["序号", "村委会", "村民小组", "姓名", "性别", "年龄", "身份证号"]
    # 天台 一组: 普秀英, born 1980-01-01, so 37 on the day
    assert values(sheet, 5)[:11] == [
        1, "天台村民委员会", "一组", "普秀英", "女", 37, "992323********0000", "—", "—", "是", "154****0000",
    ]  # fmt: skip
    assert [sheet.cell(row, 1).value for row in range(5, 18)] == list(range(1, 14))  # 13 people
    everything = "".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    assert "99232319900101" not in everything
    assert "要完整号码的，按审批另行导出" in everything
    assert "乡镇负责人：" in everything
    assert sheet.print_title_rows == "$4:$4"


def test_the_same_question_gives_the_same_bytes(ids):
    first, second = (actions.render("mouding-2017/C3", COUNTY, DAY, "json") for _ in range(2))
    assert first == second


def test_json_gives_cells_by_division_and_indicator(ids):
    data = json.loads(actions.render("mouding-2017/C3", COUNTY, DAY, "json"))
    assert (data["programme"], data["table"], data["division"], data["as_of"]) == (
        "mouding-2017",
        "C3",
        COUNTY,
        "2017-08-20",
    )
    assert data["cells"][COUNTY]["pool"] == 22
    assert data["cells"][TIANTAI]["transferred_out_of_province"] == 3
    assert data["cells"][COUNTY]["monthly_wage_mean"] == 3826
    assert data["cells"][COUNTY]["column_21"] == 63.6
    assert set(data["cells"]) == {COUNTY, GONGHE, XINQIAO, TIANTAI, population.JUNTUN, population.MACHANG}
    assert [column["no"] for column in data["columns"]] == list(range(1, 23))
    assert all(check["holds"] for check in data["checks"])
    assert len(data["checks"]) == 12


def test_json_of_a_register_gives_lines_and_the_partition(ids):
    data = json.loads(actions.render("mouding-2017/B2", GONGHE, DAY, "json"))
    assert data["total"] == 7
    assert len(data["rows"]) == len(data["people"]) == 7
    (check,) = data["checks"]
    assert check == {"check": "R-10", "holds": True, "pool": 20, "first": 13, "second": 7, "both": 0, "neither": 0}


def test_csv_opens_by_double_click_and_names_each_column_by_its_path(ids):
    content = actions.render("mouding-2017/C3", COUNTY, DAY, "csv")
    assert content[:3] == b"\xef\xbb\xbf"
    head, first, *_ = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert head[:6] == [
        "区划代码",
        "区划",
        "农村劳动力资源/总数",
        "农村劳动力资源/其中建档立卡",
        "已转移就业/人数",
        "已转移就业/按区域/县内",
    ]
    assert first[:5] == [GONGHE, "共和镇", "20", "4", "13"]


def test_registers_split_the_pool_and_nobody_stands_in_both(ids):
    first, second = (
        json.loads(actions.render(f"mouding-2017/{name}", COUNTY, DAY, "json"))["people"] for name in ("B1", "B2")
    )
    from taizhang.statistics import indicators

    assert not set(first) & set(second)
    assert set(first) | set(second) == set(indicators.people("mouding-2017", "pool", COUNTY, DAY))
    assert (len(first), len(second)) == (14, 8)


def test_registers_that_overlap_or_leave_somebody_out_are_told(ids):
    from taizhang.accounts.acting import acting_for
    from taizhang.catalogue import load
    from taizhang.rules import parse
    from taizhang.statistics import registers

    programme = load().programmes["mouding-2017"]
    words = load().vocabulary("mouding-2017")
    # B2 as "source of income is not wages": 6 (shop owner) stands in both; who has no source stands in neither
    wrong = programme.tables["B2"].model_copy(update={"where": parse("主要收入来源 != '务工'", words)})
    broken = programme.model_copy(update={"tables": {**programme.tables, "B2": wrong}})
    with acting_for([COUNTY]):
        found = registers.partition_of(broken, TIANTAI, DAY)
    # 天台: pool 13; B1 1-9; wrong B2: 6, 10 and 17 (farm); neither: 11, 12
    assert found == registers.Partition(pool=13, first=9, second=3, both=1, neither=2)
    assert not found.holds


@pytest.mark.parametrize("name", ["mouding-2017/C9", "C3", "mouding/C3", "", "mouding-2017/C3/x"])
def test_an_unknown_table_names_the_known_ones(ids, name):
    with pytest.raises(DomainError) as refused:
        actions.render(name, COUNTY, DAY, "json")
    assert refused.value.code == "unknown_table"
    assert "mouding-2017/C3" in refused.value.message


def test_an_unknown_format_names_the_known_ones(ids):
    with pytest.raises(DomainError) as refused:
        actions.render("mouding-2017/C3", COUNTY, DAY, "docx")
    assert "xlsx" in refused.value.message


def test_a_file_for_a_person_keeps_to_their_divisions(ids):
    wei = cast.township_wei()
    assert json.loads(actions.render("mouding-2017/C3", GONGHE, DAY, "json", actor=wei))["cells"][GONGHE]["pool"] == 20
    for division in (COUNTY, XINQIAO, "433126"):
        with pytest.raises(NotFound):
            actions.render("mouding-2017/C3", division, DAY, "json", actor=wei)
    with pytest.raises(NotFound):
        actions.render("mouding-2017/C3", GONGHE, DAY, "json", actor=cast.audit_admin())


def test_a_later_day_is_asked_of_the_ledger_as_it_is_now(ids):
    # all are adults or turn sixteen long before; nobody's facts change after 2017-08-21
    data = json.loads(actions.render("mouding-2017/C3", COUNTY, date(2030, 1, 1), "json"))
    assert data["cells"][COUNTY]["pool"] == 23  # 13 has turned sixteen
    assert data["cells"][COUNTY]["new_transfer_year"] == 0
