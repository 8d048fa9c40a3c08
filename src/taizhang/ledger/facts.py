"""People and the dated facts about them: the homes of catalogue items. `models.py` holds the papers that bring them.

Every row names its batch. Only `actions` writes here. The triggers of pghistory keep every version of every row, also
of bulk loads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pghistory
from django.db import models
from django.db.models import F, Q

from taizhang.engine.ids import uuid7
from taizhang.ledger import columns as c
from taizhang.ledger.states import Precision


def tracked(index: str = "", **attrs: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """Keep every version of a row that is no longer the current one in `<table>event` (statement-level triggers;
    docs/decisions/history-keeps-what-was.md). `index`: an event field to index beside `worker`."""
    kinds = (pghistory.UpdateEvent, pghistory.DeleteEvent)
    track: Any = pghistory.track  # its types know no tracking without a context
    found: Callable[[Any], Any] = track(
        *(kind(level=pghistory.Statement, row=pghistory.Old) for kind in kinds),
        obj_field=None,
        context_field=None,
        attrs={"batch": c.loose_key("ledger.Batch"), **attrs},
        meta={"indexes": [models.Index(fields=[index], name=f"event_by_{index}")]} if index else {},
    )
    return found


@tracked(index="id", retired_by=c.loose_key("ledger.Batch", null=True))
class Worker(models.Model):
    """A person, owned by the village of hukou (`division`, shown as the item `hukou_region`).

    `version` counts the changes applied. A person entered by mistake is not deleted but retired: gone from
    `worker_flat`, kept here.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=c.Uuid7(), editable=False)
    division = c.division()
    batch = c.loose_key("ledger.Batch")  # the last one that changed this row
    version = models.BigIntegerField(default=1)
    retired_by = c.loose_key("ledger.Batch", null=True)

    id_token = models.BinaryField(null=True)  # HMAC-SM3 blind index, 32 bytes
    id_sealed = models.BinaryField(null=True)  # SM4, bound to the token
    id_tail = models.IntegerField(null=True)  # blind index of the last four characters
    phone_token = models.BinaryField(null=True)
    phone_sealed = models.BinaryField(null=True)
    name_initials = c.code()

    full_name = c.code()
    id_type = c.code()
    sex = c.code()
    birth_date = c.day()
    ethnicity = c.code()
    marital_status = c.code()
    political_affiliation = c.code()
    phone_owner = c.code()
    hukou_address = c.text()
    home_address = c.text()
    residence_region = c.code()
    village_group = c.text()
    hukou_nature = c.code()
    household_no = c.code()
    household_head_name = c.text()
    relation_to_head = c.code()
    is_poverty_registered = c.yes_no()
    poverty_status = c.code()
    poverty_category = c.code()
    is_relocated = c.yes_no()
    is_ban_fishing = c.codes()
    is_left_behind_etc = c.codes()
    labour_ability = c.code()
    health_status = c.code()
    disability_type = c.code()
    disability_level = c.code()
    education = c.code()
    graduation_school = c.text()
    major = c.text()
    graduation_date = c.day()
    is_in_school = c.yes_no()
    is_two_after = c.yes_no()
    skill_level = c.code()
    skill_certificates = c.codes()
    skill_trade = c.text()
    training_received = c.codes()
    military_service = c.code()
    pension_status = c.code()
    pension_start = c.day()
    pension_scheme = c.codes()
    helper = c.text()
    startup_policies = c.codes()
    remark = c.text()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id_token"], condition=Q(retired_by=None), name="one_person_per_id_number"),
        ]
        indexes = [
            models.Index(fields=["division", "full_name", "id"], name="worker_list"),
            models.Index(fields=["full_name", "id"], name="worker_name"),
            models.Index(fields=["name_initials", "id"], name="worker_initials"),
            models.Index(fields=["phone_token"], name="worker_phone"),
            models.Index(fields=["id_tail"], name="worker_id_tail"),
        ]


class Household(models.Model):
    """A household of a village, by its number."""

    division = c.division()
    batch = c.loose_key("ledger.Batch")
    household_no = models.TextField(db_collation="C")
    household_head_name = c.text()
    from_date = models.DateField()
    to_date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["division", "household_no"], condition=Q(to_date=None), name="one_open_household"
            ),
        ]


class Fact(models.Model):
    """Something about a person that has a date."""

    id = models.BigAutoField(primary_key=True)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    batch = c.loose_key("ledger.Batch")

    class Meta:
        abstract = True


