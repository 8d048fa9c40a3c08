"""一对一帮扶: who has a helper, one step for many, what goes through review, whom a name means, who may see and do what."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import handover, helping, helpingactions, pointactions
from taizhang.collecting.helping import Sum
from taizhang.collecting.models import Helper
from taizhang.collecting.tests.test_points import point
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger.models import Batch, Change, Submission, Worker
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry
from taizhang.review import actions as review
from taizhang.review.tests.papers import township_two

COUNTY, GONGHE, XINQIAO = "532323", "532323101", "532323102201"
PAGE = "/collecting/helping/"
PHONE = "0878-5211234"


@pytest.fixture
def li(db: None) -> User:
    """天台: 甲 and 乙 have 周帮扶, 丙 (willing) and 丁 nobody, 戊 has died. 军屯: 己 (registered poor) nobody. 新桥: 庚 has 周帮扶."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(1, full_name="甲", helper="周帮扶"),
            person(2, full_name="乙", helper="周帮扶"),
            person(3, full_name="丙", transfer_willingness="1"),
            person(4, full_name="丁"),
            person(5, full_name="戊", pool_status="31", status_date=dt.date(2017, 1, 1), helper="周帮扶"),
            person(6, full_name="己", hukou_region=JUNTUN, is_poverty_registered=True),
            person(7, full_name="庚", hukou_region=XINQIAO, helper="周帮扶"),
        )
    return li


def ids(*found: str) -> list[UUID]:
    return list(Worker.objects.filter(full_name__in=found).values_list("pk", flat=True))


def helper(
    actor: User, name: str = "周帮扶", division: str = COUNTY, post: str = "县人社局股长", **more: str
) -> Helper:
    return helpingactions.register(actor=actor, division=division, name=name, post=post, **more)


def sums(actor: User, division: str) -> list[Sum]:
    return helping.by_place(helping.ask(actor, division))


def listed(actor: User, division: str, only: str) -> list[str]:
    return [one.full_name for one in helping.people(helping.ask(actor, division), only, slice(0, 50))]


def assign(actor: User, to: Helper | None, *names: str, division: str = TIANTAI, **more: Any) -> int:
    options = {"day": timezone.localdate(), **more}
    return helpingactions.assign(
        actor=actor, whom=helpingactions.ticked(ids(*names)), division=division, helper_id=to and to.pk, **options
    )


def approve(*reviewers: User) -> None:
    for one in reviewers:
        with acting_as(one):
            batch = Batch.objects.latest("created_at")
            papers = list(Submission.objects.filter(batch=batch).values_list("pk", flat=True))
            review.approve(actor=one, batch=batch, ids=papers)


def test_counts_say_who_has_a_helper_by_town_and_village(li: User) -> None:
    with acting_as(li):
        assert sums(li, COUNTY) == [Sum("532323101", 5, 2, 0, 3, 2), Sum("532323102", 1, 1, 0, 0, 0)]
        assert sums(li, GONGHE) == [Sum(TIANTAI, 4, 2, 0, 2, 1), Sum(JUNTUN, 1, 0, 0, 1, 1)]
        assert helping.total(sums(li, COUNTY)) == Sum("", 6, 3, 0, 3, 2)
        assert listed(li, GONGHE, "none") == ["丁", "丙", "己"]
        assert listed(li, GONGHE, "wanted") == ["丙", "己"]
        assert listed(li, TIANTAI, "helped") == ["乙", "甲"]
        assert listed(li, TIANTAI, "all") == ["丁", "丙", "乙", "甲"]
    mo = cast.township_mo()
    with acting_as(mo), pytest.raises(NotFound):
        helping.ask(mo, GONGHE)


