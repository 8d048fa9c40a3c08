"""What waits for a user, by room: the numbers beside menu entries and the queue on the home page.

Every number opens its list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from taizhang.accounts.models import Role, User
from taizhang.catalogue import load
from taizhang.collecting import monthend
from taizhang.collecting import queries as collecting
from taizhang.comparison import queries as comparison
from taizhang.engine import queries as jobs
from taizhang.intake import queries as intake
from taizhang.intake.models import UploadState
from taizhang.ledger.states import CLOSED, State
from taizhang.phone import settling
from taizhang.review import queries as review
from taizhang.review.periodstates import Stage
from taizhang.statistics import periodpages, proposing
from taizhang.statistics.periodpages import PeriodPage

REMIND = 3  # days before a round is due
OPEN = frozenset(state for state in State if state not in CLOSED)


def to_review(user: User) -> int:
    """Rows that wait for this user's decision; one's own are left to others."""
    return review.waiting_count(user) if user.sees_people else 0


def running_jobs(user: User) -> int:
    return jobs.jobs_of(user).filter(state__in=("queued", "running")).count()


WAITING: dict[str, Callable[[User], int]] = {
    "review": to_review,
    "tasks": running_jobs,
    "rules": proposing.waiting,
    "conflicts": settling.count,
}


@dataclass(frozen=True)
class Task:
    """One line of 今天要办: how many, of what, until when, and where they are. `tone`: "", warn-text or bad-text."""

    count: int
    what: str
    note: str
    when: str
    url: str
    tone: str = ""


def tasks(user: User) -> list[Task]:
    """What this user has to do, what was returned first."""
    if not user.sees_people or user.role in (Role.CITY, Role.PROVINCE, Role.PARTNER):
        return []
    uploads = intake.uploads_visible_to(user).filter(owner=user)
    found = [
        Task(review.returned_to(user).count(), "被退回，要改", "改好再提交", "尽快", "/review/returned/", "bad-text"),
        Task(
            settling.count(user),
            "两边都改过，要选",
            "手机上改的和另一边不一样",
            "尽快",
            "/phone/conflicts/",
            "warn-text",
        ),
        Task(to_review(user), "待审", "别人填报，等您审", "20日前", "/review/"),
        Task(
            uploads.filter(state__in=(UploadState.COLUMNS, UploadState.CHECKED)).count(),
            "导入到一半",
            "对好列、看过错误再提交",
            "不限",
            "/imports/",
            "warn-text",
        ),
        Task(
            review.in_review(user).count(),
            "我填报的，还在审",
            "审完才进台账",
            "不限",
            "/review/mine/",
        ),
    ]
    return [
        task
        for task in [*period_tasks(user), *round_tasks(user), *month_tasks(user), *list_tasks(user), *found]
        if task.count
    ]


def round_tasks(user: User) -> list[Task]:
    """Whom a collector has not verified yet; for the offices above only when a round is due within three days, or late."""
    found = []
    for one in collecting.open_rounds(user):
        left = collecting.days_left(one)
        when, tone = _until(left), _tone(left)
        what, url = f"{one.name}还没有核实", f"/collecting/?round={one.pk}"
        if user.role == Role.COLLECTOR:
            note, at = (
                ("从今日该找谁办起", "/collecting/today/") if not collecting.over(one) else ("这一轮已经过了", url)
            )
            found.append(Task(collecting.left(user, one), f"人{what}", note, when, at, tone))
        elif left <= REMIND and user.role == Role.TOWNSHIP:
            found.append(Task(collecting.left(user, one), f"人{what}", "看是哪些村", when, url, tone))
        elif left <= REMIND:  # a county is not counted for its desk: the page of the round does that
            found.append(
                Task(
                    1,
                    f"轮核实快到期：{one.name}" if left >= 0 else f"轮核实已过期：{one.name}",
                    "看是哪些乡镇",
                    when,
                    url,
                    tone,
                )
            )
    return found


def _until(left: int) -> str:
    return f"还有{left}天" if left > 1 else "明天到期" if left == 1 else "今天到期" if left == 0 else f"过期{-left}天"


def _tone(left: int) -> str:
    return "bad-text" if left < 0 else "warn-text" if left <= REMIND else ""


def month_tasks(user: User) -> list[Task]:
    """月末报送: what waits for the user's office, and from three days before the due day on who has not handed in."""
    return [task for desk in monthend.desks(user, REMIND) for task in _month_tasks(user, desk)]


def _month_tasks(user: User, desk: monthend.Desk) -> list[Task]:
    url, name = f"/collecting/monthend/?period={desk.period.id}", desk.period.name
    what = f"个采集点{name}的月末报送，等您{'审' if user.role == Role.TOWNSHIP else '复核'}"
    found = [Task(desk.waiting, what, "没有例外的可以一次通过", "尽快", f"{url}&only=mine")]
    if desk.left is not None:
        note = "数字看好了再报" if user.role == Role.COLLECTOR else "看是哪些采集点"
        what = f"个采集点还没有报送{name}"
        found.append(Task(desk.out, what, note, _until(desk.left), f"{url}&only=out", _tone(desk.left)))
    return found


def list_tasks(user: User) -> list[Task]:
    """People of whom a collector says that a department's list is wrong: the county decides."""
    if user.role != Role.COUNTY:
        return []
    return [
        Task(n, "人名单不对，等您核定", f"采集员问过：{one.name}", "不限", f"/comparison/{one.pk}/?show=answered")
        for one, n in comparison.answered(user)[:3]
    ]


def period_tasks(user: User) -> list[Task]:
    """The period in hand, for those who hand it up: a township's own, a county's towns and then its own."""
    programme = load().programmes.get(user.programme)
    if programme is None or programme.sealing is None or user.role not in (Role.TOWNSHIP, Role.COUNTY):
        return []
    page = PeriodPage(user, periodpages.read({"programme": programme.id}, user))
    url, name = page.asked.url(), page.asked.period.name
    tones = {"bad": "bad-text", "warn": "warn-text"}
    if user.role == Role.TOWNSHIP:
        return [
            Task(1, f"{name}的数字还没有上报", "先校核，再上报", line.saying, url, tones.get(line.tone, ""))
            for line in page.lines
            if line.state.stage not in (Stage.REPORTED, Stage.SEALED)
        ]
    left = [line for line in page.lines if line.state.stage not in (Stage.REPORTED, Stage.SEALED)]
    if left:
        worst = next((line for line in left if line.tone == "bad"), left[0])
        tone = tones.get(worst.tone, "")
        return [Task(len(left), f"乡镇还没有上报{name}的数字", "都上报了才能封账", worst.saying, url, tone)]
    if page.lines and page.own and page.own.state.stage is not Stage.SEALED and not page.too_early:
        tone = tones.get(page.own.tone, "")
        return [Task(1, f"{name}可以封账了", "乡镇都已上报", page.own.saying, url, tone)]
    return []
