"""Changing a rule or a threshold of one's county: proposed by one person with its effect seen, decided by another."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Parameter, Programme
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import asking
from taizhang.ledger.asking import Lexicon
from taizhang.protection import audit
from taizhang.protection.audit import Action
from taizhang.rules import Rule, RuleError
from taizhang.statistics import definitions, versions, versionstates
from taizhang.statistics.models import RuleVersion, Seal
from taizhang.statistics.versionstates import State

ACTIONS = {"approve": Action.RULE_APPROVED, "refuse": Action.RULE_REFUSED, "withdraw": Action.RULE_WITHDRAWN}
# Income and birth date are counted from; names, numbers, phones and addresses single somebody out.
TAKES_ALL = "true"  # how the rule of an indicator without one is written
PERSONAL = frozenset({"identity", "contact"})


def visible(actor: User) -> QuerySet[RuleVersion]:
    """The versions of the counties an actor works in or over; a township sees its county's."""
    if not actor.sees_people:
        return RuleVersion.objects.none()
    rows = RuleVersion.objects.none()
    for scope in actor.scopes:
        rows = rows | RuleVersion.objects.filter(county__startswith=scope[:6])
    return rows.select_related("proposed_by", "decided_by").order_by("-proposed_at")


def waiting(actor: User) -> int:
    """How many proposals wait for this user: of their counties, made by somebody else."""
    if actor.role not in versionstates.APPROVERS:
        return 0
    rows = visible(actor).filter(state=State.PROPOSED).exclude(proposed_by=actor)
    return sum(1 for row in rows if actor.covers(row.county))


def get(actor: User, version_id: UUID, *, lock: bool = False) -> RuleVersion:
    """Raises NotFound, also for one of another county."""
    rows = visible(actor)
    found = rows.filter(pk=version_id).first()
    if found is None:
        raise NotFound("version")
    return RuleVersion.objects.select_for_update().get(pk=found.pk) if lock else found


def check_rule(text: str, programme: Programme, indicator: Indicator) -> Rule:
    """A rule as a county may save it. Raises RuleError: wrong, empty, no yes/no, or naming a person."""
    rule = asking.check_rule(text, Lexicon(catalogue.load(), programme), subject=indicator.of, other_days=True)
    if rule is None:
        raise RuleError("请写一条口径，如 转移就业 and 年龄 >= 16；要回到通知的口径，试算时点“用通知的”")
    items = catalogue.load().items
    named = next((i for i in sorted(rule.items) if items[i].sensitivity in PERSONAL and i != "birth_date"), None)
    if named:
        raise RuleError(f"“{items[named].name}”能认出是谁，试算可以用，存成口径不行", items[named].name)
    return rule


def changeable(programme: Programme) -> dict[str, list[Indicator]]:
    """Threshold -> the indicators it decides; those that decide who is in the pool cannot be changed here."""
    found: dict[str, list[Indicator]] = {}
    for name in programme.parameters:
        if name not in programme.scope.rule.parameters:
            using = [one for one in programme.indicators.values() if name in _parameters(one)]
            if using:
                found[name] = using
    return found


def _parameters(indicator: Indicator) -> set[str]:
    return {name for rule in (indicator.where, indicator.measure.value) if rule for name in rule.parameters}


def check_parameter(programme: Programme, name: str) -> list[Indicator]:
    """The indicators a threshold decides. Raises NotFound; DomainError "decides_pool", "unused"."""
    if name not in programme.parameters:
        raise NotFound("parameter")
    if name in programme.scope.rule.parameters:
        raise DomainError(
            "decides_pool",
            f"“{name}”决定谁在台账的统计范围里，增减台账按它记，不能由县里改。请改方案（programme.yaml）。",
        )
    using = changeable(programme).get(name)
    if not using:
        raise DomainError("unused", f"没有口径用到“{name}”，改了也没有影响。")
    return using


def _as_value(own: Parameter, text: str) -> str:
    """A value as it is kept; "" for the notice's own."""
    value = versions.value_of(own, text) if text else own.value
    return "" if value == own.value else str(value)


def _as_rule(programme: Programme, one: Indicator, text: str) -> str:
    """A rule as it is kept; "" for the notice's own."""
    own = one.where.text if one.where else TAKES_ALL
    return "" if text in ("", own) else check_rule(text, programme, one).text.strip()


