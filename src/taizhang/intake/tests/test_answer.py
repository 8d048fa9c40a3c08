"""The answer to the clerk: every planted error marked, nothing else touched, nothing computed."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from taizhang.accounts.models import User
from taizhang.intake import actions, answer, answering, run
from taizhang.intake.answer import Note
from taizhang.intake.tests import files, workbooks
from taizhang.intake.tests.conftest import Check
from taizhang.ledger import submitted
from taizhang.ledger.models import Submission

PAYLOADS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("x")']


def marked(check: Check, county: User, data: bytes, name: str = "七月.xlsx") -> openpyxl.Workbook:
    upload = check(data=data, name=name)
    file_name, answered = answering.answer_for(actor=county, upload=upload)
    assert file_name == "七月-检查结果.xlsx"
    return openpyxl.load_workbook(io.BytesIO(answered))


def test_bad_cells_are_coloured_and_commented_in_the_same_workbook(check: Check, county: User) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(files.workbook([files.person(1, 姓名="杨一"), files.person(2, 姓名="普二", 民族="苗人")]))
    )
    sheet = book.active
    sheet.column_dimensions["C"].width = 33
    sheet["A2"].font = Font(bold=True, color="FF00FF00")
    sheet["A2"].fill = PatternFill("solid", fgColor="FFABCDEF")
    sheet["Z1"] = "自己的列"
    back = marked(check, county, files.saved(book))
    page = back["Sheet1"]
    commented = {cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment}
    column = [cell.value for cell in page[1]].index("民族") + 1
    place = page.cell(3, column)
    assert list(commented) == [place.coordinate]
    assert "建议：苗族" in commented[place.coordinate]
    assert place.fill.fgColor.rgb == answer.RED
    assert (page.column_dimensions["C"].width, page["A2"].font.bold, page["A2"].fill.fgColor.rgb) == (
        33,
        True,
        "FFABCDEF",
    )
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        [cell.value for cell in row] for row in sheet.iter_rows()
    ]
    result = back["检查结果"]
    assert [cell.value for cell in result[1]][:2] == ["文件", "七月.xlsx"]
    assert result.cell(11, 3).hyperlink.location == f"'Sheet1'!{place.coordinate}"


def test_an_unknown_village_names_the_nearest_one_in_the_marked_workbook(check: Check, county: User) -> None:
    book = marked(check, county, files.workbook([files.person(1, 姓名="杨一", 村委会="天太村")]))
    comments = [cell.comment.text for row in book["Sheet1"].iter_rows() for cell in row if cell.comment]
    (text,) = comments
    assert "在“共和镇”下没有找到“天太村”，是不是“天台村民委员会”？" in text
    assert "建议：共和镇天台村民委员会" in text


def test_a_village_taken_over_from_the_suggestion_is_understood(check: Check, county: User) -> None:
    upload = check(files.person(1, 姓名="杨一", 村委会="天太村"))
    actions.accept(actor=county, upload_id=upload.pk, row_no=2, item="hukou_region")
    run.check_upload(upload.pk, lambda *_: None)
    assert submitted.values(Submission.objects.get())["hukou_region"] == "532323101201"


def test_a_corrected_answer_comes_back_clean(check: Check, county: User) -> None:
    back = marked(check, county, files.workbook([files.person(1, 姓名="杨一", 民族="苗人")]))
    page = back["Sheet1"]
    page.cell(2, [cell.value for cell in page[1]].index("民族") + 1).value = "苗族"
    again = marked(check, county, files.saved(back))["Sheet1"]
    assert [
        cell.coordinate
        for row in again.iter_rows()
        for cell in row
        if cell.comment or cell.fill.fgColor.rgb in answer.FILLS.values()
    ] == []


def test_a_repaired_number_is_given_whole_in_the_clerks_own_file(check: Check, county: User) -> None:
    right = files.number(1)
    wrong = right[:17] + ("0" if right[17] != "0" else "1")
    back = marked(check, county, files.workbook([files.person(1, 姓名="杨一", 身份证号=wrong)]))["Sheet1"]
    (comment,) = [cell.comment.text for row in back.iter_rows() for cell in row if cell.comment]
    assert "********" not in comment


@pytest.mark.parametrize("kind", ["csv", "ods", "xls"])
def test_other_formats_are_answered_as_xlsx_with_row_numbers(check: Check, county: User, kind: str) -> None:
    people = [files.person(1, 姓名="杨一"), files.person(2, 姓名="普二", 民族="苗人")]
    rows = [list(people[0]), *(list(person.values()) for person in people)]
    data = {
        "csv": "\n".join(",".join(row) for row in rows).encode("gb18030"), "ods": workbooks.ods(rows), "xls": workbooks.xls(rows),
    }[kind]  # fmt: skip
    page = marked(check, county, data)["要改的行"]
    assert [cell.value for cell in page["A"]] == ["原行号", "2", "3"]
    assert [cell.coordinate for row in page.iter_rows() for cell in row if cell.comment] == [
        page.cell(3, 2 + rows[0].index("民族")).coordinate
    ]


def test_a_large_file_is_answered_with_its_bad_rows_only(
    check: Check, county: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "WHOLE_ROWS", 2)
    people = [files.person(n, 姓名="杨一") for n in range(1, 5)]
    people[2]["民族"] = "苗人"
    upload = check(data=files.workbook(people))
    _, data = answering.answer_for(actor=county, upload=upload)
    page = openpyxl.load_workbook(io.BytesIO(data))["要改的行"]
    assert [cell.value for cell in page["A"]] == ["原行号", "4"]
    again = check(data=data)  # only the bad row, still bad
    assert (again.rows, again.counts["error"]) == (1, 1)


def test_nothing_the_answer_writes_is_ever_computed() -> None:
    notes = [Note(2, 0, "error", payload, payload, payload, payload) for payload in PAYLOADS]
    book = openpyxl.Workbook()
    book.active.append(["姓名"])
    same = answer.mark(files.saved(book), "Sheet", notes, [("文件", PAYLOADS[0])])
    new = answer.bad_rows(PAYLOADS, [(2, PAYLOADS)], notes, [("文件", PAYLOADS[0])])
    for data in (same, new):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))
        assert re.search(rb"<f[ >]", text) is None
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert not any(
                b'TargetMode="External"' in archive.read(name) for name in archive.namelist() if name.endswith(".rels")
            )


def test_a_file_that_was_swept_says_so(check: Check, county: User) -> None:
    from taizhang.engine.errors import DomainError
    from taizhang.intake import vault

    upload = check(files.person(1, 姓名="杨一"))
    vault.sweep(upload.pk)
    with pytest.raises(DomainError) as refusal:
        answering.answer_for(actor=county, upload=upload)
    assert refusal.value.code == "gone"
