"""Row-level security on everything of the room; nothing of it can be deleted; what is append only for the application.

A point belongs to a town and a round to a county: who sees a village of it may read the row, not write it.
"""

from django.conf import settings
from django.db import migrations

from taizhang.engine.roles import append_only, protect

VILLAGES = ["collecting_pointvillage", "collecting_population", "collecting_roundnumber", "collecting_attempt"]
ABOVE = ["collecting_point", "collecting_pointcollector", "collecting_pointleader", "collecting_round"]


def from_below(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""CREATE POLICY from_below ON {table} FOR SELECT TO {settings.APP_ROLE}
            USING (EXISTS (SELECT 1 FROM unnest((SELECT tz_scopes())::text[]) scope WHERE scope ^@ division));""",
        f"DROP POLICY from_below ON {table}",
    )


def kept(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"REVOKE DELETE, TRUNCATE ON {table} FROM {settings.APP_ROLE};",
        f"GRANT DELETE ON {table} TO {settings.APP_ROLE};",
    )


class Migration(migrations.Migration):
    dependencies = [("collecting", "0001_initial"), ("engine", "0001_roles")]
    operations = [
        *(protect(table) for table in (*VILLAGES, *ABOVE)),
        *(from_below(table) for table in ABOVE),
        *(kept(table) for table in ("collecting_pointvillage", *ABOVE)),
        *(append_only(table) for table in VILLAGES[1:]),
    ]
