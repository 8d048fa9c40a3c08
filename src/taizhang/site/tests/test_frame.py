"""The frame around every page, and the pages that say no."""

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from taizhang.accounts.models import Role, User
from taizhang.site import middleware


def make_user(role: str = Role.COUNTY, scopes: tuple[str, ...] = ("532323",), **more: object) -> User:
    return User.objects.create(
        username=f"{role}-test",
        display_name="李文静",
        office="县就业中心",
        role=role,
        scopes=list(scopes),
        must_change_password=False,
        **more,
    )


@pytest.fixture
def clerk(db: None, client: Client) -> User:
    user = make_user()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


def test_the_home_page_greets_with_menu_and_scope(client: Client, clerk: User) -> None:
    page = client.get("/").content.decode()
    assert "<title>工作台 - 台账</title>" in page
    assert "<h1>工作台</h1>" in page  # the h1 repeats the title block
    assert "县就业中心 李文静" in page
    assert 'aria-current="page"' in page


def test_an_anonymous_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_big_type_stays_with_the_account(client: Client, clerk: User) -> None:
    assert 'class="elder"' not in client.get("/").content.decode()
    assert client.post("/elder/", {"next": "/"}).status_code == 302
    clerk.refresh_from_db()
    assert clerk.preferences["elder"] is True
    assert '<html lang="zh-CN" class="elder">' in client.get("/").content.decode()


def test_a_visitor_keeps_the_big_type_in_the_session(client: Client, db: None) -> None:
    client.post("/elder/", {"next": "/accounts/login/"})
    assert client.session["elder"] is True


def test_the_way_back_never_leaves_the_site(client: Client, clerk: User) -> None:
    assert client.post("/elder/", {"next": "https://elsewhere.invalid/"})["Location"] == "/"


def test_switching_needs_a_post(client: Client, clerk: User) -> None:
    assert client.get("/elder/").status_code == 405


def test_an_unknown_address_answers_in_words(client: Client, clerk: User) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "没有这一页" in answer.content.decode()


def test_a_forged_form_is_refused_in_words(clerk: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk, "django.contrib.auth.backends.ModelBackend")
    answer = strict.post("/elder/")
    assert answer.status_code == 403
    assert "刷新后重新提交" in answer.content.decode()


def test_pages_carry_a_strict_policy_and_are_not_kept(client: Client, clerk: User) -> None:
    answer = client.get("/")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy
    assert answer["Cache-Control"] == "no-store"
    assert "style=" not in answer.content.decode()
    assert "onclick" not in answer.content.decode()


def test_a_fault_shows_a_number_and_logs_no_value(
    client: Client, clerk: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: object) -> object:
        raise ValueError("992323198504121200")

    from taizhang.site import menu

    monkeypatch.setattr(menu, "Frame", broken)
    client.raise_request_exception = False
    answer = client.get("/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "错误编号" in page
    assert "Traceback" not in page
    assert "992323198504121200" not in page + caplog.text
    assert "ValueError at test_frame.py" in caplog.text


def test_administrators_do_not_see_rooms_with_people(client: Client, db: None) -> None:
    admin = make_user(Role.AUDIT_ADMIN, ())
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    page = client.get("/").content.decode()
    assert "查人" not in page
    assert 'href="/people/"' not in page
    assert "审计管理员" in page


def test_the_policy_view_is_the_one_django_uses() -> None:
    assert settings.CSRF_FAILURE_VIEW.rpartition(".")[2] == middleware.csrf_refused.__name__
    assert RequestFactory().get("/").path == "/"
