"""R02: without acting_as no row about anybody is visible, and no way out of the block leaves divisions open."""

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, OperationalError, connection, transaction

from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.tests import people
from taizhang.engine.roles import protect


def opened() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('taizhang.scopes', true), '')")
        return cursor.fetchone()[0]


def about_people() -> list[str]:
    """Every table of the database that has a `division` column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name = 'division'"
            " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public') ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
def test_every_table_with_a_division_has_row_security_and_a_policy_for_the_application():
    tables = about_people()
    assert "ledger_worker" in tables
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relrowsecurity AND p.polname = 'scope' AND p.polcmd = '*'"
        )
        protected = {row[0] for row in cursor.fetchall()}
    assert set(tables) <= protected


@pytest.mark.django_db
def test_every_model_with_a_division_field_is_such_a_table():
    models = {m._meta.db_table for m in apps.get_models() if any(f.name == "division" for f in m._meta.fields)}
    assert models <= set(about_people())


EXAMPLE = {
    "uuid": "gen_random_uuid()",
    "boolean": "false",
    "date": "'2020-01-01'",
    "timestamp with time zone": "now()",
    "jsonb": "'{}'",
    "ARRAY": "'{}'",
    "int4multirange": "'{}'",
    "bytea": "''",
    "text": "''",
    "character varying": "''",
}


def fill(owner: psycopg.Connection, table: str, division: str) -> None:
    """One row of nothing but its division, past every foreign key, trigger and check."""
    checks = owner.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
    ).fetchall()
    for (name,) in checks:
        owner.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    columns = owner.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER' AND column_name <> 'division'",
        [table],
    ).fetchall()
    names = ", ".join(f'"{name}"' for name in ["division", *(name for name, _ in columns)])
    values = ", ".join(["%s", *(EXAMPLE.get(kind, "0") for _, kind in columns)])
    owner.execute(f'INSERT INTO "{table}" ({names}) VALUES ({values})', [division])


def test_r02_raw_sql_on_every_table_about_people_sees_nobody_without_acting_as(own_database, subtests):
    tables = about_people()
    with psycopg.connect(own_database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        for table in tables:
            fill(owner, table, "532323101201")
    li, guzhang = people.county_li(), people.county_guzhang()

    def count(table: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            return cursor.fetchone()[0]

    for table in tables:
        with subtests.test(table):
            assert count(table) == 0
            with acting_as(li):
                assert count(table) == 1
            with acting_as(guzhang):
                assert count(table) == 0


@pytest.fixture
def rows(own_database):
    """A table protected as migrations protect theirs, with rows of four divisions and one of none."""
    with psycopg.connect(own_database, autocommit=True) as owner:
        owner.execute('CREATE TABLE probe (division text COLLATE "C", n int)')
        owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON probe TO taizhang_app")
        owner.execute(protect("probe").sql)
        codes = ["532323101201", "532323101202", "532323102201", "433126100201", ""]
        for code in codes:
            owner.execute("INSERT INTO probe VALUES (%s, 1)", [code])
    return codes


def seen() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT division FROM probe ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def test_rows_are_seen_inside_the_scopes_only(rows):
    assert seen() == []
    with acting_as(people.township_wei()):
        assert seen() == ["532323101201", "532323101202"]
    with acting_as(people.county_li()):
        assert seen() == ["532323101201", "532323101202", "532323102201"]
    with acting_as(people.province_yunnan()):
        assert len(seen()) == 3
    for who in (people.system_admin, people.security_admin, people.audit_admin):
        with acting_as(who()):
            assert seen() == []
    assert seen() == []


def test_a_user_without_role_or_closed_or_anonymous_sees_nobody(rows):
    li = people.county_li()
    li.is_active = False
    for user in (li, AnonymousUser()):
        with acting_as(user):
            assert seen() == []
    li.is_active, li.role = True, ""
    with acting_as(li):
        assert seen() == []


@pytest.mark.parametrize(
    "statement", ["INSERT INTO probe VALUES ('433126100201', 2)", "UPDATE probe SET division = '433126100201'"]
)
def test_rows_cannot_be_written_outside_the_scopes(rows, statement):
    with (
        pytest.raises(DatabaseError),
        acting_as(people.county_li()),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    with acting_as(people.county_guzhang()):
        assert seen() == ["433126100201"]


@pytest.mark.parametrize("scopes", [[""], ["53%"], ["53", ""], ["5,4"], ["{}"]])
def test_a_scope_that_is_no_code_is_refused(db, scopes):
    with pytest.raises(ValueError, match="division code"), acting_for(scopes):
        pass


def test_blocks_nest_and_each_restores_the_one_around_it(own_database):
    with acting_for(["53"]):
        with acting_for(["433126"]):
            with acting_for([]):
                assert opened() == ""
            assert opened() == "433126"
        assert opened() == "53"
    assert opened() == ""


class Stop(Exception):
    pass


def test_an_exception_restores(own_database):
    with acting_for(["53"]):
        with pytest.raises(Stop), acting_for(["433126"]):
            raise Stop
        assert opened() == "53"
    assert opened() == ""


def _break() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


def test_an_error_in_a_transaction_inside_the_block_restores(own_database):
    with pytest.raises(DatabaseError), acting_for(["53"]), transaction.atomic():
        _break()
    assert opened() == ""


def test_an_error_in_a_transaction_around_the_block_restores(own_database):
    with pytest.raises(DatabaseError), transaction.atomic(), acting_for(["53"]):
        _break()
    assert opened() == ""


def test_an_error_in_a_savepoint_around_the_block_restores_and_the_transaction_goes_on(own_database):
    with acting_for(["433126"]), transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), acting_for(["53"]):
            _break()
        assert opened() == "433126"
    assert opened() == ""


def test_an_error_in_a_savepoint_inside_the_block_keeps_the_block_open(own_database):
    with transaction.atomic(), acting_for(["53"]):
        with pytest.raises(DatabaseError), transaction.atomic():
            _break()
        assert opened() == "53"
    assert opened() == ""


def test_an_atomic_without_savepoint_that_must_roll_back_restores(own_database):
    with pytest.raises(Stop), transaction.atomic(), acting_for(["53"]), transaction.atomic(savepoint=False):
        raise Stop
    assert opened() == ""


def test_a_rolled_back_transaction_after_the_block_does_not_bring_it_back(own_database):
    with pytest.raises(Stop), transaction.atomic():
        with acting_for(["53"]):
            assert opened() == "53"
        raise Stop
    assert opened() == ""


def test_a_connection_that_broke_comes_back_with_nothing_open(own_database):
    pid = None
    with pytest.raises(OperationalError), acting_for(["53"]):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        with psycopg.connect(own_database, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(%s)", [pid])
        opened()
    connection.close()
    assert opened() == ""


def test_a_connection_broken_inside_a_transaction_comes_back_with_nothing_open(own_database):
    with pytest.raises(OperationalError), acting_for(["433126"]), transaction.atomic(), acting_for(["53"]):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        with psycopg.connect(own_database, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(%s)", [pid])
        opened()
    connection.close()
    assert opened() == ""


def test_a_connection_closed_and_reopened_inside_the_block_has_nothing_open(own_database):
    with acting_for(["53"]):
        connection.close()
        assert opened() == ""
    assert opened() == ""


def test_an_unfinished_copy_ends_the_session_instead_of_leaving_it_open(own_database):
    with acting_for(["53"]):
        raw = connection.cursor().connection
        raw.pgconn.send_query(b"SELECT pg_sleep(30)")  # the session is busy when the block ends
    connection.close()
    assert opened() == ""
