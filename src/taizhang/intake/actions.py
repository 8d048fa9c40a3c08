"""Every write of intake: bring a file, say what its columns mean, check, take over suggestions, submit, undo, discard."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue import Form
from taizhang.engine import jobs
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.ledger import actions as ledger
from taizhang.ledger import submitted
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.states import BatchState, Mode, State
from taizhang.protection import audit

from . import columns, policies, queries, reading, vault
from .columns import Layout, Match
from .mark import read_mark
from .models import ColumnChoice, Upload, UploadState
from .reading import Grid
from .refusals import refuse
from .wording import asked_columns

INLINE_BYTES = 3 << 20  # read within the request; larger files are read by the worker
Advance = Callable[[int, int, str], None]


def form_of(programme: str) -> Form:
    """The form in force. Raises DomainError "unknown_form"."""
    forms = catalogue.load().forms
    if programme not in forms:
        raise refuse("unknown_form", form=programme, forms="、".join(sorted(forms)))
    return forms[programme]


def bring(
    *,
    actor: User,
    programme: str,
    path: Path,
    name: str,
    division: str = "",
    collected_on: dt.date | None = None,
    inline: bool | None = None,
) -> tuple[Upload, Grid | None]:
    """Take a file in and read its columns, at once or (a large one) by the worker.

    Args:
        division: the part of the actor's divisions it is for; by default the whole.
        inline: read now whatever its size (command line).
    Returns the upload and, when it was read here, its cells. Raises NotAllowed "read_only", "out_of_scope"; DomainError with a code of
    `refusals`; then nothing is kept.
    """
    policies.check_bringer(actor.role, actor.sees_people)
    form = form_of(programme)
    division = division or actor.scopes[0]
    if not actor.covers(division):
        raise NotAllowed("out_of_scope", "这个区划不在您负责的范围内。请选择本辖区。", division=division)
    size = path.stat().st_size
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise refuse("over_limit", size=size >> 20, limit=settings.UPLOAD_LIMIT_BYTES >> 20)
    policies.check_quota(Upload.objects.filter(owner=actor, state__in=policies.OPEN_STATES).count())
    now = size <= INLINE_BYTES if inline is None else inline
    grid = reading.read(path) if now else None
    layout = _recognise(actor, form, grid) if grid else None
    upload = Upload(
        owner=actor, division=division, programme=programme, form_version=form.version, name=Path(name).name[:200], size=size,
        collected_on=collected_on or timezone.localdate(), digest="",
    )  # fmt: skip
    _keep(upload, path)
    try:
        with transaction.atomic():
            upload.same_as = queries.uploads_visible_to(actor).filter(digest=upload.digest, programme=programme).first()
            if grid and layout:
                _note_columns(upload, grid, layout)
            upload.save(force_insert=True)
            audit.write(actor, audit.Action.BATCH_OPENED, str(upload.pk), {"programme": programme, "bytes": size})
            if not now:
                from .jobs import read

                upload.progress = jobs.start(
                    read, owner=actor, title=f"读取 {upload.name}", area=division, upload_id=upload.pk
                )
                upload.save(update_fields=["progress"])
    except BaseException:
        vault.sweep(upload.pk)
        raise
    return upload, grid


def _keep(upload: Upload, path: Path) -> None:
    """Seal the file into the vault, and note its SM3."""
    data = path.read_bytes()
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    upload.digest = digest.finalize().hex()
    vault.put(upload.pk, "file", data)


def _recognise(actor: User, form: Form, grid: Grid) -> Layout:
    """The sheet's columns. Raises DomainError as `columns.recognise` and `policies.check_template`."""
    loaded = catalogue.load()
    titles = {name: f"{one.title}（{name}）" for name, one in loaded.forms.items()}
    claimed = grid.mark if {"form", "version"} <= grid.mark.keys() else {}
    policies.check_template(claimed, form=form.id, version=form.version, titles=titles)
    return columns.recognise(grid, asked_columns(loaded, form), queries.remembered_columns(actor, form.id))


def _note_columns(upload: Upload, grid: Grid, layout: Layout) -> None:
    upload.layout = {**asdict(layout), "kind": grid.kind, "sheet": grid.sheet}
    mark = read_mark(grid.mark)
    upload.template = dict(mark.rows()) if mark else {}
    upload.rows = grid.cells.num_rows - layout.header_row - 1
    upload.state = policies.check_move("read", upload.state)


def layout_of(upload: Upload) -> Layout:
    """The layout as stored."""
    stored = upload.layout
    matches = tuple(Match(**match) for match in stored["matches"])
    return Layout(stored["header_row"], matches, stored["person"], stored["base"])


