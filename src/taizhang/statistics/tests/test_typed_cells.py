"""Cells filled in by hand: who may, what they add up to, what a seal makes of them, and that nothing typed is lost."""

import csv
import datetime as dt
import io
import json
import re
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError, ProgrammingError
from django.test import Client

from taizhang import catalogue
from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.protection.models import AuditEntry
from taizhang.review import periods
from taizhang.review.periodstates import Verb
from taizhang.statistics import (
    actions,
    attesting,
    certifying,
    handcells,
    handwriting,
    layout,
    pages,
    proving,
    seals,
    tables,
)
from taizhang.statistics.models import TypedCell
from taizhang.statistics.pages import Question
from taizhang.statistics.tests import closing, counties, population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, JUNTUN, MACHANG, TIANTAI, XINQIAO

C4, C5, C7 = "mouding-2017/C4", "mouding-2017/C5", "guzhang-2020/C7"
MONTH, TOTAL, STARTED = "column_2", "column_3", "column_18"  # C4: 培训本月, 培训累计, 带动就业
NOTE, HOURS = "column_26", "column_21"  # C5: 备注; C7: 72小时按时率
BACKEND = "django.contrib.auth.backends.ModelBackend"
ROWS = (COUNTY, GONGHE, XINQIAO, TIANTAI, JUNTUN, MACHANG)


def type_in(user, cells, division=COUNTY, table=C4, day=DAY):
    """cells: (code, column) -> text, all of them empty when the page was opened, or -> (shown, text)."""
    texts = {cell: text if isinstance(text, tuple) else ("", text) for cell, text in cells.items()}
    with acting_as(user):
        return handwriting.save(actor=user, question=Question(table, division, day), rows=ROWS, texts=texts)


def read(table=C4, division=COUNTY, day=DAY, **more):
    return tables.compute(*table.split("/"), division, day, **more)


def client_of(user):
    found = Client()
    found.force_login(user, BACKEND)
    return found


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def wei(db):
    population.load_people()
    return cast.township_wei()


@pytest.fixture
def mo(wei):
    return cast.township_mo()


@pytest.fixture
def li(wei):
    with acting_for([COUNTY]):
        yield cast.county_li()


# -- what it adds up to --------------------------------------------------------------------------------------------


def test_villages_add_up_to_towns_and_towns_to_the_county(li, wei, mo):
    type_in(wei, {(TIANTAI, MONTH): "12", (JUNTUN, MONTH): "8"}, GONGHE)
    type_in(mo, {(XINQIAO, MONTH): "30"}, XINQIAO)
    cells = read().cells
    assert [cells[code][MONTH] for code in (TIANTAI, JUNTUN, GONGHE, XINQIAO, COUNTY)] == [12, 8, 20, 30, 50]
    assert cells[MACHANG][MONTH] is None  # blank is not 0


def test_who_types_at_a_level_speaks_for_it_until_it_is_emptied(li, wei):
    type_in(wei, {(TIANTAI, MONTH): "12", (GONGHE, MONTH): "15"}, GONGHE)
    hand = read().hands[GONGHE, MONTH]
    assert (hand.number, hand.own.number, hand.below) == (15, 15, 12)
    assert read().cells[COUNTY][MONTH] == 15
    type_in(wei, {(GONGHE, MONTH): ("15", "")}, GONGHE)
    assert read().cells[GONGHE][MONTH] == read().cells[COUNTY][MONTH] == 12


def test_a_sum_that_lacks_somebody_says_whom(li, wei, mo):
    type_in(wei, {(GONGHE, MONTH): "0"}, GONGHE)
    result = read()
    assert result.cells[COUNTY][MONTH] == 0  # a typed 0 is a number
    assert [row.name for row in result.unfilled(COUNTY, MONTH)] == ["新桥镇"]
    assert result.unfilled_notes == ["第2栏的合计是已填各单位相加，没有填的：新桥镇"]
    type_in(mo, {(XINQIAO, MONTH): "4"}, XINQIAO)
    assert read().unfilled_notes == []


def test_a_formula_and_its_change_read_typed_numbers_and_stay_blank_without(li, wei):
    assert read().cells[COUNTY]["column_4"] is None
    type_in(wei, {(GONGHE, TOTAL): "1580"}, GONGHE)
    type_in(wei, {(GONGHE, TOTAL): "1264"}, GONGHE, day=dt.date(2017, 7, 20))
    now, before = read(), read(day=dt.date(2017, 7, 20))
    assert now.cells[COUNTY]["column_4"] == Decimal("10.0")  # 1,580 of 15,800
    assert now.cells[GONGHE]["column_4"] is None  # no target of its own
    assert now.violations == ()
    change = now.change(before, COUNTY, TOTAL)
    assert (change.difference, change.percent) == (316, Decimal("25.0"))


