"""What a phone asks beside people: where its collector stands, and whether somebody is known already."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from taizhang.accounts.models import User
from taizhang.collecting import queries as collecting
from taizhang.collecting import todays
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Division, Level
from taizhang.engine.errors import DomainError
from taizhang.ledger import duplicates, webedit
from taizhang.ledger.asking import Lexicon
from taizhang.phone.models import Device
from taizhang.review import queries as review


def state(device: Device) -> dict[str, Any]:
    """The collector, the villages, this month's numbers."""
    user = device.user
    words, form = webedit.form_of(user)
    assert words.programme is not None
    inside = Division.objects.none()
    for scope in user.scopes:
        inside |= Division.objects.filter(code__startswith=scope, level=5, valid_to=None)
    current = next(iter(collecting.open_rounds(user)), None)
    line = collecting.total(collecting.numbers(current, user.scopes)) if current else None
    return {
        "user": {"name": user.display_name, "username": user.username},
        "programme": {"id": words.programme.id, "name": words.programme.name},
        "form_version": form.version,
        "villages": list(inside.order_by("code").values("code", "name", "full_name")[:200]),
        "round": {"id": current.pk, "name": current.name, "first": current.first, "due": current.due}
        if current
        else None,
        "workload": {"people": line.people, "verified": line.verified + line.waiting}
        if line
        else {"people": 0, "verified": 0},
        "returned": review.returned_to(user).count(),
    }


def today(user: User) -> list[dict[str, Any]]:
    """今日该找谁, in its order: why, and what to ask. Apart from the people: what is due changes with every day, a person does not."""
    return [
        {"worker": str(line.worker_id), "reasons": line.sayings, "questions": line.questions}
        for line in todays.today(user)
    ]


def regions(user: User) -> list[list[str]]:
    """[code, name, pinyin initials] by code: everything down to counties, and all inside the counties of the user's villages."""
    mine = divisions.inside([scope[:6] for scope in user.scopes if len(scope) >= 6])
    found = divisions.valid().filter(Q(level__lte=Level.COUNTY) | mine).order_by("code")
    return [list(row) for row in found.values_list("code", "name", "initials")]


def statuses(words: Lexicon) -> list[dict[str, str]]:
    """Why somebody may be stopped, in the notice's words."""
    from taizhang.ledger import stopping

    return [{"code": code, "label": label} for code, label in stopping.reasons(words)]


def look(user: User, asked: duplicates.Asked) -> dict[str, Any]:
    """{"found": "none" | "mine" | "elsewhere", "worker", "message"}. Of another county only its name is told. Raises DomainError "bad_number"."""
    if asked.problem:
        raise DomainError("bad_number", asked.problem)
    hits = duplicates.look(user, asked)
    if hits.same_number:
        return {"found": "mine", "worker": str(hits.same_number), "message": "这个人已经在您的名单里，请直接打开修改。"}
    if hits.elsewhere:
        message = f"这个号码登记在{hits.elsewhere}。请联系对方办理迁移，不要重复登记。"
        return {"found": "elsewhere", "worker": None, "message": message}
    return {"found": "none", "worker": None, "message": "台账里没有这个号码，可以新增。"}
