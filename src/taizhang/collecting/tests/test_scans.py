"""扫回纸表: a picture finds its person by the code; what cannot be read is told why and kept; nothing is lost."""

from __future__ import annotations

import io
import struct
import zlib
from uuid import UUID, uuid4

import pypdf
import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from PIL import Image

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import paper, pictures, scanchild, scans, sheets
from taizhang.collecting.models import Picture, PictureState, Problem, Sheet
from taizhang.collecting.tests.test_paper import drawn
from taizhang.collecting.tests.test_rounds import current, ids, li
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.models import Progress
from taizhang.ledger.models import Submission
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, hand_in, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry

__all__ = ["li"]
SCANS = "/collecting/scans/"


@pytest.fixture
def vault(settings: object, tmp_path: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


def photo(content: bytes, kind: str = "JPEG", turn: int = 0) -> bytes:
    """A drawn page as a phone or scanner would send it."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    out = io.BytesIO()
    (picture.rotate(turn, expand=True, fillcolor="white") if turn else picture).save(out, kind)
    return out.getvalue()


def code_only(*texts: str) -> bytes:
    """Codes side by side on white."""
    canvas, out = Image.new("L", (40 + 200 * max(1, len(texts)), 260), 255), io.BytesIO()
    for number, text in enumerate(texts):
        one = io.BytesIO()
        segno.make(text, micro=False).save(one, "png", scale=4)
        canvas.paste(Image.open(one).convert("L"), (20 + 200 * number, 20))
    canvas.save(out, "PNG")
    return out.getvalue()


def bring(user: User, *contents: bytes) -> list[Picture]:
    with acting_as(user):
        done = scans.receive(actor=user, files=[SimpleUploadedFile("x", one) for one in contents])
        scans.recognise_all(actor=user, upload=done.upload)
        return list(Picture.objects.filter(upload=done.upload).order_by("id"))


def worker(name: str) -> UUID:
    with acting_as(cast.county_li()):
        return ids(name)[0]


def sheet_of(user: User, name: str) -> bytes:
    """The page of one person's form, as PNG; printed by `user`."""
    with acting_as(user):
        return drawn(user, paper.of_person(user, ids(name)[0]))[0]


@pytest.mark.parametrize(("kind", "turn"), [("JPEG", 0), ("PNG", 0), ("JPEG", 90), ("JPEG", 7)])
def test_a_picture_of_a_sheet_comes_to_its_person_and_round(li: User, vault: None, kind: str, turn: int) -> None:
    lan, sent = cast.collector_lan(), photo(sheet_of(li, "罗小梅"), kind, turn)
    (found,) = bring(lan, sent)
    with acting_as(lan):
        assert (found.state, found.worker_id, found.division) == (PictureState.ATTACHED, ids("罗小梅")[0], TIANTAI)
        assert found.round == current(lan)
        assert found.sheet == Sheet.objects.get()
        assert pictures.bytes_of(found) == sent
        sealed = (pictures.VAULT.directory(found.pk) / "picture").read_bytes()
        assert sent[:64] not in sealed
        assert list(pictures.of_worker(lan, found.worker_id)) == [found]
    with acting_as(cast.township_mo()):
        assert not Picture.objects.exists()


def test_the_same_picture_twice_is_kept_once(li: User, vault: None) -> None:
    lan, sent = cast.collector_lan(), photo(sheet_of(li, "罗小梅"))
    with acting_as(lan):
        done = scans.receive(actor=lan, files=[SimpleUploadedFile("a", sent), SimpleUploadedFile("b", sent)])
        assert (done.kept, done.again, done.refused) == (1, 1, [])
        assert Picture.objects.count() == 1


def test_what_cannot_be_given_to_anybody_says_why_and_stays(li: User, vault: None) -> None:
    lan = cast.collector_lan()
    mine, other = sheets.text_of(uuid4()), sheets.text_of(uuid4())
    forged = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    foreign = photo(sheet_of(li, "王芳"))  # of the next town
    blank = Image.new("L", (200, 200), 255)
    empty = io.BytesIO()
    blank.save(empty, "PNG")
    broken = photo(sheet_of(li, "罗小梅"))[:20_000]
    sent = {
        Problem.NO_CODE: empty.getvalue(), Problem.OTHER_CODE: code_only("https://example.org/"),
        Problem.FORGED: code_only(forged), Problem.SEVERAL: code_only(mine, other), Problem.FOREIGN: foreign,
        Problem.DAMAGED: broken, Problem.TOO_LARGE: bomb(),
    }  # fmt: skip
    found = bring(lan, *sent.values())
    assert [one.problem for one in found] == [str(problem) for problem in sent]
    assert {one.state for one in found} == {PictureState.UNREAD}
    with acting_as(lan):
        assert [pictures.bytes_of(one) for one in found] == list(sent.values())
        # signed by us but never printed, or gone: nobody's
        (unknown,) = bring(lan, code_only(mine))
        assert unknown.problem == Problem.FOREIGN


def bomb() -> bytes:
    """A PNG of a few kilobytes that claims 20,000 x 20,000 points."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(bytes(20_001))) + part(b"IEND", b"")


def test_the_reader_is_bound_and_its_death_is_told(li: User, vault: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "WALL_SECONDS", 0.001)
    (slow,) = bring(cast.collector_lan(), code_only("x"))
    assert slow.problem == Problem.TOO_LARGE
    assert scanchild.MEMORY <= 2 << 30
    monkeypatch.setattr(scans.child, "run", lambda *args, **named: -9)
    (killed,) = bring(cast.collector_lan(), code_only("y"))
    assert killed.problem == Problem.TOO_LARGE


def test_a_hand_picks_the_person_puts_away_and_has_back(li: User, vault: None) -> None:
    lan = cast.collector_lan()
    (found,) = bring(lan, code_only("x"))
    with acting_as(lan):
        with pytest.raises(NotFound):
            scans.attach(actor=lan, picture_id=found.pk, worker_id=foreign_person(li))
        done = scans.attach(actor=lan, picture_id=found.pk, worker_id=ids("李伟")[0])
        assert (done.division, done.round, done.sheet, done.problem) == (JUNTUN, current(lan), None, "")
        with pytest.raises(DomainError, match="attached"):
            scans.attach(actor=lan, picture_id=found.pk, worker_id=ids("罗小梅")[0])
        scans.discard(actor=lan, picture_id=found.pk)
        with pytest.raises(DomainError, match="discarded"):
            scans.discard(actor=lan, picture_id=found.pk)
        back = scans.restore(actor=lan, picture_id=found.pk)
        assert (back.state, back.worker_id) == (PictureState.UNREAD, None)
        with pytest.raises(DomainError, match="not_discarded"):
            scans.restore(actor=lan, picture_id=found.pk)
        assert pictures.bytes_of(back) == code_only("x")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM collecting_picture")
    mo = cast.township_mo()
    with acting_as(mo):
        for act in (scans.discard, scans.restore):
            with pytest.raises(NotFound):
                act(actor=mo, picture_id=found.pk)


def scanned(*pages: bytes, locked: str = "") -> bytes:
    """What an office's scanner saves: one PDF, a picture a page."""
    pictures = [Image.open(io.BytesIO(page)).convert("L") for page in pages]
    out = io.BytesIO()
    pictures[0].save(out, "PDF", resolution=150, save_all=True, append_images=pictures[1:])
    if not locked:
        return out.getvalue()
    writer, sealed = pypdf.PdfWriter(clone_from=out), io.BytesIO()
    writer.encrypt(locked, algorithm="AES-256")
    writer.write(sealed)
    return sealed.getvalue()


def test_a_scanners_pdf_is_as_many_pictures_as_it_has_pages_and_none_again(li: User, vault: None) -> None:
    sent = scanned(sheet_of(li, "罗小梅"), code_only("x"), sheet_of(li, "周大"))
    found = bring(cast.collector_lan(), sent)
    assert [(one.state, one.worker_id) for one in found] == [
        ("attached", worker("罗小梅")), ("unread", None), ("attached", worker("周大")),
    ]  # fmt: skip
    with acting_as(cast.collector_lan()):
        again = scans.receive(actor=cast.collector_lan(), files=[SimpleUploadedFile("x", sent)])
    assert (again.kept, again.again, again.refused) == (0, 3, [])


def test_a_locked_pdf_is_refused_in_words_that_help(li: User, vault: None) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        told = scans.receive(actor=lan, files=[SimpleUploadedFile("x", scanned(code_only("x"), locked="1234"))])
    assert (told.kept, told.refused) == (
        0, [(1, "打不开，可能加了密码或没有存完整，没有收。请在扫描仪上重新存一份，或存成 JPEG。")],
    )  # fmt: skip


def test_every_page_of_a_form_finds_its_person(li: User, vault: None) -> None:
    """古丈's form has two pages; the second may be scanned by itself."""
    User.objects.filter(pk=li.pk).update(programme="guzhang-2020")
    two = User.objects.get(pk=li.pk)
    with acting_as(two):
        first, second = drawn(two, paper.of_person(two, worker("罗小梅")))
    assert [one.worker_id for one in bring(cast.collector_lan(), photo(second), photo(first))] == [worker("罗小梅")] * 2


def foreign_person(li: User) -> UUID:
    with acting_as(li):
        return ids("王芳")[0]


def test_the_page_takes_pictures_and_leads_to_the_person(client: Client, li: User, vault: None) -> None:
    luo = photo(sheet_of(li, "罗小梅"))
    sign_in(client, cast.collector_lan())
    files = [
        SimpleUploadedFile("表.jpg", luo), SimpleUploadedFile("表.png", code_only("x")),
        SimpleUploadedFile("表.pdf", b"%PDF-1.7 ..."), SimpleUploadedFile("表.doc", b"PK..."),
    ]  # fmt: skip
    page = client.post(SCANS, {"pictures": files}, follow=True).content.decode()
    assert "1 张认出来了，已归到人" in page
    assert "1 张没认出来" in page
    assert "第 3 个文件打不开，可能加了密码或没有存完整" in page
    assert "第 4 个文件不是 JPEG、PNG 图片，也不是 PDF" in page
    assert Problem.OTHER_CODE.label in page
    with acting_as(li):
        worker = ids("罗小梅")[0]
        attached, unread = Picture.objects.order_by("state")
        assert (attached.state, unread.state) == ("attached", "unread")
        # the paper under review shows it too
        submission = Submission.objects.filter(batch=hand_in(li, person(12, village_group="二组"))).get()
        Submission.objects.filter(pk=submission.pk).update(worker_id=worker)
    part = client.get(f"/collecting/people/{worker}/pictures/").content.decode()
    assert f"{SCANS}{attached.pk}/" in part
    assert f'hx-get="/collecting/people/{worker}/pictures/"' in client.get(f"/people/{worker}/").content.decode()
    seen = client.get(f"{SCANS}{attached.pk}/picture/")
    assert (seen.headers["Content-Type"], seen.content) == ("image/jpeg", luo)
    assert AuditEntry.objects.filter(action="picture.viewed", subject=str(attached.pk)).exists()
    here = f"{SCANS}{unread.pk}/"
    offered = client.post(here, {"verb": "find", "text": "李伟"}).content.decode()
    assert "归到这个人" in offered
    assert "没有找到" in client.post(here, {"verb": "find", "text": "王芳"}).content.decode()  # of the next town
    assert client.post(here, {"verb": "attach"}).status_code == 422
    assert client.post(here, {"verb": "attach", "person": str(foreign_person(li))}).status_code == 404
    assert client.post(here, {"verb": "x"}).status_code == 422
    client.post(here, {"verb": "discard"})
    assert "没有这样的图片" in client.get(SCANS).content.decode()
    assert here in client.get(SCANS, {"state": "discarded"}).content.decode()
    assert client.get(SCANS, {"state": "x"}).status_code == 404
    client.post(here, {"verb": "restore"})
    assert (
        "李伟"
        in client.post(here, {"verb": "attach", "person": str(person_named(li, "李伟"))}, follow=True).content.decode()
    )
    assert client.post(SCANS).status_code == 422
    sign_in(client, cast.township_mo())
    for path in (f"{SCANS}{attached.pk}/", f"{SCANS}{attached.pk}/picture/", f"/collecting/people/{worker}/pictures/"):
        assert client.get(path).status_code == 404
    sign_in(client, cast.city_chuxiong())
    assert client.get(SCANS).status_code == 403


def person_named(li: User, name: str) -> UUID:
    with acting_as(li):
        return ids(name)[0]


def test_many_pictures_are_read_by_a_job(
    client: Client, li: User, vault: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "AT_ONCE", 1)
    lan = sign_in(client, cast.collector_lan())
    files = [SimpleUploadedFile("1", code_only("x")), SimpleUploadedFile("2", code_only("y"))]
    response = client.post(SCANS, {"pictures": files})
    assert response.headers["Location"] == f"/tasks/{Progress.objects.get(owner=lan).pk}/"
    with acting_as(lan):
        assert set(Picture.objects.values_list("state", flat=True)) == {PictureState.WAITING}
        upload = Picture.objects.values_list("upload", flat=True).first()
        assert upload
        scans.recognise_all(actor=lan, upload=upload)
        scans.recognise_all(actor=lan, upload=upload)
        assert set(Picture.objects.values_list("state", flat=True)) == {PictureState.UNREAD}