class Dated(Fact):
    """Holds from `from_date` through `to_date` (both included); open while `to_date` is null. One open row per
    person."""

    from_date = models.DateField()
    to_date = models.DateField(null=True)
    from_precision = models.CharField(
        max_length=1, choices=Precision.choices, default=Precision.DAY, db_default=Precision.DAY
    )
    to_precision = models.CharField(
        max_length=1, choices=Precision.choices, default=Precision.DAY, db_default=Precision.DAY
    )

    class Meta:
        abstract = True
        constraints = [
            c.one_open("one_open_%(class)s", "worker"),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="%(class)s_ends_after_start"
            ),
        ]


@tracked()
class Standing(Dated):
    """正常, 暂时退出, 永久退出. No row at all means 正常."""

    pool_status = c.code()
    status_date = c.day()
    expected_return = c.day()
    death_date = c.day()
    move_out_region = c.code()


@tracked()
class Spell(Dated):
    """就业经历: the main activity, working or not. `start_date` is what the form says; `from_date` since when we hold
    it for true."""

    is_working = c.yes_no()
    employment_status = c.code()
    main_income_source = c.code()
    work_region = c.code()
    work_address = c.text()
    employer_name = c.text()
    employer_uscc = c.code()
    post_name = c.text()
    occupation = c.text()
    employment_form = c.code()
    employment_form_other = c.text()
    startup_project = c.text()
    startup_registered = c.yes_no()
    is_return_startup_leading = c.yes_no()
    industry = c.code()
    industry_s003 = c.code()
    start_date = c.day()
    out_time = c.day()
    end_date = c.day()
    end_reason = c.code()
    monthly_wage = c.decimal(10, 2)
    labour_contract = c.yes_no()
    contract_start = c.day()
    contract_end = c.day()
    social_insurance = c.yes_no()
    is_stable = c.yes_no()
    employed_by_help = c.yes_no()
    help_date = c.day()
    organised_export = c.codes()
    out_channel = c.code()
    workshop_name = c.text()
    public_post = c.code()
    public_post_pay_year = c.decimal(10, 2)
    not_out_type = c.code()
    unemployed_date = c.day()


@tracked()
class Intention(Dated):
    """What a person wants: job, place, wage, training, start-up, services; or why not."""

    has_out_plan = c.yes_no()
    no_out_reason = c.code()
    no_out_reason_other = c.text()
    not_transferred_reason = c.codes()
    transfer_condition = c.yes_no()
    transfer_willingness = c.code()
    wants_training = c.yes_no()
    training_type_wanted = c.code()
    training_trade_wanted = c.text()
    training_date_wanted = c.day()
    training_place_wanted = c.text()
    wants_job = c.yes_no()
    wanted_industry = c.code()
    wanted_occupation = c.text()
    wanted_wage = c.decimal(10, 2)
    wanted_wage_other = c.text()
    wanted_region = c.code()
    wanted_scope = c.code()
    plan_out_date = c.day()
    wanted_form = c.code()
    wanted_employer_type = c.code()
    wants_startup = c.yes_no()
    startup_idea = c.text()
    service_needs = c.codes()
    next_plan = c.code()


class Keyed(Fact):
    """One row per person and year, round or event; the newest is the current one (`is_current`)."""

    is_current = models.BooleanField(default=True, db_default=True)

    class Meta:
        abstract = True


@tracked()
class WorkYear(Keyed):
    """A person's work in one statistical year, whose window the programme sets."""

    stat_year = models.PositiveSmallIntegerField()
    annual_work_income = c.decimal(12, 2)
    work_months = c.decimal(4, 1)
    work_month_set = c.months()
    flexible_days = c.whole()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "stat_year"], name="one_work_year")]


@tracked()
class ReturnFlow(Keyed):
    """A return (返乡回流); `returned_on` is the return date where known, else the day of collection."""

    returned_on = models.DateField()
    is_returned = c.yes_no()
    return_reason = c.code()
    return_from_region = c.code()
    return_date = c.day()
    return_prev_employer = c.text()
    return_prev_occupation = c.text()
    return_prev_industry = c.code()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "returned_on"], name="one_return_per_day")]


@tracked()
class Verification(Keyed):
    """Who reached the person in a round (a month, its first day), how, and with what result."""

    round = models.DateField()
    verify_state = c.code()
    collect_method = c.code()
    survey_date = c.day()
    collector = c.text()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "round"], name="one_verification_per_round")]


@tracked()
class ServiceYear(Keyed):
    """Services a person had from the labour office in a calendar year."""

    year = models.PositiveSmallIntegerField()
    service_type = c.codes()
    service_count_guidance = c.whole()
    service_count_introduction = c.whole()
    service_count_startup = c.whole()
    service_count_training = c.whole()
    service_count_other = c.whole()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "year"], name="one_service_year")]
