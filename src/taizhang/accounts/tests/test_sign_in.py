"""R25, R26, R28: signing in, being locked out, first passwords and time-outs."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.urls import reverse
from django.utils import timezone

from taizhang.accounts import actions, queries
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people
from taizhang.accounts.tests.people import PASSWORD
from taizhang.engine.errors import DomainError
from taizhang.protection.models import AuditEntry

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def sign_in(client, username, password, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more})


def test_the_right_password_leads_to_the_page_asked_for(client):
    user = people.county_li()
    assert client.get("/divisions/").headers["Location"] == f"{LOGIN}?next=/divisions/"
    answer = sign_in(client, "LI ", PASSWORD, next="/divisions/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/divisions/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert [entry.action for entry in AuditEntry.objects.all()] == ["account.sign_in"]


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(client, target):
    people.county_li()
    assert sign_in(client, "li", PASSWORD, next=target).headers["Location"] == "/"


def test_unknown_wrong_and_closed_accounts_get_the_same_answer(client):
    people.county_li()
    closed = people.county_zhao()
    closed.is_active = False
    closed.save()
    pages = [sign_in(client, name, "Falsch-2020-xx").content.decode() for name in ("li", "niemand", "zhao")]
    pages = [re.sub(r'value="[^"]*"|FToken": "[^"]*"', "", page) for page in pages]  # csrf token, name as typed
    assert pages[0] == pages[1] == pages[2]
    assert "账号或密码不对，还可以再试 4 次" in pages[0]


@pytest.mark.parametrize("name", ["li", "niemand"])
def test_r25_known_and_unknown_names_cost_one_argon2_hash_each(client, monkeypatch, name):
    people.county_li()
    spent = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: spent.append("hash") or encode(*args))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: spent.append("hash") or verify(*args))
    sign_in(client, name, "Falsch-2020-xx")
    assert spent == ["hash"]


def test_r25_five_failures_lock_the_account_for_fifteen_minutes(client, monkeypatch):
    people.county_li()
    checked = []
    monkeypatch.setattr(
        "django.contrib.auth.hashers.Argon2PasswordHasher.verify",
        lambda self, password, encoded: checked.append(1) and False,
    )
    answers = [sign_in(client, "li", f"Falsch-2020-{n}") for n in range(12)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429] * 8
    assert len(checked) == 5
    assert "15 分钟内不能登录" in answers[-1].content.decode()
    assert queries.locked_usernames() == {"li"}


def test_r25_a_locked_account_refuses_the_right_password_until_time_or_the_security_admin_unlocks_it(
    client, monkeypatch
):
    user = people.county_li()
    for n in range(5):
        sign_in(client, "li", f"Falsch-2020-{n}")
    assert sign_in(client, "li", PASSWORD).status_code == 429
    actions.unlock(actor=people.security_admin(), user_id=user.pk)
    assert sign_in(client, "li", PASSWORD).status_code == 302
    client.post("/accounts/logout/")
    for n in range(5):
        sign_in(client, "li", f"Falsch-2020-{n}")
    now = timezone.now()
    for module in ("axes.attempts.now", "axes.middleware.now", "axes.handlers.proxy.now", "django.utils.timezone.now"):
        monkeypatch.setattr(module, lambda: now + timedelta(minutes=16), raising=False)
    assert sign_in(client, "li", PASSWORD).status_code == 302


def test_r25_many_names_from_one_address_are_stopped(client, settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 6
    answers = [sign_in(client, f"name{n}", "Falsch-2020-xx").status_code for n in range(8)]
    assert answers == [422] * 6 + [429] * 2
    people.county_li()
    assert sign_in(client, "li", PASSWORD).status_code == 429


@pytest.mark.parametrize("data", [{}, {"username": "li"}, {"password": "x"}, {"username": "x" * 51, "password": "x"}])
def test_an_incomplete_form_says_what_is_missing(client, data):
    assert client.post(LOGIN, data).status_code == 422


def test_signing_out_ends_the_session_and_needs_a_post(client):
    client.force_login(people.county_li())
    assert client.get("/accounts/logout/").status_code == 405
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.get().action == "account.sign_out"


def test_r28_signing_in_gives_a_new_session_token(client):
    people.county_li()
    client.get(LOGIN)
    client.session.save()
    before = client.session.session_key
    sign_in(client, "li", PASSWORD)
    assert client.session.session_key != before


def _travel(monkeypatch, minutes):
    base = time.time()
    monkeypatch.setattr("taizhang.accounts.middleware.time.time", lambda: base + minutes * 60)


def test_r28_fifteen_idle_minutes_end_the_session_and_the_sign_in_page_says_so(client, monkeypatch):
    client.force_login(people.county_li())
    assert client.get("/").status_code == 200
    with monkeypatch.context() as clock:
        _travel(clock, 14)
        assert client.get("/").status_code == 200
    with monkeypatch.context() as clock:
        _travel(clock, 14 + 16)
        assert client.get("/").status_code == 302
    assert "15 分钟没有操作" in client.get(LOGIN).content.decode()


def test_r28_twelve_hours_end_the_session_however_busy(client, monkeypatch):
    client.force_login(people.county_li())
    for minutes in range(0, 12 * 60, 10):
        with monkeypatch.context() as clock:
            _travel(clock, minutes)
            assert client.get("/accounts/password/").status_code == 200
    with monkeypatch.context() as clock:
        _travel(clock, 12 * 60 + 5)
        assert client.get("/accounts/password/").status_code == 302


def test_r28_a_disabled_account_is_out_with_its_next_click(client):
    user = people.county_li()
    client.force_login(user)
    assert client.get("/").status_code == 200
    actions.disable(actor=people.system_admin(), user_id=user.pk)
    assert client.get("/").status_code == 302
    assert sign_in(client, "li", PASSWORD).status_code == 422


def _new_user() -> tuple[User, str]:
    return actions.create_user(actor=people.system_admin(), username="wang", display_name="王强", office="共和镇")


def test_r26_an_initial_password_works_once_and_leads_only_to_choosing_ones_own(client):
    user, initial = _new_user()
    actions.grant(actor=people.security_admin(), user_id=user.pk, role=Role.TOWNSHIP, scopes=_scope("532323101"))
    assert sign_in(client, "wang", initial).status_code == 302
    assert client.get("/").headers["Location"] == reverse("accounts:password")
    assert client.get("/divisions/").headers["Location"] == reverse("accounts:password")
    assert sign_in(client.__class__(), "wang", initial).status_code == 422  # used up
    assert (
        client.post("/accounts/password/", {"new": "Mein-Eigenes-7", "again": "Mein-Eigenes-7"}).headers["Location"]
        == "/"
    )
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert sign_in(client, "wang", "Mein-Eigenes-7").status_code == 302


def test_r26_an_initial_password_is_void_after_a_day(client):
    user, initial = _new_user()
    User.objects.filter(pk=user.pk).update(initial_until=timezone.now() - timedelta(seconds=1))
    assert sign_in(client, "wang", initial).status_code == 422


def test_r26_initial_passwords_are_random_and_strong():
    made = {actions.initial_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 16
        assert all(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[#%+=?@]"))


def test_r26_a_fresh_installation_has_no_account_and_is_set_up_once():
    passwords = actions.install(names={Role.SYSTEM_ADMIN: "xt", Role.SECURITY_ADMIN: "aq", Role.AUDIT_ADMIN: "sj"})
    assert set(passwords) == {"xt", "aq", "sj"}
    assert all(
        user.must_change_password and user.check_password(passwords[user.username]) for user in User.objects.all()
    )
    with pytest.raises(DomainError, match="installed"):
        actions.install(names={Role.SYSTEM_ADMIN: "a1", Role.SECURITY_ADMIN: "a2", Role.AUDIT_ADMIN: "a3"})
    assert User.objects.count() == 3


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("Kurz-1", "10"),
        ("nurkleinbuchstaben", "三种"),
        ("password123", "三种"),
        ("Mouding-20201001", "拼音"),
        ("LiWenJing@2020", "拼音"),
        (PASSWORD, "和现在的一样"),
    ],
)
def test_a_weak_password_is_refused_with_what_it_lacks(client, new, said):
    people.load_divisions()
    user = people.county_li()
    client.force_login(user)
    answer = client.post("/accounts/password/", {"current": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_password_is_changed_only_with_the_current_one_typed_and_the_new_one_twice(client):
    client.force_login(people.county_li())
    wrong = client.post("/accounts/password/", {"current": "x", "new": "Mein-Eigenes-7", "again": "Mein-Eigenes-7"})
    assert "现在的密码不对" in wrong.content.decode()
    twice = client.post(
        "/accounts/password/", {"current": PASSWORD, "new": "Mein-Eigenes-7", "again": "Mein-Eigenes-8"}
    )
    assert "两次输入的新密码不一样" in twice.content.decode()


def test_changing_the_password_ends_the_other_sessions(client):
    user = people.county_li()
    other = client.__class__()
    for one in (client, other):
        one.force_login(user)
        assert one.get("/").status_code == 200
    client.post("/accounts/password/", {"current": PASSWORD, "new": "Mein-Eigenes-7", "again": "Mein-Eigenes-7"})
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_a_password_older_than_ninety_days_must_be_renewed_first(client, settings):
    user = people.county_li()
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now() - timedelta(days=91))
    client.force_login(user)
    assert client.get("/").headers["Location"] == "/accounts/password/"
    settings.PASSWORD_AGE = None  # ASVS style
    assert client.get("/").status_code == 200


def _scope(code: str) -> list[str]:
    people.load_divisions()
    return [code]


def test_a_page_that_takes_long_asks_who_is_signed_in(client):
    assert client.get("/accounts/alive/").json()["user"] == ""
    client.force_login(people.collector_lan())
    said = client.get("/accounts/alive/")
    assert said.json()["user"] == "lan"
    assert said.json()["csrf"]
    assert "no-store" in said["Cache-Control"]
