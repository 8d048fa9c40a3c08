"""Where they work, for how much and for how long; if not, why not and what they want."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa


def add_jobs(
    con: duckdb.DuckDBPyConnection, persons: str, day: dt.date, county: str, moment: str, leaving: str | None
) -> pa.Table:
    """Flat rows of the people of table `persons` as collected on `day`.

    Args:
        moment: which draw of work this is; 'first' spreads starting days over six years, later ones fall in the month before `day`.
        leaving: SQL giving the CL-STATUS code of those who leave, None for everybody else (正常).
    """
    since = 2200 if moment == "first" else 29
    status = leaving or "'10'"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE work AS {_work(persons, moment)}", {"county": county, "day": day, "since": since}
    )
    return con.sql(_flat(status), params={"day": day, "county": county}).to_arrow_table()


def _work(persons: str, moment: str) -> str:
    """Activity, place, trade, pay and months worked in the programme's year."""
    return f"""
    WITH a AS (
      SELECT *, u(i, '{moment}work') / CASE WHEN years >= 60 THEN 1.6 WHEN years >= 50 THEN 1.15 WHEN years BETWEEN 20 AND 39 THEN 0.93 ELSE 1 END AS r FROM {persons}),
    b AS (
      SELECT *, CASE WHEN years < 17 THEN 'home' WHEN r < 0.42 / 0.96 AND ability <> '3' THEN 'out' WHEN r < 0.66 THEN 'near' WHEN r < 0.90 THEN 'farm'
                     WHEN r < 0.93 THEN 'seek' ELSE 'home' END AS activity,
             draw(getvariable('scope'), u(i, '{moment}scope')) AS drawn FROM a),
    c AS (
      SELECT *, activity IN ('out', 'near') AS working,
        CASE activity WHEN 'near' THEN CASE WHEN drawn IN ('1', '3', '5') THEN '1' ELSE '2' END
                      WHEN 'out' THEN CASE WHEN drawn IN ('1', '2') THEN '5' ELSE drawn END END AS scope,
        draw(getvariable('industry'), u(i, '{moment}industry')) AS drawn_industry, draw(getvariable('form'), u(i, '{moment}form')) AS drawn_form FROM b),
    towns AS (SELECT list(code ORDER BY code) AS codes FROM divisions WHERE length(code) = 9 AND starts_with(code, $county)),
    near AS (SELECT list(code ORDER BY code) AS codes FROM divisions WHERE length(code) = 6 AND starts_with(code, left($county, 4)) AND code <> $county),
    inside AS (SELECT list(code ORDER BY code) AS codes FROM divisions WHERE length(code) = 6 AND starts_with(code, left($county, 2)) AND NOT starts_with(code, left($county, 4))),
    away AS (SELECT left(code, 2) AS province, list(code ORDER BY code) AS codes FROM divisions WHERE length(code) = 6 GROUP BY 1),
    d AS (
      SELECT c.*, CASE scope
          WHEN '1' THEN left(village, 9) WHEN '2' THEN draw(list_filter(towns.codes, lambda t: t <> left(village, 9)), u(i, '{moment}town'))
          WHEN '3' THEN draw(near.codes, u(i, '{moment}near')) WHEN '4' THEN draw(inside.codes, u(i, '{moment}inside'))
          WHEN '5' THEN draw(away.codes, u(i, '{moment}away')) WHEN '6' THEN draw(getvariable('abroad'), u(i, '{moment}away')) END AS work_region,
        CASE WHEN working THEN CASE WHEN drawn_form = '70' AND NOT poor THEN '10' ELSE drawn_form END END AS form,
        CASE WHEN working THEN CASE WHEN drawn_form = '40' THEN 'A' ELSE drawn_industry END END AS sector
      FROM c CROSS JOIN towns CROSS JOIN near CROSS JOIN inside
        LEFT JOIN away ON c.scope = '5' AND away.province = draw(getvariable('destination'), u(c.i, '{moment}province'))),
    e AS (
      SELECT *, CASE WHEN NOT working THEN 0 WHEN u(i, '{moment}edge') < 0.02 THEN CASE WHEN scope IN ('1', '2') THEN 1 ELSE 3 END
                     WHEN scope IN ('1', '2') THEN 2 + floor(u(i, '{moment}months') * 10) WHEN u(i, '{moment}months') < 0.55 THEN 10 + floor(u(i, '{moment}m2') * 3)
                     WHEN u(i, '{moment}months') < 0.83 THEN 6 + floor(u(i, '{moment}m2') * 4) ELSE 3 + floor(u(i, '{moment}m2') * 3) END::INT AS months,
        CASE WHEN NOT working THEN NULL WHEN form = '70' THEN 400 + round(u(i, '{moment}pay') * 5) * 100
          ELSE greatest(1200, round(getvariable('wages')[sector] * CASE scope WHEN '1' THEN 0.72 WHEN '2' THEN 0.80 WHEN '3' THEN 0.90 WHEN '4' THEN 1.03 ELSE 1.13 END
             * CASE education WHEN '80' THEN 0.9 WHEN '60' THEN 1.06 WHEN '30' THEN 1.18 WHEN '20' THEN 1.18 ELSE 1.0 END * CASE sex WHEN '1' THEN 1.06 ELSE 0.88 END
             * exp(0.32 * sqrt(-2 * ln(u(i, '{moment}pay') + 1e-9)) * cos(6.2831853 * u(i, '{moment}pay2'))) / 100) * 100) END AS wage,
        ($day::DATE - (1 + floor(u(i, '{moment}since') * $since))::INT)::DATE AS since_day
      FROM d)
    SELECT *, CASE WHEN u(i, '{moment}edge') < 0.02 AND working THEN CASE WHEN scope IN ('1', '2') THEN 3000 ELSE 9000 END
                   ELSE round(months * wage * (0.92 + 0.16 * u(i, '{moment}sum'))) END AS income,
      greatest(since_day, birth_date + INTERVAL 16 YEAR)::DATE AS started, u(i, '{moment}back') < 0.04 AND activity = 'seek' AS returned,
      activity = 'seek' OR (activity IN ('farm', 'home') AND u(i, '{moment}want') < 0.25) AS willing, u(i, '{moment}train') < 0.18 AS training,
      u(i, '{moment}plan') < 0.6 AS planned, u(i, '{moment}served') < 0.45 AS served FROM e"""


