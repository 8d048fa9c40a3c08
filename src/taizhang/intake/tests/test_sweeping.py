"""Files go when their rows are decided on, and no earlier."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import uuid
from collections.abc import Callable

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people
from taizhang.intake import actions, jobs, sweeping, vault
from taizhang.intake.models import Upload, UploadState
from taizhang.intake.tests import files
from taizhang.intake.tests.conftest import Check
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch, Submission

LATER = dt.timedelta(hours=25)
Make = Callable[..., Upload]


@pytest.fixture(autouse=True)
def _empty_vault() -> None:
    """What other tests rolled back would be swept too."""
    shutil.rmtree(vault.directory(uuid.UUID(int=0)).parent, ignore_errors=True)


@pytest.fixture
def submitted(check: Check, county: User) -> Make:
    """A submitted file of these rows, of 李文静 unless told otherwise."""

    def make(*rows: dict[str, str], actor: User = county) -> Upload:
        with acting_as(actor):
            return actions.submit(actor=actor, upload_id=check(*rows, actor=actor).pk)[0]

    return make


def enter(upload: Upload, actor: User) -> None:
    ledger.apply(actor=actor, batch=Batch.objects.get(pk=upload.batch_id))


def kept(upload: Upload) -> bool:
    return vault.has(upload.pk, "file")


def test_an_entered_file_goes_a_day_later_and_not_before(submitted: Make, county: User) -> None:
    upload = submitted(files.person(1, 姓名="杨一"), files.person(2, 姓名="普二", 民族="苗人"))
    enter(upload, county)
    assert (sweeping.sweep_closed(), kept(upload)) == (0, True)
    assert (sweeping.sweep_closed(timezone.now() + LATER), kept(upload)) == (1, False)
    assert not vault.directory(upload.pk).exists()
    assert sweeping.sweep_closed(timezone.now() + LATER) == 0
    assert Upload.objects.get().counts["new"] == 1  # what the page tells stays


def test_a_file_with_a_row_still_to_be_decided_stays(submitted: Make, county: User) -> None:
    upload = submitted(files.person(1, 姓名="杨一"), files.person(2, 姓名="普二"))
    batch = Batch.objects.get(pk=upload.batch_id)
    ledger.apply(actor=county, batch=batch, submissions=[Submission.objects.get(row_no=2).pk])
    assert sweeping.sweep_closed(timezone.now() + LATER) == 0
    Submission.objects.filter(row_no=3).update(state="returned")
    assert sweeping.sweep_closed(timezone.now() + LATER) == 0
    assert kept(upload)


@pytest.mark.parametrize("state", [UploadState.COLUMNS, UploadState.CHECKED])
def test_a_file_nobody_has_submitted_stays(check: Check, state: UploadState) -> None:
    upload = check(files.person(1, 姓名="杨一"))
    Upload.objects.update(state=state)
    assert (sweeping.sweep_closed(timezone.now() + 90 * LATER), kept(upload)) == (0, True)


def test_undone_and_withdrawn_files_go(submitted: Make, county: User) -> None:
    undone, withdrawn = submitted(files.person(1, 姓名="杨一")), submitted(files.person(2, 姓名="普二"))
    enter(undone, county)
    for upload in (undone, withdrawn):
        actions.undo(actor=county, upload_id=upload.pk, reason="传错了文件")
    assert sweeping.sweep_closed() == 0
    assert sweeping.sweep_closed(timezone.now() + LATER) == 2
    assert not kept(undone)
    assert not kept(withdrawn)


def test_files_of_every_county_go_and_what_is_left_of_a_broken_upload(submitted: Make, county: User) -> None:
    mine = submitted(files.person(1, 姓名="杨一"))
    enter(mine, county)
    orphan, fresh = uuid.uuid4(), uuid.uuid4()
    for key in (orphan, fresh):
        vault.put(key, "file", b"of a request that died")
    old = (timezone.now() - LATER).timestamp()
    os.utime(vault.directory(orphan), (old, old))
    stranger = vault.directory(orphan).parent / "readme"
    stranger.write_text("not ours")
    other = people.county_guzhang()
    with acting_as(other):  # whoever happens to be acting
        assert sweeping.sweep_closed(timezone.now() + dt.timedelta(minutes=1)) == 1
        assert not vault.directory(orphan).exists()
        assert vault.directory(fresh).exists()
        assert sweeping.sweep_closed(timezone.now() + LATER) == 2
    assert not kept(mine)
    assert stranger.exists()


def test_it_is_on_a_schedule(submitted: Make, county: User) -> None:
    upload = submitted(files.person(1, 姓名="杨一"))
    enter(upload, county)
    Batch.objects.update(applied_at=timezone.now() - LATER)
    periodic = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert periodic["intake.sweep"] == "17 * * * *"
    jobs.sweep(0)
    assert not kept(upload)
