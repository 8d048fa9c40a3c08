"""Writes of 一对一帮扶. Who helps whom is handed in for review like any other change of a person; who a helper is (post,
office phone) is written at once, by the office the helper belongs to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from uuid import UUID

import pyarrow as pa
from django.db import IntegrityError, transaction
from django.utils import timezone

from taizhang.accounts.models import Role, User
from taizhang.catalogue.validate import PHONE
from taizhang.collecting import helping
from taizhang.collecting.models import Helper
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import queries as ledger
from taizhang.ledger import together
from taizhang.ledger.asking import lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.states import UNDECIDED
from taizhang.protection import audit, keys
from taizhang.protection.audit import Action

LONGEST = 50  # signs of a name, as the item has
OFFICES = frozenset({Role.TOWNSHIP, Role.COUNTY})


def check_office(actor: User, division: str) -> None:
    """Raises NotAllowed "wrong_role" for anybody but a township or county officer; NotFound outside their divisions."""
    if actor.role not in OFFICES:
        raise NotAllowed("wrong_role", "联系人由乡镇审核员、县级经办人指定。")
    if not actor.covers(division):
        raise NotFound("division")


@transaction.atomic
def register(*, actor: User, division: str, name: str, post: str, phone: str = "") -> Helper:
    """A helper of a town or county. Raises as `check_office`; DomainError "no_helper", "bad_phone", "name_taken"."""
    if len(division) not in (6, 9):
        raise NotFound("division")
    check_office(actor, division)
    row = Helper(division=division, name=_name(name), post=_post(post), from_date=timezone.localdate(), by=actor)
    row.phone_sealed = _sealed(row, phone)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise DomainError(
            "name_taken", "这里已经有同名的联系人。同名的两个人，请在姓名后写明，如“李伟（天台）”。"
        ) from None
    _note(actor, row, "register", post=row.post)
    return row


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 2 <= len(name) <= LONGEST or audit.holds_number(name):
        raise DomainError("no_helper", f"联系人的姓名没有填好。请写 2 到 {LONGEST} 个字。")
    return name


def _post(text: str) -> str:
    post = " ".join(text.split())[:100]
    if not post or audit.holds_number(post):
        raise DomainError("no_helper", "请写联系人的单位、职务，如“天台村驻村工作队员”。号码写在办公电话里。")
    return post


def _sealed(row: Helper, phone: str) -> bytes | None:
    plain = re.sub(r"\s", "", phone)
    if plain and not re.fullmatch(PHONE, plain):
        raise DomainError("bad_phone", "办公电话没有填对。手机 11 位；座机带区号，如 0878-5211234。")
    return keys.seal("helper_phone", plain, row.pk.bytes) if plain else None


def _note(actor: User, row: Helper, verb: str, **detail: object) -> None:
    audit.write(actor, Action.HELPER_CHANGED, str(row.pk), {"verb": verb, "division": row.division, **detail})


def _lock(actor: User, helper_id: UUID) -> Helper:
    row = helping.get(actor, helper_id, lock=True)
    check_office(actor, row.division)
    return row


@transaction.atomic
def make_known(*, actor: User, division: str, user: User) -> None:
    """An account's owner is a helper of the county, by their own name, unless they are already."""
    if not Helper.objects.filter(division=division, name=user.display_name, to_date=None).exists():
        register(actor=actor, division=division, name=user.display_name, post=user.office or user.get_role_display())


@transaction.atomic
def rewrite(*, actor: User, helper_id: UUID, post: str, phone: str = "") -> Helper:
    """Another post or office phone; an empty `phone` leaves the old one. Raises as `register`; NotFound."""
    row = _lock(actor, helper_id)
    before, row.post = row.post, _post(post)
    row.phone_sealed = _sealed(row, phone) or row.phone_sealed
    row.save(update_fields=["post", "phone_sealed"])
    _note(actor, row, "rewrite", before=before, after=row.post, phone=bool(phone.strip()))
    return row