@transaction.atomic
def propose(
    *,
    actor: User,
    programme: str,
    indicator: str = "",
    parameter: str = "",
    text: str,
    valid_from: dt.date,
    reason: str,
    effect: dict[str, Any],
) -> RuleVersion:
    """A proposal for the actor's county; it counts once somebody else has approved it.

    text: the rule or the value; "" returns to the notice's own. effect: what the proposer was shown.
    Raises RuleError for a rule or value that is wrong; NotAllowed "wrong_role", "too_early"; DomainError "no_reason",
    "same", "open_proposal", "decides_pool"; NotFound.
    """
    versionstates.check_propose(actor.role)
    county = county_of(actor)
    settings = definitions.programme_of(programme)
    if parameter:
        check_parameter(settings, parameter)
        text = _as_value(settings.parameters[parameter], text)
    else:
        text = _as_rule(settings, definitions.find(programme, indicator).indicator, text)
    if not reason.strip():
        raise DomainError("no_reason", "请写修改的原因或依据（哪份文件、哪次会议），批的人和以后的人要看。")
    versionstates.check_start(valid_from, today=timezone.localdate(), sealed_until=sealed_until(programme, county))
    rows = RuleVersion.objects.filter(county=county, programme=programme, indicator=indicator, parameter=parameter)
    made = RuleVersion(
        county=county,
        programme=programme,
        indicator=indicator,
        parameter=parameter,
        number=(rows.aggregate(last=Max("number"))["last"] or 0) + 1,
        text=text,
        valid_from=valid_from,
        state=State.PROPOSED,
        reason=reason.strip()[:300],
        effect=effect,
        proposed_by=actor,
    )
    if versions.before(made) == text:
        raise DomainError("same", "和现在用的一样，没有改动。")
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise DomainError("open_proposal", f"{made.target}已有一版等着批，先批完（或撤回）再改。", status=409) from None
    audit.write(actor, Action.RULE_PROPOSED, str(made.pk), _facts(made))
    return made


@transaction.atomic
def decide(*, actor: User, version_id: UUID, verb: str, answer: str = "") -> RuleVersion:
    """Approve, refuse or withdraw a proposal.

    Raises NotFound; NotAllowed as `versionstates.check_move`, "too_early" where its first day has passed meanwhile;
    DomainError "no_answer" for a refusal without a reason.
    """
    if verb not in versionstates.MOVES:
        raise NotFound("verb")
    row = get(actor, version_id, lock=True)
    covers = row.county.startswith(tuple(actor.scopes))
    if not covers:  # a township sees its county's versions, and may not decide them
        raise NotFound("version")
    own = row.proposed_by_id == actor.pk
    row.state = versionstates.check_move(verb, state=row.state, role=actor.role, own=own)
    if verb == "refuse" and not answer.strip():
        raise DomainError("no_answer", "不批准要写原因，提出的人要看。")
    if verb == "approve":
        versionstates.check_start(
            row.valid_from, today=timezone.localdate(), sealed_until=sealed_until(row.programme, row.county)
        )
    row.decided_by, row.decided_at, row.answer = actor, timezone.now(), answer.strip()[:300]
    row.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    audit.write(actor, ACTIONS[verb], str(row.pk), _facts(row))
    return row


def county_of(actor: User) -> str:
    """The county an officer's versions are for. Raises DomainError "no_county"."""
    found = {scope[:6] for scope in actor.scopes if len(scope) == 6}
    if len(found) != 1:
        raise DomainError("no_county", "您的账号不是只管一个县的，改口径请由县级经办人提出。")
    return found.pop()


def sealed_until(programme: str, county: str) -> dt.date | None:
    """The last day whose figures of a county are sealed."""
    found: dt.date | None = Seal.objects.filter(programme=programme, division=county).aggregate(last=Max("cut_off"))[
        "last"
    ]
    return found


def _facts(row: RuleVersion) -> dict[str, Any]:
    return {
        "county": row.county,
        "programme": row.programme,
        "target": row.indicator or row.parameter,
        "number": row.number,
        "valid_from": row.valid_from.isoformat(),
    }