def test_one_step_gives_a_helper_to_everybody_without_one_and_another_person_decides(li: User) -> None:
    wei = cast.township_wei()
    since = timezone.localdate() - dt.timedelta(days=3)
    with acting_as(wei):
        team = helper(wei, "钱队员", GONGHE, "天台村驻村工作队员", phone=PHONE)
        whom = helpingactions.without(TIANTAI)
        assert (
            helpingactions.assign(
                actor=wei, whom=whom, division=TIANTAI, helper_id=team.pk, day=since, reason="分片包户"
            )
            == 2
        )
        assert sums(wei, TIANTAI) == [Sum(TIANTAI, 4, 2, 2, 0, 0)]
        assert listed(wei, TIANTAI, "waiting") == ["丁", "丙"]
        with pytest.raises(DomainError, match="nothing_changed"):  # handed in already: not twice
            helpingactions.assign(
                actor=wei, whom=helpingactions.without(TIANTAI), division=TIANTAI, helper_id=team.pk, day=since
            )
        assert helping.of_person(wei, ids("丙")[0]) == (None, None, True)
    approve(township_two(), li)
    with acting_as(wei):
        assert sums(wei, TIANTAI) == [Sum(TIANTAI, 4, 4, 0, 0, 0)]
        assert helping.of_person(wei, ids("丙")[0]) == ("钱队员", team, False)
        found = helping.list_helped(helping.of_helper(team), slice(0, 50))
        assert [(one.full_name, one.since) for one in found] == [("丁", since), ("丙", since)]
    entry = AuditEntry.objects.get(action="helper.assigned")
    assert entry.subject == TIANTAI
    assert entry.detail == {"helper": str(team.pk), "people": 2, "day": since.isoformat(), "reason": "分片包户"}


def test_changed_and_ended_with_the_day_and_the_history_keeps_both(li: User) -> None:
    zhao, wei = cast.county_zhao(), cast.township_wei()
    with acting_as(li):
        zhou, wu = helper(li), helper(li, "吴帮扶")
        assert assign(li, wu, "甲", division=COUNTY) == 1
    approve(cast.township_wei(), zhao)
    with acting_as(li):
        assert helping.of_person(li, ids("甲")[0])[:2] == ("吴帮扶", wu)
        assert assign(li, None, "甲", "丁", division=COUNTY, reason="已外出") == 1  # 丁 has none to end
    approve(cast.township_wei(), zhao)
    with acting_as(li):
        assert helping.of_person(li, ids("甲")[0]) == (None, None, False)
        worker = Worker.objects.get(full_name="甲")
        assert worker.full_name == "甲"
        assert worker.sex == "2"
        changed = [
            one.changes["helper"][:2]
            for one in Change.objects.filter(worker=worker).order_by("version")
            if "helper" in one.changes
        ]
        assert changed == [["周帮扶", "吴帮扶"], ["吴帮扶", None]]
        assert helping.count(helping.of_helper(zhou)) == 2  # 乙 and 庚
    with acting_as(wei):
        assert helping.count(helping.of_helper(Helper.objects.get(name="周帮扶"))) == 1  # 乙: 庚 is not theirs to see


def test_a_name_means_the_helper_of_the_persons_town_before_the_countys(li: User) -> None:
    wei, mo = cast.township_wei(), cast.township_mo()
    with acting_as(li):
        of_county = helper(li)
        assert helping.count(helping.of_helper(of_county)) == 3
    with acting_as(wei):
        of_town = helper(wei, division=GONGHE, post="共和镇干部")
        assert helping.of_person(wei, ids("甲")[0])[1] == of_town
        with pytest.raises(DomainError, match="name_taken"):
            helper(wei, division=GONGHE)
    with acting_as(li):
        lines = helping.lines(helping.ask(li, COUNTY), helping.helpers(li, COUNTY))
        assert [(one.name, one.helper and one.helper.division, one.people) for one in lines] == [
            ("周帮扶", COUNTY, 1), ("周帮扶", GONGHE, 2),
        ]  # fmt: skip
        with pytest.raises(DomainError, match="nothing_changed"):  # in 共和镇 the name would mean the other one
            assign(li, of_county, "丙", division=COUNTY)
    with acting_as(mo):
        assert helping.helpers(mo, "532323102") == [of_county]
        with pytest.raises(NotFound):
            helping.get(mo, of_town.pk)


def test_names_nobody_registered_are_shown_until_they_are(li: User) -> None:
    wei = cast.township_wei()
    with acting_as(wei):
        asked = helping.ask(wei, GONGHE)
        assert [(one.name, one.helper, one.people) for one in helping.lines(asked, [])] == [("周帮扶", None, 2)]
        found = helper(wei, division=GONGHE)
        (line,) = helping.lines(asked, helping.helpers(wei, GONGHE))
        assert (line.helper, line.people, line.phone) == (found, 2, "")


