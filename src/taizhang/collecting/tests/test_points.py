"""采集点: the rule, coverage, changes, and that accounts see exactly the villages of their points."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import pointactions, points, policies
from taizhang.collecting.models import Point, PointCollector, PointVillage
from taizhang.collecting.policies import Village
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.protection.models import AuditEntry

OTHER, XINQIAO = "532323101203", "532323102201"
COUNTY = "532323"


def village(code: str, people: int) -> Village:
    return Village(code, f"第{code[-1]}村民委员会", people)


@pytest.fixture
def li(db: None) -> User:
    """牟定县 with two people in 天台 and one in 军屯."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(li, person(12), person(13, full_name="普秀英", helper="周帮扶"), person(15, hukou_region=JUNTUN))
    return li


def point(li: User, name: str, *codes: str) -> Point:
    return pointactions.add(actor=li, county=COUNTY, wanted=[(name, codes)])[0]


def test_the_rule_gives_big_villages_their_own_point_and_joins_small_neighbours_of_a_town() -> None:
    first, second = "532323101", "532323102"
    villages = [
        village(f"{first}201", 1000),  # 1000人以上: a thousand is enough
        village(f"{first}202", 400),
        village(f"{first}203", 2500),
        village(f"{first}204", 600),  # with 202, the small one before it: 1000
        village(f"{first}205", 300),  # left over: joins them
        village(f"{second}201", 999),  # alone in its town: there is no neighbour
    ]
    groups = policies.propose(villages, 1000)
    assert [[one.code[-4:] for one in group] for group in groups] == [
        ["1201"], ["1202", "1204", "1205"], ["1203"], ["2201"],
    ]  # fmt: skip
    assert [policies.name_for(group) for group in groups] == ["第1采集点", "第2等3村采集点", "第3采集点", "第1采集点"]


def test_coverage_counts_people_of_the_ledger_until_the_county_writes_a_number_in(li: User) -> None:
    with acting_as(li):
        point(li, "天台采集点", TIANTAI, JUNTUN)
        pointactions.write_population(actor=li, village=TIANTAI, people="１,280")
        found = points.coverage(li, "532323101")
    (line,) = found.lines
    assert [(one.people, one.listed, one.typed) for one in line.villages] == [(1280, 2, True), (1, 1, False)]
    assert (line.people, found.least, found.covered) == (1281, 1000, 2)
    assert [one.code for one in line.could_stand_alone] == [TIANTAI]  # it reaches 1000 and yet shares a point
    assert OTHER in [one.code for one in found.uncovered]
    assert TIANTAI not in [one.code for one in found.uncovered]
    assert found.share == 2 / found.villages
    assert found.without_collector == [line]


def test_assigning_gives_exactly_the_villages_of_the_points(li: User) -> None:
    lan = cast.collector_lan()  # 天台 and 军屯
    with acting_as(li):
        first = point(li, "天台采集点", TIANTAI)
        second = point(li, "三村采集点", OTHER)
        pointactions.assign(actor=li, point_id=first.pk, user_id=lan.pk)
        assert scopes(lan) == [TIANTAI]
        pointactions.assign(actor=li, point_id=second.pk, user_id=lan.pk)
        assert scopes(lan) == [TIANTAI, OTHER]
        pointactions.move_in(actor=li, point_id=first.pk, codes=[JUNTUN])
        assert scopes(lan) == [TIANTAI, JUNTUN, OTHER]
        pointactions.release(actor=li, point_id=first.pk, user_id=lan.pk)
        assert scopes(lan) == [OTHER]
        pointactions.release(actor=li, point_id=second.pk, user_id=lan.pk)
        assert scopes(lan) == []
        pointactions.assign(actor=li, point_id=first.pk, user_id=lan.pk)  # she had a post here: still the county's
        assert scopes(lan) == [TIANTAI, JUNTUN]
    given = AuditEntry.objects.filter(action="account.rights_granted", subject=str(lan.pk))
    assert [entry.detail["scopes"] for entry in given.order_by("seq")][-1] == [TIANTAI, JUNTUN]


def scopes(user: User) -> list[str]:
    user.refresh_from_db()
    return user.scopes


