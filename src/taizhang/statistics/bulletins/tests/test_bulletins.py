"""A bulletin from a sealed month: drawn up once, its figures those that were sealed, frozen once issued."""

import io
import json
import os
import re
from urllib.parse import unquote

import docx
import pytest
from django.db import InternalError, ProgrammingError, connection, transaction
from pypdf import PdfReader

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.engine.models import Progress
from taizhang.ledger import peoplesets
from taizhang.ledger.tests.people import enter
from taizhang.protection.models import AuditEntry
from taizhang.statistics.bulletins import actions, gathering, layouts, papers, queries
from taizhang.statistics.bulletins.models import Bulletin, Issue
from taizhang.statistics.bulletins.opening import Opening, Piece
from taizhang.statistics.tests import closing
from taizhang.statistics.tests.closing import AUGUST, MOUDING
from taizhang.statistics.tests.population import COUNTY

pytestmark = pytest.mark.django_db


def draw(actor, kind="month", period=AUGUST) -> Bulletin:
    with acting_as(actor):
        return actions.draw_up(actor=actor, asked=gathering.order(actor, kind, MOUDING, COUNTY, period))


@pytest.fixture
def li(db):
    """牟定县, with four people: three in 共和镇, one in 新桥镇."""
    cast.load_divisions()
    return closing.population()


@pytest.fixture
def sealed(li):
    closing.sealed(li)
    return draw(li, "progress")


def figures(row: Bulletin) -> dict[str, str]:
    return {one["name"]: one["value"] for one in json.loads(row.content)["figures"]}


def test_before_the_seal_there_is_a_draft_that_cannot_be_issued(li):
    row = draw(li)
    assert not row.sealed
    assert figures(row)["农村劳动力资源总数"] == "4"
    with pytest.raises(DomainError, match="not_sealed"):
        actions.issue(actor=li, row=row, paper="牟人社通〔2017〕8号")


def test_a_sealed_bulletin_says_what_was_sealed_whatever_comes_later(li, sealed):
    with acting_as(li):
        enter(li, closing.worker(15))  # known only now, true since March
    assert (draw(li, "progress").pk, sealed.sealed) == (sealed.pk, True)
    # 11, 12 and 14 work away, 13 does not
    assert figures(draw(li))["农村劳动力资源总数"] == "4"
    assert figures(draw(li))["转移就业率"] == "75.0"


def test_the_same_asked_twice_is_computed_once(li, sealed, monkeypatch):
    monkeypatch.setattr(gathering, "facts", None)  # would break
    assert draw(li, "progress").pk == sealed.pk
    assert draw(cast.county_zhao(), "progress").pk == sealed.pk
    with acting_as(li):
        assert Bulletin.objects.count() == 1


def test_towns_are_marked_by_what_they_handed_up(sealed):
    """The towns handed up long after 20 August 2017: nothing was there when it was due."""
    scores = {one["name"]: one for one in json.loads(sealed.content)["scores"]}
    assert set(scores) == {"共和镇", "新桥镇"}
    # timely 0, complete 0 of 3 (no education), nothing decided by review: (40 x 0 + 30 x 0) / 70
    assert [scores["共和镇"][key] for key in ("timely", "complete", "accurate", "total")] == ["0.0", "0.0", None, "0.0"]
    assert [one["name"] for one in json.loads(sealed.content)["talk"]] == ["共和镇", "新桥镇"]


def test_the_files_hold_the_sentences_and_a_chinese_font(sealed):
    sentence = json.loads(sealed.content)["sentences"]["figures"][0]
    paper = docx.Document(io.BytesIO(actions.file(sealed, papers.DOCX)))
    told = [paragraph.text for paragraph in paper.paragraphs]
    assert told[0] == sealed.title == "牟定县农村劳动力转移就业信息台账进度通报（2017年8月）"
    assert sentence in told
    assert [cell.text for cell in paper.tables[0].rows[1].cells] == ["农村劳动力资源总数", "人", "4"]
    pdf = PdfReader(io.BytesIO(actions.file(sealed, papers.PDF)))
    plain = "".join(page.extract_text() for page in pdf.pages)
    assert sentence[:12] in re.sub(r"\s", "", plain)
    assert b"FontFile" in actions.file(sealed, papers.PDF) or any("/Font" in page["/Resources"] for page in pdf.pages)