def test_everybody_of_a_helper_goes_to_another_and_only_then_is_the_row_ended(li: User) -> None:
    zhao = cast.county_zhao()
    with acting_as(li):
        zhou, wu = helper(li), helper(li, "吴帮扶")
        with pytest.raises(DomainError, match="still_helps"):
            helpingactions.retire(actor=li, helper_id=zhou.pk)
        n = helpingactions.assign(
            actor=li,
            whom=helping.of_helper(zhou),
            division=COUNTY,
            helper_id=wu.pk,
            day=timezone.localdate(),
            reason="调离",
        )
        assert n == 3  # 戊 has died
    approve(cast.township_wei(), cast.township_mo(), zhao)
    with acting_as(li):
        assert (helping.count(helping.of_helper(zhou)), helping.count(helping.of_helper(wu))) == (0, 3)
        helpingactions.retire(actor=li, helper_id=zhou.pk)
        assert [one.name for one in helping.helpers(li, COUNTY)] == ["吴帮扶"]
        assert Helper.objects.get(pk=zhou.pk).to_date == timezone.localdate()  # the row stays
        with pytest.raises(NotFound):
            assign(li, zhou, "丁")


def test_handing_over_moves_the_helped_and_makes_the_taker_a_helper(li: User) -> None:
    lan, zhao = cast.collector_lan(), cast.county_zhao()
    feng = cast._user("feng", "冯采", lan.role, ("532323102201",), "新桥镇新桥村", "mouding-2017")
    with acting_as(li):
        pointactions.assign(actor=li, point_id=point(li, "天台采集点", TIANTAI).pk, user_id=lan.pk)
        assign(li, helper(li, "杨兰"), "丙", "丁", division=COUNTY)
    approve(cast.township_wei(), zhao)
    with acting_as(li):
        assert handover.hand_over(actor=li, giver=lan.pk, taker=feng.pk, reason="调离").helped == 2
        row = Helper.objects.get(name="冯采")
        assert (row.division, row.post) == (COUNTY, "新桥镇新桥村")
    approve(cast.township_wei(), zhao)
    feng.refresh_from_db()
    with acting_as(feng):
        assert helping.count(helping.named(feng, feng.display_name)) == 2
        assert helping.of_person(feng, ids("丁")[0])[:2] == ("冯采", row)


def test_a_programme_whose_form_has_no_helper_names_them_as_well(db: None) -> None:
    """古丈: 结对帮扶干部 stand in no form of the notice; 专班 decides as on anything else."""
    cast.load_divisions()
    tian, village = cast.county_guzhang(), "433126101005"
    long = cast._user("longsh", "龙审", Role.TOWNSHIP, (village[:9],), "默戎镇", "guzhang-2020")
    with acting_as(tian):
        enter(tian, person(1, full_name="张甲", hukou_region=village), programme="guzhang-2020", division="433126")
    with acting_as(long):
        pair = helper(long, "石干部", village[:9], "结对帮扶干部")
        assert assign(long, pair, "张甲", division=village) == 1
        assert sums(long, village) == [Sum(village, 1, 0, 1, 0, 0)]
    approve(tian)  # 专班
    with acting_as(long):
        assert helping.of_person(long, ids("张甲")[0]) == ("石干部", pair, False)


def test_refusals_change_nothing(li: User) -> None:
    lan, mo = cast.collector_lan(), cast.township_mo()
    today = timezone.localdate()
    with acting_as(li):
        zhou, others = helper(li, phone="15400001234"), ids("丙")
        for name, post, phone, code in (
            ("周", "县人社局", "", "no_helper"), ("周某", "", "", "no_helper"), ("周某", "15400001234", "", "no_helper"),
            ("周某", "县人社局", "12", "bad_phone"),
        ):  # fmt: skip
            with pytest.raises(DomainError) as refused:
                helper(li, name, post=post, phone=phone)
            assert refused.value.code == code
        with pytest.raises(DomainError, match="future_day"):
            assign(li, zhou, "丙", day=today + dt.timedelta(days=1))
        with pytest.raises(DomainError, match="number_in_reason"):
            assign(li, zhou, "丙", reason="15400001234")
        with pytest.raises(DomainError, match="nobody_selected"):
            assign(li, zhou)
        with pytest.raises(NotFound):
            helper(li, division=TIANTAI)  # of a town or county
    with acting_as(lan), pytest.raises(NotAllowed):
        assign(lan, zhou, "丙")
    foreign = helpingactions.ticked(others)
    for division, error in ((TIANTAI, "not_found"), ("532323102", "nothing_changed")):  # 丙 is not theirs
        with acting_as(mo), pytest.raises(DomainError, match=error):
            helpingactions.assign(actor=mo, whom=foreign, division=division, helper_id=zhou.pk, day=today)
    with acting_as(mo), pytest.raises(NotFound):  # the county's row
        helpingactions.rewrite(actor=mo, helper_id=zhou.pk, post="我的")
    assert not Submission.objects.filter(entered=False).exists()


