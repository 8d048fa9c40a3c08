"""Row-level security on everything about people; what is append only for the application; who owns a token."""

from django.conf import settings
from django.db import migrations

from taizhang.engine.roles import append_only, protect

TRACKED = ["worker", "standing", "spell", "work_year", "return_flow", "intention", "verification", "service_year"]
TABLES = {name: f"ledger_{name.replace('_', '')}" for name in TRACKED}
EVENTS = [f"{table}event" for table in TABLES.values()]
OTHERS = [
    f"ledger_{name}" for name in ("batch", "submission", "decision", "change", "household", "membership", "movement")
]

# Says only which county holds a number, never who it is: the answer to "this person belongs to somebody else".
TOKEN_OWNER = f"""
CREATE FUNCTION tz_token_owner(tokens bytea[]) RETURNS TABLE (token bytea, county text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
  $$SELECT id_token, left(division, 6) FROM ledger_worker WHERE id_token = ANY (tokens) AND retired_by_id IS NULL$$;
REVOKE ALL ON FUNCTION tz_token_owner(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tz_token_owner(bytea[]) TO {settings.APP_ROLE};
"""

# A person who moves takes the timeline along; nothing else in a change can be altered.
CHANGE_MOVES = f"GRANT UPDATE (division) ON ledger_change TO {settings.APP_ROLE};"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("engine", "0001_roles")]
    operations = [
        *(protect(table) for table in (*TABLES.values(), *EVENTS, *OTHERS)),
        *(append_only(table) for table in (*EVENTS, "ledger_decision", "ledger_change", "ledger_movement")),
        migrations.RunSQL(CHANGE_MOVES, migrations.RunSQL.noop),
        migrations.RunSQL(TOKEN_OWNER, "DROP FUNCTION tz_token_owner(bytea[])"),
    ]
