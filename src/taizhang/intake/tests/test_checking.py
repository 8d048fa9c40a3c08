"""From a file to counts and words: what the clerk is told, and what is never written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.intake import actions, queries, service, vault
from taizhang.intake.models import Upload
from taizhang.intake.tests import files, workbooks
from taizhang.intake.tests.conftest import AUGUST, Check
from taizhang.ledger import actions as ledger
from taizhang.ledger import submitted
from taizhang.ledger.models import Batch, Submission, Worker

NONE = {"new": 0, "update": 0, "same": 0, "duplicate": 0, "conflict": 0, "error": 0, "warning": 0}


def told(upload: Upload) -> list[tuple[int, str | None, str]]:
    assert upload.batch_id is not None
    return [(one.row_no, one.item, one.rule) for one in queries.problems(upload.batch_id)]


def enter(actor: User, upload: Upload) -> None:
    """Straight through the door, as the last approval does."""
    ledger.apply(actor=actor, batch=Batch.objects.get(pk=upload.batch_id))


def test_good_rows_are_new_and_wait_as_drafts(check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"), files.person(2, 姓名="普二"))
    assert upload.counts == {**NONE, "new": 2}
    assert (upload.state, upload.rows, upload.problems) == ("checked", 2, 0)
    assert list(Submission.objects.filter(batch=upload.batch_id).values_list("row_no", "state").order_by("row_no")) == [
        (2, "draft"),
        (3, "draft"),
    ]
    assert Worker.objects.count() == 0


def test_the_same_file_again_changes_no_row(check: Check, county: User) -> None:
    data = files.workbook([files.person(1, 姓名="杨一"), files.person(2, 姓名="普二")])
    enter(county, check(data=data))
    again = check(data=data)
    assert again.counts == {**NONE, "same": 2}
    assert again.same_as_id is not None
    enter(county, again)
    assert set(Worker.objects.values_list("version", flat=True)) == {1}


def test_an_update_is_told_field_by_field_old_and_new(check: Check, county: User) -> None:
    enter(county, check(files.person(1, 姓名="杨一")))
    upload = check(files.person(1, 姓名="杨一", 月收入="5100"))
    assert upload.counts == {**NONE, "update": 1}
    (row,) = queries.rows(upload.batch_id, ["update"], window=slice(0, 10))
    assert [(item, float(old), float(new)) for item, old, new, _ in row.changes] == [("monthly_wage", 4200.0, 5100.0)]


def test_the_same_person_twice_in_a_file_counts_once(check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"), files.person(1, 姓名="杨一", 月收入="4300"))
    assert (upload.counts["new"], upload.counts["duplicate"]) == (1, 1)
    assert told(upload) == [(3, None, "ledger.duplicate")]


def test_a_wrong_cell_is_named_with_row_item_and_advice(check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一", 民族="苗人"))
    (problem,) = queries.problems(upload.batch_id)
    assert (problem.row_no, problem.item, problem.severity, problem.suggestion, problem.value) == (
        2,
        "ethnicity",
        "error",
        "苗族",
        "苗人",
    )


def test_a_suggestion_taken_over_puts_the_row_right(check: Check, county: User) -> None:
    upload = check(files.person(1, 姓名="杨一", 民族="苗人"))
    from taizhang.intake import run

    taken = actions.accept(actor=county, upload_id=upload.pk, row_no=2, item="ethnicity")
    assert taken.state == "checking"
    again = run.check_upload(upload.pk, lambda *_: None)
    assert again.counts == {**NONE, "new": 1}
    assert Submission.objects.count() == 1
    assert submitted.values(Submission.objects.get())["ethnicity"] == "06"


def test_which_of_several_numbers_is_meant_is_not_decided_by_a_click(check: Check, county: User) -> None:
    upload = check(files.person(1, 姓名="杨一", 身份证号="992323198503120010"))
    (problem,) = queries.problems(upload.batch_id)
    assert problem.item == "id_number"
    assert problem.guesses > 1
    with pytest.raises(DomainError) as refused:
        actions.accept(actor=county, upload_id=upload.pk, row_no=2, item="id_number")
    assert refused.value.code == "no_suggestion"


def test_a_village_outside_the_scope_is_refused_by_name(check: Check, county: User, tmp_path: Path) -> None:
    officer = people.township_wei()
    with acting_as(officer):
        upload = service.check_file(
            actor=officer, path=files.write(tmp_path, files.workbook([files.person(1, 姓名="杨一", 乡镇="新桥镇", 村委会="马厂村")])),
            form="mouding-2017", collected_on=AUGUST,
        )  # fmt: skip
        assert upload.counts["error"] == 1
        assert any(item == "hukou_region" for _, item, _ in told(upload))


def test_an_id_of_another_county_is_refused_without_showing_the_person(
    check: Check, county: User, tmp_path: Path
) -> None:
    other = people.county_guzhang()
    with acting_as(other):
        from taizhang.ledger.tests.people import enter as put

        put(
            other,
            {"id_number": files.number(1), "full_name": "田小妹", "hukou_region": "433126100001"},
            programme="guzhang-2020",
            division="433126",
        )
    with acting_as(county):
        upload = check(files.person(1, 姓名="杨一"))
        (problem,) = [one for one in queries.problems(upload.batch_id) if one.rule == "ledger.foreign"]
    assert "古丈县" in problem.message
    assert "田小妹" not in problem.message
    assert upload.counts == {**NONE, "error": 1}


def test_numbers_never_stand_in_clear_in_the_database(check: Check) -> None:
    wrong = files.number(1)[:17] + ("1" if files.number(1)[17] != "1" else "2")
    upload = check(files.person(1, 姓名="杨一", 身份证号=wrong), files.person(2, 姓名="普二", 联系电话="154000003671"))
    assert upload.counts["error"] == 2
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(s)::text FROM ledger_submission s UNION ALL SELECT row_to_json(p)::text FROM ledger_paper p"
            " UNION ALL SELECT row_to_json(u)::text FROM intake_upload u"
        )
        text = " ".join(line[0] for line in cursor.fetchall())
    for number in (wrong, files.number(1), files.number(2), "15400000367", "154000003671"):
        assert number not in text


def test_the_file_lies_sealed(check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    kept = b"".join(part.read_bytes() for part in vault.directory(upload.pk).iterdir())
    assert b"PK\x03\x04" not in kept
    assert vault.get(upload.pk, "file").startswith(b"PK\x03\x04")
    assert (
        vault.directory(upload.pk).stat().st_mode & 0o777,
        (vault.directory(upload.pk) / "file").stat().st_mode & 0o777,
    ) == (0o700, 0o600)


def test_formulas_warn_and_error_cells_are_errors(check: Check) -> None:
    names = list(files.person(1))
    letters = [workbooks.column_letters(n) for n in range(len(names))]

    def cells(row: int, answers: dict[str, str]) -> str:
        found = ""
        for letter, name in zip(letters, names, strict=True):
            value = answers[name]
            if value == "=":
                found += f'<c r="{letter}{row}"><f>2000+2200</f><v>4200</v></c>'
            elif value.startswith("#"):
                found += f'<c r="{letter}{row}" t="e"><v>{value}</v></c>'
            else:
                found += f'<c r="{letter}{row}" t="str"><v>{value}</v></c>'
        return f'<row r="{row}">{found}</row>'

    body = (
        cells(1, {name: name for name in names})
        + cells(2, files.person(1, 姓名="杨一", 月收入="="))
        + cells(3, files.person(2, 姓名="#N/A"))
    )
    upload = check(data=workbooks.sheet_with(body))
    assert told(upload) == [(2, "monthly_wage", "formula"), (3, "full_name", "error_cell")]
    assert upload.counts == {**NONE, "new": 1, "error": 1, "warning": 1}


@pytest.mark.parametrize(("make", "name"), [(workbooks.xls, "七月.xls"), (workbooks.xlsb, "七月.xlsb")])
def test_error_cells_of_older_kinds_are_errors_and_not_empty(
    check: Check, make: Callable[..., bytes], name: str
) -> None:
    good, bad = files.person(1, 姓名="杨一"), files.person(2, 姓名="普二")
    answers = [
        list(good),
        list(good.values()),
        [bad[key] if key != "姓名" else workbooks.ErrorCell(0x2A) for key in bad],
    ]
    upload = check(data=make(answers), name=name)
    assert told(upload) == [(3, "full_name", "error_cell")]
    (problem,) = queries.problems(upload.batch_id)
    assert "错误值 #N/A" in problem.message
    assert upload.counts == {**NONE, "new": 1, "error": 1}


@pytest.mark.parametrize(
    ("names", "rows", "code", "words"),
    [
        (["姓名", "身份证号"], [], "no_rows", "没有一行数据"),
        (["甲", "乙"], [{"甲": "1", "乙": "2"}], "no_header", "没有找到表头"),
        (["姓名", "身份证号"], [{"姓名": "民族", "身份证号": "文化程度"}], "two_headers", "第 1、2 行"),
        (["姓名", "身份证号"], [{"姓名": "杨一", "身份证号": "1"}], "missing_columns", "村委会"),
    ],
)
def test_a_sheet_that_cannot_be_checked_is_refused_and_leaves_nothing(
    check: Check, names: list[str], rows: list[dict[str, str]], code: str, words: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        check(data=files.workbook(rows, names))
    assert refusal.value.code == code
    assert words in refusal.value.message
    assert (Submission.objects.count(), Batch.objects.count()) == (0, 0)
    assert not queries.uploads_visible_to(people.county_li()).exists()


def test_merged_cells_among_the_people_are_refused(check: Check) -> None:
    import io

    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(files.workbook([files.person(1), files.person(2)])))
    book.active.merge_cells("A2:A3")
    with pytest.raises(DomainError) as refusal:
        check(data=files.saved(book))
    assert (refusal.value.code, "A2:A3" in refusal.value.message) == ("merged_cells", True)


def test_a_merged_title_above_the_header_does_no_harm(check: Check) -> None:
    import io

    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(files.workbook([files.person(1, 姓名="杨一")])))
    book.active.insert_rows(1)
    book.active["A1"] = "牟定县农村劳动力转移就业采集表"
    book.active.merge_cells("A1:H1")
    assert check(data=files.saved(book)).counts == {**NONE, "new": 1}


def test_a_reader_may_not_bring_files(check: Check, tmp_path: Path) -> None:
    partner = people.partner_zhou()
    with acting_as(partner), pytest.raises(NotAllowed) as refusal:
        service.check_file(
            actor=partner, path=files.write(tmp_path, files.workbook([files.person(1)])), form="mouding-2017"
        )
    assert refusal.value.code == "read_only"


def test_an_unknown_form_names_the_known_ones(check: Check) -> None:
    with pytest.raises(DomainError) as refusal:
        check(files.person(1), form="nowhere-2020")
    assert "mouding-2017" in refusal.value.message


def test_checking_twice_leaves_one_batch(check: Check, county: User) -> None:
    from taizhang.intake import run

    upload = check(files.person(1, 姓名="杨一"), files.person(2, 姓名="普二"))
    actions.prepare_check(actor=county, upload_id=upload.pk)
    run.check_upload(upload.pk, lambda *_: None)
    assert (Batch.objects.count(), Submission.objects.count()) == (1, 2)


def test_discarding_leaves_nothing_of_a_file(
    check: Check, county: User, django_capture_on_commit_callbacks: object
) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        actions.discard(actor=county, upload_id=upload.pk)
    assert (Batch.objects.count(), Submission.objects.count(), vault.directory(upload.pk).exists()) == (0, 0, False)


def test_another_officer_sees_the_file_but_cannot_submit_it(check: Check) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    colleague = people.county_zhao()
    with pytest.raises(NotAllowed) as refusal:
        actions.submit(actor=colleague, upload_id=upload.pk)
    assert refusal.value.code == "not_yours"


def test_a_batch_in_the_ledger_can_be_undone_and_says_which_rows_cannot(check: Check, county: User) -> None:
    first = check(files.person(1, 姓名="杨一"), files.person(2, 姓名="普二"))
    actions.submit(actor=county, upload_id=first.pk)
    enter(county, first)
    enter(county, check(files.person(2, 姓名="普二", 月收入="5100")))
    outcome = actions.undo(actor=county, upload_id=first.pk, reason="传错了文件")
    assert outcome.refused == [3]
    assert list(Worker.objects.filter(retired_by=None).values_list("full_name", flat=True)) == ["普二"]


def test_a_submitted_batch_that_still_waits_is_withdrawn(check: Check, county: User) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    _, decided = actions.submit(actor=county, upload_id=upload.pk)
    assert decided.done == 1
    assert Submission.objects.get().state == "submitted"
    actions.undo(actor=county, upload_id=upload.pk, reason="传错了文件")
    assert Submission.objects.get().state == "withdrawn"
