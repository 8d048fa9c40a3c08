"""What a submission says moves to a table of its own, typed: steps of a batch rewrite narrow rows, and the door reads columns
instead of JSON (docs/decisions/papers-apart.md)."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from taizhang.engine.roles import protect

APART = {"submission", "division", "id_sealed", "id_tail", "phone_sealed", "name_initials", "left_out"}


def move_papers(apps, schema_editor):
    """Every row's JSON into typed columns. Where empty cells empty, items without a key are those it says nothing about."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM ledger_submission)")
        if not cursor.fetchone()[0]:
            return
        fields = [field for field in apps.get_model("ledger", "Paper")._meta.fields if field.name not in APART]
        names = ", ".join(field.name for field in fields)
        types = ", ".join(f"{field.name} {field.db_type(schema_editor.connection)}" for field in fields)
        cursor.execute(
            f"""
            INSERT INTO ledger_paper (submission_id, division, id_sealed, id_tail, phone_sealed, name_initials, left_out, {names})
            SELECT s.id, s.division, s.id_sealed, s.id_tail, s.phone_sealed, s.name_initials,
              CASE WHEN b.clears THEN (
                SELECT array_agg(item::text) FROM unnest(b.items) item
                WHERE NOT s.values ? item AND item <> 'id_number' AND (item <> 'mobile_phone' OR s.phone_token IS NULL)) END,
              {", ".join(f"r.{field.name}" for field in fields)}
            FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id, jsonb_to_record(s.values) AS r({types})
            """
        )


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_lean_bulk"),
    ]

    operations = [
        migrations.CreateModel(
            name="Paper",
            fields=[
                (
                    "submission",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="paper",
                        serialize=False,
                        to="ledger.submission",
                    ),
                ),
                ("division", models.CharField(db_collation="C", max_length=12)),
                ("id_sealed", models.BinaryField(null=True)),
                ("id_tail", models.IntegerField(null=True)),
                ("phone_sealed", models.BinaryField(null=True)),
                ("name_initials", models.TextField(db_collation="C", null=True)),
                (
                    "left_out",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
                ),
                ("hukou_region", models.TextField(db_collation="C", null=True)),
                ("full_name", models.TextField(db_collation="C", null=True)),
                ("id_type", models.TextField(db_collation="C", null=True)),
                ("sex", models.TextField(db_collation="C", null=True)),
                ("birth_date", models.DateField(null=True)),
                ("ethnicity", models.TextField(db_collation="C", null=True)),
                ("marital_status", models.TextField(db_collation="C", null=True)),
                ("political_affiliation", models.TextField(db_collation="C", null=True)),
                ("phone_owner", models.TextField(db_collation="C", null=True)),
                ("hukou_address", models.TextField(null=True)),
                ("home_address", models.TextField(null=True)),
                ("residence_region", models.TextField(db_collation="C", null=True)),
                ("village_group", models.TextField(null=True)),
                ("hukou_nature", models.TextField(db_collation="C", null=True)),
                ("household_no", models.TextField(db_collation="C", null=True)),
                ("household_head_name", models.TextField(null=True)),
                ("relation_to_head", models.TextField(db_collation="C", null=True)),
                ("is_poverty_registered", models.BooleanField(null=True)),
                ("poverty_status", models.TextField(db_collation="C", null=True)),
                ("poverty_category", models.TextField(db_collation="C", null=True)),
                ("is_relocated", models.BooleanField(null=True)),
                (
                    "is_ban_fishing",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                (
                    "is_left_behind_etc",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("labour_ability", models.TextField(db_collation="C", null=True)),
                ("health_status", models.TextField(db_collation="C", null=True)),
                ("disability_type", models.TextField(db_collation="C", null=True)),
                ("disability_level", models.TextField(db_collation="C", null=True)),
                ("education", models.TextField(db_collation="C", null=True)),
                ("graduation_school", models.TextField(null=True)),
                ("major", models.TextField(null=True)),
                ("graduation_date", models.DateField(null=True)),
                ("is_in_school", models.BooleanField(null=True)),
                ("is_two_after", models.BooleanField(null=True)),
                ("skill_level", models.TextField(db_collation="C", null=True)),
                (
                    "skill_certificates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("skill_trade", models.TextField(null=True)),
                (
                    "training_received",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("military_service", models.TextField(db_collation="C", null=True)),
                ("pension_status", models.TextField(db_collation="C", null=True)),
                ("pension_start", models.DateField(null=True)),
                (
                    "pension_scheme",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("helper", models.TextField(null=True)),
                (
                    "startup_policies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("remark", models.TextField(null=True)),
                ("pool_status", models.TextField(db_collation="C", null=True)),
                ("status_date", models.DateField(null=True)),
                ("expected_return", models.DateField(null=True)),
                ("death_date", models.DateField(null=True)),
                ("move_out_region", models.TextField(db_collation="C", null=True)),
                ("is_working", models.BooleanField(null=True)),
                ("employment_status", models.TextField(db_collation="C", null=True)),
                ("main_income_source", models.TextField(db_collation="C", null=True)),
                ("work_region", models.TextField(db_collation="C", null=True)),
                ("work_address", models.TextField(null=True)),
                ("employer_name", models.TextField(null=True)),
                ("employer_uscc", models.TextField(db_collation="C", null=True)),
                ("post_name", models.TextField(null=True)),
                ("occupation", models.TextField(null=True)),
                ("employment_form", models.TextField(db_collation="C", null=True)),
                ("employment_form_other", models.TextField(null=True)),
                ("startup_project", models.TextField(null=True)),
                ("startup_registered", models.BooleanField(null=True)),
                ("is_return_startup_leading", models.BooleanField(null=True)),
                ("industry", models.TextField(db_collation="C", null=True)),
                ("industry_s003", models.TextField(db_collation="C", null=True)),
                ("start_date", models.DateField(null=True)),
                ("out_time", models.DateField(null=True)),
                ("end_date", models.DateField(null=True)),
                ("end_reason", models.TextField(db_collation="C", null=True)),
                ("monthly_wage", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("labour_contract", models.BooleanField(null=True)),
                ("contract_start", models.DateField(null=True)),
                ("contract_end", models.DateField(null=True)),
                ("social_insurance", models.BooleanField(null=True)),
                ("is_stable", models.BooleanField(null=True)),
                ("employed_by_help", models.BooleanField(null=True)),
                ("help_date", models.DateField(null=True)),
                (
                    "organised_export",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("out_channel", models.TextField(db_collation="C", null=True)),
                ("workshop_name", models.TextField(null=True)),
                ("public_post", models.TextField(db_collation="C", null=True)),
                ("public_post_pay_year", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("not_out_type", models.TextField(db_collation="C", null=True)),
                ("unemployed_date", models.DateField(null=True)),
                ("has_out_plan", models.BooleanField(null=True)),
                ("no_out_reason", models.TextField(db_collation="C", null=True)),
                ("no_out_reason_other", models.TextField(null=True)),
                (
                    "not_transferred_reason",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("transfer_condition", models.BooleanField(null=True)),
                ("transfer_willingness", models.TextField(db_collation="C", null=True)),
                ("wants_training", models.BooleanField(null=True)),
                ("training_type_wanted", models.TextField(db_collation="C", null=True)),
                ("training_trade_wanted", models.TextField(null=True)),
                ("training_date_wanted", models.DateField(null=True)),
                ("training_place_wanted", models.TextField(null=True)),
                ("wants_job", models.BooleanField(null=True)),
                ("wanted_industry", models.TextField(db_collation="C", null=True)),
                ("wanted_occupation", models.TextField(null=True)),
                ("wanted_wage", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("wanted_wage_other", models.TextField(null=True)),
                ("wanted_region", models.TextField(db_collation="C", null=True)),
                ("wanted_scope", models.TextField(db_collation="C", null=True)),
                ("plan_out_date", models.DateField(null=True)),
                ("wanted_form", models.TextField(db_collation="C", null=True)),
                ("wanted_employer_type", models.TextField(db_collation="C", null=True)),
                ("wants_startup", models.BooleanField(null=True)),
                ("startup_idea", models.TextField(null=True)),
                (
                    "service_needs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("next_plan", models.TextField(db_collation="C", null=True)),
                ("annual_work_income", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("work_months", models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                (
                    "work_month_set",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), null=True, size=None),
                ),
                ("flexible_days", models.BigIntegerField(null=True)),
                ("is_returned", models.BooleanField(null=True)),
                ("return_reason", models.TextField(db_collation="C", null=True)),
                ("return_from_region", models.TextField(db_collation="C", null=True)),
                ("return_date", models.DateField(null=True)),
                ("return_prev_employer", models.TextField(null=True)),
                ("return_prev_occupation", models.TextField(null=True)),
                ("return_prev_industry", models.TextField(db_collation="C", null=True)),
                ("verify_state", models.TextField(db_collation="C", null=True)),
                ("collect_method", models.TextField(db_collation="C", null=True)),
                ("survey_date", models.DateField(null=True)),
                ("collector", models.TextField(null=True)),
                (
                    "service_type",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), null=True, size=None
                    ),
                ),
                ("service_count_guidance", models.BigIntegerField(null=True)),
                ("service_count_introduction", models.BigIntegerField(null=True)),
                ("service_count_startup", models.BigIntegerField(null=True)),
                ("service_count_training", models.BigIntegerField(null=True)),
                ("service_count_other", models.BigIntegerField(null=True)),
            ],
        ),
        protect("ledger_paper"),
        migrations.RunPython(move_papers, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="submission",
            name="id_sealed",
        ),
        migrations.RemoveField(
            model_name="submission",
            name="id_tail",
        ),
        migrations.RemoveField(
            model_name="submission",
            name="name_initials",
        ),
        migrations.RemoveField(
            model_name="submission",
            name="phone_sealed",
        ),
        migrations.RemoveField(
            model_name="submission",
            name="values",
        ),
    ]
