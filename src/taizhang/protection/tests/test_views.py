"""审计: for the audit administrator, ids and counts only."""

import pytest
from django.db import connection
from django.urls import reverse

from taizhang.accounts.tests import people
from taizhang.protection import audit
from taizhang.protection.audit import Action

pytestmark = pytest.mark.django_db


def test_the_audit_admin_reads_who_did_what_and_narrows_it(client):
    audit.write(people.county_li(), Action.PERSON_REVEALED, "0198-worker", {"reason": "核对"})
    audit.write(None, Action.SIGN_IN_FAILED)
    client.force_login(people.audit_admin())
    page = client.get(reverse("protection:entries")).content.decode()
    assert "李文静（牟定县人力资源和社会保障局）" in page
    assert "查看完整号码" in page
    assert "未登录" in page
    narrowed = client.get(reverse("protection:entries"), {"action": "person.revealed", "day": "x"}).content.decode()
    assert "共 1 条" in narrowed


def test_checking_the_chain_says_what_came_out_and_is_itself_recorded(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    audit.write(None, Action.SIGN_IN_FAILED)
    client.force_login(people.audit_admin())
    assert "没有发现改动" in client.post(reverse("protection:verify"), follow=True).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")  # as somebody who owns the database would
        cursor.execute("UPDATE protection_auditentry SET subject = 'x' WHERE seq = 1")
        cursor.execute("SET ROLE taizhang_app")
    assert "第 1 条被改动" in client.post(reverse("protection:verify"), follow=True).content.decode()
    assert audit.AuditEntry.objects.filter(action="system.maintenance").count() == 2


def test_nobody_else_reads_the_chain(client):
    for who in people.EVERYBODY:
        user = who()
        client.force_login(user)
        assert client.get(reverse("protection:entries")).status_code == (200 if user.role == "audit_admin" else 403)
        assert client.post(reverse("protection:verify")).status_code == (302 if user.role == "audit_admin" else 403)
