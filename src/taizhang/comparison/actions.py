"""Every write of comparison: bring a list, match it, say what came of a doubt."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import doubts
from taizhang.collecting.models import Doubt, DoubtState
from taizhang.comparison import givenback, matching, policies, queries, reading, vault
from taizhang.comparison.models import DepartmentList, ListState
from taizhang.engine import jobs
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.intake import reading as files
from taizhang.intake.actions import INLINE_BYTES
from taizhang.intake.refusals import refuse
from taizhang.intake.vault import readable
from taizhang.protection import audit, signing
from taizhang.protection.audit import Action

Advance = Callable[[int, int, str], None]
STEPS = 100


def bring(*, actor: User, kind: str, path: Path, name: str, day: dt.date, division: str = "") -> DepartmentList:
    """Take a list in and queue its matching; the same file for the same kind and day is matched again as the list it is.

    Args:
        day: the day the list stands for.
        division: the actor's county, where they have several.
    A small file's columns are looked for at once. Raises NotAllowed "county_only", "out_of_scope"; DomainError with a code of
    intake's `refusals` or of `reading.recognise`; then nothing is kept.
    """
    policies.check_bringer(actor.role, actor.sees_people)
    policies.check_day(day, timezone.localdate())
    division = division or actor.scopes[0]
    if not actor.covers(division):
        raise NotAllowed("out_of_scope", "这个区划不在您负责的范围内。请选择本辖区。", division=division)
    wanted = doubts.get_kind(kind)
    if wanted not in queries.kinds_for(actor):
        raise NotFound("list_kind")
    size = path.stat().st_size
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise refuse("over_limit", size=size >> 20, limit=settings.UPLOAD_LIMIT_BYTES >> 20)
    if size <= INLINE_BYTES:
        reading.recognise(files.read(path), wanted, doubts.departments())
    return _keep(actor, wanted.id, path.read_bytes(), name, day, division)


@transaction.atomic
def _keep(actor: User, kind: str, data: bytes, name: str, day: dt.date, division: str) -> DepartmentList:
    from .jobs import match

    found, made = DepartmentList.objects.select_for_update(of=("self",)).get_or_create(
        division=division, kind=kind, day=day, digest=signing.sm3(data).hex(),
        defaults={"name": Path(name).name[:200], "size": len(data), "by": actor},
    )  # fmt: skip
    if not made and found.state == ListState.MATCHING and found.progress and found.progress.is_open:
        return found
    if found.state == ListState.WITHDRAWN:
        back = Doubt.objects.filter(source=found.pk, state=DoubtState.WITHDRAWN)
        back.exclude(name="").update(state=DoubtState.NAME, reason="", decided_at=None, decided_by=None)
        back.update(state=DoubtState.OPEN, reason="", decided_at=None, decided_by=None)
    vault.VAULT.put(found.pk, vault.FILE, data)
    found.state, found.message = ListState.MATCHING, ""
    found.progress = jobs.start(
        match, owner=actor, title=f"比对 {found.name}", area=division, lock=f"list-{found.pk}", list_id=found.pk
    )
    found.save(update_fields=["state", "message", "progress"])
    audit.write(actor, Action.LIST_BROUGHT, str(found.pk), {"kind": kind, "bytes": len(data)})
    return found


def match_list(list_id: UUID | str, advance: Advance) -> DepartmentList:
    """Worker's half of `bring`. Safe to run again; a list that cannot be read is marked so, in words."""
    found = DepartmentList.objects.select_related("by").get(pk=list_id)
    if found.state != ListState.MATCHING:
        return found
    advance(2, STEPS, "正在读取文件")
    kind = doubts.get_kind(found.kind)
    try:
        with readable(vault.VAULT.get(found.pk, vault.FILE)) as path:
            grid = files.read(path)
        layout = reading.recognise(grid, kind, doubts.departments())
    except DomainError as refusal:
        found.state, found.message = ListState.REFUSED, refusal.message
        found.save(update_fields=["state", "message"])
        vault.forget_file(found.pk)
        return found
    advance(30, STEPS, "正在认身份证号码")
    people = reading.read(grid, layout, kind)
    if people.unread.num_rows:
        vault.VAULT.put(found.pk, vault.UNREAD, givenback.workbook(found.name, grid, layout, people))
        vault.VAULT.put(
            found.pk, vault.REASONS, json.dumps(people.unread.slice(0, givenback.SHOWN).to_pylist()).encode()
        )
    with transaction.atomic():
        found = DepartmentList.objects.select_for_update().get(pk=list_id)
        advance(60, STEPS, f"正在比对 {people.filled:,} 行")
        found.counts = matching.match(found, people, kind)
        found.state, found.matched_at = ListState.DONE, timezone.now()
        found.save(update_fields=["counts", "state", "matched_at"])
        audit.write(found.by, Action.LIST_MATCHED, str(found.pk), {"kind": found.kind, **found.counts})
    vault.forget_file(found.pk)
    advance(STEPS, STEPS, f"比对完 {people.filled:,} 行")
    return found