def test_a_check_over_typed_columns_fails_and_keeps_silent_over_blanks(li, wei, monkeypatch):
    settings = catalogue.load().programmes["mouding-2017"]
    stricter = settings.tables["C4"].model_copy(update={"checks": ("2 <= 3",)})
    monkeypatch.setitem(settings.tables, "C4", stricter)
    type_in(wei, {(TIANTAI, MONTH): "9", (GONGHE, MONTH): "9", (GONGHE, TOTAL): "5"}, GONGHE)
    assert [(v.code, v.left, v.right) for v in read().violations] == [(GONGHE, 9, 5), (COUNTY, 9, 5)]


def test_a_rate_is_typed_at_each_level_and_never_summed(db):
    county = cast.county_guzhang()
    population_of_guzhang()
    day, town = dt.date(2020, 10, 20), "433126100"
    question = Question(C7, "433126", day)
    with acting_as(county):
        handwriting.save(actor=county, question=question, rows=(town,), texts={(town, HOURS): ("", "95.5%")})
        result = read(C7, "433126", day)
        assert (result.cells[town][HOURS], result.cells["433126"][HOURS]) == (Decimal("95.5"), None)
        handwriting.save(actor=county, question=question, rows=("433126",), texts={("433126", HOURS): ("", "97")})
        assert read(C7, "433126", day).cells["433126"][HOURS] == Decimal("97.0")


def population_of_guzhang():
    county = counties.open_county("433126")
    counties.bring(county, "guzhang-2020", "433126", dt.date(2020, 10, 20), counties.person("石一", "433126100201"))


def test_words_stand_where_they_were_typed(li, wei):
    type_in(wei, {(GONGHE, NOTE): "  零就业家庭\n本季清零 "}, GONGHE, table=C5)
    result = read(C5)
    assert result.said(GONGHE, NOTE) == "零就业家庭 本季清零"
    assert result.said(COUNTY, NOTE) is None
    assert result.change(result, GONGHE, NOTE) is None


# -- what may be typed, by whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "typed", "kept"),
    [(3, "１２", 12), (3, " 1,200 ", 1200), (3, "12 人次", 12), (3, "0", 0), (21, "66.7％", Decimal("66.7"))],
)
def test_forgiving_input(column, typed, kept):
    assert handwriting.read(leaf(column), typed) == kept


