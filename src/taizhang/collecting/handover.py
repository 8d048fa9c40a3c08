"""移交: everything somebody collects goes to somebody else in one step, with the reason.

What is open follows the villages by itself: tasks and agreed calls belong to people, and a paper that was sent back
comes first in whoever has its village (`todays`). The name of the one-to-one helper is a fact of the ledger: it is
handed in for review like any other change.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import helpingactions, pointactions, points
from taizhang.collecting.models import PointCollector
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import queries as ledger
from taizhang.ledger import together
from taizhang.ledger.asking import lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.states import State
from taizhang.protection import audit
from taizhang.protection.audit import Action


@dataclass(frozen=True)
class Holding:
    """What somebody has now: points and villages, papers sent back that nobody mended, people they help one to one."""

    user: User
    points: tuple[str, ...]
    villages: tuple[str, ...]
    returned: int
    helped: int


def holdings(actor: User) -> list[Holding]:
    """Everybody with an open post in the actor's county, by name; accounts that are closed too."""
    posts = PointCollector.objects.filter(to_date=None).select_related("user", "point").order_by("point__code")
    names: dict[UUID, list[str]] = {}
    users: dict[UUID, User] = {}
    for post in posts:
        if actor.covers(post.division):
            names.setdefault(post.user_id, []).append(post.point.name)
            users[post.user_id] = post.user
    villages = points.villages_of(list(users))
    found = [_holding(user, names[key], villages[key]) for key, user in users.items()]
    return sorted(found, key=lambda one: (one.user.display_name, one.user.username))


def _holding(user: User, names: list[str], villages: list[str]) -> Holding:
    (counted,) = ledger.fetch(
        """SELECT (SELECT count(*) FROM ledger_submission
                   WHERE NOT entered AND state = %(returned)s AND division = ANY (%(villages)s)) AS returned,
                  (SELECT count(*) FROM ledger_worker
                   WHERE retired_by_id IS NULL AND division = ANY (%(villages)s) AND helper = %(name)s) AS helped""",
        {"returned": State.RETURNED.value, "villages": villages, "name": user.display_name},
    )
    return Holding(user, tuple(names), tuple(villages), counted["returned"], counted["helped"])


@transaction.atomic
def hand_over(*, actor: User, giver: UUID, taker: UUID, reason: str, helpers: bool = True) -> Holding:
    """Everything `giver` holds goes to `taker`; the accounts see their villages accordingly from the next click on.

    Args:
        helpers: whether the giver's one-to-one people get the taker's name, which somebody else decides.
    Raises NotAllowed "wrong_role" for anybody but a county officer; NotFound for people without a post or of another
    county; DomainError "no_reason", "itself".
    """
    pointactions.check_county(actor, actor.scopes[0] if actor.scopes else "")
    if len(reason.strip()) < 2:
        raise DomainError("no_reason", "请写明为什么移交，如“调离”“产假”。")
    if giver == taker:
        raise DomainError("itself", "不能移交给自己。请选另一位采集员。")
    held = next((one for one in holdings(actor) if one.user.pk == giver), None)
    to = next((one for one in points.collectors(actor) if one.pk == taker), None)
    if held is None or to is None:
        raise NotFound("user")
    helped = _rename_helper(actor, held, to) if helpers and held.helped else 0
    if helped:
        helpingactions.make_known(actor=actor, division=held.villages[0][:6], user=to)
    _move_posts(actor, held.user, to)
    pointactions.give(actor, {giver, taker})
    audit.write(
        actor, Action.POINT_HANDED_OVER, str(giver),
        {"to": str(taker), "points": len(held.points), "villages": len(held.villages), "returned": held.returned,
         "helped": helped, "reason": reason.strip()[:200]},
    )  # fmt: skip
    return Holding(to, held.points, held.villages, held.returned, helped)


def _move_posts(actor: User, giver: User, to: User) -> None:
    today = timezone.localdate()
    posts = PointCollector.objects.filter(user=giver, to_date=None)
    moved = [(post.point_id, post.division) for post in posts if actor.covers(post.division)]
    posts.filter(point__in=[point for point, _ in moved]).update(to_date=today)
    has = set(PointCollector.objects.filter(user=to, to_date=None).values_list("point_id", flat=True))
    PointCollector.objects.bulk_create(
        PointCollector(point_id=point, division=division, user=to, from_date=today, by=actor)
        for point, division in moved
        if point not in has
    )


def _rename_helper(actor: User, held: Holding, to: User) -> int:
    """Hand in the taker's name for those who are helped by the giver; one batch per division of the actor."""
    ranges = " OR ".join(["(f.division >= %s AND f.division < %s)"] * len(held.villages))
    ends = [part for code in held.villages for part in (code, code + ledger.AFTER_DIGITS)]
    return together.hand_in(
        actor=actor,
        words=lexicon(actor),
        conditions=Where(("f.helper = %s", f"({ranges})"), (held.user.display_name, *ends), False),
        passed=together.OUT,
        day=timezone.localdate(),
        title="移交一对一帮扶",
        facts={"helper": pa.scalar(to.display_name)},
    )
