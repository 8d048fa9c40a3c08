"""The check itself: parse, normalise and validate, stage, compare. One transaction; run again after a crash it starts from the file."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.catalogue import Context
from taizhang.divisions import queries as divisions
from taizhang.ledger import actions as ledger
from taizhang.ledger.homes import SEALED, home_of
from taizhang.ledger.states import Source, State
from taizhang.protection import keys, masking

from . import actions, checking, choosing, policies, queries, reading, vault
from .actions import Advance
from .checking import Checked, Known
from .mark import Mark, read_mark, row_key
from .models import Upload, UploadState
from .reading import Grid

STEPS = 100
_MASKED = {"id_number": masking.mask_id, "mobile_phone": masking.mask_phone}


def check_upload(upload_id: UUID, advance: Advance, grid: Grid | None = None) -> Upload:
    """Check a prepared upload and fill its counts. `grid` spares reading again. Raises DomainError; then nothing has been written."""
    begun = time.monotonic()
    upload = Upload.objects.select_related("owner").get(pk=upload_id)
    if upload.state != UploadState.CHECKING:
        return upload  # finished before its worker died
    advance(2, STEPS, "正在读取文件")
    if grid is None:
        with vault.opened(upload.pk) as path:
            grid = reading.read(path)
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload_id)
        advance(25, STEPS, "正在逐格检查")
        checked = _checked(upload, grid)
        advance(55, STEPS, f"正在整理 {checked.rows.num_rows:,} 行")
        _stage(upload, checked, advance)
        upload.state = policies.check_move("checked", upload.state)
        upload.rows, upload.checked_at, upload.seconds = checked.rows.num_rows, timezone.now(), time.monotonic() - begun
        upload.save()
    advance(STEPS, STEPS, f"检查完 {upload.rows:,} 行")
    return upload


def _checked(upload: Upload, grid: Grid) -> Checked:
    loaded = catalogue.load()
    form = actions.form_of(upload.programme)
    layout = actions.layout_of(upload)
    strings = checking.read_rows(grid, layout, actions.read_fixes(upload))
    mark = read_mark(upload.template) if upload.template else None
    known = None
    if "person_key" in strings.column_names:
        known = known_people(strings, mark)
        strings = unmasked(strings, known).drop_columns(
            [c for c in ("person_key", "base_key") if c in strings.column_names]
        )
    context = Context(
        as_of=upload.collected_on,
        divisions=divisions.match_table(),
        default_region=upload.division,
        demo=not settings.PRODUCTION,
    )
    keep = (*home_of(), *SEALED)
    return checking.check(loaded, form, strings, context, grid=grid, layout=layout, known=known, keep=keep)


def known_people(strings: pa.Table, mark: Mark | None) -> Known:
    """Which person each prefilled row is about; keys whose signature does not hold are put aside."""
    workers: list[str | None] = []
    versions: list[int | None] = []
    spoilt: list[int] = []
    bases = strings["base_key"].to_pylist() if "base_key" in strings.column_names else [None] * strings.num_rows
    for row, (worker, base) in enumerate(zip(strings["person_key"].to_pylist(), bases, strict=True)):
        version, _, signature = (base or "").partition(".")
        good = bool(worker and mark and version.isdigit() and row_key(mark, worker, version) == signature)
        workers.append(worker if good else None)
        versions.append(int(version) if good else None)
        if (worker or base) and not good:
            spoilt.append(row)
    return Known(workers, versions, spoilt)


def unmasked(strings: pa.Table, known: Known) -> pa.Table:
    """Numbers the template showed masked and nobody touched, as the ledger has them; in memory only."""
    wanted = [worker for worker in known.workers if worker]
    if not wanted:
        return strings
    real = _numbers(wanted)
    for item, mask in _MASKED.items():
        if item not in strings.column_names:
            continue
        cells: list[Any] = strings[item].to_pylist()
        for row, worker in enumerate(known.workers):
            number = real.get(worker or "", {}).get(item)
            if number and cells[row] == mask(number):
                cells[row] = number
        strings = strings.set_column(strings.column_names.index(item), item, pa.array(cells, pa.string()))
    return strings


def _numbers(workers: list[str]) -> dict[str, dict[str, str | None]]:
    """Identity and phone number of people the acting user may see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, id_token, id_sealed, phone_sealed FROM ledger_worker WHERE id = ANY (%s::uuid[])",
            [workers],
        )
        found = [
            (line[0], *(bytes(value) if value is not None else None for value in line[1:]))
            for line in cursor.fetchall()
        ]
    contexts = [line[1] or b"" for line in found]
    numbers = keys.unseal_many("id_number", [line[2] for line in found], contexts)
    phones = keys.unseal_many("mobile_phone", [line[3] for line in found], contexts)
    return {
        line[0]: {"id_number": number, "mobile_phone": phone}
        for line, number, phone in zip(found, numbers, phones, strict=True)
    }


def _stage(upload: Upload, checked: Checked, advance: Advance) -> None:
    """Replace what an earlier check staged; compare; count."""
    actions.drop_drafts(upload)
    owner = upload.owner
    batch = ledger.open_batch(
        actor=owner, source=Source.WORKBOOK, programme=upload.programme, division=upload.division, collected_on=upload.collected_on,
        title=upload.name, form_version=upload.form_version,
    )  # fmt: skip
    ledger.stage(batch, checked.rows, checking.masked(checked.findings, list(SEALED)), state=State.DRAFT)
    advance(75, STEPS, "正在与台账核对")
    ledger.compare(batch)
    choosing.repeat(upload, batch)
    upload.batch = batch
    upload.counts = queries.outcome_counts(batch.pk)
    upload.problems = queries.count_problems(batch.pk)
    numbers = checked.rows["row_no"].combine_chunks()
    vault.put_table(
        upload.pk,
        "findings",
        checked.findings.append_column("row_no", numbers.take(checked.findings["row"].combine_chunks())),
    )
    (vault.directory(upload.pk) / "answer").unlink(missing_ok=True)
