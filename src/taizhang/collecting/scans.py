"""扫回纸表: pictures of printed sheets find their person by the sheet's QR code; the others wait for a hand to pick one.

A picture is sealed before anything looks into it, and none is ever deleted.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import paper, pictures, sheets
from taizhang.collecting.models import Picture, PictureState, Problem, Round, Sheet
from taizhang.engine import child
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.ids import uuid7
from taizhang.intake.reading import scratch
from taizhang.ledger import queries as ledger
from taizhang.protection import audit
from taizhang.protection.audit import Action

PDF_LIMIT = 60 << 20  # bytes; some hundred pages at 200 dpi
AT_ONCE = 6  # pictures read while the clerk waits; more go to a job
MOST = 100  # pictures brought together
WALL_SECONDS = 60.0
PDF_SECONDS = 150.0
PDF_REFUSED = {
    "damaged": "打不开，可能加了密码或没有存完整，没有收。请在扫描仪上重新存一份，或存成 JPEG。",
    "too_large": "页面太大，画不出来，没有收。请按 A4、200 dpi 重新扫描，或存成 JPEG。",
    "too_many": f"超过 {MOST} 页，没有收。请分成几份。",
}


class Sent(Protocol):
    """A file of a form."""

    size: int | None

    def read(self) -> bytes: ...


@dataclass(frozen=True)
class Received:
    """`kept`: new pictures, of a PDF its pages; `again`: brought before by the same account; `refused`: (which file, counted from 1, why)."""

    upload: UUID
    kept: int
    again: int
    refused: list[tuple[int, str]]


def receive(*, actor: User, files: Iterable[Sent]) -> Received:
    """Seal what was brought, each by itself, before any of it is looked into.

    Raises DomainError "no_pictures", "too_many_pictures".
    """
    brought = list(files)
    if not brought:
        raise DomainError("no_pictures", "还没有选图片。请选扫描好的或拍好的 JPEG、PNG 图片，可以一次选多张。")
    if len(brought) > MOST:
        raise DomainError("too_many_pictures", f"一次最多 {MOST} 张，这次选了 {len(brought)} 张。请分几次传。")
    upload, kept, again, refused = uuid7(), 0, 0, []
    for number, file in enumerate(brought, start=1):
        try:
            made = _receive(actor, upload, file)
        except DomainError as refusal:
            refused.append((number, refusal.message))
        else:
            kept, again = kept + sum(made), again + made.count(False)
    return Received(upload, kept, again, refused)


@transaction.atomic
def _receive(actor: User, upload: UUID, file: Sent) -> list[bool]:
    """Of each picture whether it is new. A scanner's PDF is as many pictures as it has pages."""
    data = file.read() if (file.size or 0) <= PDF_LIMIT else b""
    if not data or (len(data) > pictures.LIMIT and not data.startswith(pictures.PDF)):
        raise DomainError(
            "picture_too_large",
            f"太大，没有收：图片最多 {pictures.LIMIT >> 20} MB，PDF 最多 {PDF_LIMIT >> 20} MB。请用普通清晰度重拍，扫描时选 200 dpi，或分成几份。",
        )
    made = []
    for page in pages(data) if data.startswith(pictures.PDF) else [data]:
        picture, new = pictures.keep(actor=actor, upload=upload, data=page)
        made.append(new)
        if new:
            audit.write(actor, Action.PICTURE_KEPT, str(picture.pk))
    return made


def pages(data: bytes) -> list[bytes]:
    """A PDF's pages as JPEG, drawn by a process of its own. Raises DomainError "pdf_damaged", "pdf_too_large", "pdf_too_many"."""
    with scratch() as home:
        (home / "file.pdf").write_bytes(data)
        try:
            status = child.run(
                "taizhang.collecting.pdfchild", str(home / "file.pdf"), str(home), home=home, wall_seconds=PDF_SECONDS
            )
        except subprocess.TimeoutExpired:
            status = -1
        written = home / "answer.json"
        if status != 0 or not written.exists():  # killed by a limit, or the reader broke on the file
            answer = {"refused": "too_large" if status < 0 else "damaged"}
        else:
            answer = json.loads(written.read_text(encoding="utf-8"))
        if "refused" in answer:
            raise DomainError(f"pdf_{answer['refused']}", PDF_REFUSED[answer["refused"]])
        return [path.read_bytes() for path in sorted(home.glob("[0-9]*.jpg"))]


def recognise_all(*, actor: User, upload: UUID, advance: Any = None) -> None:
    """Read the codes of an upload's pictures that nobody has read yet. Safe to run again after a crash."""
    waiting = list(pictures.visible(actor).filter(upload=upload, state=PictureState.WAITING).order_by("id"))
    for number, picture in enumerate(waiting, start=1):
        recognise(actor=actor, picture_id=picture.pk)
        if advance:
            advance(number, len(waiting), "正在认二维码")


