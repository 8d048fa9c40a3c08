"""Writes of collection points. Only a county sets them up; what ends keeps its row with the day.

After every change of villages or collectors the accounts concerned get exactly the villages of their open points
(`accounts.actions.assign_villages`): the two walls around scope stay the only truth about who sees whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from taizhang.accounts import actions as accounts
from taizhang.accounts import queries as account_queries
from taizhang.accounts.models import Role, User
from taizhang.collecting import points, policies
from taizhang.collecting.models import Office, Point, PointCollector, PointLeader, PointVillage, Population
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.protection import audit
from taizhang.protection.audit import Action

MOST_PEOPLE = 1_000_000  # of a village


def check_county(actor: User, division: str) -> None:
    """Raises NotAllowed "wrong_role" for anybody but a county officer; NotFound outside the actor's divisions."""
    if actor.role != Role.COUNTY:
        raise NotAllowed("wrong_role", "采集点由县级经办人设置。要改，请联系县人社局。")
    if not actor.covers(division):
        raise NotFound("division")


def _lock(actor: User, point_id: UUID) -> Point:
    point = points.get(actor, point_id, lock=True)
    check_county(actor, point.division)
    return point


def _note(actor: User, point: Point, verb: str, **detail: Any) -> None:
    audit.write(actor, Action.POINT_CHANGED, str(point.pk), {"verb": verb, "division": point.division, **detail})


@transaction.atomic
def add(*, actor: User, county: str, wanted: Sequence[tuple[str, Sequence[str]]]) -> list[Point]:
    """New points, each with its name and its villages, which are in no open point yet.

    Raises as `check_county`; DomainError "no_name", "no_villages", "several_towns", "name_taken", "covered".
    """
    check_county(actor, county)
    known = set(divisions.valid().filter(code__startswith=county).values_list("code", flat=True))
    today, number = timezone.localdate(), _next_number(county)
    rows: list[Point] = []
    inside: list[PointVillage] = []
    for name, codes in wanted:
        if not set(codes) <= known or any(len(code) != 12 for code in codes):
            raise NotFound("division")
        town = policies.check_one_town(codes)
        point = Point(
            division=town, name=policies.read_name(name), code=f"{county}-{number + len(rows):03d}",
            from_date=today, by=actor,
        )  # fmt: skip
        rows.append(point)
        inside += [PointVillage(point=point, division=code, from_date=today, by=actor) for code in codes]
    _create(rows, inside)
    for point in rows:
        _note(actor, point, "add", villages=sum(one.point_id == point.pk for one in inside))
    return rows


def _next_number(county: str) -> int:
    codes = Point.objects.filter(code__startswith=f"{county}-").values_list("code", flat=True)
    return 1 + max((int(code.rpartition("-")[2]) for code in codes), default=0)


def _create(rows: list[Point], inside: list[PointVillage]) -> None:
    try:
        with transaction.atomic():
            Point.objects.bulk_create(rows)
            PointVillage.objects.bulk_create(inside)
    except IntegrityError as error:
        if "one_point_per_name" in str(error):
            raise DomainError("name_taken", "这个乡镇已经有同名的采集点，请换一个名称。") from None
        if "one_open_point_per_village" in str(error):
            raise DomainError("covered", "有的村已经属于别的采集点。请刷新后再设。", status=409) from None
        raise


@transaction.atomic
def rename(*, actor: User, point_id: UUID, name: str) -> Point:
    """Raises as `_lock`; DomainError "no_name", "name_taken"."""
    point = _lock(actor, point_id)
    before, point.name = point.name, policies.read_name(name)
    try:
        with transaction.atomic():
            point.save(update_fields=["name"])
    except IntegrityError:
        raise DomainError("name_taken", "这个乡镇已经有同名的采集点，请换一个名称。") from None
    _note(actor, point, "rename", before=before, after=point.name)
    return point


@transaction.atomic
def move_in(*, actor: User, point_id: UUID, codes: Sequence[str]) -> Point:
    """Villages of the same town join a point, wherever they were; a point nothing is left of is closed.

    Raises DomainError "no_villages", "several_towns"; NotFound.
    """
    point = _lock(actor, point_id)
    if policies.check_one_town(codes) != point.division:
        raise DomainError("several_towns", "一个采集点只能管同一个乡镇的村，请按乡镇分开设。")
    known = divisions.valid().filter(code__in=list(codes), code__startswith=point.division)
    if known.count() != len(set(codes)):
        raise NotFound("division")
    before = PointVillage.objects.filter(division__in=list(codes), to_date=None).exclude(point=point)
    touched = set(before.values_list("point_id", flat=True))
    today = timezone.localdate()
    before.update(to_date=today)
    here = set(point.villages.filter(to_date=None).values_list("division", flat=True))
    PointVillage.objects.bulk_create(
        PointVillage(point=point, division=code, from_date=today, by=actor) for code in sorted(set(codes) - here)
    )
    concerned = _collectors_of({point.pk, *touched})
    for other in Point.objects.filter(pk__in=touched).exclude(villages__to_date=None):
        _close(actor, other)
    give(actor, concerned)
    _note(actor, point, "move_in", villages=sorted(codes))
    return point


@transaction.atomic
def merge(*, actor: User, point_id: UUID, into: UUID) -> Point:
    """A point gives all its villages to another of the town and is closed; its collectors keep only what else they
    have. Raises NotFound; DomainError "several_towns", "itself"."""
    point = _lock(actor, point_id)
    if point_id == into:
        raise DomainError("itself", "不能并入自己。请选另一个采集点。")
    return move_in(actor=actor, point_id=into, codes=_codes(point))


