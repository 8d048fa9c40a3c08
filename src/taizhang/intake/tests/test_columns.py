"""Headers as people write them, and what they are taken for."""

from __future__ import annotations

import pyarrow as pa
import pytest

from taizhang import catalogue
from taizhang.engine.errors import DomainError
from taizhang.intake import columns
from taizhang.intake.reading import Grid
from taizhang.intake.wording import Asked, asked_columns


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    loaded = catalogue.load()
    return asked_columns(loaded, loaded.forms["mouding-2017"])


def grid(*rows: list[str | None], merged: list[str] | None = None) -> Grid:
    width = max(map(len, rows))
    cells = pa.table(
        {f"c{n}": pa.array([row[n] if n < len(row) else None for row in rows], pa.string()) for n in range(width)}
    )
    return Grid("xlsx", "Sheet1", cells, pa.table({"row": pa.array([], pa.int64())}), merged or [])


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("姓名", "full_name"), (" 姓 名 ", "full_name"), ("＊姓名", "full_name"), ("姓名\n", "full_name"), ("姓名（必填）", "full_name"),
        ("身份证号", "id_number"), ("身份证号码", "id_number"), ("公民身份号码", "id_number"), ("身份证号（18位）", "id_number"),
        ("月收入", "monthly_wage"), ("月收入（元）", "monthly_wage"), ("月收入(元/月)", "monthly_wage"),
        ("村", "hukou_region.village"), ("村委会（社区）", "hukou_region.village"), ("户籍地", "hukou_region"), ("就业地点（县）", "work_region.county"),
        ("手机", "mobile_phone"), ("序号", None), ("自己的备忘", None),
    ],
)  # fmt: skip
def test_a_header_is_known_by_label_name_or_synonym(asked: list[Asked], header: str, column: str | None) -> None:
    layout = columns.recognise(grid(["民族", "文化程度", header], ["彝族", "初中", "x"]), asked)
    assert layout.matches[2].column == column


def test_the_header_may_stand_below_a_title(asked: list[Asked]) -> None:
    layout = columns.recognise(grid(["采集表"], [None], ["姓名", "民族"], ["杨一", "彝族"]), asked)
    assert layout.header_row == 2


def test_of_two_columns_with_one_meaning_the_forms_own_word_wins(asked: list[Asked]) -> None:
    layout = columns.recognise(grid(["身份证号码", "姓名", "身份证号"], ["1", "杨一", "2"]), asked)
    assert [(match.column, match.how) for match in layout.matches] == [
        (None, "same"),
        ("full_name", "label"),
        ("id_number", "label"),
    ]


def test_what_somebody_chose_before_is_taken_again(asked: list[Asked]) -> None:
    layout = columns.recognise(
        grid(["姓名", "民族", "老家"], ["杨一", "彝族", "天台"]), asked, {"老家": "hukou_region.village", "民族": ""}
    )
    assert [(match.column, match.how) for match in layout.matches] == [
        ("full_name", "label"),
        (None, "ignored"),
        ("hukou_region.village", "chosen"),
    ]


def test_two_columns_cannot_be_given_one_meaning(asked: list[Asked]) -> None:
    layout = columns.recognise(grid(["姓名", "民族", "老家"], ["杨一", "彝族", "天台"]), asked)
    with pytest.raises(DomainError) as refusal:
        columns.choose(layout, {2: "full_name"})
    assert refusal.value.code == "same_column"


@pytest.mark.parametrize(
    ("rows", "merged", "code"),
    [
        ([["姓名", "民族"], ["身份证号", "文化程度"], ["1", "2"]], [], "two_headers"),
        ([["姓名", "民族"], ["杨一", "彝族"]], ["A1:B1"], "merged_cells"),
        ([["姓名", "民族"], ["杨一", "彝族"]], ["A2:A9"], "merged_cells"),
        ([["姓名", "民族"]], [], "no_rows"),
        ([["甲", "乙"], ["丙", "丁"]], [], "no_header"),
    ],
)
def test_a_sheet_of_another_shape_is_refused(
    asked: list[Asked], rows: list[list[str | None]], merged: list[str], code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        columns.recognise(grid(*rows, merged=merged), asked)
    assert refusal.value.code == code


def test_rows_keep_the_sheets_numbers_and_empty_ones_are_left_out(asked: list[Asked]) -> None:
    found = grid(["姓名", "别的"], ["杨一", None], [None, "只有别的"], ["  ", None], ["普二", None])
    rows = columns.rows_of(found, columns.Layout(0, (columns.Match(0, "姓名", "full_name", "label"),)))
    assert rows.to_pydict() == {"row_no": [2, 5], "full_name": ["杨一", "普二"]}


def test_of_a_split_place_only_the_village_is_indispensable(asked: list[Asked]) -> None:
    have = [one.column.id for one in asked if one.column.id not in ("hukou_region.county", "hukou_region.town")]
    assert columns.missing(asked, have) == []
    assert columns.missing(asked, [one for one in have if one != "hukou_region.village"]) == ["村委会"]
    assert columns.missing(asked, [*(one for one in have if one != "hukou_region.village"), "hukou_region"]) == []


def test_letters_count_as_a_sheet_counts() -> None:
    from taizhang.intake.cells import column_letters, column_number

    assert [column_letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert [column_number(text) for text in ("A", "Z", "AA", "ZZ", "XFD")] == [0, 25, 26, 701, 16_383]
