"""Fewer rows and fewer indexes per person brought in: history keeps what was, one decision for many rows, one index per kind of
fact, steps of a paper rewritten in place (docs/decisions/history-keeps-what-was.md, decisions-for-many-rows.md)."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import taizhang.ledger.columns

EVENTS = ("worker", "standing", "spell", "workyear", "returnflow", "intention", "verification", "serviceyear")

# Papers decided together in one village share one row.
DECISIONS_BY_ROWS = """
UPDATE ledger_decision d SET batch_id = s.batch_id, rows = int4multirange(int4range(s.row_no, s.row_no, '[]'))
FROM ledger_submission s WHERE s.id = d.submission_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""

CHANGE_BY_VERSION = """
ALTER TABLE ledger_change DROP CONSTRAINT one_change_per_version, DROP COLUMN id, ADD PRIMARY KEY (worker_id, version);
"""

# A paper is rewritten at most twice on its way: half of each page stays free for it.
ROOM_FOR_STEPS = "ALTER TABLE ledger_submission SET (fillfactor = 45);"

# The newest version of a row still there is the row itself; of one deleted, the note of the deletion holds it.
ONLY_WHAT_WAS = "".join(
    f"""
    DELETE FROM ledger_{name}event e USING (
      SELECT DISTINCT ON (id) id, pgh_id FROM ledger_{name}event WHERE pgh_label <> 'delete' ORDER BY id, pgh_id DESC) last
    WHERE e.pgh_id = last.pgh_id;
    UPDATE ledger_{name}event SET pgh_label = 'update' WHERE pgh_label = 'insert';
    """
    for name in EVENTS
)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_find_by_worker"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="intention",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="intention",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="returnflow",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="returnflow",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="serviceyear",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="serviceyear",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="spell",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="spell",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="standing",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="standing",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="verification",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="verification",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="worker",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="worker",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="workyear",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="workyear",
            name="update_update",
        ),
        migrations.RemoveConstraint(
            model_name="intention",
            name="one_open_intention",
        ),
        migrations.RemoveConstraint(
            model_name="membership",
            name="one_open_membership",
        ),
        migrations.RemoveConstraint(
            model_name="spell",
            name="one_open_spell",
        ),
        migrations.RemoveConstraint(
            model_name="standing",
            name="one_open_standing",
        ),
        migrations.RemoveIndex(
            model_name="intention",
            name="intention_by_worker",
        ),
        migrations.RemoveIndex(
            model_name="membership",
            name="membership_by_worker",
        ),
        migrations.RemoveIndex(
            model_name="movement",
            name="movement_by_worker",
        ),
        migrations.RemoveIndex(
            model_name="spell",
            name="spell_by_worker",
        ),
        migrations.RemoveIndex(
            model_name="standing",
            name="standing_by_worker",
        ),
        migrations.RemoveIndex(
            model_name="submission",
            name="submission_queue",
        ),
        migrations.RemoveIndex(
            model_name="submission",
            name="submission_worker",
        ),
        migrations.AddField(
            model_name="decision",
            name="batch",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="ledger.batch"),
        ),
        migrations.AddField(
            model_name="decision",
            name="rows",
            field=taizhang.ledger.columns.RowNumbers(null=True),
        ),
        migrations.RunSQL(DECISIONS_BY_ROWS, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="decision",
            name="submission",
        ),
        migrations.AlterField(
            model_name="decision",
            name="batch",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="ledger.batch"),
        ),
        migrations.AlterField(
            model_name="decision",
            name="rows",
            field=taizhang.ledger.columns.RowNumbers(),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(CHANGE_BY_VERSION, migrations.RunSQL.noop)],
            [
                migrations.RemoveConstraint(model_name="change", name="one_change_per_version"),
                migrations.RemoveField(model_name="change", name="id"),
                migrations.AddField(
                    model_name="change",
                    name="pk",
                    field=models.CompositePrimaryKey(
                        "worker_id", "version", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.RunSQL(ROOM_FOR_STEPS, migrations.RunSQL.noop),
        migrations.RunSQL(ONLY_WHAT_WAS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="submission",
            name="decided_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="submission",
            name="locked_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="entered",
            field=models.GeneratedField(
                db_persist=True, expression=models.Q(("state", "entered")), output_field=models.BooleanField()
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("findings__isnull", False)), fields=["batch", "row_no"], name="submission_problems"
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("entered", False)), fields=["division", "batch"], name="submission_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("entered", False), ("outcome", "same"), _connector="OR"),
                fields=["worker_id"],
                name="submission_worker",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="intention",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_intentionevent" ("batch_id", "division", "from_date", "from_precision", "has_out_plan", "id", "next_plan", "no_out_reason", "no_out_reason_other", "not_transferred_reason", "pgh_created_at", "pgh_label", "plan_out_date", "service_needs", "startup_idea", "to_date", "to_precision", "training_date_wanted", "training_place_wanted", "training_trade_wanted", "training_type_wanted", "transfer_condition", "transfer_willingness", "wanted_employer_type", "wanted_form", "wanted_industry", "wanted_occupation", "wanted_region", "wanted_scope", "wanted_wage", "wanted_wage_other", "wants_job", "wants_startup", "wants_training", "worker_id") SELECT old_values."batch_id", old_values."division", old_values."from_date", old_values."from_precision", old_values."has_out_plan", old_values."id", old_values."next_plan", old_values."no_out_reason", old_values."no_out_reason_other", old_values."not_transferred_reason", NOW(), \'update\', old_values."plan_out_date", old_values."service_needs", old_values."startup_idea", old_values."to_date", old_values."to_precision", old_values."training_date_wanted", old_values."training_place_wanted", old_values."training_trade_wanted", old_values."training_type_wanted", old_values."transfer_condition", old_values."transfer_willingness", old_values."wanted_employer_type", old_values."wanted_form", old_values."wanted_industry", old_values."wanted_occupation", old_values."wanted_region", old_values."wanted_scope", old_values."wanted_wage", old_values."wanted_wage_other", old_values."wants_job", old_values."wants_startup", old_values."wants_training", old_values."worker_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="521482b526df072e0475ab989bdf77713d30be68",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_e7d7d",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_intention",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="returnflow",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_returnflowevent" ("batch_id", "division", "id", "is_current", "is_returned", "pgh_created_at", "pgh_label", "return_date", "return_from_region", "return_prev_employer", "return_prev_industry", "return_prev_occupation", "return_reason", "returned_on", "worker_id") SELECT old_values."batch_id", old_values."division", old_values."id", old_values."is_current", old_values."is_returned", NOW(), \'update\', old_values."return_date", old_values."return_from_region", old_values."return_prev_employer", old_values."return_prev_industry", old_values."return_prev_occupation", old_values."return_reason", old_values."returned_on", old_values."worker_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="c060f02778f0cd8f910f279dddb44a1d8b041aec",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d5ffe",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_returnflow",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="serviceyear",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_serviceyearevent" ("batch_id", "division", "id", "is_current", "pgh_created_at", "pgh_label", "service_count_guidance", "service_count_introduction", "service_count_other", "service_count_startup", "service_count_training", "service_type", "worker_id", "year") SELECT old_values."batch_id", old_values."division", old_values."id", old_values."is_current", NOW(), \'update\', old_values."service_count_guidance", old_values."service_count_introduction", old_values."service_count_other", old_values."service_count_startup", old_values."service_count_training", old_values."service_type", old_values."worker_id", old_values."year" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="cdfb77e9aef1c7fae6cd4c4befe88ffc46c7d722",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7a189",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_serviceyear",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="spell",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_spellevent" ("batch_id", "contract_end", "contract_start", "division", "employed_by_help", "employer_name", "employer_uscc", "employment_form", "employment_form_other", "employment_status", "end_date", "end_reason", "from_date", "from_precision", "help_date", "id", "industry", "industry_s003", "is_return_startup_leading", "is_stable", "is_working", "labour_contract", "main_income_source", "monthly_wage", "not_out_type", "occupation", "organised_export", "out_channel", "out_time", "pgh_created_at", "pgh_label", "post_name", "public_post", "public_post_pay_year", "social_insurance", "start_date", "startup_project", "startup_registered", "to_date", "to_precision", "unemployed_date", "work_address", "work_region", "worker_id", "workshop_name") SELECT old_values."batch_id", old_values."contract_end", old_values."contract_start", old_values."division", old_values."employed_by_help", old_values."employer_name", old_values."employer_uscc", old_values."employment_form", old_values."employment_form_other", old_values."employment_status", old_values."end_date", old_values."end_reason", old_values."from_date", old_values."from_precision", old_values."help_date", old_values."id", old_values."industry", old_values."industry_s003", old_values."is_return_startup_leading", old_values."is_stable", old_values."is_working", old_values."labour_contract", old_values."main_income_source", old_values."monthly_wage", old_values."not_out_type", old_values."occupation", old_values."organised_export", old_values."out_channel", old_values."out_time", NOW(), \'update\', old_values."post_name", old_values."public_post", old_values."public_post_pay_year", old_values."social_insurance", old_values."start_date", old_values."startup_project", old_values."startup_registered", old_values."to_date", old_values."to_precision", old_values."unemployed_date", old_values."work_address", old_values."work_region", old_values."worker_id", old_values."workshop_name" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="3432951e8f95423e38994e2ac9816ca20e7aac33",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7bb94",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_spell",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="standing",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_standingevent" ("batch_id", "death_date", "division", "expected_return", "from_date", "from_precision", "id", "move_out_region", "pgh_created_at", "pgh_label", "pool_status", "status_date", "to_date", "to_precision", "worker_id") SELECT old_values."batch_id", old_values."death_date", old_values."division", old_values."expected_return", old_values."from_date", old_values."from_precision", old_values."id", old_values."move_out_region", NOW(), \'update\', old_values."pool_status", old_values."status_date", old_values."to_date", old_values."to_precision", old_values."worker_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="267fa4cc9dc487ee9db341b19068fc29ddeada07",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_bf109",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_standing",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="verification",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_verificationevent" ("batch_id", "collect_method", "collector", "division", "id", "is_current", "pgh_created_at", "pgh_label", "round", "survey_date", "verify_state", "worker_id") SELECT old_values."batch_id", old_values."collect_method", old_values."collector", old_values."division", old_values."id", old_values."is_current", NOW(), \'update\', old_values."round", old_values."survey_date", old_values."verify_state", old_values."worker_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="345f0bbc2d65ad1a872ce7672d1649821f6fb00c",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_9cebc",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_verification",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="worker",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_workerevent" ("batch_id", "birth_date", "disability_level", "disability_type", "division", "education", "ethnicity", "full_name", "graduation_date", "graduation_school", "health_status", "helper", "home_address", "household_head_name", "household_no", "hukou_address", "hukou_nature", "id", "id_sealed", "id_tail", "id_token", "id_type", "is_ban_fishing", "is_in_school", "is_left_behind_etc", "is_poverty_registered", "is_relocated", "is_two_after", "labour_ability", "major", "marital_status", "military_service", "name_initials", "pension_scheme", "pension_start", "pension_status", "pgh_created_at", "pgh_label", "phone_owner", "phone_sealed", "phone_token", "political_affiliation", "poverty_category", "poverty_status", "relation_to_head", "remark", "residence_region", "retired_by_id", "sex", "skill_certificates", "skill_level", "skill_trade", "startup_policies", "training_received", "version", "village_group") SELECT old_values."batch_id", old_values."birth_date", old_values."disability_level", old_values."disability_type", old_values."division", old_values."education", old_values."ethnicity", old_values."full_name", old_values."graduation_date", old_values."graduation_school", old_values."health_status", old_values."helper", old_values."home_address", old_values."household_head_name", old_values."household_no", old_values."hukou_address", old_values."hukou_nature", old_values."id", old_values."id_sealed", old_values."id_tail", old_values."id_token", old_values."id_type", old_values."is_ban_fishing", old_values."is_in_school", old_values."is_left_behind_etc", old_values."is_poverty_registered", old_values."is_relocated", old_values."is_two_after", old_values."labour_ability", old_values."major", old_values."marital_status", old_values."military_service", old_values."name_initials", old_values."pension_scheme", old_values."pension_start", old_values."pension_status", NOW(), \'update\', old_values."phone_owner", old_values."phone_sealed", old_values."phone_token", old_values."political_affiliation", old_values."poverty_category", old_values."poverty_status", old_values."relation_to_head", old_values."remark", old_values."residence_region", old_values."retired_by_id", old_values."sex", old_values."skill_certificates", old_values."skill_level", old_values."skill_trade", old_values."startup_policies", old_values."training_received", old_values."version", old_values."village_group" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="a20b16c62b0ce0a9cb13cc37893e1accb405a23f",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_74571",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_worker",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workyear",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "ledger_workyearevent" ("annual_work_income", "batch_id", "division", "flexible_days", "id", "is_current", "pgh_created_at", "pgh_label", "stat_year", "work_month_set", "work_months", "worker_id") SELECT old_values."annual_work_income", old_values."batch_id", old_values."division", old_values."flexible_days", old_values."id", old_values."is_current", NOW(), \'update\', old_values."stat_year", old_values."work_month_set", old_values."work_months", old_values."worker_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="71ce8be794a7455b9bc6e0fd3e2bd376e4d37c4e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_c2c92",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="ledger_workyear",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="intention",
            constraint=models.UniqueConstraint(
                models.F("worker"),
                models.Case(
                    models.When(then=models.Value(0), to_date=None),
                    default=models.F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="one_open_intention",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                models.F("worker"),
                models.F("programme"),
                models.Case(
                    models.When(then=models.Value(0), to_date=None),
                    default=models.F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="one_open_membership",
            ),
        ),
        migrations.AddConstraint(
            model_name="spell",
            constraint=models.UniqueConstraint(
                models.F("worker"),
                models.Case(
                    models.When(then=models.Value(0), to_date=None),
                    default=models.F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="one_open_spell",
            ),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=models.UniqueConstraint(
                models.F("worker"),
                models.Case(
                    models.When(then=models.Value(0), to_date=None),
                    default=models.F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="one_open_standing",
            ),
        ),
    ]
