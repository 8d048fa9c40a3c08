"""任务中心."""

from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from taizhang.engine.models import Progress

pytestmark = pytest.mark.django_db


@pytest.fixture
def lan(client):
    user = get_user_model().objects.create(
        username="lan", display_name="兰", role="collector", scopes=["532323101201"], must_change_password=False
    )
    client.force_login(user)
    return user


def job(owner, **values):
    return Progress.objects.create(kind="k", title="共和镇名册.xlsx", owner=owner, **values)


def test_a_running_job_shows_its_bar_and_asks_again(client, lan):
    running = job(lan, state="running", done=300, total=1000, message="正在核对")
    for url in (reverse("engine:tasks"), reverse("engine:task", args=[running.pk])):
        page = client.get(url).content.decode()
        assert '<progress max="1000" value="300"' in page
        assert "300 / 1,000" in page
        assert "hx-trigger=" in page


def test_a_finished_job_shows_its_result_and_asks_no_more(client, lan):
    done = job(lan, state="done", result_url="/imports/x/")
    fragment = client.get(reverse("engine:task", args=[done.pk]), headers={"HX-Request": "true"}).content.decode()
    assert 'href="/imports/x/"' in fragment
    assert "hx-trigger" not in fragment
    assert "<html" not in fragment
    assert "hx-trigger" not in client.get(reverse("engine:tasks"), headers={"HX-Request": "true"}).content.decode()


def test_a_failed_job_says_why(client, lan):
    failed = job(lan, state="failed", message="工作簿里没有数据行，请填好再上传。")
    assert "没有数据行" in client.get(reverse("engine:task", args=[failed.pk])).content.decode()


def test_no_jobs_is_said_in_words(client, lan):
    assert "还没有任务" in client.get(reverse("engine:tasks")).content.decode()


def test_another_users_job_is_as_absent_as_one_that_never_was(client, lan):
    wei = get_user_model().objects.create(username="wei", display_name="魏", role="township", scopes=["532323101"])
    theirs = job(wei)
    assert client.get(reverse("engine:task", args=[theirs.pk])).status_code == 404
    assert client.get(reverse("engine:task", args=[uuid4()])).status_code == 404
    assert "共和镇名册" not in client.get(reverse("engine:tasks")).content.decode()
    assert client.post(reverse("engine:tasks")).status_code == 405


def test_a_page_that_shows_the_bar_is_drawn_anew_when_the_job_has_ended(client, lan):
    done, running = job(lan, state="done"), job(lan, state="running")

    def asked(task, page):
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
        return client.get(reverse("engine:task", args=[task.pk]), headers=headers).headers.get("HX-Refresh")

    assert asked(done, "/imports/x/") == "true"
    assert asked(running, "/imports/x/") is None
    assert asked(done, reverse("engine:task", args=[done.pk])) is None