def test_once_issued_neither_row_nor_file_can_change(li, sealed):
    with acting_as(li):
        made = actions.issue(actor=li, row=sealed, paper=" 牟人社通〔2017〕8号 ")
    assert made.paper == "牟人社通〔2017〕8号"
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.subject) == ("bulletin.issued", str(sealed.pk))
    assert actions.intact(sealed, made)
    for text in ("UPDATE bulletins_bulletin SET title = 'x'", "DELETE FROM bulletins_issue"):
        with (
            pytest.raises((ProgrammingError, InternalError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SET LOCAL ROLE taizhang_app")
            cursor.execute(text)
    with acting_as(li), pytest.raises(DomainError, match="issued"):
        actions.issue(actor=li, row=sealed, paper="牟人社通〔2017〕9号")
    path = actions.folder(sealed) / papers.PDF
    path.write_bytes(path.read_bytes() + b" ")
    assert not actions.intact(sealed, made)
    with pytest.raises(DomainError, match="bulletin_broken"):
        actions.file(sealed, papers.PDF)


@pytest.mark.parametrize("paper", ["", "号", "x" * 61, "牟人社通 15412345678"])
def test_an_issue_needs_its_number(li, sealed, paper):
    with acting_as(li), pytest.raises(DomainError, match="no_paper"):
        actions.issue(actor=li, row=sealed, paper=paper)
    assert Issue.objects.count() == 0


def test_a_town_does_not_issue_and_a_stranger_sees_nothing(li, sealed, client):
    with pytest.raises(NotAllowed, match="wrong_role"):
        actions.issue(actor=cast.township_wei(), row=sealed, paper="号外")
    for who in (cast.county_guzhang, cast.township_wei):
        client.force_login(who())
        assert client.get(f"/bulletins/{sealed.pk}/").status_code == 404
        assert client.post(f"/bulletins/{sealed.pk}/file/", {"format": "pdf"}).status_code == 404


@pytest.mark.parametrize(
    ("kind", "period", "code"),
    [("week", AUGUST, "bad_kind"), ("month", "2017-13", "bad_period"), ("quarter", AUGUST, "bad_period")],
)
def test_nonsense_is_refused_with_what_there_is(li, kind, period, code):
    with pytest.raises(DomainError, match=code):
        gathering.order(li, kind, MOUDING, COUNTY, period)
    with pytest.raises(NotFound):
        gathering.order(cast.county_guzhang(), "month", MOUDING, COUNTY, AUGUST)


def test_an_officer_asks_reads_issues_and_downloads(li, sealed, client):
    client.force_login(li)
    asked = {"kind": "progress", "programme": MOUDING, "division": COUNTY, "period": AUGUST}
    assert client.post("/bulletins/make/", asked).status_code == 302
    assert Progress.objects.get(kind="bulletins.draw_up").title == "牟定县2017年8月进度通报"
    page = client.get(f"/bulletins/{sealed.pk}/").content.decode()
    assert json.loads(sealed.content)["sentences"]["figures"][0] in re.sub("<[^>]+>", "", page)
    assert "全部取自封账数据" in page
    done = client.post(f"/bulletins/{sealed.pk}/issue/", {"paper": "牟人社通〔2017〕8号"}, follow=True)
    assert "已印发，内容和文件从此不变。" in done.content.decode()
    listed = client.get("/bulletins/").content.decode()
    assert "牟人社通〔2017〕8号" in listed
    answer = client.post(f"/bulletins/{sealed.pk}/file/", {"format": "pdf"})
    assert answer.content[:5] == b"%PDF-"
    assert AuditEntry.objects.latest("seq").action == "table.exported"
    assert client.post(f"/bulletins/{sealed.pk}/file/", {"format": "exe"}).status_code == 404


def links(page: str) -> dict[str, str]:
    """Text -> key of the people it opens to."""
    found = re.findall(r'<a href="/people/\?set=([^"]+)">([^<]+)</a>', page)
    return {text: unquote(key) for key, text in found}


def test_every_number_of_a_bulletin_opens_to_its_people_of_then(li, sealed, client):
    with acting_as(li):
        enter(li, closing.worker(15))  # known only now
    row = draw(li)
    client.force_login(li)
    opens = links(client.get(f"/bulletins/{row.pk}/").content.decode())
    # 11, 12 and 14 work in Zhejiang (11 and 12 of 共和镇), 13 does not work
    expected = {
        "农村劳动力资源总数4人": 4, "已转移就业人数3人": 3, "转移就业率75.0%": 3, "新桥镇（100.0%）": 1, "共和镇（66.7%）": 2,
        "省外3人（100.0%）": 3, "浙江省（3人）": 3,
    }  # fmt: skip
    assert {text: len(people(li, opens[text])) for text in expected} == expected
    with acting_as(li):
        facts = json.loads(row.content)
        parts = layouts.parts(facts, Opening.of(facts))
        cells = [cell for part in parts for grid in part.grids for line in grid.rows for cell in line]
        counted = [cell for cell in cells if isinstance(cell, Piece) and "." not in cell.text]
        assert len(counted) > 8
        for cell in counted:
            key = unquote(cell.url.partition("set=")[2])
            assert len(peoplesets.people_of(li, key).ids) == int(cell.text.replace(",", ""))
    titles = [people_set(li, opens[text]).title for text in ("农村劳动力资源总数4人", "浙江省（3人）")]
    assert all(title.endswith("截至2017年8月20日，当时所知") for title in titles)
    listed = client.get("/people/", {"set": opens["农村劳动力资源总数4人"]})
    assert listed.status_code == 200


def people_set(actor, key: str):
    with acting_as(actor):
        return peoplesets.people_of(actor, key)


def people(actor, key: str) -> list:
    return people_set(actor, key).ids


def test_a_draft_opens_to_those_known_now(li, client):
    row = draw(li)
    with acting_as(li):
        enter(li, closing.worker(15))
    client.force_login(li)
    opens = links(client.get(f"/bulletins/{row.pk}/").content.decode())
    assert len(people(li, opens["农村劳动力资源总数4人"])) == 5  # the draft is behind: it says it may change


def test_a_bulletin_drawn_up_before_numbers_opened_is_read_as_it_was(sealed):
    facts = json.loads(sealed.content)
    del facts["working"]
    assert Opening.of(facts) is None
    pieces = [piece for part in layouts.parts(facts, None) for one in part.sentences for piece in one]
    assert {piece.url for piece in pieces} == {""}


def test_a_draft_leaves_the_list_when_a_later_one_replaces_it(li, client):
    first = draw(li)
    with acting_as(li):
        enter(li, closing.worker(15))
    second, other = draw(li), draw(li, "progress")
    assert first.pk != second.pk
    with acting_as(li):
        assert {row.pk for row in queries.current(li)} == {second.pk, other.pk}
    client.force_login(li)
    assert client.get(f"/bulletins/{first.pk}/").status_code == 200  # who kept its address still reads it


def test_files_of_drafts_are_swept_after_a_week_and_made_again_when_asked(li, sealed):
    row = draw(li, "month")  # of the sealed month: no draft
    draft = draw(li, "month", "2017-09")
    assert (row.sealed, draft.sealed) == (True, False)
    lost = actions.root() / "lost"
    for folder in (lost, *map(actions.folder, (sealed, row, draft))):
        folder.mkdir(exist_ok=True)
        os.utime(folder, (0, 0))
    with acting_as(li):
        assert actions.sweep() == 2
        assert not lost.exists()
        assert not actions.folder(draft).exists()
        assert actions.file(draft, papers.PDF)[:5] == b"%PDF-"
        assert actions.file(draft, papers.DOCX)[:2] == b"PK"
        assert actions.file(row, papers.PDF)[:5] == b"%PDF-"
        assert actions.sweep() == 0
