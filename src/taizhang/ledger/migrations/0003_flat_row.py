"""The flat row: `worker_flat` now and `worker_flat_at(day)`. Text made by `ledger/flat.py`; a later item needs a later migration."""

from django.conf import settings
from django.db import migrations

VIEW = """
CREATE VIEW worker_flat WITH (security_invoker = true) AS SELECT w.id AS worker_id, w.division, w.version,
w.id_token, w.phone_token, w.id_tail, w.name_initials, w.full_name AS full_name, w.id_type AS id_type, w.sex AS sex,
w.birth_date AS birth_date, w.ethnicity AS ethnicity, w.marital_status AS marital_status, w.political_affiliation AS
political_affiliation, w.phone_owner AS phone_owner, w.hukou_address AS hukou_address, w.home_address AS
home_address, w.residence_region AS residence_region, w.village_group AS village_group, w.hukou_nature AS
hukou_nature, w.household_no AS household_no, w.household_head_name AS household_head_name, w.relation_to_head AS
relation_to_head, w.is_poverty_registered AS is_poverty_registered, w.poverty_status AS poverty_status,
w.poverty_category AS poverty_category, w.is_relocated AS is_relocated, w.is_ban_fishing AS is_ban_fishing,
w.is_left_behind_etc AS is_left_behind_etc, w.labour_ability AS labour_ability, w.health_status AS health_status,
w.disability_type AS disability_type, w.disability_level AS disability_level, w.education AS education,
w.graduation_school AS graduation_school, w.major AS major, w.graduation_date AS graduation_date, w.is_in_school AS
is_in_school, w.is_two_after AS is_two_after, w.skill_level AS skill_level, w.skill_certificates AS
skill_certificates, w.skill_trade AS skill_trade, w.training_received AS training_received, w.military_service AS
military_service, w.pension_status AS pension_status, w.pension_start AS pension_start, w.pension_scheme AS
pension_scheme, w.helper AS helper, w.startup_policies AS startup_policies, w.remark AS remark, w.division AS
hukou_region, coalesce(standing.pool_status, '10') AS pool_status, standing.status_date AS status_date,
standing.expected_return AS expected_return, standing.death_date AS death_date, standing.move_out_region AS
move_out_region, spell.is_working AS is_working, spell.employment_status AS employment_status,
spell.main_income_source AS main_income_source, spell.work_region AS work_region, spell.work_address AS
work_address, spell.employer_name AS employer_name, spell.employer_uscc AS employer_uscc, spell.post_name AS
post_name, spell.occupation AS occupation, spell.employment_form AS employment_form, spell.employment_form_other AS
employment_form_other, spell.startup_project AS startup_project, spell.startup_registered AS startup_registered,
spell.is_return_startup_leading AS is_return_startup_leading, spell.industry AS industry, spell.industry_s003 AS
industry_s003, spell.start_date AS start_date, spell.out_time AS out_time, spell.end_date AS end_date,
spell.end_reason AS end_reason, spell.monthly_wage AS monthly_wage, spell.labour_contract AS labour_contract,
spell.contract_start AS contract_start, spell.contract_end AS contract_end, spell.social_insurance AS
social_insurance, spell.is_stable AS is_stable, spell.employed_by_help AS employed_by_help, spell.help_date AS
help_date, spell.organised_export AS organised_export, spell.out_channel AS out_channel, spell.workshop_name AS
workshop_name, spell.public_post AS public_post, spell.public_post_pay_year AS public_post_pay_year,
spell.not_out_type AS not_out_type, spell.unemployed_date AS unemployed_date, intention.has_out_plan AS
has_out_plan, intention.no_out_reason AS no_out_reason, intention.no_out_reason_other AS no_out_reason_other,
intention.not_transferred_reason AS not_transferred_reason, intention.transfer_condition AS transfer_condition,
intention.transfer_willingness AS transfer_willingness, intention.wants_training AS wants_training,
intention.training_type_wanted AS training_type_wanted, intention.training_trade_wanted AS training_trade_wanted,
intention.training_date_wanted AS training_date_wanted, intention.training_place_wanted AS training_place_wanted,
intention.wants_job AS wants_job, intention.wanted_industry AS wanted_industry, intention.wanted_occupation AS
wanted_occupation, intention.wanted_wage AS wanted_wage, intention.wanted_wage_other AS wanted_wage_other,
intention.wanted_region AS wanted_region, intention.wanted_scope AS wanted_scope, intention.plan_out_date AS
plan_out_date, intention.wanted_form AS wanted_form, intention.wanted_employer_type AS wanted_employer_type,
intention.wants_startup AS wants_startup, intention.startup_idea AS startup_idea, intention.service_needs AS
service_needs, intention.next_plan AS next_plan, work_year.annual_work_income AS annual_work_income,
work_year.work_months AS work_months, work_year.work_month_set AS work_month_set, work_year.flexible_days AS
flexible_days, return_flow.is_returned AS is_returned, return_flow.return_reason AS return_reason,
return_flow.return_from_region AS return_from_region, return_flow.return_date AS return_date,
return_flow.return_prev_employer AS return_prev_employer, return_flow.return_prev_occupation AS
return_prev_occupation, return_flow.return_prev_industry AS return_prev_industry, verification.verify_state AS
verify_state, verification.collect_method AS collect_method, verification.survey_date AS survey_date,
verification.collector AS collector, service_year.service_type AS service_type, service_year.service_count_guidance
AS service_count_guidance, service_year.service_count_introduction AS service_count_introduction,
service_year.service_count_startup AS service_count_startup, service_year.service_count_training AS
service_count_training, service_year.service_count_other AS service_count_other FROM ledger_worker w LEFT JOIN
ledger_standing standing ON standing.worker_id = w.id AND standing.to_date IS NULL LEFT JOIN ledger_spell spell ON
spell.worker_id = w.id AND spell.to_date IS NULL LEFT JOIN ledger_intention intention ON intention.worker_id = w.id
AND intention.to_date IS NULL LEFT JOIN ledger_workyear work_year ON work_year.worker_id = w.id AND
work_year.is_current LEFT JOIN ledger_returnflow return_flow ON return_flow.worker_id = w.id AND
return_flow.is_current LEFT JOIN ledger_verification verification ON verification.worker_id = w.id AND
verification.is_current LEFT JOIN ledger_serviceyear service_year ON service_year.worker_id = w.id AND
service_year.is_current WHERE w.retired_by_id IS NULL
"""

