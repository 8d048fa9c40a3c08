"""What the demo's villages have: collection points by the rule, the collector's own one, a town that still lacks them."""

from __future__ import annotations

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.collecting import pointactions, points, policies
from taizhang.collecting.policies import Village


def set_up(cast: dict[str, User], county: str) -> None:
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
