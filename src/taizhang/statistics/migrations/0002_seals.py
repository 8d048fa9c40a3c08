"""Seals, and the trigger that keeps a transaction begun before a seal from writing behind it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taizhang.engine.ids
from taizhang.engine.roles import append_only, protect

FROM_BELOW = f"""
CREATE POLICY from_below ON statistics_seal FOR SELECT TO {settings.APP_ROLE}
  USING (EXISTS (SELECT 1 FROM unnest((SELECT tz_scopes())::text[]) scope WHERE scope ^@ division));
"""
# The shared lock is held until commit: whoever seals takes it alone, so nobody is in the middle of writing.
AFTER_CUT = """
CREATE FUNCTION tz_after_cut() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE place text; BEGIN
  FOR place IN SELECT DISTINCT left(division, 6) FROM new_rows ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock_shared(hashtext('statistics.seal'), hashtext(place));
    IF EXISTS (SELECT 1 FROM statistics_cut WHERE county = place AND at >= now()) THEN
      RAISE EXCEPTION 'the county was sealed after this transaction began' USING ERRCODE = '40001';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
"""


def _trigger(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER after_cut AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION tz_after_cut()",
        f"DROP TRIGGER after_cut ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("statistics", "0001_initial"),
        ("ledger", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Cut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("county", models.CharField(db_collation="C", max_length=6)),
                ("at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["county", "at"], name="cut_of_county")]},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=taizhang.engine.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("programme", models.CharField(max_length=40)),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("period", models.CharField(max_length=10)),
                ("version", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("cut_off", models.DateField()),
                ("known_at", models.DateTimeField()),
                ("people", models.IntegerField()),
                ("manifest", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("mac", models.BinaryField(max_length=32)),
                ("signature", models.BinaryField(max_length=64)),
                ("sealed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "sealed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("programme", "division", "period", "version"), name="one_seal_per_version"
                    ),
                    models.UniqueConstraint(fields=("programme", "division", "number"), name="one_chain_of_seals"),
                ],
            },
        ),
        protect("statistics_seal"),
        append_only("statistics_seal"),
        append_only("statistics_cut"),
        migrations.RunSQL(FROM_BELOW, "DROP POLICY from_below ON statistics_seal"),
        migrations.RunSQL(AFTER_CUT, "DROP FUNCTION tz_after_cut()"),
        _trigger("ledger_change"),
        _trigger("ledger_movement"),
    ]