def test_the_database_keeps_helpers_to_their_county_and_sealed(li: User) -> None:
    mo, guzhang, lan = cast.township_mo(), cast.county_guzhang(), cast.collector_lan()
    with acting_as(li):
        helper(li, phone=PHONE)
        helper(li, "共和的", GONGHE)
    for actor, seen in ((li, 2), (lan, 2), (mo, 1), (guzhang, 0)):
        with acting_as(actor), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM collecting_helper")
            assert cursor.fetchone() == (seen,)
    with acting_as(li), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM collecting_helper h WHERE h::text LIKE '%%5211234%%'")
        assert cursor.fetchone() == (0,)


def test_the_pages_show_name_what_is_asked_and_hand_it_in(client: Client, li: User) -> None:
    wei, lan = cast.township_wei(), cast.collector_lan()
    with acting_as(li):
        who = {name: ids(name)[0] for name in ("甲", "乙", "丙", "丁")}
    sign_in(client, wei)
    client.post(f"{PAGE}register/", {"division": GONGHE, "name": "周帮扶", "post": "镇干部", "phone": PHONE})
    with acting_as(wei):
        zhou = Helper.objects.get()
    page = client.get(PAGE).content.decode()
    assert "有联系人的 2 人，没有的 3 人，其中该有的 2 人" in page
    assert "087*****1234" in page
    assert PHONE not in page
    assert PHONE in client.post(f"{PAGE}{zhou.pk}/phone/").content.decode()
    assert AuditEntry.objects.filter(action="helper.revealed", subject=str(zhou.pk)).count() == 1
    ticked = {"division": GONGHE, "only": "none", "person": who["丙"], "verb": "assign", "helper": zhou.pk}
    answer = client.post(f"{PAGE}assign/", ticked, follow=True)
    assert "1 人由周帮扶联系，已提交" in answer.content.decode()
    assert answer.redirect_chain[0][0] == f"{PAGE}?division={GONGHE}&only=none"
    everybody = client.post(f"{PAGE}assign/", {"division": GONGHE, "all": "1", "helper": zhou.pk}, follow=True)
    assert "2 人由周帮扶联系，已提交" in everybody.content.decode()  # 丁 and 己; 丙 waits
    assert client.post(f"{PAGE}assign/", {"division": GONGHE, "person": who["甲"], "helper": ""}).status_code == 422
    of_person = client.get(f"/collecting/people/{who['甲']}/helper/").content.decode()
    assert "周帮扶" in of_person
    assert "镇干部" in of_person
    assert "087*****1234" in of_person
    told = client.post(f"{PAGE}{zhou.pk}/change/", {"verb": "rewrite", "post": "副镇长"}, follow=True).content.decode()
    assert "副镇长" in told
    assert "087*****1234" in told
    assert client.post(f"{PAGE}{zhou.pk}/change/", {"verb": "x"}).status_code == 404
    one = {"division": TIANTAI, "person": who["乙"], "verb": "end", "back": who["乙"]}
    assert client.post(f"{PAGE}assign/", one)["Location"] == f"/people/{who['乙']}/"
    sign_in(client, lan)
    own = client.get(PAGE).content.decode()
    assert "有联系人的 2 人" in own
    assert "登记联系人" not in own
    assert client.get(f"{PAGE}{zhou.pk}/").status_code == 200
    assert client.post(f"{PAGE}assign/", {"division": TIANTAI, "person": who["丁"]}).status_code == 403
    assert "帮扶 0 人" in client.get(f"{PAGE}mine/").content.decode()