def test_merging_and_splitting_move_villages_and_keep_what_was(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        first, second = point(li, "天台采集点", TIANTAI), point(li, "军屯采集点", JUNTUN)
        pointactions.assign(actor=li, point_id=second.pk, user_id=lan.pk)
        pointactions.merge(actor=li, point_id=second.pk, into=first.pk)
        second.refresh_from_db()
        assert second.to_date is not None
        assert scopes(lan) == []  # her point is gone; 天台's has nobody yet
        assert PointVillage.objects.filter(division=JUNTUN).count() == 2
        pointactions.assign(actor=li, point_id=first.pk, user_id=lan.pk)
        third = pointactions.split(actor=li, point_id=first.pk, codes=[JUNTUN], name="军屯采集点")
        assert third.code == f"{COUNTY}-003"
        assert scopes(lan) == [TIANTAI, JUNTUN]
        pointactions.release(actor=li, point_id=third.pk, user_id=lan.pk)
        assert scopes(lan) == [TIANTAI]
        with pytest.raises(DomainError, match="all_of_them"):
            pointactions.split(actor=li, point_id=first.pk, codes=[TIANTAI], name="又一个")


def test_refusals_change_nothing(li: User) -> None:
    with acting_as(li):
        first = point(li, "天台采集点", TIANTAI)
        for code, wanted in {
            "covered": ("又天台", [TIANTAI]),
            "name_taken": ("天台采集点", [JUNTUN]),
            "several_towns": ("两镇", [JUNTUN, XINQIAO]),
            "no_villages": ("没有村", list[str]()),
            "no_name": (" ", [JUNTUN]),
            "not_found": ("外县", ["433126100201"]),
        }.items():
            with pytest.raises(DomainError) as refused:
                pointactions.add(actor=li, county=COUNTY, wanted=[wanted])
            assert refused.value.code == code
        with pytest.raises(DomainError, match="several_towns"):
            pointactions.move_in(actor=li, point_id=first.pk, codes=[XINQIAO])
        with pytest.raises(DomainError, match="bad_number"):
            pointactions.write_population(actor=li, village=TIANTAI, people="一千")
        with pytest.raises(NotFound):
            pointactions.assign(actor=li, point_id=first.pk, user_id=cast.township_wei().pk)
    wei = cast.township_wei()
    with acting_as(wei), pytest.raises(NotAllowed):
        pointactions.rename(actor=wei, point_id=first.pk, name="乡镇改的")
    guzhang = cast.county_guzhang()
    with acting_as(guzhang), pytest.raises(NotFound):
        pointactions.rename(actor=guzhang, point_id=first.pk, name="外县改的")
    with acting_as(li):
        assert list(Point.objects.values_list("name", flat=True)) == ["天台采集点"]
        assert PointVillage.objects.count() == 1


def test_a_collector_of_another_county_is_not_to_be_had(li: User) -> None:
    stranger = User.objects.create(
        username="waixian", display_name="外县", role=Role.COLLECTOR, scopes=["433126100"], password="!"
    )
    nobody = User.objects.create(username="xin", display_name="新", role=Role.COLLECTOR, scopes=[], password="!")
    with acting_as(li):
        first = point(li, "天台采集点", TIANTAI)
        for user in (stranger, nobody):  # neither of this county as far as anybody has said
            with pytest.raises(NotFound):
                pointactions.assign(actor=li, point_id=first.pk, user_id=user.pk)
    assert scopes(stranger) == ["433126100"]


def test_points_are_seen_from_their_villages_and_never_deleted(li: User) -> None:
    lan, mo = cast.collector_lan(), cast.township_mo()
    with acting_as(li):
        first = point(li, "天台采集点", TIANTAI)
        point(li, "新桥采集点", XINQIAO)
    with acting_as(lan):
        assert list(Point.objects.values_list("name", flat=True)) == ["天台采集点"]
        assert points.get(lan, first.pk) == first
    with acting_as(mo):
        assert list(Point.objects.values_list("name", flat=True)) == ["新桥采集点"]
        with pytest.raises(NotFound):
            points.get(mo, first.pk)
    assert not Point.objects.exists()  # nobody acts
    with acting_as(li):
        for table in ("point", "pointvillage", "attempt", "roundnumber", "population"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM collecting_{table}")
        assert PointCollector.objects.count() == 0


def test_helpers_stand_in_the_ledger(li: User) -> None:
    with acting_as(li):
        assert points.helpers([TIANTAI]) == [{"name": "周帮扶", "people": 1}, {"name": "", "people": 1}]