def read_upload(upload_id: UUID, advance: Advance) -> Upload:
    """Worker's half of `bring`. Safe to run again; a file that cannot be taken is marked so, in words."""
    upload = Upload.objects.select_related("owner").get(pk=upload_id)
    if upload.state != UploadState.UPLOADED:
        return upload
    advance(0, 100, "正在读取文件")
    try:
        with vault.opened(upload.pk) as path:
            grid = reading.read(path)
        _note_columns(upload, grid, _recognise(upload.owner, form_of(upload.programme), grid))
    except DomainError as refusal:
        upload.state, upload.refusal, upload.message = UploadState.REFUSED, refusal.code, refusal.message
        vault.sweep(upload.pk)
    upload.save(update_fields=["layout", "template", "rows", "state", "refusal", "message"])
    advance(100, 100, upload.message or "读完了，请核对各列")
    return upload


@transaction.atomic
def set_columns(*, actor: User, upload_id: UUID, chosen: Mapping[int, str]) -> Upload:
    """Correct what columns mean and remember it for this person and form. Raises DomainError "same_column", "wrong_state"."""
    upload = own(actor, upload_id)
    policies.check_move("check", upload.state)
    asked = {one.column.id for one in asked_columns(catalogue.load(), form_of(upload.programme))}
    wanted = {at: column for at, column in chosen.items() if column in asked or column == columns.IGNORED}
    before = layout_of(upload)
    after = columns.choose(before, wanted)
    for old, new in zip(before.matches, after.matches, strict=True):
        if old.column != new.column:
            ColumnChoice.objects.update_or_create(
                owner=actor, programme=upload.programme, header=columns.plain(new.header)[:200],
                defaults={"column": new.column or columns.IGNORED},
            )  # fmt: skip
    upload.layout = {**upload.layout, **asdict(after)}
    upload.save(update_fields=["layout"])
    return upload


@transaction.atomic
def start_check(*, actor: User, upload_id: UUID) -> Upload:
    """Queue the check. Raises DomainError "missing_columns", "wrong_state"."""
    from .jobs import check

    upload = prepare_check(actor=actor, upload_id=upload_id)
    upload.progress = jobs.start(
        check,
        owner=actor,
        title=f"检查 {upload.name}",
        area=upload.division,
        lock=f"upload-{upload.pk}",
        upload_id=upload.pk,
    )
    upload.save(update_fields=["progress"])
    return upload


@transaction.atomic
def prepare_check(*, actor: User, upload_id: UUID) -> Upload:
    """The upload, ready to be checked."""
    upload = own(actor, upload_id)
    state = policies.check_move("check", upload.state)
    asked = asked_columns(catalogue.load(), form_of(upload.programme))
    if absent := layout_of(upload).problems(asked):
        raise refuse("missing_columns", columns="、".join(absent))
    upload.state = state
    upload.save(update_fields=["state"])
    return upload


@transaction.atomic
def accept(*, actor: User, upload_id: UUID, row_no: int, item: str) -> Upload:
    """Put the suggested value in place of what a cell says, and check again. Raises DomainError "no_suggestion"."""
    upload = own(actor, upload_id)
    policies.check_move("check", upload.state)
    positions = [name for name in layout_of(upload).positions if name.partition(".")[0] == item]
    text = _suggestion(upload, row_no, item)
    if text is None or not positions:
        raise DomainError("no_suggestion", "这一格没有可以直接采用的建议。请在表里改好再传。")
    fixes = read_fixes(upload)
    # A place split over columns is given whole in its last column.
    fixes.setdefault(str(row_no), {}).update({**dict.fromkeys(positions[:-1], ""), positions[-1]: text})
    vault.put(upload.pk, "fixes", json.dumps(fixes, ensure_ascii=False).encode())
    return start_check(actor=actor, upload_id=upload_id)


def read_fixes(upload: Upload) -> dict[str, dict[str, str]]:
    """Suggestions taken over so far: row number -> column -> text."""
    return json.loads(vault.get(upload.pk, "fixes")) if vault.has(upload.pk, "fixes") else {}


def _suggestion(upload: Upload, row_no: int, item: str) -> str | None:
    import pyarrow.compute as pc

    found = vault.get_table(upload.pk, "findings")
    mine = found.filter(pc.and_(pc.equal(found["row_no"], row_no), pc.equal(found["item"], item)))
    found_text = next((text for text in mine["suggestion"].to_pylist() if text), None)
    # Which of several numbers is meant only the identity card tells.
    return None if item in SEALED and found_text and "、" in found_text else found_text


