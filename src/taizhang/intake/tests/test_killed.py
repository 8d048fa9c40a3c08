"""A check killed at any instant leaves nothing half done, and the next run completes it (trust R10)."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people
from taizhang.intake import actions
from taizhang.intake.models import Upload
from taizhang.intake.tests import files
from taizhang.intake.tests.conftest import AUGUST
from taizhang.ledger.models import Batch, Submission

ROWS, KILLS = 2_000, 6
WORK = """
import sys, django
django.setup()
from taizhang.accounts.acting import acting_as_owner
from taizhang.intake import run
from taizhang.intake.models import Upload
from taizhang import catalogue
catalogue.load()
print("ready", flush=True)
with acting_as_owner(sys.argv[2]):
    run.check_upload(sys.argv[1], lambda *_: None)
"""


def start(upload: Upload, url: str, data_dir: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ, "TAIZHANG_DATABASE_URL": url, "TAIZHANG_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "taizhang.site.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }  # fmt: skip
    command = [sys.executable, "-c", WORK, str(upload.pk), str(upload.owner_id)]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.mark.slow
def test_a_killed_check_is_never_half_and_completes_when_run_again(
    own_database: str, data_dir: Path, tmp_path: Path
) -> None:
    people.load_divisions()
    officer = people.county_li()
    path = files.write(
        tmp_path,
        files.workbook(
            files.person(n % 990 + 1, 姓名="杨一", 身份证号=files.number(n % 990 + 1, f"19{60 + n // 990}0312"))
            for n in range(ROWS)
        ),
    )
    with acting_as(officer):
        upload, _ = actions.bring(
            actor=officer, programme="mouding-2017", path=path, name="表.xlsx", collected_on=AUGUST, inline=True
        )
        actions.prepare_check(actor=officer, upload_id=upload.pk)
    instants = random.Random(2017)
    for _ in range(KILLS):
        with start(upload, own_database, data_dir) as child:
            time.sleep(instants.uniform(0.05, 4.0))
            child.kill()
        with acting_as(officer):
            upload.refresh_from_db()
            whole = upload.state == "checked"
            assert upload.state in ("checking", "checked")
            assert (Submission.objects.count(), Batch.objects.count()) == ((ROWS, 1) if whole else (0, 0))
    with start(upload, own_database, data_dir) as child:
        _, said = child.communicate()
    assert child.returncode == 0, said[-3000:]
    with acting_as(officer):
        upload.refresh_from_db()
        assert (upload.state, upload.counts["new"]) == ("checked", ROWS)
        assert (Submission.objects.count(), Batch.objects.count()) == (ROWS, 1)
