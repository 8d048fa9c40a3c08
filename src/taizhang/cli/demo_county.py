"""What a demo county holds: divisions, accounts, people with three months of changes, and work waiting on every desk."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from rich.progress import Progress

from taizhang import catalogue
from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.models import Role, User
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.cli import demo_collecting, demo_comparison
from taizhang.cli.demo import new_password
from taizhang.cli.synthetic import generate
from taizhang.cli.synthetic.workbook import agreeing
from taizhang.divisions import actions as divisions
from taizhang.divisions import loading
from taizhang.ledger import actions as ledger
from taizhang.ledger.states import Source
from taizhang.review import actions as review
from taizhang.review import periods
from taizhang.review.periodstates import Verb
from taizhang.statistics import certifying, indicators, sealing, snapshots
from taizhang.statistics.targets import actions as targets
from taizhang.statistics.targets import tree

WAITING = 120  # rows of the last town workbook that stand before the reviewers


def build(steps: Progress, *, programme: str, county: str, people: int, as_of: dt.date) -> dict[str, str]:
    """Fill an empty database; returns account -> who it is, and under "password" the password of all of them."""
    task = steps.add_task("导入区划", total=1)
    divisions.load_national()
    divisions.load_county(county)
    steps.update(task, completed=1)
    units = loading.shipped()
    password = new_password()
    cast = _accounts(programme, county, units, password)
    task = steps.add_task("造演示人员", total=1)
    population = generate(county=county, people=people, as_of=as_of, divisions=units)
    steps.update(task, completed=1)
    batches = [
        (population.initial_day, demo_collecting.verified_before(population.initial, as_of), "初始导入"),
        *((day, rows, f"{day:%Y年%m月}变动") for day, rows in population.months),
    ]
    task = steps.add_task("人员入账", total=sum(rows.num_rows for _, rows, _ in batches))
    waiting = hold_back(batches.pop(), cast["township"].scopes[0], programme, batches)
    for day, rows, title in batches:
        _enter(cast, programme, county, day, rows, title, initial=title == "初始导入")
        steps.advance(task, rows.num_rows)
    _wait(cast, programme, waiting)
    steps.update(task, completed=sum(rows.num_rows for _, rows, _ in batches) + waiting[1].num_rows)
    task = steps.add_task("建实时快照", total=1)
    with acting_for([county]):
        snapshots.refresh(county)
    _order(cast["county"], programme, county, as_of)
    _seal(cast, programme, county, as_of)
    demo_collecting.set_up(cast, programme, county)
    demo_comparison.set_up(cast, as_of)
    steps.update(task, completed=1)
    return {
        **{user.username: f"{user.get_role_display()}，{user.office}" for user in cast.values()},
        "password": password,
    }


def _accounts(programme: str, county: str, units: pa.Table, password: str) -> dict[str, User]:
    """One account per role, two where four eyes are needed; the collector covers three villages of the first town."""
    names = dict(zip(units["code"].to_pylist(), units["name"].to_pylist(), strict=True))
    towns = [code for code in names if len(code) == 9 and code.startswith(county)]
    villages = [code for code in names if len(code) == 12 and code.startswith(towns[0])]
    wanted = {
        "collector": (Role.COLLECTOR, villages[:3], names[towns[0]], "采集员"),
        "township": (Role.TOWNSHIP, towns[:1], f"{names[towns[0]]}就业服务站", "乡镇甲"),
        "township2": (Role.TOWNSHIP, towns[:1], f"{names[towns[0]]}就业服务站", "乡镇乙"),
        "county": (Role.COUNTY, [county], f"{names[county]}就业中心", "县甲"),
        "county2": (Role.COUNTY, [county], f"{names[county]}就业中心", "县乙"),
        "city": (Role.CITY, [county[:4]], names[county[:4]], "市分析员"),
        "province": (Role.PROVINCE, [county[:2]], names[county[:2]], "省分析员"),
        "partner": (Role.PARTNER, [county], "协作部门", "协作员"),
        "system": (Role.SYSTEM_ADMIN, [], "系统管理", "系统管理员"),
        "security": (Role.SECURITY_ADMIN, [], "安全管理", "安全管理员"),
        "audit": (Role.AUDIT_ADMIN, [], "审计管理", "审计管理员"),
    }
    cast = {}
    for username, (role, scopes, office, name) in wanted.items():
        user = User(
            username=username,
            role=role,
            scopes=scopes,
            office=office,
            display_name=f"演示{name}",
            programme=programme,
            must_change_password=False,
        )
        user.set_password(password)
        user.save()
        cast[username] = user
    return cast


def _known(rows: pa.Table) -> pa.Table:
    """Only columns that are items with a home in the ledger."""
    items = catalogue.load().items
    return rows.select([name for name in rows.column_names if name in items and items[name].table])


def _enter(
    cast: dict[str, User], programme: str, county: str, day: dt.date, rows: pa.Table, title: str, *, initial: bool
) -> None:
    with acting_as(cast["county"]):
        batch = ledger.open_batch(
            actor=cast["county2"],
            source=Source.DEMO,
            programme=programme,
            division=county,
            collected_on=day,
            title=title,
            initial=initial,
        )
        ledger.stage(batch, _known(rows))
        ledger.compare(batch)
        ledger.apply(actor=cast["county"], batch=batch)


Collection = tuple[dt.date, pa.Table, str]


def hold_back(last: Collection, town: str, programme: str, batches: list[Collection]) -> Collection:
    """Keep some rows of the town out of the last month: they are the workbook that waits for review, as its form asks and without mistakes.

    The others of the month are appended to `batches`.
    """
    day, rows, title = last
    loaded = catalogue.load()
    fitted, good = agreeing(rows, loaded.forms[programme], loaded, day)
    places = pc.indices_nonzero(pc.and_(good, pc.starts_with(rows["hukou_region"].combine_chunks(), town)))
    held = places.slice(0, WAITING)
    everyone = pa.array(range(rows.num_rows), pa.uint64())
    batches.append((day, rows.filter(pc.invert(pc.is_in(everyone, value_set=held))), title))
    return day, fitted.take(held), title


def _wait(cast: dict[str, User], programme: str, waiting: Collection) -> None:
    """Some rows before the township, some already before the county, a few sent back to the collector."""
    day, rows, title = waiting
    town = cast["township"].scopes[0]
    submitter = cast["township"]
    with acting_as(submitter):
        batch = ledger.open_batch(
            actor=submitter,
            source=Source.WORKBOOK,
            programme=programme,
            division=town,
            collected_on=day,
            title=f"{title}（待审）",
            clears=True,  # what the form does not ask of somebody now is no longer so: no old job beside a new search
        )
        ledger.stage(batch, _known(rows))
        ledger.compare(batch)
    steps = catalogue.load().programmes[programme].review.steps
    first = cast["township2" if steps[0].by == "township" else "county"]
    with acting_as(first):
        ids = list(
            batch.submission_set.filter(outcome__in=["new", "update"]).order_by("row_no").values_list("pk", flat=True)
        )
        if len(ids) < 10:  # a handful of people: nothing to divide among desks
            return
        if len(steps) > 1:
            review.approve(actor=first, batch=batch, ids=ids[: len(ids) // 2])
        review.send_back(
            actor=first,
            batch=batch,
            ids=ids[-5:],
            reason="务工地点不到县，请问清后补上。",
            remarks={"work_region": "请写到县（市、区）"},
        )


def _order(officer: User, programme: str, county: str, day: dt.date) -> None:
    """Targets of the story's year for what the notice sets targets for: a fifth more than there is, shared out by people."""
    settings = catalogue.load().programmes[programme]
    year, basis = str(day.year), "演示任务：比现有数多两成，按人数分解"
    with acting_as(officer):
        held = {aim.goal for aim in tree.standing(officer, settings, year, county)}
        for goal in tree.goals(settings):
            indicator = settings.indicators.get(goal.key)
            if goal.key in held or indicator is None or indicator.unit != "人" or goal.key == "returned_waiting":
                continue
            there = indicators.count(programme, [goal.key], county, day).get(county, {}).get(goal.key) or 0
            if not there:
                continue
            asked = targets.Asked(">=", Decimal(int(there) * 6 // 5), "人", basis)
            targets.set_target(actor=officer, goal=goal, division=county, period=year, asked=asked, version=-1)
            own = next(
                aim for aim in tree.standing(officer, settings, year, county, goal.key) if aim.division == county
            )
            targets.split(actor=officer, aim=own, goal=goal, on=day, basis=basis)


def _seal(cast: dict[str, User], programme: str, county: str, as_of: dt.date) -> None:
    """The period before the one in hand is sealed; of that one the first town has handed up its figures."""
    settings = catalogue.load().programmes[programme]
    if settings.sealing is None:
        return
    now = duedates.in_hand(settings, as_of)
    before = duedates.before(settings, now) if now else None
    if now is None or before is None:
        return
    with acting_as(cast["county"]):
        for town in periods.towns_with_people(county, before.cut_off):
            _hand_up(cast["county"], programme, before, town, "演示：乡镇没有账号，由县代报")
        _hand_up(cast["county"], programme, before, county, "")
        sealing.seal(actor=cast["county"], programme=programme, period=before.id, county=county)
        for table in (one for one in settings.tables.values() if one.kind == "cells"):
            certifying.certify(
                actor=cast["county"], programme_table=f"{programme}/{table.id}", division=county, as_of=before.cut_off
            )
    with acting_as(cast["township"]):
        _hand_up(cast["township"], programme, now, cast["township"].scopes[0], "")


def _hand_up(actor: User, programme: str, period: Period, unit: str, reason: str) -> None:
    for verb in (Verb.CHECK, Verb.REPORT):
        periods.move(actor=actor, verb=verb, programme=programme, period=period.id, division=unit, reason=reason)
