"""Marks say who was written about, where a statement wrote about few."""

import django.contrib.postgres.fields
from django.db import migrations, models

FEW = 1000  # people a mark names; a statement about more names nobody
BODIES = {
    "insert": "SELECT * FROM new_rows",
    "update": "SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows",
    "delete": "SELECT * FROM old_rows",
}
BEFORE = {
    "insert": "SELECT division FROM new_rows",
    "update": "SELECT division FROM old_rows UNION SELECT division FROM new_rows",
    "delete": "SELECT division FROM old_rows",
}
WEIGHT = "(random() * 9007199254740991)::bigint"


def _named(event: str, column: str) -> str:
    return f"""
        INSERT INTO statistics_touch (county, weight, people)
          SELECT left(division, 6), {WEIGHT}, array_agg(DISTINCT {column}) FROM ({BODIES[event]}) AS written GROUP BY 1;"""


def _function(event: str) -> str:
    return f"""
    CREATE OR REPLACE FUNCTION tz_touch_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF EXISTS (SELECT FROM ({BODIES[event]}) AS written OFFSET {FEW}) THEN
        INSERT INTO statistics_touch (county, weight)
          SELECT left(division, 6), {WEIGHT} FROM ({BODIES[event]}) AS written GROUP BY 1;
      ELSIF TG_TABLE_NAME = 'ledger_worker' THEN {_named(event, "id")}
      ELSE {_named(event, "worker_id")}
      END IF;
      RETURN NULL;
    END $$;
    """


def _function_before(event: str) -> str:
    return f"""
    CREATE OR REPLACE FUNCTION tz_touch_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO statistics_touch (county, weight) SELECT county, {WEIGHT}
        FROM (SELECT DISTINCT left(division, 6) AS county FROM ({BEFORE[event]}) AS written) AS counties;
      RETURN NULL;
    END $$;
    """


class Migration(migrations.Migration):
    dependencies = [("statistics", "0004_rule_versions")]
    operations = [
        migrations.AddField(
            model_name="touch",
            name="people",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), null=True),
        ),
        *(migrations.RunSQL(_function(event), _function_before(event)) for event in BODIES),
    ]