def _flat(status: str) -> str:
    """One flat row per person. Every item the programmes' forms require is filled as their fill rules ask."""
    return f"""
    SELECT full_name, '01' AS id_type, id_number, sex, birth_date, ethnicity, marital_status, political_affiliation, mobile_phone, '1' AS phone_owner,
      village AS hukou_region, address AS hukou_address, address AS home_address, village_group, '1' AS hukou_nature, household_no, relation AS relation_to_head,
      poor AS is_poverty_registered, CASE WHEN poor THEN '3' ELSE '1' END AS poverty_status, is_relocated, ability AS labour_ability,
      CASE WHEN ability = '3' AND years <= 60 THEN '20' ELSE '10' END AS health_status, education, FALSE AS is_in_school, FALSE AS is_two_after,
      CASE WHEN years < 24 THEN date_trunc('month', birth_date + INTERVAL 16 YEAR)::DATE END AS graduation_date,
      CASE WHEN ability = '2' THEN draw(getvariable('skill'), u(i, 'skill')) ELSE '0' END AS skill_level,
      CASE WHEN ability = '2' THEN [replace(draw(getvariable('skill'), u(i, 'skill')), '1', '2')] ELSE ['0'] END AS skill_certificates, [draw(getvariable('trained'), u(i, 'trained'))] AS training_received,
      '0' AS military_service, CASE WHEN pensioned THEN '1' ELSE '0' END AS pension_status,
      {status} AS pool_status, CASE WHEN {status} <> '10' THEN $day::DATE END AS status_date,
      working AS is_working, CASE WHEN working THEN CASE WHEN scope IN ('1', '2') THEN '2' ELSE '1' END WHEN activity = 'farm' THEN '3' WHEN activity = 'seek' THEN '41' ELSE '42' END AS employment_status,
      CASE WHEN working THEN CASE WHEN form IN ('20', '21') THEN '2' ELSE '1' END WHEN activity = 'farm' THEN '3' ELSE '5' END AS main_income_source,
      work_region, CASE WHEN working AND form <> '30' THEN getvariable('employers')[sector] || '（演示）' END AS employer_name,
      CASE WHEN working THEN getvariable('occupations')[sector] END AS occupation, form AS employment_form, CASE WHEN form = '90' THEN '零工' END AS employment_form_other,
      CASE WHEN form IN ('20', '21') THEN getvariable('employers')[sector] || '（演示）' END AS startup_project, CASE WHEN form = '20' THEN TRUE END AS startup_registered,
      CASE WHEN working THEN FALSE END AS is_return_startup_leading, sector AS industry, getvariable('boxes')[sector] AS industry_s003,
      CASE WHEN working THEN started END AS start_date, CASE WHEN working AND scope NOT IN ('1', '2') THEN started END AS out_time, wage::DECIMAL(10,2) AS monthly_wage,
      CASE WHEN working THEN form = '10' AND u(i, 'contract') < 0.62 END AS labour_contract, CASE WHEN working THEN form = '10' AND u(i, 'insured') < 0.38 END AS social_insurance,
      CASE WHEN working THEN FALSE END AS employed_by_help, CASE WHEN working THEN draw(getvariable('channel'), u(i, 'channel')) END AS out_channel,
      CASE WHEN working THEN months >= 6 END AS is_stable,
      CASE WHEN form = '70' THEN (wage * 12)::DECIMAL(10,2) END AS public_post_pay_year,
      CASE WHEN NOT working THEN CASE WHEN activity = 'seek' THEN '2' ELSE '1' END END AS not_out_type,
      CASE WHEN NOT working AND activity = 'seek' THEN started END AS unemployed_date,
      CASE WHEN working THEN income::DECIMAL(12,2) END AS annual_work_income, CASE WHEN working THEN months::DECIMAL(4,1) END AS work_months,
      CASE WHEN working THEN list_transform(range(months), lambda k: (date_trunc('month', $day::DATE) - INTERVAL (months - k - 1) MONTH)::DATE) END AS work_month_set,
      CASE WHEN form = '30' THEN least(366, months * 22)::BIGINT END AS flexible_days,
      returned AS is_returned, CASE WHEN returned THEN '5' END AS return_reason, CASE WHEN returned THEN '440305' END AS return_from_region, CASE WHEN returned THEN started END AS return_date,
      CASE WHEN NOT working THEN willing AND planned END AS has_out_plan,
      CASE WHEN NOT working AND NOT (willing AND planned) THEN draw(getvariable('not_willing'), u(i, 'unwilling')) END AS no_out_reason,
      CASE WHEN NOT working AND NOT (willing AND planned) AND draw(getvariable('not_willing'), u(i, 'unwilling')) = '9' THEN '正在等通知' END AS no_out_reason_other,
      CASE WHEN NOT working THEN willing OR u(i, 'condition') < 0.5 END AS transfer_condition, CASE WHEN NOT working THEN CASE WHEN willing THEN '1' ELSE '2' END END AS transfer_willingness,
      CASE WHEN NOT working THEN ['1'] END AS not_transferred_reason,
      training AS wants_training, CASE WHEN training THEN '1' END AS training_type_wanted, CASE WHEN training THEN draw(getvariable('trade'), u(i, 'trade')) END AS training_trade_wanted,
      CASE WHEN training THEN (date_trunc('month', $day::DATE) + INTERVAL 2 MONTH)::DATE END AS training_date_wanted, CASE WHEN training THEN $county END AS training_place_wanted,
      willing AS wants_job, CASE WHEN willing THEN draw(getvariable('industry'), u(i, 'wantind')) END AS wanted_industry,
      CASE WHEN willing THEN getvariable('occupations')[draw(getvariable('industry'), u(i, 'wantind'))] END AS wanted_occupation,
      CASE WHEN willing THEN (3000 + round(u(i, 'wantpay') * 40) * 100)::DECIMAL(10,2) END AS wanted_wage, CASE WHEN willing THEN draw(getvariable('destination'), u(i, 'wantplace')) END AS wanted_region,
      CASE WHEN NOT working THEN CASE WHEN willing THEN '10' WHEN activity = 'farm' THEN '80' ELSE '99' END END AS wanted_form,
      CASE WHEN NOT working AND willing THEN '5' END AS wanted_scope, CASE WHEN NOT working AND willing THEN '2' END AS wanted_employer_type,
      CASE WHEN NOT working THEN FALSE END AS wants_startup,
      CASE WHEN willing AND planned THEN (date_trunc('month', $day::DATE) + INTERVAL 1 MONTH)::DATE END AS plan_out_date,
      CASE WHEN willing THEN ['2'] END AS service_needs,
      '1' AS verify_state, '1' AS collect_method, $day::DATE AS survey_date, '演示采集员' AS collector,
      CASE WHEN served THEN ['2'] ELSE ['0'] END AS service_type, CASE WHEN served THEN 1 + floor(u(i, 'times') * 3) END::BIGINT AS service_count_introduction
    FROM work ORDER BY i"""
