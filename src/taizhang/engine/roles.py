"""The second wall: SQL that migrations run so that the application role sees only rows inside `taizhang.scopes`.

Every table about people has a text column `division` (12-digit code, "C" collation). Without `acting_as(user)` the
setting is empty and no row is visible. An empty prefix would match everything, so it is dropped before comparing.
"""

from django.conf import settings
from django.db import migrations

FUNCTIONS = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{settings.APP_ROLE}') THEN CREATE ROLE {settings.APP_ROLE}
  NOLOGIN; END IF; EXECUTE format('GRANT {settings.APP_ROLE} TO %I', current_user);
END $$;
GRANT USAGE ON SCHEMA public TO {settings.APP_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {settings.APP_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {settings.APP_ROLE};
DO $$ BEGIN
  IF to_regproc('pg_catalog.uuidv7') IS NOT NULL THEN
    EXECUTE 'CREATE OR REPLACE FUNCTION tz_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS ''SELECT
    uuidv7()''';
  ELSE
    EXECUTE $f$CREATE OR REPLACE FUNCTION tz_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS
      'SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
         substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53,
         1), ''hex'')::uuid'$f$;
  END IF;
END $$;
CREATE OR REPLACE FUNCTION tz_scopes() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$SELECT array_remove(string_to_array(coalesce(current_setting('taizhang.scopes', true), ''), ','), '')$$;
"""


def functions() -> migrations.RunSQL:
    """The application role, its default privileges, `tz_uuid7()` and `tz_scopes()`."""
    return migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)


def protect(table: str) -> migrations.RunSQL:
    """Row-level security on a table about people: reading and writing only inside the acting user's divisions."""
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY scope ON {table} TO {settings.APP_ROLE}
          USING (division ^@ ANY ((SELECT tz_scopes())::text[])) WITH CHECK (division ^@ ANY ((SELECT
          tz_scopes())::text[]));
        """,
        f"DROP POLICY scope ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def append_only(table: str) -> migrations.RunSQL:
    """The application role may read and add rows of `table`, never change or remove them."""
    return migrations.RunSQL(
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {settings.APP_ROLE};",
        f"GRANT UPDATE, DELETE ON {table} TO {settings.APP_ROLE};",
    )