@transaction.atomic
def decide(*, actor: User, list_id: UUID, ids: Sequence[UUID], verb: str, reason: str = "") -> int:
    """Say what came of doubts of a list (policies.MOVES); returns how many it was about. A doubt refuted is refuted in every
    list of that kind that still asks.

    Raises NotFound; NotAllowed "county_only"; DomainError "nobody_selected", "too_many", "no_reason", "number_in_reason",
    "nothing_to_decide".
    """
    policies.check_bringer(actor.role, actor.sees_people)
    found = queries.get_list(actor, list_id)
    move, reason = policies.get_move(verb), reason.strip()[:200]
    policies.check_decision(move, len(ids), reason)
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "说明里不要写身份证号和手机号。")
    mine = Doubt.objects.select_for_update().filter(pk__in=ids, source=found.pk, state__in=move.sources)
    if move.target == DoubtState.REFUTED:  # not what the ledger has mended meanwhile
        mine = mine.filter(pk__in=queries.contradicted(found, ids))
    workers = list(mine.order_by("id").values_list("worker_id", flat=True))
    if not workers:
        raise DomainError("nothing_to_decide", "选的人别人刚办过，或台账已经改了。请刷新后再看。", status=409)
    decided = {"state": move.target, "reason": reason, "decided_at": timezone.now(), "decided_by": actor}
    if move.target == DoubtState.REFUTED:
        Doubt.objects.filter(worker_id__in=workers, kind=found.kind, state=DoubtState.OPEN).update(**decided)
    elif verb == "other":
        mine.update(**decided, name="")  # a stranger's
    elif verb in ("again", "reopen"):  # on the collector's list once more
        mine.update(**decided, answer="", answered_at=None, answered_by=None)
    else:
        mine.update(**decided)
    if verb == "same":
        rest = Doubt.objects.filter(source=found.pk, worker_id__in=workers, state=DoubtState.OPEN)
        rest.exclude(pk__in=queries.contradicted(found, ids)).update(state=DoubtState.SAME)
    audit.write(actor, Action.DOUBT_DECIDED, str(found.pk), {"kind": found.kind, "verb": verb, "people": len(workers)})
    return len(workers)


@transaction.atomic
def withdraw(*, actor: User, list_id: UUID, reason: str) -> int:
    """Take a list back that should not have been matched (the wrong kind, the wrong file): nobody is asked about it any more.
    What was decided stays; the same file brought again asks again. Returns how many doubts went.

    Raises NotFound; NotAllowed "county_only"; DomainError "no_reason", "number_in_reason", "wrong_state".
    """
    policies.check_bringer(actor.role, actor.sees_people)
    queries.get_list(actor, list_id)
    found, reason = DepartmentList.objects.select_for_update().get(pk=list_id), reason.strip()[:200]
    if not reason:
        raise DomainError("no_reason", "请写明为什么撤回。例如：名单种类选错了。")
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "说明里不要写身份证号和手机号。")
    if found.state != ListState.DONE:
        raise DomainError("wrong_state", f"这份名单现在是“{found.get_state_display()}”，不能撤回。", status=409)
    going = Doubt.objects.filter(source=found.pk, state__in=(DoubtState.OPEN, DoubtState.NAME))
    n = going.update(state=DoubtState.WITHDRAWN, reason=reason, decided_at=timezone.now(), decided_by=actor)
    found.state, found.message = ListState.WITHDRAWN, reason
    found.save(update_fields=["state", "message"])
    audit.write(actor, Action.LIST_WITHDRAWN, str(found.pk), {"kind": found.kind, "people": n})
    return n


def follow() -> int:
    """Doubts of people who moved go with them to the village they belong to now; returns how many. For the hourly job."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE collecting_doubt d SET division = w.division FROM ledger_worker w"
            " WHERE w.id = d.worker_id AND w.division <> d.division"
        )
        return int(cursor.rowcount)
