"""The collection template, read back with openpyxl."""

from __future__ import annotations

import io

import openpyxl
import pytest

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.intake import prefilling, queries
from taizhang.intake.mark import Mark, read_mark
from taizhang.intake.places import Place, choices_by_level, list_formula
from taizhang.intake.tests import files
from taizhang.intake.tests.conftest import Check
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch

PLACES = [
    Place("532323", "牟定县", 3, "5323"), Place("532323101", "共和镇", 4, "532323"), Place("532323102", "新桥镇", 4, "532323"),
    Place("532323101201", "天台村民委员会", 5, "532323101"), Place("532323102200", "马厂村民委员会", 5, "532323102"),
    Place("532323101202", "军屯村民委员会", 5, "532323101"),
]  # fmt: skip


def book_of(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_places_stand_under_their_path_one_below_the_other() -> None:
    found = choices_by_level(PLACES, ["county", "town", "village"])
    assert [tuple(line) for line in found["village"]] == [
        ("牟定县/共和镇", "天台村民委员会"), ("牟定县/共和镇", "军屯村民委员会"), ("牟定县/新桥镇", "马厂村民委员会")
    ]  # fmt: skip
    assert [tuple(line) for line in found["county"]] == [("", "牟定县")]


def test_a_dependent_list_is_found_by_the_cells_to_its_left() -> None:
    assert list_formula("_lists", "C", "D", 9, ["$A2", "$B2"]) == (
        '=OFFSET(_lists!$D$1,MATCH($A2&"/"&$B2,_lists!$C$1:$C$9,0)-1,0,COUNTIF(_lists!$C$1:$C$9,$A2&"/"&$B2),1)'
    )


@pytest.mark.parametrize("programme", sorted(catalogue.load().programmes))
def test_every_form_has_a_template_with_frozen_header_notes_and_choices(county: User, programme: str) -> None:
    name, data = prefilling.template_for(actor=county, programme=programme)
    book = book_of(data)
    sheet = book["采集表"]
    loaded = catalogue.load()
    labels = [column.label for column in loaded.columns(loaded.forms[programme])]
    assert name.endswith(".xlsx")
    assert book.sheetnames[:3] == ["采集表", "填写说明", "示例"]
    assert [cell.value for cell in sheet[1]] == labels
    assert sheet.freeze_panes is not None
    assert sheet.freeze_panes.endswith("2")
    assert all(cell.comment is not None and ("填" in cell.comment.text) for cell in sheet[1])
    assert not sheet.merged_cells.ranges
    assert {one.sheet_state for one in book.worksheets[3:]} == {"veryHidden"}
    at = labels.index(next(label for label in labels if label.startswith("身份证号")))
    assert (
        sheet.column_dimensions[openpyxl.utils.get_column_letter(at + 1)].number_format == "@"
        or sheet.cell(2, at + 1).number_format == "@"
    )
    assert "必填" in sheet.cell(1, at + 1).comment.text


def test_choices_come_from_the_forms_words_and_villages_from_their_town(county: User) -> None:
    _, data = prefilling.template_for(actor=county, programme="mouding-2017", division="532323101")
    book = book_of(data)
    sheet = book["采集表"]
    labels = {cell.value: cell.column_letter for cell in sheet[1]}
    rules = {
        str(rule.sqref).split(":")[0].rstrip("0123456789"): rule.formula1
        for rule in sheet.data_validations.dataValidation
    }
    assert rules[labels["主要收入来源"]] == '"务工收入,经营收入,务农收入,财产或转移收入,无收入"'
    assert rules[labels["民族"]] == "list_ethnicity"  # too long for the rule itself in Excel
    assert 'MATCH($A2&"/"&$B2' in rules[labels["村委会"]]
    names = [cell.value for column in book["_lists"].iter_cols() for cell in column]
    assert "天台村民委员会" in names
    assert "马厂村民委员会" not in names  # of the neighbouring township


def test_nothing_in_a_template_is_a_formula(county: User) -> None:
    _, data = prefilling.template_for(actor=county, programme="mouding-2017")
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_the_mark_holds_only_as_signed() -> None:
    mark = Mark(form="mouding-2017", version="2017.08")
    assert read_mark(dict(mark.rows())) == mark
    assert read_mark({**dict(mark.rows()), "version": "2018.01"}) is None
    assert read_mark({}) is None


def test_a_filled_template_is_recognised_and_the_example_is_not_read(county: User, check: Check) -> None:
    _, data = prefilling.template_for(actor=county, programme="mouding-2017")
    book = book_of(data)
    for column, cell in enumerate(book["采集表"][1], start=1):
        book["采集表"].cell(2, column).value = files.person(1, 姓名="杨一").get(cell.value)
    upload = check(data=files.saved(book))
    assert (upload.counts["new"], upload.rows, upload.template["form"]) == (1, 1, "mouding-2017")


def test_a_template_of_another_version_or_form_is_refused(county: User, check: Check) -> None:
    _, data = prefilling.template_for(actor=county, programme="mouding-2017")
    book = book_of(data)
    for form, version, code in (("mouding-2017", "1999.1", "old_version"), ("shanxi-2022", "2022.07", "wrong_form")):
        hidden = book["_taizhang"]
        hidden["B1"], hidden["B2"] = form, version
        book["采集表"]["A2"] = "牟定县"
        with pytest.raises(DomainError) as refusal:
            check(data=files.saved(book))
        assert refusal.value.code == code


def test_people_come_masked_and_go_back_unchanged(county: User, check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"), files.person(2, 姓名="普二"))
    ledger.apply(actor=county, batch=Batch.objects.get(pk=upload.batch_id))
    _, data = prefilling.template_for(actor=county, programme="mouding-2017", division="532323101201", people=True)
    assert files.number(1).encode() not in b"".join(_parts(data))
    again = check(data=data)
    assert again.counts == {"new": 0, "update": 0, "same": 2, "duplicate": 0, "conflict": 0, "error": 0, "warning": 0}


def test_what_somebody_else_changed_meanwhile_is_a_conflict(county: User, check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    ledger.apply(actor=county, batch=Batch.objects.get(pk=upload.batch_id))
    _, data = prefilling.template_for(actor=county, programme="mouding-2017", division="532323101201", people=True)
    other = check(files.person(1, 姓名="杨一", 月收入="5100"))
    ledger.apply(actor=county, batch=Batch.objects.get(pk=other.batch_id))
    book = book_of(data)
    column = [cell.value for cell in book["采集表"][1]].index("月收入") + 1
    book["采集表"].cell(2, column).value = "4500"
    upload = check(data=files.saved(book))
    assert upload.counts["conflict"] == 1
    assert [one.kind for one in queries.problems(upload.batch_id)] == ["conflict"]


def test_a_copied_key_is_noticed_and_not_used(county: User, check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    ledger.apply(actor=county, batch=Batch.objects.get(pk=upload.batch_id))
    _, data = prefilling.template_for(actor=county, programme="mouding-2017", division="532323101201", people=True)
    book = book_of(data)
    sheet = book["采集表"]
    base = [cell.value for cell in sheet[1]].index("底数版本（勿改）") + 1
    sheet.cell(2, base).value = "99.0000000000000000"
    numbers = [cell.value for cell in sheet[1]].index("身份证号") + 1
    sheet.cell(2, numbers).value = files.number(1)
    upload = check(data=files.saved(book))
    assert "template_key" in {one.rule for one in queries.problems(upload.batch_id)}


def test_a_template_for_another_county_is_refused(county: User) -> None:
    with pytest.raises(NotAllowed):
        prefilling.template_for(actor=county, programme="mouding-2017", division="433126")


def _parts(data: bytes) -> list[bytes]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist()]
