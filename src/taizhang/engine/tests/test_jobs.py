"""Jobs start with their transaction, run as their owner, show their progress and survive the death of their worker."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from taizhang.engine import jobs, queries
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.models import Progress
from taizhang.engine.tests.queue import work

PERSON = ("王芳", "992323196001011200")
SEEN: list[object] = []


@jobs.job("engine.tests.count")
def count(progress, batch_id):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('taizhang.scopes', true), current_user")
        SEEN.append((batch_id, *cursor.fetchone()))
    progress.advance(5, 5, "数完")
    return f"/imports/{batch_id}/"


@jobs.job("engine.tests.refuse")
def refuse(progress):
    raise DomainError("empty", "工作簿里没有数据行，请填好再上传。")


@jobs.job("engine.tests.break")
def broken(progress):
    raise ValueError(" ".join(PERSON))


def owner(name="lan", role="collector", scopes=("532323101003",)):
    return get_user_model().objects.create(username=name, display_name="兰", role=role, scopes=list(scopes))


@pytest.fixture(autouse=True)
def _forget():
    SEEN.clear()


def test_a_job_runs_as_its_owner_under_the_application_role(own_database):
    started = jobs.start(count, owner=owner(), title="共和镇名册.xlsx", batch_id="b-1")
    assert (started.state, started.percent) == ("queued", 0)
    work()
    started.refresh_from_db()
    assert SEEN == [("b-1", "532323101003", "taizhang_app")]
    assert (started.state, started.done, started.total, started.message, started.result_url) == (
        "done",
        5,
        5,
        "数完",
        "/imports/b-1/",
    )


def test_a_job_of_a_rolled_back_transaction_never_runs(own_database):
    lan = owner()
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.start(count, owner=lan, title="x", batch_id="b-1")
        raise RuntimeError
    work()
    assert (SEEN, Progress.objects.count()) == ([], 0)


def test_a_refusal_is_shown_in_its_own_words(own_database):
    started = jobs.start(refuse, owner=owner(), title="x")
    work()
    started.refresh_from_db()
    assert (started.state, started.message) == ("failed", "工作簿里没有数据行，请填好再上传。")


def test_a_broken_job_leaves_an_error_id_and_no_personal_data_in_the_log(own_database, caplog):
    started = jobs.start(broken, owner=owner(), title="x")
    work()
    started.refresh_from_db()
    assert started.state == "failed"
    number = started.message.split("编号 ")[1][:8]
    assert [record.name for record in caplog.records if number in record.message] == ["taizhang.fault"]
    assert number == number.upper()
    assert "test_jobs.py" in caplog.text  # where it broke
    assert not any(word in caplog.text for word in PERSON)


def test_the_same_job_delivered_twice_runs_once(own_database):
    started = jobs.start(count, owner=owner(), title="x", batch_id="b-1")
    count.task.defer(progress_id=str(started.pk), batch_id="b-1")
    work()
    assert len(SEEN) == 1


def test_progress_shows_while_the_jobs_transaction_is_open(own_database):
    started = jobs.start(count, owner=owner(), title="x", batch_id="b-1")
    reporter = jobs.Reporter(started.pk)
    with pytest.raises(RuntimeError), transaction.atomic():
        reporter.advance(300, 1000, "正在核对")
        raise RuntimeError
    reporter.close()
    started.refresh_from_db()
    assert (started.done, started.total, started.message, started.percent) == (300, 1000, "正在核对", 30)


@pytest.mark.parametrize("value", ["992323196001011200", "15400000367", "王芳", "a b", ""])
def test_only_ids_go_into_the_queue(db, value):
    with pytest.raises(ValueError, match="not an id"):
        jobs.start(count, owner=owner(), title="x", batch_id=value)


def test_the_command_line_runs_the_same_job_at_once(own_database):
    done = jobs.run_now(count, owner=owner(), title="x", batch_id="b-2")
    assert (done.state, done.result_url) == ("done", "/imports/b-2/")
    with pytest.raises(DomainError):
        jobs.run_now(refuse, owner=owner("li"), title="x")
    assert Progress.objects.filter(state="failed").count() == 1


def test_jobs_are_seen_by_their_owner_only(db):
    lan, wei = owner(), owner("wei")
    progress = Progress.objects.create(kind="k", title="t", owner=lan)
    assert list(queries.jobs_of(lan)) == [progress]
    assert list(queries.jobs_of(wei)) == []
    with pytest.raises(NotFound):
        queries.get_job(wei, progress.pk)


@jobs.job("engine.tests.slow")
def slow(progress, marker):
    """Here only to be queued: `WORKER` has the function of this name that runs."""


WORKER = """
import os, sys, time, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from taizhang.engine import jobs
@jobs.job("engine.tests.slow")
def slow(progress, marker):
    with open(marker, "a") as file:
        file.write("x")
    for n in range(40):
        if os.path.getsize(marker) == 1:   # the first run never ends by itself
            time.sleep(0.5)
        progress.advance(n, 40)
    return "/done/"
jobs.run_worker(wait=sys.argv[2] == "wait", heartbeat=0.5)
"""


def test_a_job_killed_with_its_worker_is_found_and_done_by_the_next(own_database, tmp_path):
    marker = tmp_path / "runs"
    started = jobs.start(slow, owner=owner(), title="x", marker=str(marker))
    name = own_database.split("/")[-1].split("?")[0]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DJANGO_SETTINGS_MODULE": "taizhang.site.settings",
    }
    worker = [sys.executable, "-c", WORKER, name, "wait"]
    with subprocess.Popen(worker, env=environment) as first:
        try:
            _until(marker.exists)
            _until(lambda: Progress.objects.get(pk=started.pk).state == "running")
        finally:
            first.send_signal(signal.SIGKILL)
    with subprocess.Popen(worker, env=environment) as second:
        try:
            _until(lambda: Progress.objects.get(pk=started.pk).state == "done")
        finally:
            second.terminate()
    assert second.returncode == 0
    assert marker.read_text() == "xx"
    assert Progress.objects.get(pk=started.pk).result_url == "/done/"


def _until(true, seconds=90):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
