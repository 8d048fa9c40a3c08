"""Which column is which, numbers as departments write them, and rows that cannot be read."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from taizhang import catalogue
from taizhang.comparison import reading
from taizhang.engine.errors import DomainError
from taizhang.intake.reading import Grid
from taizhang.ledger.tests.people import number

KNOWN = catalogue.load().departments
assert KNOWN is not None
DEATH, INSURED = KNOWN.kinds["death"], KNOWN.kinds["insured"]


def grid(*rows: list[str | None]) -> Grid:
    width = max(map(len, rows))
    columns = {
        f"c{at}": pa.array([row[at] if at < len(row) else None for row in rows], pa.string()) for at in range(width)
    }
    return Grid("xlsx", "Sheet1", pa.table(columns), pa.table({}))


def people(*rows: list[str | None], kind: Any = DEATH) -> tuple[list[dict[str, Any]], dict[int, str], int]:
    sheet = grid(*rows)
    found = reading.read(sheet, reading.recognise(sheet, kind, KNOWN), kind)
    unread = {one["row_no"]: one["message"] for one in found.unread.to_pylist()}
    return found.rows.to_pylist(), unread, found.filled


def test_columns_are_known_by_any_of_their_names_below_a_title() -> None:
    rows, unread, filled = people(
        ["某县殡仪馆火化登记"],
        ["序号", "逝 者 姓 名", "公民身份号码（18位）", "火化时间"],
        ["1", " 罗　小梅", number(), "2026年5月1日"],
        [None, None, None, None],
        ["2", "李伟", number(sequence=13), "46143"],  # a day as Excel counts
    )
    assert rows == [
        {"row_no": 3, "number": number(), "name": "罗小梅", "died_on": "2026-05-01"},
        {"row_no": 5, "number": number(sequence=13), "name": "李伟", "died_on": "2026-05-01"},
    ]
    assert (unread, filled) == ({}, 2)


def test_numbers_are_read_however_they_are_written() -> None:
    good = number(sequence=12)
    with_x = next(number(sequence=n) for n in range(1, 99) if number(sequence=n).endswith("X"))
    old = good[:6] + good[8:17]  # 15 digits, born in 19..
    rows, unread, _ = people(
        ["身份证号", "姓名"], [f"'{good}", "甲"], [f"{good[:6]} {good[6:14]} {good[14:]}", "乙"], [with_x.lower(), "丙"],
        [old, "丁"], [good + "43", "戊"],
    )  # fmt: skip
    assert [one["number"] for one in rows] == [
        good,
        good,
        with_x,
        good,
        good,
    ]  # of a disability certificate the first 18
    assert unread == {}


def test_what_cannot_be_read_is_told_row_by_row_with_the_reason_and_no_strangers_number() -> None:
    wrong = number()[:17] + ("1" if number()[17] != "1" else "2")
    rows, unread, filled = people(
        ["身份证号", "姓名"], ["5.30E+17", "甲"], [number()[:15] + "000", "乙"], [wrong, "丙"], [None, "丁"], ["99232319850", "戊"],
        ["无", "己"], [number(), "庚"],
    )  # fmt: skip
    assert [one["name"] for one in rows] == ["庚"]
    assert filled == 7
    assert sorted(unread) == [2, 3, 4, 5, 6, 7]
    assert "科学计数，后三位丢失" in unread[2]
    assert "末三位都是 0" in unread[3] or "校验位不对" in unread[3]
    assert "校验位不对" in unread[4]
    assert "没有填身份证号码" in unread[5]
    assert "应为 18 位" in unread[6]
    told = " ".join(unread.values())
    assert wrong not in told
    assert number()[:15] not in told


def test_a_list_brings_only_the_columns_its_kind_names_dates_as_dates_and_numbers_hidden() -> None:
    rows, _, _ = people(
        ["身份证号", "单位名称", "参保时间", "手机号"],
        [number(), f"某公司（经办人{number(sequence=13)}，15400000367）", "202603", "15400000367"],
        [number(sequence=13), "甲" * 150, "去年", ""],
        kind=INSURED,
    )
    assert rows == [
        {"row_no": 2, "number": number(), "name": None, "since": "2026-03",
         "employer": f"某公司（经办人992323********{number(sequence=13)[-4:]}，154****0367）"},
        {"row_no": 3, "number": number(sequence=13), "name": None, "since": "去年", "employer": "甲" * 100},
    ]  # fmt: skip


def test_a_list_without_numbers_is_refused_and_told_what_to_rename() -> None:
    with pytest.raises(DomainError, match="no_id_column") as caught:
        reading.recognise(grid(["序号", "姓名", "证件编码"], ["1", "甲", number()]), DEATH, KNOWN)
    told = caught.value.message
    assert "第 1 行读到的是“序号”、“姓名”、“证件编码”" in told
    assert "请把那一列的列名写成“身份证号码”" in told
    assert number() not in told


@pytest.mark.parametrize("rows", [([None],), (["身份证号", "姓名"],)])
def test_an_empty_list_is_refused(rows: tuple[list[str | None], ...]) -> None:
    with pytest.raises(DomainError, match="no_rows"):
        reading.recognise(grid(*rows), DEATH, KNOWN)


def test_a_list_without_a_header_shows_nobody_in_its_refusal() -> None:
    with pytest.raises(DomainError, match="no_id_column") as caught:
        reading.recognise(grid([number(), "罗小梅"], [number(sequence=13), "李伟"]), DEATH, KNOWN)
    assert number() not in caught.value.message
