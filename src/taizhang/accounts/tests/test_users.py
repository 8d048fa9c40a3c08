"""R05: two administrators share the keeping of accounts; neither can do the other's part, nobody changes their own."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from taizhang.accounts import actions, queries
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.protection.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(db) -> User:
    people.load_divisions()
    return actions.create_user(actor=people.system_admin(), username="wang", display_name="王强")[0]


def test_a_new_account_has_no_rights_until_the_security_admin_grants_them(wang):
    assert (wang.role, wang.scopes, wang.sees_people) == ("", [], False)
    granted = actions.grant(
        actor=people.security_admin(),
        user_id=wang.pk,
        role=Role.TOWNSHIP,
        scopes=["532323102", "532323101"],
        programme="mouding-2017",
    )
    assert (granted.role, granted.scopes, granted.sees_people) == ("township", ["532323101", "532323102"], True)
    assert [entry.action for entry in AuditEntry.objects.order_by("seq")] == [
        "account.created",
        "account.rights_granted",
    ]


NOT_THEIRS = [
    (people.security_admin, lambda actor, user: actions.create_user(actor=actor, username="neu", display_name="新")),
    (people.county_li, lambda actor, user: actions.create_user(actor=actor, username="neu", display_name="新")),
    (
        people.system_admin,
        lambda actor, user: actions.grant(actor=actor, user_id=user.pk, role="county", scopes=["532323"]),
    ),
    (people.system_admin, lambda actor, user: actions.unlock(actor=actor, user_id=user.pk)),
    (people.system_admin, lambda actor, user: actions.reset_password(actor=actor, user_id=user.pk)),
    (people.security_admin, lambda actor, user: actions.enable(actor=actor, user_id=user.pk)),
    (people.audit_admin, lambda actor, user: actions.disable(actor=actor, user_id=user.pk)),
    (people.county_li, lambda actor, user: actions.disable(actor=actor, user_id=user.pk)),
]


@pytest.mark.parametrize(("who", "deed"), NOT_THEIRS)
def test_nobody_does_anothers_part(wang, who, deed):
    before = AuditEntry.objects.count()
    with pytest.raises(NotAllowed, match="wrong_role"):
        deed(who(), wang)
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    "deed",
    [
        lambda me: actions.grant(actor=me, user_id=me.pk, role="audit_admin", scopes=[]),
        lambda me: actions.disable(actor=me, user_id=me.pk),
        lambda me: actions.reset_password(actor=me, user_id=me.pk),
    ],
)
def test_nobody_changes_their_own_account(db, deed):
    with pytest.raises(NotAllowed, match="own_account"):
        deed(people.security_admin())


@pytest.mark.parametrize(
    ("role", "scopes", "code"),
    [
        ("county", [], "no_scope"),
        ("county", ["53232"], "scope_unknown"),
        ("county", ["532399"], "scope_unknown"),
        ("county", ["53"], "scope_level"),
        ("county", [""], "scope_unknown"),
        ("collector", ["532323"], "scope_level"),
        ("system_admin", ["532323"], "admin_scope"),
        ("superuser", ["532323"], "role"),
    ],
)
def test_rights_that_do_not_fit_are_refused(wang, role, scopes, code):
    with pytest.raises(DomainError, match=code):
        actions.grant(actor=people.security_admin(), user_id=wang.pk, role=role, scopes=scopes)
    wang.refresh_from_db()
    assert wang.role == ""


def test_a_scope_inside_another_is_dropped(wang):
    granted = actions.grant(
        actor=people.security_admin(),
        user_id=wang.pk,
        role="collector",
        scopes=["532323101201", "532323101", "532323102201"],
    )
    assert granted.scopes == ["532323101", "532323102201"]


@pytest.mark.parametrize(
    "bad", [{"scopes": ["532323"], "role": "system_admin"}, {"scopes": [""], "role": "county"}, {"role": "superuser"}]
)
def test_r05_the_database_itself_refuses_what_must_not_be(db, bad):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="x", display_name="x", **bad)


def test_r05_there_is_no_superuser_to_be():
    assert not {"is_superuser", "is_staff"} & {field.name for field in User._meta.get_fields()}


@pytest.mark.parametrize(
    ("username", "code"),
    [("1abc", "username"), ("王强", "username"), ("a", "username"), ("w15412340367", "username_number")],
)
def test_a_username_is_plain_and_no_number_of_a_person(db, username, code):
    with pytest.raises(DomainError, match=code):
        actions.create_user(actor=people.system_admin(), username=username, display_name="王强")


def test_a_taken_username_is_told(wang):
    with pytest.raises(DomainError, match="username_taken"):
        actions.create_user(actor=people.system_admin(), username="WANG", display_name="另一个")


def test_business_users_do_not_learn_who_has_an_account(wang):
    with pytest.raises(NotFound):
        queries.get_user(people.county_li(), wang.pk)


def test_the_pages_make_grant_disable_and_reset(client, db):
    people.load_divisions()
    client.force_login(people.system_admin())
    made = client.post(reverse("accounts:create"), {"username": "wang", "display_name": "王强", "office": "共和镇"})
    user = User.objects.get(username="wang")
    initial = made.content.decode().split('<code class="num">')[1].split("</code>")[0]
    assert user.check_password(initial.replace("&amp;", "&"))
    assert initial not in client.get(reverse("accounts:user", args=[user.pk])).content.decode()
    client.force_login(people.security_admin())
    bad = client.post(reverse("accounts:grant", args=[user.pk]), {"role": "county", "scopes": "53"})
    assert (bad.status_code, "县（市、区）" in bad.content.decode()) == (422, True)
    client.post(reverse("accounts:grant", args=[user.pk]), {"role": "county", "scopes": "532323"})
    client.post(reverse("accounts:disable", args=[user.pk]))
    user.refresh_from_db()
    assert (user.role, user.scopes, user.is_active) == ("county", ["532323"], False)
    assert client.post(reverse("accounts:enable", args=[user.pk])).status_code == 403
    assert "只显示这一次" in client.post(reverse("accounts:reset", args=[user.pk])).content.decode()
    assert "已停用" in client.get(reverse("accounts:users")).content.decode()


@pytest.mark.parametrize(
    "data",
    [{}, {"username": "wang"}, {"username": "", "display_name": "x"}, {"username": "15412340367", "display_name": "x"}],
)
def test_an_incomplete_new_account_is_told_what_to_fix(client, data):
    client.force_login(people.system_admin())
    assert client.post(reverse("accounts:create"), data).status_code == 422
    assert User.objects.count() == 1


def test_a_county_shares_out_its_own_villages_among_its_own_collectors(db):
    people.load_divisions()
    li, lan = people.county_li(), people.collector_lan()
    given = actions.assign_villages(actor=li, user_id=lan.pk, villages=["532323101203", "532323101201"])
    assert (given.role, given.scopes) == ("collector", ["532323101201", "532323101203"])
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.subject) == ("account.rights_granted", str(lan.pk))
    assert actions.assign_villages(actor=li, user_id=lan.pk, villages=[]).sees_people is False


@pytest.mark.parametrize(
    ("who", "whom", "villages", "code"),
    [
        (people.township_wei, people.collector_lan, ["532323101201"], "wrong_role"),
        (people.security_admin, people.collector_lan, ["532323101201"], "wrong_role"),
        (people.county_guzhang, people.collector_lan, ["433126100201"], "not_found"),  # another county's collector
        (people.county_li, people.township_wei, ["532323101201"], "not_found"),  # no collector
        (people.county_li, people.county_li, ["532323101201"], "not_found"),
        (people.county_li, people.collector_lan, ["433126100201"], "out_of_scope"),
        (people.county_li, people.collector_lan, ["532323101999"], "scope_unknown"),
    ],
)
def test_sharing_out_anything_else_is_refused(db, who, whom, villages, code):
    people.load_divisions()
    user = whom()
    before = (user.role, user.scopes)
    with pytest.raises(DomainError) as refused:
        actions.assign_villages(actor=who(), user_id=user.pk, villages=villages)
    user.refresh_from_db()
    assert (refused.value.code, (user.role, user.scopes)) == (code, before)