def recognise(*, actor: User, picture_id: UUID) -> Picture:
    """Give a picture to the person whose sheet it shows, else say why not. One that is decided stays as it is."""
    found = pictures.get(actor, picture_id)
    if found.state != PictureState.WAITING:
        return found
    try:
        sheet = _sheet(actor, codes(pictures.bytes_of(found)))
    except DomainError as problem:
        return _unread(actor, picture_id, Problem(problem.code))
    return _attach(actor, picture_id, sheet.worker_id, sheet.round, sheet)


def codes(data: bytes) -> list[str]:
    """What the QR codes of a picture say, read by a process of its own. Raises DomainError "damaged", "too_large"."""
    with scratch() as home:
        (home / "picture").write_bytes(data)
        try:
            status = child.run(
                "taizhang.collecting.scanchild", str(home / "picture"), str(home), home=home, wall_seconds=WALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise _refusal(Problem.TOO_LARGE) from None
        written = home / "answer.json"
        if status != 0 or not written.exists():  # killed by a limit, or the decoder broke on the picture
            raise _refusal(Problem.TOO_LARGE if status < 0 else Problem.DAMAGED)
        answer: dict[str, list[str]] = json.loads(written.read_text(encoding="utf-8"))
    if "refused" in answer:
        raise _refusal(Problem(answer["refused"][0]))
    return answer["codes"]


def _sheet(actor: User, told: list[str]) -> Sheet:
    """The one sheet these codes mean, its person being the actor's. Raises DomainError with a code of `Problem`."""
    if not told:
        raise _refusal(Problem.NO_CODE)
    ours = [text for text in told if text.startswith(sheets.PREFIX)] or told  # other codes on a desk do not matter
    if len(ours) > 1:
        raise _refusal(Problem.SEVERAL)
    sheet = sheets.get(sheets.read(ours[0]))
    if sheet is None or not ledger.workers(actor).filter(pk=sheet.worker_id).exists():
        raise _refusal(Problem.FOREIGN)
    return sheet


def _refusal(problem: Problem) -> DomainError:
    return DomainError(problem, problem.label)


@transaction.atomic
def _unread(actor: User, picture_id: UUID, problem: Problem) -> Picture:
    picture = pictures.get(actor, picture_id, lock=True)
    if picture.state == PictureState.WAITING:
        picture.state, picture.problem = PictureState.UNREAD, problem
        picture.save(update_fields=["state", "problem"])
    return picture


@transaction.atomic
def _attach(actor: User, picture_id: UUID, worker_id: UUID, found: Round | None, sheet: Sheet | None) -> Picture:
    worker = ledger.get_worker(actor, worker_id)
    picture = pictures.get(actor, picture_id, lock=True)
    if picture.state == PictureState.ATTACHED:
        raise DomainError("attached", "这张图片已经归到人了。归错了的，先点“不要”，再找回来重选。", status=409)
    picture.state, picture.problem, picture.sheet = PictureState.ATTACHED, "", sheet
    picture.worker, picture.division, picture.round = worker, worker.division, found
    picture.decided_at, picture.decided_by = timezone.now(), actor
    picture.save()
    how = "code" if sheet else "hand"
    audit.write(actor, Action.PICTURE_ATTACHED, str(picture.pk), {"person": str(worker.pk), "how": how})
    return picture


def attach(*, actor: User, picture_id: UUID, worker_id: UUID) -> Picture:
    """Somebody looked at the picture and says whose it is; it belongs to the open round.

    Raises NotFound out of scope, DomainError "attached".
    """
    worker = ledger.get_worker(actor, worker_id)
    return _attach(actor, picture_id, worker_id, paper.current_round(actor, worker.division), None)


@transaction.atomic
def discard(*, actor: User, picture_id: UUID) -> Picture:
    """Not wanted: out of the lists, but kept, and to be had back. Raises NotFound; DomainError "discarded"."""
    picture = pictures.get(actor, picture_id, lock=True)
    if picture.state == PictureState.DISCARDED:
        raise DomainError("discarded", "这张图片已经在“不要的”里了。", status=409)
    return _move(actor, picture, PictureState.DISCARDED)


@transaction.atomic
def restore(*, actor: User, picture_id: UUID) -> Picture:
    """Back among those that wait for a person. Raises NotFound; DomainError "not_discarded"."""
    picture = pictures.get(actor, picture_id, lock=True)
    if picture.state != PictureState.DISCARDED:
        raise DomainError("not_discarded", "这张图片不在“不要的”里，不用找回。", status=409)
    return _move(actor, picture, PictureState.UNREAD)


def _move(actor: User, picture: Picture, state: PictureState) -> Picture:
    audit.write(actor, Action.PICTURE_DISCARDED, str(picture.pk), {"from": picture.state, "to": str(state)})
    picture.state, picture.decided_at, picture.decided_by = state, timezone.now(), actor
    if state == PictureState.UNREAD:
        picture.worker, picture.round, picture.sheet = None, None, None
    picture.save()
    return picture


def listed(actor: User, state: str, upload: UUID | None = None) -> QuerySet[Picture]:
    """Pictures in a state, newest first. Raises NotFound for a state there is not."""
    if state not in PictureState.values:
        raise NotFound("state")
    found = pictures.visible(actor).filter(state=state)
    return (found.filter(upload=upload) if upload else found).order_by("-at", "-id")