@transaction.atomic
def split(*, actor: User, point_id: UUID, codes: Sequence[str], name: str) -> Point:
    """Some of a point's villages become a point of their own, with the same collectors until somebody else is assigned.

    Raises DomainError "no_villages", "all_of_them", "no_name", "name_taken"; NotFound for villages of other points.
    """
    point = _lock(actor, point_id)
    here = set(_codes(point))
    if not set(codes) <= here:
        raise NotFound("division")
    if set(codes) == here:
        raise DomainError("all_of_them", "全部的村都选上了，不用另设。要换名称，请用“改名称”。")
    policies.check_one_town(codes)
    point.villages.filter(division__in=list(codes), to_date=None).update(to_date=timezone.localdate())
    (made,) = add(actor=actor, county=point.division[:6], wanted=[(name, codes)])
    users = point.collectors.filter(to_date=None).values_list("user_id", flat=True)
    PointCollector.objects.bulk_create(
        PointCollector(point=made, division=made.division, user_id=one, from_date=made.from_date, by=actor)
        for one in users
    )
    _note(actor, point, "split", villages=sorted(codes))
    return made


@transaction.atomic
def assign(*, actor: User, point_id: UUID, user_id: UUID) -> PointCollector:
    """A collector takes a point; the account sees exactly the villages of its points from the next click on.

    Raises NotFound for anybody but a collector of the county; DomainError "assigned".
    """
    point = _lock(actor, point_id)
    user = next((one for one in points.collectors(actor) if one.pk == user_id), None)
    if user is None:
        raise NotFound("user")
    if point.collectors.filter(user=user, to_date=None).exists():
        raise DomainError("assigned", f"{user.display_name}已经是这个采集点的采集员。")
    row = PointCollector.objects.create(
        point=point, division=point.division, user=user, from_date=timezone.localdate(), by=actor
    )
    give(actor, {user.pk})
    _note(actor, point, "assign", user=str(user.pk))
    return row


@transaction.atomic
def release(*, actor: User, point_id: UUID, user_id: UUID) -> None:
    """A collector gives a point up, and with it the view of its villages. Raises NotFound."""
    point = _lock(actor, point_id)
    if not point.collectors.filter(user_id=user_id, to_date=None).update(to_date=timezone.localdate()):
        raise NotFound("user")
    give(actor, {user_id})
    _note(actor, point, "release", user=str(user_id))


@transaction.atomic
def add_leader(*, actor: User, point_id: UUID, kind: str, name: str, office: str) -> PointLeader:
    """挂钩领导 or 挂钩干部. Raises DomainError "no_leader"."""
    point = _lock(actor, point_id)
    if kind not in Office.values or not name.strip():
        raise DomainError("no_leader", "请写挂钩人的姓名，并选是挂钩领导还是挂钩干部。")
    row = PointLeader.objects.create(
        point=point, division=point.division, kind=kind, name=name.strip()[:50], office=office.strip()[:100],
        from_date=timezone.localdate(), by=actor,
    )  # fmt: skip
    _note(actor, point, "add_leader", kind=kind)
    return row


@transaction.atomic
def end_leader(*, actor: User, point_id: UUID, leader_id: int) -> None:
    """Raises NotFound."""
    point = _lock(actor, point_id)
    if not point.leaders.filter(pk=leader_id, to_date=None).update(to_date=timezone.localdate()):
        raise NotFound("leader")
    _note(actor, point, "end_leader")


@transaction.atomic
def write_population(*, actor: User, village: str, people: str) -> Population:
    """How many inhabitants a village has, by which the rule goes. Raises DomainError "bad_number"; NotFound."""
    check_county(actor, village)
    if len(village) != 12 or not divisions.valid().filter(code=village).exists():
        raise NotFound("division")
    plain = people.translate(str.maketrans("０１２３４５６７８９", "0123456789")).replace(",", "").strip()
    if not plain.isdigit() or not 0 < int(plain) <= MOST_PEOPLE:
        raise DomainError("bad_number", f"“{people[:20]}”不是人口数。请填整数，如 1280。")
    audit.write(actor, Action.POINT_CHANGED, village, {"verb": "population", "people": int(plain)})
    return Population.objects.create(division=village, people=int(plain), by=actor)


def _codes(point: Point) -> list[str]:
    return list(point.villages.filter(to_date=None).order_by("division").values_list("division", flat=True))


def _collectors_of(point_ids: set[UUID]) -> set[UUID]:
    found = PointCollector.objects.filter(point__in=point_ids, to_date=None)
    return set(found.values_list("user_id", flat=True))


def _close(actor: User, point: Point) -> None:
    today = timezone.localdate()
    point.collectors.filter(to_date=None).update(to_date=today)
    point.leaders.filter(to_date=None).update(to_date=today)
    point.to_date = today
    point.save(update_fields=["to_date"])
    _note(actor, point, "close")


def give(actor: User, user_ids: set[UUID]) -> None:
    """Bring the accounts' scopes to what their posts say; accounts that are elsewhere by now are left."""
    mine = set(account_queries.collectors_of(actor).filter(pk__in=user_ids).values_list("pk", flat=True))
    for user_id, villages in points.villages_of(sorted(mine)).items():
        accounts.assign_villages(actor=actor, user_id=user_id, villages=villages)