@pytest.mark.parametrize(
    ("column", "typed", "says"),
    [
        (3, "十二", "“十二”不是数，请只填数字，如 12。"),
        (3, "-1", "不能是负数。"),
        (3, "－1", "不能是负数。"),
        (3, "1.5", "请填整数。"),
        (3, "100000000", "数太大了，请核对；最多填到 99999999。"),
        (3, "1e400", "数太大了，请核对；最多填到 99999999。"),
        (3, "NaN", "“NaN”不是数，请只填数字，如 12。"),
        (21, "100.1", "百分率不能超过 100。"),
        (21, "66.67", "最多 1 位小数。"),
        (26, "字" * 201, "最多写 200 个字，现在有 201 个。"),
        (26, "联系人 15400000367", "这里不能写身份证号和手机号：统计表会往外报。写姓名或所在的村即可。"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(column, typed, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        handwriting.read(leaf(column), typed)


def leaf(number):
    programme, table = {3: (C4, MONTH), 21: (C7, HOURS), 26: (C5, NOTE)}[number]
    return layout.columns(actions.find(programme)[1])[table]


def test_one_mistake_keeps_nothing(li, wei):
    with pytest.raises(handwriting.Mistakes) as refused:
        type_in(wei, {(TIANTAI, MONTH): "5", (JUNTUN, MONTH): "五"}, GONGHE)
    assert list(refused.value.cells) == [(JUNTUN, MONTH)]
    assert not TypedCell.objects.exists()
    assert not AuditEntry.objects.filter(action="table.typed").exists()


@pytest.mark.parametrize("who", [cast.collector_lan, cast.city_chuxiong, cast.province_yunnan, cast.partner_zhou])
def test_others_read_only(wei, who):
    user = who()
    with pytest.raises(NotAllowed, match="wrong_role"):
        type_in(user, {(TIANTAI, MONTH): "1"}, user.scopes[0])


def test_a_neighbour_neither_writes_nor_reads(wei, mo):
    with pytest.raises(NotFound):
        type_in(mo, {(GONGHE, MONTH): "1"}, GONGHE)
    with acting_as(mo), pytest.raises(NotFound):  # a row that is not the division's
        handwriting.save(
            actor=mo, question=Question(C4, XINQIAO, DAY), rows=(XINQIAO,), texts={(GONGHE, MONTH): ("", "1")}
        )
    type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    with acting_as(mo):
        assert not TypedCell.objects.exists()  # the second wall
        assert read(division=XINQIAO).cells[XINQIAO][MONTH] is None
    with acting_as(cast.county_guzhang()):
        assert not TypedCell.objects.exists()
        row = TypedCell(programme="mouding-2017", table="C4", column=MONTH, month="2017-08", division=GONGHE, value=1)
        row.written_by = wei
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            row.save()


def test_rows_are_only_added(li, wei):
    type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    for change in ("UPDATE statistics_typedcell SET value = 8", "DELETE FROM statistics_typedcell"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)


def test_each_save_is_in_the_audit_without_its_values(li, wei):
    assert type_in(wei, {(GONGHE, MONTH): "7", (GONGHE, TOTAL): "9"}, GONGHE).changed == 2
    assert type_in(wei, {(GONGHE, MONTH): ("7", "7")}, GONGHE).changed == 0
    (entry,) = AuditEntry.objects.filter(action="table.typed")
    assert (entry.actor, entry.subject) == (wei.pk, GONGHE)
    assert entry.detail == {"table": C4, "period": "2017-08", "cells": 2}


def test_of_two_writers_the_later_counts_and_the_history_has_both(li, wei):
    type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    saved = type_in(li, {(GONGHE, MONTH): "9", (XINQIAO, MONTH): ""})  # both had opened the empty sheet
    assert saved.crossed == ((GONGHE, MONTH),)
    assert read().cells[GONGHE][MONTH] == 9
    settings, table = actions.find(C4)
    found = handcells.history(settings, table, GONGHE, MONTH, DAY)
    assert [(one.number, one.by) for one in found] == [(9, "李文静"), (7, "魏明")]


def test_what_was_not_touched_overwrites_nobody(li, wei):
    type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    type_in(li, {(GONGHE, MONTH): "", (COUNTY, STARTED): "3"})  # Li's sheet still shows an empty cell
    assert read().cells[GONGHE][MONTH] == 7


def test_another_month_is_another_sheet(li, wei):
    type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    assert read(day=dt.date(2017, 8, 31)).cells[GONGHE][MONTH] == 7
    assert read(day=dt.date(2017, 9, 1)).cells[GONGHE][MONTH] is None


# -- pages ---------------------------------------------------------------------------------------------------------

SHEET = f"/tables/{C4}/hand/"
ASKED = {"division": GONGHE, "as_of": "2017-08-20"}


def send(client, cells, **more):
    fields = {f"v.{code}.{column}": value for (code, column), value in cells.items()}
    return client.post(SHEET, ASKED | more | fields)


def test_the_sheet_has_a_line_per_village_and_the_notices_heads(wei):
    page = client_of(wei).get(SHEET, ASKED)
    assert "培训 · 本月 第 2 栏，人次" in text(page)
    assert "天台村民委员会" in text(page)
    assert "全乡镇本级" in text(page)
    assert len(re.findall(r'<input id="c-', page.content.decode())) == 3 * 3  # two villages and the town, three columns


def test_what_is_typed_shows_on_the_table_and_opens_to_its_author(wei):
    client = client_of(wei)
    answer = send(client, {(TIANTAI, MONTH): "12", (JUNTUN, MONTH): "8"})
    assert (answer.status_code, answer["Location"]) == (302, f"{SHEET}?division={GONGHE}&as_of=2017-08-20")
    assert "存了 2 格。" in text(client.get(answer["Location"]))
    page = client.get(f"/tables/{C4}/", ASKED)
    assert f'href="{SHEET}?division={GONGHE}&amp;as_of=2017-08-20"' in page.content.decode()
    assert 'title="手填：下级已填的相加"' in page.content.decode()
    panel = text(client.get(f"/tables/{C4}/", ASKED | {"cell": f"{GONGHE}.{MONTH}"}))
    assert "共和镇，培训 · 本月 20 人次" in panel
    assert re.search(r"天台村民委员会 12 魏明 \d{4}年", panel)
    assert "魏明 共和镇人民政府 20" in text(client.get(f"/tables/{C4}/", ASKED | {"cell": f"{TIANTAI}.{MONTH}"}))
    assert client.get(f"/tables/{C4}/", ASKED | {"cell": f"{GONGHE}.{STARTED}"}).status_code == 404  # nobody typed


def test_a_mistake_comes_back_with_everything_as_it_was_typed(wei):
    answer = send(client_of(wei), {(TIANTAI, MONTH): "十二", (JUNTUN, MONTH): "8"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "天台村民委员会，培训 · 本月：“十二”不是数，请只填数字，如 12。" in text(answer)
    assert 'value="十二"' in page
    assert 'value="8"' in page
    assert 'aria-invalid="true"' in page


def test_the_sheet_is_for_reviewers_in_their_own_divisions(wei, mo):
    for who in (cast.collector_lan, cast.city_chuxiong, cast.partner_zhou, cast.system_admin):
        assert client_of(who()).get(SHEET, ASKED).status_code == 403
    for who in (mo, cast.county_guzhang()):
        assert client_of(who).get(SHEET, ASKED).status_code == 404
        assert send(client_of(who), {(GONGHE, MONTH): "1"}).status_code == 404
    assert client_of(wei).get("/tables/mouding-2017/C3/hand/", ASKED).status_code == 404  # nothing to type there
    assert send(client_of(wei), {("nonsense", MONTH): "1"}).status_code == 404
    assert "填写手工栏" not in text(client_of(cast.partner_zhou()).get(f"/tables/{C4}/", ASKED))


def test_the_pages_cache_notices_what_was_typed(li, wei):
    question = Question(C4, COUNTY, DAY)
    assert pages.result_of(question).cells[COUNTY][MONTH] is None
    type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    assert pages.result_of(question).cells[COUNTY][MONTH] == 7


# -- files ---------------------------------------------------------------------------------------------------------


def test_files_hold_numbers_words_and_whose_are_missing(li, wei):
    type_in(wei, {(GONGHE, "column_2"): "300", (GONGHE, NOTE): "=已核对"}, GONGHE, table=C5)
    book = openpyxl.load_workbook(io.BytesIO(actions.render(C5, COUNTY, DAY, "xlsx")))
    rows = list(book.worksheets[0].values)
    town, total = (next(row for row in rows if row[0] == name) for name in ("共和镇", "合计"))
    assert (town[2], town[26], total[2], total[26], town[23]) == (300, "=已核对", 300, None, None)
    notes = [cell for row in rows for cell in row if isinstance(cell, str)]
    assert any("第2栏的合计是已填各单位相加，没有填的：新桥镇。" in note for note in notes)
    data = json.loads(actions.render(C5, COUNTY, DAY, "json"))
    assert (data["cells"][GONGHE]["column_2"], data["cells"][GONGHE][NOTE]) == (300, "=已核对")
    assert [one["by_hand"] for one in data["columns"] if "by_hand" in one] == ["sum"] * 4 + ["text"]
    lines = list(csv.reader(io.StringIO(actions.render(C5, COUNTY, DAY, "csv").decode("utf-8-sig"))))
    assert [line[27] for line in lines if line[1] == "共和镇"] == ["'=已核对"]


def test_the_paper_prints_typed_cells_and_leaves_the_others_blank(li, wei, monkeypatch):
    from taizhang.statistics import paper

    type_in(wei, {(GONGHE, MONTH): "1200"}, GONGHE)
    drawn = []
    monkeypatch.setattr(paper.typeset, "pdf", lambda *told: drawn.append(told[-1]) or b"")
    actions.render(C4, COUNTY, DAY, "pdf")
    town = next(row for row in drawn[0]["rows"] if row["cells"][0]["text"] == "共和镇")
    assert [cell["text"] for cell in town["cells"][2:4]] == ["1,200", ""]


def test_a_file_proves_its_typed_cells_and_leaves_blank_columns_to_the_pen(li, wei):
    type_in(wei, {(GONGHE, NOTE): "已核对", (GONGHE, "column_2"): "300"}, GONGHE, table=C5)
    for format in ("xlsx", "json"):
        assert attesting.check(actions.render(C5, COUNTY, DAY, format)).faults == []
    book = openpyxl.load_workbook(io.BytesIO(actions.render(C5, COUNTY, DAY, "xlsx")))
    sheet = book.worksheets[0]
    line = next(row for row in sheet if row[0].value == "共和镇")
    line[23].value = 4  # 零就业户数, blank for everybody: filled in afterwards
    assert attesting.check(saved(book)).faults == []
    line[2].value = 301
    assert attesting.check(saved(book)).faults == ["共和镇的“column_2”：文件里是 301.0，签名时是 300。"]
    line[2].value, line[26].value = 300, "没有核对"
    assert attesting.check(saved(book)).faults == [f"共和镇的“{NOTE}”：文件里是 没有核对，签名时是 已核对。"]


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# -- seals ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(own_database):
    """牟定 in August 2017, a number typed, then sealed; everything committed: seals are about moments."""
    population.load_tree()
    li = closing.population()
    old = render(li)
    type_in(cast.township_wei(), {(GONGHE, TOTAL): "1580"}, GONGHE)
    return li, closing.sealed(li), old


def render(li, known="now"):
    with acting_as(li):
        return actions.render(C4, COUNTY, DAY, "json", actor=li, known=known)


def test_a_sealed_month_refuses_and_keeps_its_numbers(closed):
    _, seal, old = closed
    wei = cast.township_wei()
    assert seals.tables(seal)["C4"][COUNTY][TOTAL] == "1580"
    with pytest.raises(DomainError, match="sealed") as refused:
        type_in(wei, {(GONGHE, TOTAL): ("1580", "1600")}, GONGHE)
    assert refused.value.message.startswith("2017年8月已经封账，手工栏不能再改。")
    page = send(client_of(wei), {(GONGHE, TOTAL): "1600"})
    assert (page.status_code, "没有存成 2017年8月已经封账" in text(page), 'value="1600"' in page.content.decode()) == (
        409, True, True,
    )  # fmt: skip
    assert "readonly" in client_of(wei).get(SHEET, ASKED).content.decode()
    type_in(wei, {(GONGHE, TOTAL): "20"}, GONGHE, day=dt.date(2017, 9, 20))  # the next month is open
    assert attesting.check(old).faults == []  # a file from before the first typing still proves itself


def test_reopened_it_changes_what_is_known_now_and_the_next_seal(closed):
    li, _, _ = closed
    with acting_as(li):
        before = certifying.certify(actor=li, programme_table=C4, division=COUNTY, as_of=DAY)
    sealed = render(li, "then")
    city = cast.city_chuxiong()
    with acting_as(city):
        periods.move(
            actor=city, verb=Verb.REOPEN, programme="mouding-2017", period="2017-08", division=COUNTY, reason="累计报错"
        )
    type_in(cast.township_wei(), {(GONGHE, TOTAL): ("1580", "1600")}, GONGHE)
    with acting_as(li):
        assert [read(known=known).cells[COUNTY][TOTAL] for known in ("then", "now")] == [1580, 1600]
        after = certifying.certify(actor=li, programme_table=C4, division=COUNTY, as_of=DAY)
    assert before.holds
    assert after.holds
    said = json.loads(before.statement)
    assert said["cells"][GONGHE][TOTAL] == "1580"
    assert TOTAL in said["columns"]
    assert attesting.check(sealed).faults == []
    page = text(client_of(li).get("/tables/periods/mouding-2017/2017-08/adjustments/", {"division": COUNTY}))
    assert "培训 · 累计 牟定县共和镇 1580 1600 魏明" in page
    with acting_as(li):
        assert proving.check_all() == []


def test_who_began_before_the_cut_does_not_write_behind_it(wei):
    """Recorded as of then, it would belong to a seal that never saw it."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO statistics_cut (county, at) VALUES (%s, clock_timestamp())", [COUNTY])
    with pytest.raises(OperationalError) as refused, transaction.atomic():
        type_in(wei, {(GONGHE, MONTH): "7"}, GONGHE)
    assert refused.value.__cause__.sqlstate == "40001"


def test_verify_finds_a_typed_row_that_was_changed_behind_the_door(closed):
    with connection.cursor() as cursor:  # the application may not
        cursor.execute("SET ROLE NONE")
        cursor.execute("UPDATE statistics_typedcell SET value = 1 WHERE value = 1580")
        cursor.execute("SET ROLE taizhang_app")
    with acting_for([COUNTY]):
        assert [problem.code for problem in proving.check_all()] == ["seal_typed"]
