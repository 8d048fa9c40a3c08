"""What the demo's villages have: collection points by the rule, the collector's own one, a town that still lacks them; a
round of verification that is under way, some attempts that failed and some verifications."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.collecting import actions, pointactions, points, policies, queries
from taizhang.collecting.models import Channel, Result
from taizhang.collecting.policies import Village
from taizhang.ledger import queries as ledger
from taizhang.ledger.models import Batch, Submission
from taizhang.review import actions as review


def verified_before(rows: pa.Table, as_of: dt.date) -> pa.Table:
    """The first import as if people had been verified at other times: of ten one never, seven some months ago and two on
    the day, so that a round has something left to do."""
    numbers = pa.array(range(rows.num_rows), pa.int32())
    tenth = pc.subtract(numbers, pc.multiply(pc.divide(numbers, 10), 10))
    ago = pc.subtract(numbers, pc.multiply(pc.divide(numbers, 300), 300))
    latest = (as_of - dt.timedelta(days=200) - dt.date(1970, 1, 1)).days
    earlier = pc.subtract(pa.scalar(latest, pa.int32()), ago).cast(pa.int32()).cast(pa.date32())
    never, long_ago = pc.equal(tenth, 0), pc.less_equal(tenth, 7)
    for item in ("verify_state", "collect_method", "collector", "survey_date"):
        known = rows[item].combine_chunks()
        if item == "survey_date":
            known = pc.if_else(long_ago, earlier, known)
        known = pc.if_else(never, pa.scalar(None, known.type), known)
        rows = rows.set_column(rows.column_names.index(item), item, known)
    return rows


def set_up(cast: dict[str, User], programme: str, county: str) -> None:
    """Points for all towns but the last, which is left for 按规则生成; the collector's villages are one point."""
    officer, collector = cast["county"], cast["collector"]
    with acting_as(officer):
        every = points.coverage(officer, county).uncovered
        own = [one for one in every if one.code in collector.scopes]
        last = every[-1].town
        rest = [one for one in every if one not in own and (one.town != last or one.town == own[0].town)]
        least = points.least_of(points.programme_of(officer, county))
        groups: list[list[Village]] = [list(own), *policies.propose(rest, least)]
        wanted = [(policies.name_for(group), [one.code for one in group]) for group in groups]
        first, *_ = pointactions.add(actor=officer, county=county, wanted=wanted)
        pointactions.assign(actor=officer, point_id=first.pk, user_id=collector.pk)
        pointactions.add_leader(
            actor=officer, point_id=first.pk, kind="leader", name="演示挂钩领导", office="镇人民政府"
        )
        pointactions.add_leader(actor=officer, point_id=first.pk, kind="cadre", name="演示挂钩干部", office="村委会")
    collector.refresh_from_db()
    with acting_as(officer):
        actions.open_round(catalogue.load().programmes[programme], county, timezone.localdate(), actor=officer)
    _try(collector)
    _verify(cast)


def _verify(cast: dict[str, User]) -> None:
    """The collector has verified some people; most are approved at the first step, one is sent back."""
    collector, first = cast["collector"], cast["township2"]
    with acting_as(collector):
        current, *_ = queries.open_rounds(collector)
        relation = queries.tasks(collector, current, collector.scopes)
        (found,) = ledger.fetch(
            f"""SELECT array_agg(worker_id) AS ids FROM (
                  SELECT worker_id FROM ({relation.sql}) t WHERE state = 'open' ORDER BY worker_id LIMIT 8) chosen""",
            relation.params,
        )
        if not found["ids"]:
            return
        before = set(Batch.objects.values_list("pk", flat=True))
        actions.verify_unchanged(
            actor=collector, found=current, worker_ids=found["ids"], day=timezone.localdate(), method="1"
        )
        made = list(Batch.objects.exclude(pk__in=before).order_by("division"))
    steps = catalogue.load().programmes[collector.programme].review.steps
    if steps[0].by != "township":
        first = cast["county"]
    with acting_as(first):
        for number, batch in enumerate(made):
            rows = list(Submission.objects.filter(batch=batch).order_by("row_no").values_list("pk", flat=True))
            if number == 0:
                review.send_back(actor=first, batch=batch, ids=rows[:1], reason="请说明是怎么核实的。")
                rows = rows[1:]
            if rows:
                review.approve(actor=first, batch=batch, ids=rows)


def _try(collector: User) -> None:
    """Every seventh person of the collector's villages was tried: with one of them it is time to try again."""
    today = timezone.localdate()
    results = (Result.SILENT, Result.AWAY, Result.NO_NUMBER, Result.REACHED)
    with acting_as(collector):
        tried = ledger.workers(collector).order_by("id").values_list("pk", flat=True)[::7][:12]
        for number, worker in enumerate(tried):
            actions.record_attempt(
                actor=collector,
                worker_id=worker,
                channel=(Channel.PHONE, Channel.VISIT)[number % 2],
                result=results[number % len(results)],
                next_on=today + dt.timedelta(days=number % 4),
            )