@transaction.atomic
def retire(*, actor: User, helper_id: UUID) -> None:
    """Somebody is no helper any more. Raises NotFound; DomainError "still_helps"."""
    row = _lock(actor, helper_id)
    if left := helping.count(helping.of_helper(row)):
        raise DomainError("still_helps", f"{row.name}还联系着 {left:,} 人。请先交给别人，审完再注销。")
    row.to_date = timezone.localdate()
    row.save(update_fields=["to_date"])
    _note(actor, row, "retire")


@transaction.atomic
def reveal(*, actor: User, helper_id: UUID) -> str:
    """The office phone in clear, written down. Raises NotFound."""
    row = helping.get(actor, helper_id)
    audit.write(actor, Action.HELPER_REVEALED, str(row.pk), {"division": row.division})
    return helping.number(row)


def ticked(ids: Sequence[UUID]) -> Where:
    """Raises DomainError "nobody_selected"."""
    if not ids:
        raise DomainError("nobody_selected", "还没有选人。先在名单左边勾选，再办。")
    return Where(("f.worker_id = ANY(%s)",), (list(ids),), False)


def without(division: str) -> Where:
    """Everybody of a division without a helper, for whom none was handed in."""
    ends = (division, division + ledger.AFTER_DIGITS)
    parts = ("f.helper IS NULL", "f.division >= %s AND f.division < %s", f"NOT {helping.WAITING}")
    return Where(parts, (*ends, UNDECIDED), False)


@transaction.atomic
def assign(*, actor: User, whom: Where, division: str, helper_id: UUID | None, day: dt.date, reason: str = "") -> int:
    """Hand in that from `day` on the helper is this one, or, with None, that there is none; returns for how many.

    Who is out for good, or has this helper already, is passed over. division: where these people live; the helper must
    serve there, so that the name means them.
    Raises as `check_office`; NotFound; DomainError "future_day", "number_in_reason", "too_many", "nothing_changed".
    """
    check_office(actor, division)
    if day > timezone.localdate():
        raise DomainError("future_day", f"{day:%Y年%m月%d日}还没有到。请填今天或以前的日期。")
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "说明里不要写身份证号和手机号。")
    to = helping.get(actor, helper_id) if helper_id else None
    inside = Where((*whom.parts, *_served(to, division)), (*whom.params, *_ends(to, division)), False)
    _check_size(inside)
    handed_in = together.hand_in(
        actor=actor,
        words=lexicon(actor),
        conditions=inside,
        passed=together.OUT,
        day=day,
        title=f"一对一帮扶：{to.name if to else '不再有联系人'}",
        facts={"helper": pa.scalar(to.name if to else None, pa.string())},
        reason=reason.strip()[:200],
        clears=to is None,
    )
    if not handed_in:
        raise DomainError("nothing_changed", "这些人没有要改的：联系人已经是这样，或者不在这里了。")
    detail = {"helper": str(to.pk) if to else None, "people": handed_in, "day": day.isoformat()}
    audit.write(
        actor, Action.HELPED, division, {**detail, **({"reason": reason.strip()[:200]} if reason.strip() else {})}
    )
    return handed_in


def _served(to: Helper | None, division: str) -> tuple[str, ...]:
    """Only those to whom the name means this helper: of the helper's town; of the county but for towns with another of
    that name."""
    same_name = """NOT EXISTS (SELECT 1 FROM collecting_helper o WHERE o.to_date IS NULL AND o.name = %s
        AND o.division = left(f.division, 9))"""
    inside = "f.division >= %s AND f.division < %s"
    if to is None:
        return (inside,)
    return (inside, inside) if len(to.division) == 9 else (inside, inside, same_name)


def _ends(to: Helper | None, division: str) -> tuple[str, ...]:
    ends = (division, division + ledger.AFTER_DIGITS)
    if to is None:
        return ends
    own = (to.division, to.division + ledger.AFTER_DIGITS)
    return (*ends, *own) if len(to.division) == 9 else (*ends, *own, to.name)


def _check_size(conditions: Where) -> None:
    (row,) = ledger.fetch(f"SELECT count(*) AS n {conditions.sql}", conditions.params)
    if row["n"] > together.MOST:
        raise DomainError("too_many", f"这里有 {row['n']:,} 人，一次最多办 {together.MOST:,} 人。请分乡镇、分村办。")
