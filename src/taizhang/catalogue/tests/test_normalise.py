"""Cells as clerks write them, read by the one vectorised path."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from taizhang.catalogue import Catalogue, Context
from taizhang.catalogue.findings import SCHEMA
from taizhang.catalogue.tests.sample import CONTEXT, DIVISIONS, sample, table


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return sample(tmp_path_factory.mktemp("programmes"))


def read(catalogue: Catalogue, context: Context = CONTEXT, **cells: Any) -> tuple[pa.Table, list[dict[str, Any]]]:
    rows, found = catalogue.normalise(table(**cells), catalogue.forms["sample"], context)
    assert found.schema == SCHEMA
    return rows, found.to_pylist()


def values(catalogue: Catalogue, item: str, spellings: list[str | None]) -> list[Any]:
    return list(read(catalogue, **{item: spellings})[0][item].to_pylist())


DATES = [
    ("2020-03-15", dt.date(2020, 3, 15)),
    ("2020-3-5", dt.date(2020, 3, 5)),
    ("2020/3/15", dt.date(2020, 3, 15)),
    ("2020.3.15", dt.date(2020, 3, 15)),
    ("2020年3月15日", dt.date(2020, 3, 15)),
    ("2020年03月15", dt.date(2020, 3, 15)),
    ("2020 年 3 月 15 日", dt.date(2020, 3, 15)),
    ("２０２０年３月１５日", dt.date(2020, 3, 15)),
    ("20200315", dt.date(2020, 3, 15)),
    ("43905", dt.date(2020, 3, 15)),
    ("43905.5", dt.date(2020, 3, 15)),
    ("2020-03-15 00:00:00", dt.date(2020, 3, 15)),
    ("2020-03-15T08:30:00", dt.date(2020, 3, 15)),
    ("2020-3", dt.date(2020, 3, 1)),
    ("2020年3月", dt.date(2020, 3, 1)),
    ("202003", dt.date(2020, 3, 1)),
    ("2020.3", dt.date(2020, 3, 1)),
    (" 2020/3/15 ", dt.date(2020, 3, 15)),
    ("2020。3。15", dt.date(2020, 3, 15)),
    ("2020年3月15号", dt.date(2020, 3, 15)),
    ("", None),
    ("—", None),
    ("/", None),
]


def test_dates_are_read_in_all_usual_spellings(catalogue: Catalogue) -> None:
    rows, found = read(catalogue, start_date=[spelling for spelling, _ in DATES])
    assert dict(zip((s for s, _ in DATES), rows["start_date"].to_pylist(), strict=True)) == dict(DATES)
    assert found == []


@pytest.mark.parametrize(
    "spelling", ["2020-02-30", "20201301", "3月15日", "15/3/2020", "去年", "99999999", "1850-01-01"]
)
def test_what_is_no_date_is_refused_with_an_example(catalogue: Catalogue, spelling: str) -> None:
    rows, [finding] = read(catalogue, start_date=spelling)
    assert rows["start_date"].to_pylist() == [None]
    assert (finding["row"], finding["item"], finding["rule"], finding["severity"]) == (0, "start_date", "date", "error")
    assert finding["value"] == spelling
    assert "写成 2020-03-15 或 2020年3月15日" in finding["message"]


def test_a_year_alone_is_asked_for_its_month(catalogue: Catalogue) -> None:
    _, [finding] = read(catalogue, start_date="2020年")
    assert finding["message"] == "读到“2020年”，只有年份。“就业时间”要写到月，如 2020-06"


def test_a_year_and_month_item_keeps_the_first_of_the_month(catalogue: Catalogue) -> None:
    assert values(catalogue, "graduation_date", ["2018-06-20", "2018年6月"]) == [dt.date(2018, 6, 1)] * 2


NUMBERS = [
    ("4800", "4800.00"),
    ("4,800", "4800.00"),
    ("４８００", "4800.00"),
    ("4800元", "4800.00"),
    ("￥4800.50", "4800.50"),
    ("1.2万", "12000.00"),
    ("1.2万元", "12000.00"),
    ("4800元/月", "4800.00"),
    ("4 800", "4800.00"),
    ("4.8E3", "4800.00"),
    ("0", "0.00"),
]


def test_amounts_are_read_with_units_commas_and_wan(catalogue: Catalogue) -> None:
    read_ = values(catalogue, "annual_work_income", [spelling for spelling, _ in NUMBERS])
    assert read_ == [Decimal(amount) for _, amount in NUMBERS]


@pytest.mark.parametrize(
    ("item", "spelling", "part", "suggestion"),
    [
        ("annual_work_income", "三千多", "不是一个数", None),
        ("annual_work_income", "3000-4000", "不是一个数", None),
        ("annual_work_income", "99999999999", "太大", None),
        ("work_months", "3.55", "最多 1 位小数", "3.6"),
        ("work_months", "3500", "太大", None),
        ("flexible_days", "2.5", "要填整数", "3"),
    ],
)
def test_numbers_that_do_not_fit_say_why(
    catalogue: Catalogue, item: str, spelling: str, part: str, suggestion: str | None
) -> None:
    rows, [finding] = read(catalogue, **{item: spelling})
    assert rows[item].to_pylist() == [None]
    assert part in finding["message"]
    assert finding["suggestion"] == suggestion


def test_numbers_have_the_items_exact_type(catalogue: Catalogue) -> None:
    rows, _ = read(catalogue, work_months="3.5个月", flexible_days="20天")
    assert rows.schema.field("work_months").type == pa.decimal128(4, 1)
    assert rows["work_months"].to_pylist() == [Decimal("3.5")]
    assert rows["flexible_days"].to_pylist() == [20]


def test_labels_synonyms_and_codes_of_the_list_mean_the_same(catalogue: Catalogue) -> None:
    assert values(catalogue, "ethnicity", ["汉", "汉族", " 汉 族 ", "01", "1", "01 汉族", "01-汉族"]) == ["01"] * 7
    assert values(catalogue, "ethnicity", ["彝", "土家族", "其他", "穿青人"]) == ["07", "15", "97", "97"]


def test_the_forms_own_wording_stores_its_first_code(catalogue: Catalogue) -> None:
    assert values(catalogue, "education", ["高中", "大专及以上", "文盲", "初中毕业", "硕士"]) == [
        "60",
        "30",
        "91",
        "70",
        "14",
    ]


def test_an_unknown_choice_names_the_choices_and_the_nearest(catalogue: Catalogue) -> None:
    _, [finding] = read(catalogue, education="高中生")
    assert finding["message"] == "读到“高中生”，“学历”没有这个选项。可填：文盲、小学、初中、高中、大专及以上"
    assert finding["suggestion"] == "高中"
    assert finding["value"] == "高中生"


def test_yes_and_no_are_read_in_many_ways(catalogue: Catalogue) -> None:
    assert values(catalogue, "is_working", ["是", "有", "√", "Y", "1", "true"]) == [True] * 6
    assert values(catalogue, "is_working", ["否", "无", "×", "N", "0", "没有"]) == [False] * 6
    _, [finding] = read(catalogue, is_working="大概")
    assert "可填：是、否" in finding["message"]


def test_several_choices_are_split_but_not_inside_a_wording(catalogue: Catalogue) -> None:
    read_ = values(
        catalogue, "organised_export", ["专车、专列点对点输送", "免费专场招聘会、专车、专列点对点输送", "2,1", "1；2"]
    )
    assert read_ == [["1"], ["1", "2"], ["1", "2"], ["1", "2"]]


def test_one_unknown_among_several_spoils_the_cell_and_is_named(catalogue: Catalogue) -> None:
    rows, [finding] = read(catalogue, service_type="职业指导、送温暖")
    assert rows["service_type"].to_pylist() == [None]
    assert "“送温暖”不是“服务项目”的选项" in finding["message"]


MONTHS = [
    ("2019-10、2019-11", ["2019-10", "2019-11"]),
    ("2019年10月", ["2019-10"]),
    ("2019年10月、11月、12月", ["2019-10", "2019-11", "2019-12"]),
    ("201910,201911", ["2019-10", "2019-11"]),
    ("2019/10 2020/1", ["2019-10", "2020-01"]),
    ("2019年12月至2020年2月", ["2019-12", "2020-01", "2020-02"]),
    ("2019年11月-2020年1月", ["2019-11", "2019-12", "2020-01"]),
    ("2020年3-5月", ["2020-03", "2020-04", "2020-05"]),
    ("2020-02、2020-01、2020-02", ["2020-01", "2020-02"]),
    ("2019年11月、12月至2月", ["2019-11", "2019-12", "2020-01", "2020-02"]),
    ("", None),
]


@pytest.mark.parametrize(("spelling", "months"), MONTHS)
def test_sets_of_months(catalogue: Catalogue, spelling: str, months: list[str] | None) -> None:
    rows, found = read(catalogue, work_month_set=spelling)
    expected = [dt.date.fromisoformat(f"{month}-01") for month in months] if months else None
    assert rows["work_month_set"].to_pylist() == [expected]
    assert found == []


@pytest.mark.parametrize("spelling", ["10月", "2019-13", "2020年3月至2019年1月", "全年"])
def test_months_without_a_year_or_sense_are_refused(catalogue: Catalogue, spelling: str) -> None:
    rows, [finding] = read(catalogue, work_month_set=spelling)
    assert rows["work_month_set"].to_pylist() == [None]
    assert finding["rule"] == "months"


PLACES = [
    ("浙江省温州市瑞安市", "330381"),
    ("浙江温州瑞安", "330381"),
    ("云南楚雄牟定", "532323"),
    ("云南省牟定县", "532323"),
    ("楚雄州牟定县", "532323"),
    ("云南省/楚雄彝族自治州/牟定县/共和镇", "532323101"),
    ("共和镇天台村", "532323101201"),
    ("牟定县新桥镇天台村委会", "532323102201"),
    ("北京市朝阳区", "110105"),
    ("吉林省长春市朝阳区", "220104"),
    ("新疆乌鲁木齐", "6501"),
    ("浙江", "33"),
    ("532323101", "532323101"),
    ("532300", "5323"),
    ("532323000000", "532323"),
    ("广东省东莞市厚街镇", "4419"),
    ("瑞安市塘下镇", "330381"),
    ("日本", "JP"),
    ("香港", "HK"),
]


def test_places_are_found_by_path_by_short_name_and_by_code(catalogue: Catalogue) -> None:
    rows, found = read(catalogue, work_region=[place for place, _ in PLACES])
    assert dict(zip((p for p, _ in PLACES), rows["work_region"].to_pylist(), strict=True)) == dict(PLACES)
    assert found == []


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("火星", "没有找到这个地方"),
        ("朝阳区", "全国有 2 个同名的地方"),
        ("牟定县共和镇没有村", "在“共和镇”下没有找到“没有村”"),
        ("999999", "没有找到这个地方"),
    ],
)
def test_a_place_that_cannot_be_found_says_where_it_got_lost(catalogue: Catalogue, place: str, part: str) -> None:
    rows, [finding] = read(catalogue, work_region=place)
    assert rows["work_region"].to_pylist() == [None]
    assert part in finding["message"]


def test_a_place_split_over_columns_is_put_together(catalogue: Catalogue) -> None:
    rows, found = read(
        catalogue, hukou_region__county="牟定县", hukou_region__town=["新桥镇"], hukou_region__village=["天台"]
    )
    assert rows["hukou_region"].to_pylist() == ["532323102201"]
    assert found == []


def test_without_a_tree_a_name_cannot_be_read(catalogue: Catalogue) -> None:
    _, [finding] = read(catalogue, Context(as_of=dt.date(2020, 10, 15)), work_region="牟定县")
    assert finding["rule"] == "region"


def test_names_lose_spaces_but_keep_the_middle_dot(catalogue: Catalogue) -> None:
    assert values(catalogue, "full_name", ["张 三", "张　三", "买买提•吐尔逊", "阿依古丽．买买提", " 李四 "]) == [
        "张三",
        "张三",
        "买买提·吐尔逊",
        "阿依古丽·买买提",
        "李四",
    ]


def test_phones_lose_country_code_and_dashes(catalogue: Catalogue) -> None:
    assert values(catalogue, "mobile_phone", ["154-1234-5678", "+86 15412345678", "15412345678.0", "0878-5211234"]) == [
        "15412345678",
        "15412345678",
        "15412345678",
        "0878-5211234",
    ]


def test_texts_keep_chinese_punctuation_and_are_measured(catalogue: Catalogue) -> None:
    assert values(catalogue, "home_address", ["共和镇，３组"]) == ["共和镇，3组"]
    rows, [finding] = read(catalogue, home_address="长" * 201)
    assert "最多 200 个字" in finding["message"]
    assert rows.num_rows == 1


def test_sex_and_birth_come_from_the_number_when_the_sheet_is_silent(catalogue: Catalogue) -> None:
    rows, _ = read(catalogue, id_number=["11010519491231002x", "110105194912310021"], sex=[None, None])
    assert rows["sex"].to_pylist() == ["2", None]
    assert rows["birth_date"].to_pylist() == [dt.date(1949, 12, 31), None]


def test_a_disability_number_fills_number_type_and_level_with_a_warning(catalogue: Catalogue) -> None:
    rows, [finding] = read(catalogue, id_number="11010519491231002X42", disability_type=None, disability_level=None)
    assert rows["id_number"].to_pylist() == ["11010519491231002X"]
    assert (rows["disability_type"].to_pylist(), rows["disability_level"].to_pylist()) == (["4"], ["2"])
    assert finding["severity"] == "warning"


def test_every_item_of_the_form_comes_back_typed_even_when_no_column_was_given(catalogue: Catalogue) -> None:
    rows, found = read(catalogue, full_name=["张三"])
    assert set(catalogue.forms["sample"].items) <= set(rows.column_names)
    for item in catalogue.forms["sample"].items:
        assert rows.schema.field(item).type == catalogue.items[item].arrow_type
    assert found == []


def test_no_rows_are_no_trouble(catalogue: Catalogue) -> None:
    rows, found = catalogue.check(table(full_name=[]), catalogue.forms["sample"], CONTEXT)
    assert (rows.num_rows, found.num_rows) == (0, 0)


def test_a_finding_stands_at_every_row_that_holds_the_spelling(catalogue: Catalogue) -> None:
    _, found = read(catalogue, start_date=["x", "2020-01-01", "x"])
    assert [finding["row"] for finding in found] == [0, 2]


def test_many_rows_are_read_like_one(catalogue: Catalogue) -> None:
    spellings = [spelling for spelling, _ in DATES] * 500
    rows, _ = read(catalogue, start_date=spellings)
    assert rows["start_date"].to_pylist() == [day for _, day in DATES] * 500


def test_the_tree_is_read_anew_when_it_is_another(catalogue: Catalogue, tmp_path: Path) -> None:
    less = DIVISIONS.slice(0, 6)
    assert read(catalogue, Context(as_of=dt.date(2020, 10, 15), divisions=less), work_region="牟定县")[0][
        "work_region"
    ].to_pylist() == [None]
    assert read(catalogue, work_region="牟定县")[0]["work_region"].to_pylist() == ["532323"]
