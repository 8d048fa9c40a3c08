"""Drawing a bulletin up and sending it out."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.accounts.permissions import OFFICES
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.engine.jobs import Reporter
from taizhang.protection import audit, signing
from taizhang.protection.audit import Action
from taizhang.statistics.bulletins import drafting, gathering, papers, queries
from taizhang.statistics.bulletins.gathering import Order
from taizhang.statistics.bulletins.models import Bulletin, Issue

DRAFT = "草稿，未封账，不得印发"
KEPT = dt.timedelta(days=7)  # files of drafts


def root() -> Path:
    return Path(settings.DATA_DIR) / "bulletins"


def draw_up(*, actor: User, asked: Order, progress: Reporter | None = None) -> Bulletin:
    """Count, draft and lay out a bulletin; asked again on the same basis it is the one there is.

    Raises DomainError "no_people" where nobody was ever registered, and as `papers.pdf`.
    """
    on = gathering.ground(asked)
    if not on.bases:
        raise DomainError("no_people", "这里还没有人入账，出不了通报。")
    key = gathering.key(actor, asked, on)
    known = queries.bulletins_visible_to(actor).filter(key=key).first()
    if known:
        return known
    _say(progress, 1, "正在数人")
    facts = gathering.facts(actor, asked, on)
    title = drafting.title(facts)
    mark = "" if on.sealed else DRAFT
    _say(progress, 2, "正在排 Word")
    made = {papers.DOCX: _made(facts, title, mark, papers.DOCX)}
    _say(progress, 3, "正在排 PDF")
    made[papers.PDF] = _made(facts, title, mark, papers.PDF)
    content = signing.canonical(facts).decode()
    row = Bulletin(
        kind=asked.kind, programme=asked.programme.id, division=asked.division, period=asked.period.id, key=key,
        title=title, sealed=on.sealed, content=content, made_by=actor,
        digests={name: signing.sm3(text).hex() for name, text in made.items()},
    )  # fmt: skip
    for name, text in made.items():
        _store(folder(row) / name, text)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody else drew up the same at the same time
        return queries.bulletins_visible_to(actor).get(key=key)
    _say(progress, 4, "已完成")
    return row


def _made(facts: Mapping[str, Any], title: str, mark: str, name: str) -> bytes:
    return {papers.DOCX: papers.docx, papers.PDF: papers.pdf}[name](facts, title, mark)


def _say(progress: Reporter | None, done: int, message: str) -> None:
    if progress:
        progress.advance(done, 4, message)


def folder(row: Bulletin) -> Path:
    return root() / str(row.pk)


def _store(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def file(row: Bulletin, name: str) -> bytes:
    """A file of a bulletin, compared with its digest; of a draft that was swept, made again from what it says.

    Raises DomainError "bulletin_broken" (500).
    """
    if not row.sealed and not (folder(row) / name).exists():
        return _made(json.loads(row.content), row.title, DRAFT, name)
    try:
        content = (folder(row) / name).read_bytes()
    except OSError:
        content = b""
    if signing.sm3(content).hex() != row.digests.get(name):
        raise DomainError(
            "bulletin_broken",
            "通报的文件和登记的摘要不符，可能被改动过，不能下载。请联系系统管理员从备份恢复。",
            status=500,
        )
    return content


def sweep() -> int:
    """Forget files nobody needs: of drafts after a week (`file` makes them again), and of a drawing up that came to
    nothing. Returns how many bulletins' files are gone."""
    limit = (timezone.now() - KEPT).timestamp()
    old = {one.name: one for one in root().glob("*") if one.is_dir() and one.stat().st_mtime < limit}
    kept = {str(key) for key in Bulletin.objects.filter(sealed=True).values_list("pk", flat=True)}
    for name in old.keys() - kept:
        shutil.rmtree(old[name], ignore_errors=True)
    return len(old.keys() - kept)


def said(row: Bulletin) -> bytes:
    """What an issue signs: everything the bulletin says and the digests of its files."""
    content: dict[str, Any] = json.loads(row.content)
    return signing.canonical([str(row.pk), row.title, content, row.digests])


@transaction.atomic
def issue(*, actor: User, row: Bulletin, paper: str) -> Issue:
    """Send a bulletin out under a number; it cannot be changed or drawn up again for the period.

    Raises NotAllowed "wrong_role"; DomainError "not_sealed", "no_paper", "issued".
    """
    if actor.role not in OFFICES or not actor.covers(row.division):
        raise NotAllowed("wrong_role", "通报由县以上的经办人印发，请联系。")
    if not row.sealed:
        raise DomainError("not_sealed", "这一期还没有封账，草稿不能印发。请先封账，再重新生成。")
    paper = " ".join(paper.split())
    if not 2 <= len(paper) <= 60 or audit.holds_number(paper):
        raise DomainError("no_paper", "没有写文号。请写 2 到 60 个字，如 牟人社通〔2026〕8号。")
    for name in row.digests:
        file(row, name)
    text = said(row)
    try:
        with transaction.atomic():
            made = Issue.objects.create(
                bulletin=row, kind=row.kind, programme=row.programme, division=row.division, period=row.period,
                paper=paper, digest=signing.sm3(text), signature=signing.sign(text), issued_by=actor,
            )  # fmt: skip
    except IntegrityError:
        raise DomainError("issued", "这一期的这种通报已经印发过，不能再印发。", status=409) from None
    audit.write(
        actor, Action.BULLETIN_ISSUED, subject=str(row.pk),
        detail={"programme": row.programme, "division": row.division, "period": row.period, "mark": paper},
    )  # fmt: skip
    return made


def intact(row: Bulletin, issued: Issue) -> bool:
    """Whether an issued bulletin and its files still say what was signed."""
    text = said(row)
    try:
        for name in row.digests:
            file(row, name)
    except DomainError:
        return False
    return bytes(issued.digest) == signing.sm3(text) and signing.signature_fits(
        signing.public_key(), text, bytes(issued.signature)
    )
