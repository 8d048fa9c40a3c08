"""R01, R05: every address stands in the table, and each role gets exactly what its line says."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from taizhang.accounts import permissions
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people
from taizhang.engine.errors import NotAllowed

pytestmark = pytest.mark.django_db


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, [space, entry.namespace]))
            yield from addresses(entry, inner)
        else:
            yield ":".join(filter(None, [space, entry.name])), entry


def test_every_address_stands_in_the_table_and_the_table_names_nothing_else():
    listed = permissions.PUBLIC | permissions.SIGNED_IN | set(permissions.PERMISSIONS)
    assert {name for name, _ in addresses() if not name.startswith(permissions.BY_TOKEN)} == listed


def test_an_address_that_knows_phones_by_their_token_takes_no_notice_of_a_session(client):
    client.force_login(people.collector_lan())
    tried = 0
    for name, pattern in addresses():
        if name.startswith(permissions.BY_TOKEN) and name not in {"phone_api:openapi-json", "phone_api:api-root"}:
            arguments = {key: _example(converter) for key, converter in pattern.pattern.converters.items()}
            answers = [
                getattr(client, method)(reverse(name, kwargs=arguments)).status_code
                for method in ("get", "post", "put")
            ]
            assert set(answers) == {401, 405}, (name, answers)
            tried += 1
    assert tried >= 6


def test_no_line_is_open_to_nobody_and_no_business_line_to_administrators():
    administrators = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
    for name, allowed in permissions.PERMISSIONS.items():
        assert allowed, name
        if name.split(":")[0] in {"ledger", "intake", "review", "phone", "statistics"}:
            assert not allowed & administrators, name


def test_an_address_that_is_not_listed_is_refused_for_everybody():
    for who in people.EVERYBODY:
        with pytest.raises(NotAllowed, match="unlisted"):
            permissions.check_address(who(), "ledger:forgotten")


ALLOWED = {  # by hand, never derived from the table
    ("system_admin", "accounts:users"),
    ("security_admin", "accounts:users"),
    ("system_admin", "accounts:create"),
    ("audit_admin", "protection:entries"),
}


@pytest.mark.parametrize("who", people.EVERYBODY)
@pytest.mark.parametrize("name", ["accounts:users", "accounts:create", "protection:entries"])
def test_administration_pages_open_for_their_administrator_only(client, who, name):
    user = who()
    client.force_login(user)
    assert client.get(reverse(name)).status_code == (200 if (user.role, name) in ALLOWED else 403)


def test_r05_administrators_meet_a_refusal_on_every_page_about_people(client):
    tried = 0
    for who in (people.system_admin, people.security_admin, people.audit_admin):
        client.force_login(who())
        for name, pattern in addresses():
            rooms = {"ledger", "intake", "review", "phone", "statistics"}
            if name.split(":")[0] in rooms and name not in permissions.PUBLIC:
                arguments = {key: _example(converter) for key, converter in pattern.pattern.converters.items()}
                for method in ("get", "post"):
                    assert getattr(client, method)(reverse(name, kwargs=arguments)).status_code in {403, 405}, name
                    tried += 1
    assert tried >= 50


def _example(converter: object) -> object:
    kind = type(converter).__name__
    if kind == "CodeConverter":
        return "532323"
    return {"UUIDConverter": uuid4(), "IntConverter": 1}.get(kind, "x")


def test_strangers_are_sent_to_the_sign_in_page_from_everywhere(client):
    for name, pattern in addresses():
        if name in permissions.PUBLIC or name.startswith(permissions.BY_TOKEN):
            continue
        arguments = {key: _example(converter) for key, converter in pattern.pattern.converters.items()}
        answer = client.get(reverse(name, kwargs=arguments))
        assert (answer.status_code, answer.headers.get("Location", "")[:16]) == (302, "/accounts/login/"), name


def test_an_account_without_a_role_gets_nowhere_but_to_its_password(client):
    user = User.objects.create(username="neu", display_name="新", role="", must_change_password=False)
    client.force_login(user)
    assert client.get("/").status_code == 403
    assert "等" not in user.role
    assert client.get(reverse("accounts:password")).status_code == 200