FUNCTION = """
CREATE FUNCTION worker_flat_at(day date) RETURNS SETOF worker_flat LANGUAGE sql STABLE AS $$ SELECT w.id AS
worker_id, w.division, w.version, w.id_token, w.phone_token, w.id_tail, w.name_initials, w.full_name AS full_name,
w.id_type AS id_type, w.sex AS sex, w.birth_date AS birth_date, w.ethnicity AS ethnicity, w.marital_status AS
marital_status, w.political_affiliation AS political_affiliation, w.phone_owner AS phone_owner, w.hukou_address AS
hukou_address, w.home_address AS home_address, w.residence_region AS residence_region, w.village_group AS
village_group, w.hukou_nature AS hukou_nature, w.household_no AS household_no, w.household_head_name AS
household_head_name, w.relation_to_head AS relation_to_head, w.is_poverty_registered AS is_poverty_registered,
w.poverty_status AS poverty_status, w.poverty_category AS poverty_category, w.is_relocated AS is_relocated,
w.is_ban_fishing AS is_ban_fishing, w.is_left_behind_etc AS is_left_behind_etc, w.labour_ability AS labour_ability,
w.health_status AS health_status, w.disability_type AS disability_type, w.disability_level AS disability_level,
w.education AS education, w.graduation_school AS graduation_school, w.major AS major, w.graduation_date AS
graduation_date, w.is_in_school AS is_in_school, w.is_two_after AS is_two_after, w.skill_level AS skill_level,
w.skill_certificates AS skill_certificates, w.skill_trade AS skill_trade, w.training_received AS training_received,
w.military_service AS military_service, w.pension_status AS pension_status, w.pension_start AS pension_start,
w.pension_scheme AS pension_scheme, w.helper AS helper, w.startup_policies AS startup_policies, w.remark AS remark,
w.division AS hukou_region, coalesce(standing.pool_status, '10') AS pool_status, standing.status_date AS
status_date, standing.expected_return AS expected_return, standing.death_date AS death_date,
standing.move_out_region AS move_out_region, spell.is_working AS is_working, spell.employment_status AS
employment_status, spell.main_income_source AS main_income_source, spell.work_region AS work_region,
spell.work_address AS work_address, spell.employer_name AS employer_name, spell.employer_uscc AS employer_uscc,
spell.post_name AS post_name, spell.occupation AS occupation, spell.employment_form AS employment_form,
spell.employment_form_other AS employment_form_other, spell.startup_project AS startup_project,
spell.startup_registered AS startup_registered, spell.is_return_startup_leading AS is_return_startup_leading,
spell.industry AS industry, spell.industry_s003 AS industry_s003, spell.start_date AS start_date, spell.out_time AS
out_time, spell.end_date AS end_date, spell.end_reason AS end_reason, spell.monthly_wage AS monthly_wage,
spell.labour_contract AS labour_contract, spell.contract_start AS contract_start, spell.contract_end AS
contract_end, spell.social_insurance AS social_insurance, spell.is_stable AS is_stable, spell.employed_by_help AS
employed_by_help, spell.help_date AS help_date, spell.organised_export AS organised_export, spell.out_channel AS
out_channel, spell.workshop_name AS workshop_name, spell.public_post AS public_post, spell.public_post_pay_year AS
public_post_pay_year, spell.not_out_type AS not_out_type, spell.unemployed_date AS unemployed_date,
intention.has_out_plan AS has_out_plan, intention.no_out_reason AS no_out_reason, intention.no_out_reason_other AS
no_out_reason_other, intention.not_transferred_reason AS not_transferred_reason, intention.transfer_condition AS
transfer_condition, intention.transfer_willingness AS transfer_willingness, intention.wants_training AS
wants_training, intention.training_type_wanted AS training_type_wanted, intention.training_trade_wanted AS
training_trade_wanted, intention.training_date_wanted AS training_date_wanted, intention.training_place_wanted AS
training_place_wanted, intention.wants_job AS wants_job, intention.wanted_industry AS wanted_industry,
intention.wanted_occupation AS wanted_occupation, intention.wanted_wage AS wanted_wage, intention.wanted_wage_other
AS wanted_wage_other, intention.wanted_region AS wanted_region, intention.wanted_scope AS wanted_scope,
intention.plan_out_date AS plan_out_date, intention.wanted_form AS wanted_form, intention.wanted_employer_type AS
wanted_employer_type, intention.wants_startup AS wants_startup, intention.startup_idea AS startup_idea,
intention.service_needs AS service_needs, intention.next_plan AS next_plan, work_year.annual_work_income AS
annual_work_income, work_year.work_months AS work_months, work_year.work_month_set AS work_month_set,
work_year.flexible_days AS flexible_days, return_flow.is_returned AS is_returned, return_flow.return_reason AS
return_reason, return_flow.return_from_region AS return_from_region, return_flow.return_date AS return_date,
return_flow.return_prev_employer AS return_prev_employer, return_flow.return_prev_occupation AS
return_prev_occupation, return_flow.return_prev_industry AS return_prev_industry, verification.verify_state AS
verify_state, verification.collect_method AS collect_method, verification.survey_date AS survey_date,
verification.collector AS collector, service_year.service_type AS service_type, service_year.service_count_guidance
AS service_count_guidance, service_year.service_count_introduction AS service_count_introduction,
service_year.service_count_startup AS service_count_startup, service_year.service_count_training AS
service_count_training, service_year.service_count_other AS service_count_other FROM ledger_worker w LEFT JOIN
ledger_standing standing ON standing.worker_id = w.id AND standing.from_date <= day AND (standing.to_date IS NULL OR
standing.to_date >= day) LEFT JOIN ledger_spell spell ON spell.worker_id = w.id AND spell.from_date <= day AND
(spell.to_date IS NULL OR spell.to_date >= day) LEFT JOIN ledger_intention intention ON intention.worker_id = w.id
AND intention.from_date <= day AND (intention.to_date IS NULL OR intention.to_date >= day) LEFT JOIN (SELECT
DISTINCT ON (worker_id) * FROM ledger_workyear WHERE stat_year <= extract(year FROM day) ORDER BY worker_id,
stat_year DESC) work_year ON work_year.worker_id = w.id LEFT JOIN (SELECT DISTINCT ON (worker_id) * FROM
ledger_returnflow WHERE returned_on <= day ORDER BY worker_id, returned_on DESC) return_flow ON
return_flow.worker_id = w.id LEFT JOIN (SELECT DISTINCT ON (worker_id) * FROM ledger_verification WHERE round <= day
ORDER BY worker_id, round DESC) verification ON verification.worker_id = w.id LEFT JOIN (SELECT DISTINCT ON
(worker_id) * FROM ledger_serviceyear WHERE year <= extract(year FROM day) ORDER BY worker_id, year DESC)
service_year ON service_year.worker_id = w.id WHERE w.retired_by_id IS NULL $$
"""

# The same employer written in different ways: width, case, spaces and brackets do not count.
PLAIN = r"""
CREATE FUNCTION tz_plain(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$SELECT regexp_replace(lower(normalize(name, NFKC)), '[\s()\[\]【】·.,，。、_-]', '', 'g')$$
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_walls")]
    operations = [
        migrations.RunSQL(PLAIN, "DROP FUNCTION tz_plain(text)"),
        migrations.RunSQL(VIEW, "DROP VIEW worker_flat"),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION worker_flat_at(date)"),
        migrations.RunSQL(f"GRANT SELECT ON worker_flat TO {settings.APP_ROLE}", migrations.RunSQL.noop),
    ]
