"""一人一表 on paper: literal text read back, pages, QR codes read from the drawn page, who gets whose."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any
from uuid import UUID, uuid4

import pypdf
import pytest
import zxingcpp
from django.db import DatabaseError, connection, transaction
from django.test import Client
from PIL import Image

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import paper, sheets
from taizhang.collecting.models import Sheet
from taizhang.collecting.tests.test_points import point
from taizhang.collecting.tests.test_rounds import current, ids, li
from taizhang.engine import typeset
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.models import Progress
from taizhang.ledger import paper as layout
from taizhang.ledger import webedit
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, number, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry

__all__ = ["li"]
PAPERS = "/collecting/papers/"
LONG = "阿布都热合曼·买买提吐尔逊江·乌斯曼·艾合买提·托合提·依明·阿卜杜拉·热依木江"[:40]


def reader(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def told(page: pypdf.PageObject) -> str:
    return "".join(page.extract_text().split())


def drawn(user: User, wanted: paper.Order) -> list[bytes]:
    """The pages as a printer would have them."""
    words, _ = webedit.form_of(user)
    return typeset.pictures("taizhang.collecting", "form", paper.data_of(user, wanted, words, "李文静"))


def codes(picture: bytes) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


def test_the_form_is_printed_with_the_ledgers_values_ticks_and_signatures(li: User) -> None:
    with acting_as(li):
        content = paper.make(actor=li, wanted=paper.of_person(li, ids("罗小梅")[0]))
        name = current(li).name
    (page, *rest) = reader(content).pages
    assert rest == []
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    text = told(page)
    masked = number()[:6] + "********" + number()[-4:]
    for words in (
        "牟定县共和镇天台村民委员会", "罗小梅", masked, "被采集人（户主）签字：", "采集人签字：", "日期：",
        "第1页，共1页", f"{name}核实", "李文静", "导出", "□男", "√□女",
    ):  # fmt: skip
        assert words in text, words
    assert "√□男" not in text
    assert number() not in text


def test_everybody_of_a_village_has_a_page_and_a_code_that_says_nothing_of_them(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        wanted = paper.of_village(lan, TIANTAI)
        pages = drawn(lan, wanted)
        found = {one.pk: one for one in Sheet.objects.all()}
        read = [sheets.read(text) for page in pages for text in codes(page)]
        assert len(pages) == 2  # 周大, who died, needs none
        assert {found[one].worker_id for one in read} == set(ids("罗小梅", "普秀英"))
        one = found[read[0]]
        assert (one.division, one.programme, one.round, one.by) == (TIANTAI, "mouding-2017", current(lan), lan)
        text = sheets.text_of(one.pk)
        assert len(text) == 37
        assert number() not in text
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE collecting_sheet SET programme = 'x'")
    with acting_as(cast.township_mo()):
        assert not Sheet.objects.exists()


def test_a_code_somebody_made_up_is_told_from_ours() -> None:
    ours = sheets.text_of(uuid4())
    assert sheets.text_of(sheets.read(ours)) == ours
    forged = [ours[:-1] + ("A" if ours[-1] != "A" else "B"), ours[:3] + ("A" if ours[3] != "A" else "B") + ours[4:]]
    strange = ["", "https://example.org/", ours[:-1], ours + "A", "TZ2" + ours[3:], "TZ1" + "阿" * 34, "TZ1" + "1" * 34]
    for text, code in [*((one, "forged") for one in forged), *((one, "other_code") for one in strange)]:
        with pytest.raises(DomainError) as refused:
            sheets.read(text)
        assert refused.value.code == code, text


def test_names_of_forty_signs_and_rare_ones_are_printed_whole(li: User) -> None:
    assert len(LONG) == 40
    with acting_as(li):
        enter(
            li,
            person(31, full_name=LONG, birth_date=dt.date(1991, 1, 1)),
            person(32, full_name="𠮷㐂", birth_date=dt.date(1992, 1, 1)),
        )
        for name in (LONG, "𠮷㐂"):
            content = paper.make(actor=li, wanted=paper.of_person(li, ids(name)[0]))
            (page,) = reader(content).pages
            assert name in told(page)
            assert outlines(page)  # U42: a glyph of a font that has it, not a box


def outlines(page: pypdf.PageObject) -> bool:
    """Whether every font of a page is embedded, and none of its codes shows the box for what is missing (glyph 0)."""
    for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
        inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        if not any(key in inner for key in ("/FontFile2", "/FontFile3")):
            return False
    return b"<0000>" not in page.get_contents().get_data()  # type: ignore[union-attr]


@pytest.mark.parametrize("programme", sorted(catalogue.load().programmes))
def test_every_programmes_form_is_filled_by_one_statement(li: User, programme: str) -> None:
    loaded = catalogue.load()
    words = Lexicon(loaded, loaded.programmes[programme])
    groups = layout.layout(words)
    cells = [cell.item for group in groups for cell in group.cells]
    assert words.programme
    assert words.programme.form
    assert cells == [one.item for section in words.programme.form.sections for one in section.items]
    with acting_as(li):
        (_, luo) = layout.answers(ids("罗小梅", "周大"), groups, words)
    assert len(luo.cells) == len(cells)
    assert luo.cells[cells.index("full_name")] == "罗小梅"
    assert luo.cells[cells.index("id_number")].endswith(number()[-4:])


def test_a_household_a_point_and_a_foreign_village(li: User) -> None:
    with acting_as(li):
        enter(
            li,
            person(21, full_name="户一", birth_date=dt.date(1981, 1, 1), household_no="0007"),
            person(22, full_name="户二", birth_date=dt.date(1982, 1, 1), household_no="0007"),
            person(23, full_name="别村", birth_date=dt.date(1983, 1, 1), household_no="0007", hukou_region=JUNTUN),
        )
        assert set(paper.of_household(li, ids("户一")[0]).ids) == {str(one) for one in ids("户一", "户二")}
        with pytest.raises(DomainError, match="no_household"):
            paper.of_household(li, ids("罗小梅")[0])
        found = point(li, "天台采集点", TIANTAI)
        assert len(paper.of_point(li, found.pk).ids) == 4
        died = paper.of_person(li, ids("周大")[0])
        assert len(died.ids) == 1  # asked for by himself
    mo = cast.township_mo()
    with acting_as(mo):
        for ask in (
            lambda: paper.of_village(mo, TIANTAI), lambda: paper.of_person(mo, UUID(died.ids[0])),
            lambda: paper.of_household(mo, UUID(died.ids[0])), lambda: paper.of_point(mo, found.pk),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                ask()
    with acting_as(mo), pytest.raises(DomainError):
        paper.make(actor=mo, wanted=died)  # an order of somebody else's
    with pytest.raises(DomainError, match="nobody"):
        paper.check(paper.Order("", "", (), ()))
    with pytest.raises(DomainError, match="too_many_people"):
        paper.check(paper.Order("", "", ("x",) * (paper.MOST + 1), ()))


def test_the_page_chooses_a_village_and_gives_the_file(client: Client, li: User) -> None:
    sign_in(client, cast.collector_lan())
    page = client.get(PAPERS).content.decode()
    assert f"?division={TIANTAI}" in page
    assert f"?division={JUNTUN}" in page
    page = client.get(PAPERS, {"division": TIANTAI}).content.decode()
    assert "做 2 份 PDF" in page
    response = client.post(PAPERS, {"division": TIANTAI})
    assert response.headers["Content-Type"] == "application/pdf"
    assert len(reader(response.content).pages) == 2
    entry = AuditEntry.objects.filter(action="table.exported").latest("seq")
    assert (entry.detail["kind"], entry.detail["people"], entry.detail["division"]) == ("paper", 2, TIANTAI)
    assert client.post(PAPERS).status_code == 422
    with acting_as(li):
        (luo,) = ids("罗小梅")
    assert f"{PAPERS}?person={luo}" in client.get(f"/collecting/people/{luo}/pictures/").content.decode()
    sign_in(client, cast.township_mo())
    assert client.post(PAPERS, {"division": TIANTAI}).status_code == 404
    assert client.get(PAPERS, {"person": luo}).status_code == 404
    sign_in(client, cast.county_li())
    assert "先选乡镇" in client.get(PAPERS).content.decode()
    assert "军屯" in client.get(PAPERS, {"division": "532323101"}).content.decode()
    for other in (cast.city_chuxiong(), cast.partner_zhou()):
        sign_in(client, other)
        assert client.get(PAPERS).status_code == 403


def test_many_forms_are_made_by_a_job_for_who_asked(client: Client, li: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(paper, "AT_ONCE", 1)  # so that Typst runs in a process of its own, too
    lan = sign_in(client, cast.collector_lan())
    response = client.post(PAPERS, {"division": TIANTAI})
    task = Progress.objects.get(owner=lan)
    assert response.headers["Location"] == f"/tasks/{task.pk}/"
    with acting_as(lan):
        key = paper.keep(paper.of_village(lan, TIANTAI))
        assert client.get(f"{PAPERS}{key}/file/").status_code == 404
        assert "还在做" in client.get(f"{PAPERS}{key}/").content.decode()
        paper.carry_out(actor=lan, key=key)
        paper.carry_out(actor=lan, key=key)
        assert Sheet.objects.count() == 2  # the second time found it made
    assert "下载 2 份" in client.get(f"{PAPERS}{key}/").content.decode()
    assert len(reader(client.get(f"{PAPERS}{key}/file/").content).pages) == 2
    sign_in(client, cast.township_wei())
    assert client.get(f"{PAPERS}{key}/file/").status_code == 404
