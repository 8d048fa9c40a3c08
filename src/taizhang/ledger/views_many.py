"""What the list does with many people at once. Each page says how many and what happens before it does it."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.ledger import asking, selection, stopping, verifying
from taizhang.ledger.views_edit import editor_of


@require_POST
def verify(request: SignedInRequest) -> HttpResponse:
    """记为已核实: first the page that asks when and how, then, with `confirm`, the hand-in."""
    user: User = editor_of(request)
    words = asking.lexicon(user)
    chosen = selection.read(request.POST, words, request.session.get("searches", {}))
    conditions = selection.where(chosen, words, user)
    total, stopped = verifying.check(user, conditions, chosen)
    day, method = _day(request.POST.get("day")), request.POST.get("method", "")
    at, error = "", ""
    if "confirm" in request.POST:
        at, error = _error(day, method)
        if not error and day:
            done = verifying.hand_in(
                actor=user,
                chosen=chosen,
                words=words,
                day=day,
                method=method,
                collector=request.POST.get("collector", "").strip()[:50],
            )
            _say(request, done)
            return _to_list(chosen)
    context = {
        "chosen": chosen,
        "saying": selection.saying(chosen, words),
        "total": total,
        "stopped": stopped,
        "people": total - stopped,
        "methods": verifying.methods(words),
        "method": method,
        "day": day or timezone.localdate(),
        "today": timezone.localdate(),
        "collector": request.POST.get("collector", user.display_name),
        "error": error,
        "error_at": at,
        "back": _address(chosen),
    }
    return render(request, "ledger/verify.html", context, status=422 if error else 200)


@require_POST
def stop(request: SignedInRequest) -> HttpResponse:
    """停用: first the page that asks since when and why, then, with `confirm`, the hand-in."""
    user: User = editor_of(request)
    words = asking.lexicon(user)
    chosen = selection.read(request.POST, words, request.session.get("searches", {}))
    total, before = stopping.check(user, selection.where(chosen, words, user), chosen)
    since, status = _day(request.POST.get("since")), request.POST.get("status", "")
    reasons, back = stopping.reasons(words), _day(request.POST.get("expected_return"))
    at, error = "", ""
    if "confirm" in request.POST:
        at, error = _stop_error(since, status in dict(reasons), back)
        if not error and since:
            reason = request.POST.get("reason", "").strip()[:200]
            done = stopping.hand_in(
                actor=user, chosen=chosen, words=words, since=since, status=status, reason=reason, expected_return=back
            )
            messages.success(request, f"停用 {done.people:,} 人已提交；自己填的由别人审，审完才停用。")
            if left := total - done.people:
                messages.warning(request, f"{left:,} 人已经停用，或这一天还不在册，没有办。")
            return _to_list(chosen)
    context = {
        "chosen": chosen,
        "saying": selection.saying(chosen, words),
        "total": total,
        "before": before,
        "people": total - before,
        "reasons": reasons,
        "status": status,
        "since": since or timezone.localdate(),
        "expected_return": back,
        "today": timezone.localdate(),
        "reason": request.POST.get("reason", ""),
        "error": error,
        "error_at": at,
        "back": _address(chosen),
    }
    return render(request, "ledger/stop_many.html", context, status=422 if error else 200)


def _stop_error(since: dt.date | None, has_status: bool, back: dt.date | None) -> tuple[str, str]:
    """Where it is wrong, and what to do."""
    if not has_status:
        return "st-1", "先选为什么停用。"
    if since is None:
        return "since", "填哪天起，如 2026-07-16。"
    if since > timezone.localdate():
        return "since", "这一天还没有到。请填今天或以前的日期。"
    return ("expected_return", "预计恢复日期要在退出以后。") if back and back <= since else ("", "")


def _error(day: dt.date | None, method: str) -> tuple[str, str]:
    """Where it is wrong, and what to do."""
    if day is None:
        return "day", "填哪天核实的，如 2026-07-16。"
    if day > timezone.localdate():
        return "day", f"核实日期是{day:%Y年%m月%d日}，还没有到。请填今天或以前的日期。"
    return ("", "") if method in verifying.METHODS else ("m-1", "先选怎么核实的。")


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def _say(request: SignedInRequest, done: verifying.Verified) -> None:
    parts = [f"{done.people:,} 人记为已核实，已提交；自己填的由别人审，审完才进台账。"]
    if done.same:
        parts.append(f"{done.same:,} 人这一天已经记过，没有再记。")
    if done.stopped:
        parts.append(f"{done.stopped:,} 人已永久退出，没有记。")
    messages.success(request, "".join(parts))


def _address(chosen: selection.Selection) -> str:
    query = urlencode(chosen.question.query())
    return reverse("ledger:list") + (f"?{query}" if query else "")


def _to_list(chosen: selection.Selection) -> HttpResponse:
    return HttpResponseRedirect(_address(chosen))
