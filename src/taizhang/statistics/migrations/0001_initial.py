"""The counties' marks, and the triggers on every table of the flat row that move them."""

from django.db import migrations, models

TABLES = (
    "worker", "standing", "spell", "workyear", "returnflow", "intention", "verification", "serviceyear", "movement",
)  # fmt: skip
BODIES = {
    "insert": "SELECT division FROM new_rows",
    "update": "SELECT division FROM old_rows UNION SELECT division FROM new_rows",
    "delete": "SELECT division FROM old_rows",
}
REFERENCES = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


def _function(event: str) -> str:
    return f"""
    CREATE FUNCTION tz_touch_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO statistics_touch (county, weight) SELECT county, (random() * 9007199254740991)::bigint
        FROM (SELECT DISTINCT left(division, 6) AS county FROM ({BODIES[event]}) AS written) AS counties;
      RETURN NULL;
    END $$;
    """


def _trigger(table: str, event: str) -> str:
    return (
        f"CREATE TRIGGER touch_{event} AFTER {event.upper()} ON ledger_{table} REFERENCING {REFERENCES[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION tz_touch_{event}();"
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = [("ledger", "0002_walls"), ("engine", "0001_roles")]
    operations = [
        migrations.CreateModel(
            name="Touch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("county", models.CharField(db_collation="C", max_length=6)),
                ("weight", models.DecimalField(decimal_places=0, max_digits=30)),
            ],
            options={"indexes": [models.Index(fields=["county"], name="touch_county")]},
        ),
        *(migrations.RunSQL(_function(event), f"DROP FUNCTION tz_touch_{event}()") for event in BODIES),
        *(
            migrations.RunSQL(_trigger(table, event), f"DROP TRIGGER touch_{event} ON ledger_{table}")
            for table in TABLES
            for event in BODIES
        ),
    ]
