"""R13 to R15: the audit chain notices every kind of tampering, and the application cannot tamper."""

import random

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from taizhang.accounts.tests import people
from taizhang.protection import audit, keys
from taizhang.protection.audit import Action
from taizhang.protection.models import AuditEntry

ROWS = 30


@pytest.fixture
def data_dir_of_its_own(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def chain(own_database, data_dir_of_its_own):
    """Thirty committed entries; yields a connection as the database's owner, who can do everything but know the key."""
    li = people.county_li()
    for number in range(ROWS):
        audit.write(li, Action.BATCH_OPENED, f"b-{number}", {"rows": number, "词": "字"})
    with psycopg.connect(own_database, autocommit=True) as owner:
        yield owner


def test_an_untouched_chain_is_whole(chain):
    assert audit.verify_chain() is None
    assert audit.read_anchor()[0] == ROWS


COPY = (
    "INSERT INTO protection_auditentry SELECT {seq}, at, actor, action, subject, detail, hash"
    " FROM protection_auditentry WHERE seq = {of}"
)
TAMPERING = {
    "edit the subject": ("UPDATE protection_auditentry SET subject = 'b-999' WHERE seq = {n}", "same"),
    "edit the time": ("UPDATE protection_auditentry SET at = at + interval '1 microsecond' WHERE seq = {n}", "same"),
    "edit who": ("UPDATE protection_auditentry SET actor = gen_random_uuid() WHERE seq = {n}", "same"),
    "edit the detail": ("UPDATE protection_auditentry SET detail = '{{\"rows\": 7000}}' WHERE seq = {n}", "same"),
    "delete": ("DELETE FROM protection_auditentry WHERE seq = {n}", "same"),
    "delete and close the gap": (
        "DELETE FROM protection_auditentry WHERE seq = {n};"
        "UPDATE protection_auditentry SET seq = {n} WHERE seq = {last}",
        "same",
    ),
    "insert a copy at the end": (COPY.format(seq="{last} + 1", of="{n}"), "after"),
    "swap two neighbours": (
        "UPDATE protection_auditentry SET seq = 1000 WHERE seq = {n};"
        "UPDATE protection_auditentry SET seq = {n} WHERE seq = {n} + 1;"
        "UPDATE protection_auditentry SET seq = {n} + 1 WHERE seq = 1000",
        "same",
    ),
    "cut the tail": ("DELETE FROM protection_auditentry WHERE seq >= {n}", "same"),
}


def test_r13_tampering_is_found_and_the_first_bad_row_named(chain):
    rows = chain.execute("SELECT * FROM protection_auditentry").fetchall()
    for kind, (statement, expected) in TAMPERING.items():
        for n in random.Random(kind).sample(range(1, ROWS - 1), 5):
            for one in statement.format(n=n, last=ROWS).split(";"):
                chain.execute(one)
            problem = audit.verify_chain()
            assert problem is not None, kind
            assert problem.seq == (ROWS + 1 if expected == "after" else n), kind
            _restore(chain, rows)
            assert audit.verify_chain() is None


def _restore(chain, rows):
    chain.execute("TRUNCATE protection_auditentry")
    with chain.cursor() as cursor, cursor.copy("COPY protection_auditentry FROM STDIN") as copy:
        for row in rows:
            copy.write_row([psycopg.types.json.Jsonb(v) if isinstance(v, dict) else v for v in row])


def test_r13_a_chain_rewritten_without_the_key_is_found(chain, settings, tmp_path):
    rows = list(AuditEntry.objects.order_by("seq"))
    settings.KEY_FILE = tmp_path / "forged.json"
    keys.ring.cache_clear()
    keys.create()
    before = b""
    for row in rows:  # what somebody with the program and the database, but not the key, would do
        row.subject = "forged"
        before = audit._chained(row, before)
        chain.execute(
            "UPDATE protection_auditentry SET subject = 'forged', hash = %s WHERE seq = %s", [before, row.seq]
        )
    assert audit.verify_chain().code == "replaced"  # even with the forger's key: the anchor differs
    settings.KEY_FILE = settings.DATA_DIR.parent / "none.json"
    keys.ring.cache_clear()


def test_r13_an_older_copy_of_the_whole_table_is_found(chain):
    old = chain.execute("SELECT count(*) FROM protection_auditentry").fetchone()[0]
    audit.write(None, Action.SIGN_IN_FAILED)
    chain.execute("DELETE FROM protection_auditentry WHERE seq > %s", [old])
    assert (audit.verify_chain().code, audit.verify_chain().seq) == ("cut", ROWS + 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE protection_auditentry SET subject = 'x'",
        "DELETE FROM protection_auditentry",
        "TRUNCATE protection_auditentry",
        "DROP TABLE protection_auditentry",
        "ALTER TABLE protection_auditentry DISABLE TRIGGER ALL",
        "ALTER TABLE protection_auditentry DROP COLUMN hash",
        "CREATE RULE r AS ON INSERT TO protection_auditentry DO INSTEAD NOTHING",
    ],
)
def test_r15_the_application_role_can_only_read_and_add(db, statement):
    audit.write(None, Action.MAINTENANCE)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.count() == 1


def test_r14_an_entry_and_its_deed_stand_or_fall_together(db):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.write(people.county_li(), Action.EXPORTED)
        raise RuntimeError
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    "detail", [{"who": "992323196001011200"}, {"phones": ["15412340367"]}, {"99232319600101120X": 1}]
)
def test_numbers_of_people_are_refused(db, detail):
    with pytest.raises(ValueError, match="personal"):
        audit.write(None, Action.PERSON_REVEALED, "", detail)
    assert AuditEntry.objects.count() == 0


def test_every_action_has_a_chinese_name():
    assert set(audit.NAMES) == set(Action)


def test_a_long_chain_is_read_in_one_query(db, django_assert_num_queries):
    for _ in range(20):
        audit.write(None, Action.MAINTENANCE, "x", {"n": 1})
    with django_assert_num_queries(1):
        assert audit.verify_chain() is None