@transaction.atomic
def turn(*, actor: User, upload_id: UUID, mode: Mode | str) -> Upload:
    """Take the whole batch for changes (情况有变) or corrections (原来填错), or go by the rule again."""
    upload = own(actor, upload_id)
    policies.check_move("submit", upload.state)
    if upload.batch is None or mode not in Mode.values:
        raise DomainError("wrong_mode", "请选“按规则判断”“情况有变”或“原来填错”。")
    ledger.turn(actor=actor, batch=upload.batch, mode=mode)
    upload.counts = queries.outcome_counts(upload.batch.pk)
    upload.save(update_fields=["counts"])
    return upload


@transaction.atomic
def submit(*, actor: User, upload_id: UUID) -> tuple[Upload, Any]:
    """Hand the good rows to the first office that reviews; rows with errors, duplicates and conflicts stay behind.

    Review is a higher floor, so settings name its function. Raises DomainError "nothing_to_submit", "wrong_state".
    """
    upload = own(actor, upload_id)
    state = policies.check_move("submit", upload.state)
    if upload.batch is None or not sum(upload.counts.get(kind, 0) for kind in ("new", "update", "same")):
        raise DomainError("nothing_to_submit", "没有可以提交的行。请按批注改好后再传。")
    decided = import_string(settings.INTAKE_SUBMIT)(actor=actor, batch=upload.batch)
    upload.state, upload.submitted_at = state, timezone.now()
    upload.save(update_fields=["state", "submitted_at"])
    audit.write(
        actor, audit.Action.BATCH_SUBMITTED, str(upload.batch_id), {"upload": str(upload.pk), "rows": upload.counts}
    )
    return upload, decided


@dataclass(frozen=True)
class Undone:
    """What taking a file back did. `withdrawn`: rows that had only waited; `restored`: rows taken out of the ledger, None when none was in it;
    `refused`: row numbers on which something newer stands; `passed`: rows beyond the first review, which only a reviewer can return."""

    withdrawn: int
    restored: int | None
    refused: list[int]
    passed: int


@transaction.atomic
def undo(*, actor: User, upload_id: UUID, reason: str) -> Undone:
    """Take a submitted batch back: rows that wait are withdrawn, rows in the ledger restored.

    Raises DomainError "no_reason", "not_applied", "wrong_state".
    """
    upload = queries.get_upload(actor, upload_id, lock=True)
    if upload.state != UploadState.SUBMITTED or upload.batch_id is None:
        raise DomainError("wrong_state", "这个文件没有提交，或者已经撤回，没有可撤销的内容。", status=409)
    if not reason.strip():
        raise DomainError("no_reason", "请写明撤销的原因。")
    withdrawn = 0
    if queries.standing(upload.batch_id).waiting and upload.owner_id == actor.pk:
        withdrawn = import_string(settings.INTAKE_WITHDRAW)(actor=actor, batch=upload.batch, reason=reason).done
    batch = Batch.objects.get(pk=upload.batch_id)
    left = queries.standing(upload.batch_id)
    if batch.state == BatchState.APPLIED:
        outcome = ledger.undo(actor=actor, batch=batch, reason=reason)
        return Undone(withdrawn, sum(outcome.counts.values()), outcome.refused, left.passed)
    if not withdrawn:
        raise DomainError("not_applied", "这一批还没有入账，或已经撤销，没有可撤销的内容。")
    if not left.waiting and not left.passed:
        upload.state = policies.check_move("withdraw", upload.state)
        upload.save(update_fields=["state"])
    return Undone(withdrawn, None, [], left.passed)


@transaction.atomic
def discard(*, actor: User, upload_id: UUID) -> Upload:
    """Forget a file that was not submitted, with everything read from it."""
    upload = own(actor, upload_id)
    upload.state = policies.check_move("discard", upload.state)
    drop_drafts(upload)
    upload.save(update_fields=["state", "batch"])
    audit.write(actor, audit.Action.BATCH_DISCARDED, str(upload.pk), {})
    transaction.on_commit(lambda: vault.sweep(upload.pk))
    return upload


def drop_drafts(upload: Upload) -> None:
    """Rows staged by an earlier check of the same upload: drafts that nobody else has seen."""
    if upload.batch_id is None:
        return
    old, upload.batch = upload.batch_id, None
    Upload.objects.filter(pk=upload.pk).update(batch=None)
    # WITHDRAWN among drafts: passed over by choice, see choosing.keep.
    drafts = Submission.objects.filter(batch_id=old, state__in=(State.DRAFT, State.WITHDRAWN))
    submitted.drop(drafts)
    rest = Batch.objects.filter(pk=old, state=BatchState.OPEN)
    rest._raw_delete(rest.db)


def own(actor: User, upload_id: UUID) -> Upload:
    """The actor's own upload, locked. Raises NotFound, NotAllowed "not_yours"."""
    upload = queries.get_upload(actor, upload_id, lock=True)
    if upload.owner_id != actor.pk:
        raise NotAllowed("not_yours", "这个文件是别人上传的，只能由本人办理。")
    return upload
