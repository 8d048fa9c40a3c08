"""Reading: every sort of file a township sends, and every sort nobody should."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from taizhang.engine.errors import DomainError
from taizhang.intake import reading
from taizhang.intake.refusals import WORDS
from taizhang.intake.tests import hostile, workbooks

ROWS = [["姓名", "身份证号码", "年收入"], ["杨一", "992323198001010015", "3000"], ["普二", "", "3.5"]]
CORPUS = list(hostile.corpus())


def read(tmp_path: Path, data: bytes, name: str = "表.xlsx") -> reading.Grid:
    path = tmp_path / name
    path.write_bytes(data)
    return reading.read(path, wall_seconds=20)


def cells(grid: reading.Grid) -> list[list[str | None]]:
    return [list(row.values()) for row in grid.cells.to_pylist()]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("xlsx", workbooks.xlsx(ROWS)),
        ("xls", workbooks.xls([ROWS[0], ["杨一", "992323198001010015", 3000.0], ["普二", "", 3.5]])),
        ("xlsb", workbooks.xlsb([ROWS[0], ["杨一", "992323198001010015", 3000.0], ["普二", "", 3.5]])),
        ("ods", workbooks.ods([ROWS[0], ["杨一", "992323198001010015", 3000.0], ["普二", "", 3.5]])),
        ("csv", "姓名,身份证号码,年收入\n杨一,992323198001010015,3000\n普二,,3.5\n".encode("gb18030")),
        ("csv", "姓名,身份证号码,年收入\r\n杨一,992323198001010015,3000\r\n普二,,3.5\r\n".encode("utf-8-sig")),
        ("csv", "姓名;身份证号码;年收入\n杨一;992323198001010015;3000\n普二;;3.5".encode()),
        ("csv", "姓名\t身份证号码\t年收入\n杨一\t992323198001010015\t3000\n普二\t\t3.5\n".encode("utf-16")),
        ("csv", '姓名,身份证号码,年收入\n杨一,="992323198001010015",3000\n普二,,3.5\n'.encode()),
        ("csv", "姓名,身份证号码,年收入\n杨一,992323198001010015,3000,,\n普二,,3.5\n".encode()),
    ],
)
def test_the_same_rows_come_out_of_every_kind_of_file_whatever_its_name(tmp_path: Path, kind: str, data: bytes) -> None:
    grid = read(tmp_path, data, "什么名字都行.dat")
    assert grid.kind == kind
    assert [[cell or None for cell in row[:3]] for row in cells(grid)] == [
        ["姓名", "身份证号码", "年收入"],
        ["杨一", "992323198001010015", "3000"],
        ["普二", None, "3.5"],
    ]


def test_numbers_dates_and_truths_are_read_as_they_are_shown(tmp_path: Path) -> None:
    import datetime as dt

    book = openpyxl.Workbook()
    book.active.append(["整数", "小数", "日期", "时刻", "算出的小数"])
    book.active.append([3000, 3.5, dt.date(2020, 10, 1), dt.datetime(2020, 10, 1, 12, 3), 3.3000000000000003])
    buffer = io.BytesIO()
    book.save(buffer)
    assert cells(read(tmp_path, buffer.getvalue()))[1] == ["3000", "3.5", "2020-10-01", "2020-10-01 12:03:00", "3.3"]


def test_a_table_that_does_not_begin_at_a1_keeps_its_row_and_column_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["C4"], book.active["D4"], book.active["C6"] = "姓名", "年收入", "杨一"
    buffer = io.BytesIO()
    book.save(buffer)
    grid = read(tmp_path, buffer.getvalue())
    assert (grid.cells["c2"][3].as_py(), grid.cells["c3"][3].as_py(), grid.cells["c2"][5].as_py()) == (
        "姓名",
        "年收入",
        "杨一",
    )


def test_an_id_kept_as_a_number_is_shown_as_the_damage_it_is(tmp_path: Path) -> None:
    for data in (
        workbooks.sheet_with(
            '<row r="1"><c r="A1" t="str"><v>身份证</v></c></row><row r="2"><c r="A2"><v>532323199001011234</v></c></row>'
        ),
        workbooks.sheet_with(
            '<row r="1"><c r="A1" t="str"><v>身份证</v></c></row><row r="2"><c r="A2"><v>5.3232319900101101E17</v></c></row>'
        ),
        workbooks.sheet_with(
            '<row r="1"><c r="A1" t="str"><v>身份证</v></c></row><row r="2"><c r="A2"><v>5.3232319900101101E+17</v></c></row>'
        ),
        workbooks.sheet_with(
            '<row r="1"><c r="A1" t="str"><v>身份证</v></c></row><row r="2"><c r="A2" t="n"><v>5.323231990010110e+17</v></c></row>'
        ),
        workbooks.xls([["身份证"], [532323199001011234.0]]),
        workbooks.ods([["身份证"], [532323199001011234.0]]),
        workbooks.xlsb([["身份证"], [532323199001011234.0]]),
    ):
        assert cells(read(tmp_path, data))[1] == ["5.32323E+17"]


def test_formulas_and_error_cells_are_named_with_their_place(tmp_path: Path) -> None:
    data = workbooks.sheet_with(
        '<row r="1"><c r="A1" t="str"><v>收入</v></c><c r="B1" t="str"><v>年龄</v></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="e"><v>#N/A</v></c></row>'
        '<row r="3"><c r="A3"><f>2+2</f></c><c r="B3"><v>30</v></c></row>'
    )
    grid = read(tmp_path, data)
    assert cells(grid)[1:] == [["2", "#N/A"], [None, "30"]]
    assert [tuple(mark.values())[:3] for mark in grid.marks.to_pylist()] == [
        (1, 0, "formula"),
        (1, 1, "error"),
        (2, 0, "empty_formula"),
    ]


@pytest.mark.parametrize("make", [workbooks.xls, workbooks.xlsb])
def test_error_cells_of_older_kinds_are_named_with_their_place(tmp_path: Path, make: Callable[..., bytes]) -> None:
    error = workbooks.ErrorCell
    rows = [["姓名", "村", "月收入"], ["杨一", error(0x2A), 3000.0], ["普二", error(0x17), error(0x07)]]
    grid = read(tmp_path, make(rows))
    assert grid.cells["c1"].to_pylist() == ["村", "#N/A", "#REF!"]
    assert grid.cells["c2"].to_pylist() == ["月收入", "3000", "#DIV/0!"]
    assert [(one["row"], one["column"], one["kind"]) for one in grid.marks.to_pylist()] == [
        (1, 1, "error"),
        (2, 1, "error"),
        (2, 2, "error"),
    ]


def test_merged_cells_are_told_and_blank_trailing_rows_forgotten(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["姓名", "年收入"])
    book.active.append(["杨一", "1"])
    book.active.cell(60_000, 1).number_format = "@"
    book.active["A50"] = "  "
    book.active.merge_cells("A2:A3")
    buffer = io.BytesIO()
    book.save(buffer)
    grid = read(tmp_path, buffer.getvalue())
    assert (grid.cells.num_rows, grid.merged) == (2, ["A2:A3"])


def test_the_hostile_corpus_has_at_least_thirty_files() -> None:
    assert len(CORPUS) >= 30
    assert len({name for name, _, _ in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize(("name", "data", "code"), CORPUS, ids=[name for name, _, _ in CORPUS])
def test_a_hostile_file_is_refused_in_words_within_five_seconds(
    tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(DomainError) as refusal:
        read(tmp_path, data, name)
    assert refusal.value.code == code
    assert refusal.value.message.endswith("。")
    assert "{" not in refusal.value.message
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)  # processor time: the machine may be busy with other tests
    assert spent.ru_utime + spent.ru_stime - begun.ru_utime - begun.ru_stime < 5


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path, settings: object) -> None:
    path = tmp_path / "大.xlsx"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # 1 GB, sparse
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DomainError) as refusal:
        reading.read(path)
    assert refusal.value.code == "over_limit"
    assert "1024 MB" in refusal.value.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_a_parser_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    path.write_bytes(workbooks.xlsx(ROWS))
    with pytest.raises(DomainError) as refusal:
        reading.read(path, wall_seconds=0.01)
    assert refusal.value.code == "too_slow"


def test_nothing_of_a_file_stays_on_disk_after_reading(tmp_path: Path, data_dir: Path) -> None:
    read(tmp_path, workbooks.xlsx(ROWS))
    with pytest.raises(DomainError):
        read(tmp_path, b"MZ\0\0")
    assert [one for one in reading.scratch_left() if one.name.startswith(f"{reading.SCRATCH}{os.getpid()}-")] == []


def test_what_a_killed_process_left_is_swept_by_the_next_reading(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = reading.scratch_base() / f"{reading.SCRATCH}{gone.pid}-x"
    left.mkdir()
    mine = reading.scratch_base() / f"{reading.SCRATCH}{os.getpid()}-x"
    mine.mkdir()
    read(tmp_path, workbooks.xlsx(ROWS))
    assert (left.exists(), mine.exists()) == (False, True)
    mine.rmdir()


def test_every_refusal_says_what_to_do() -> None:
    advice = ("请", "可用的有")
    assert [code for code, words in WORDS.items() if not any(word in words for word in advice)] == []
