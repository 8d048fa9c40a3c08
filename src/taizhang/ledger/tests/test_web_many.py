"""What the list does with many people: ticking, 记为已核实 as one batch that somebody else decides, widths of columns."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.ledger import selection, submitted, verifying
from taizhang.ledger.asking import lexicon
from taizhang.ledger.models import Batch, Submission, Verification, Worker
from taizhang.ledger.tests.people import JUNTUN, enter, person
from taizhang.ledger.tests.test_web_list import sign_in

TODAY = timezone.localdate


@pytest.fixture
def ledger(db: None) -> User:
    """罗小梅 and 普秀英 of 天台, 李伟 of 军屯 who died, 王芳 of the next township."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(12),
            person(14, full_name="普秀英", birth_date=dt.date(1990, 5, 6)),
            person(15, full_name="李伟", hukou_region=JUNTUN, pool_status="31", status_date=dt.date(2017, 8, 1)),
            person(16, full_name="王芳", hukou_region="532323102201"),
        )
    return li


def ids(user: User, *names: str) -> list[str]:
    with acting_as(user):
        return [str(one) for one in Worker.objects.filter(full_name__in=names).values_list("pk", flat=True)]


def confirmed(**more: object) -> dict[str, object]:
    return {"confirm": "1", "day": TODAY().isoformat(), "method": "2", "collector": "杨兰", **more}


def test_every_line_can_be_ticked_and_the_bar_offers_what_the_role_may_do(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    page = client.get("/people/").content.decode()
    assert sorted(re.findall(r'name="person" value="([^"]+)"', page)) == sorted(
        ids(ledger, "罗小梅", "普秀英", "李伟", "王芳")
    )
    assert 'formaction="/people/verify/"' in page
    sign_in(client, cast.partner_zhou())
    page = client.get("/people/").content.decode()
    assert 'action="/exports/people/"' in page
    assert 'formaction="/people/verify/"' not in page


def test_the_page_says_how_many_and_whom_it_passes_over_before_anything_happens(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    answer = client.post("/people/verify/", {"all": "1", "query": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "把 3 人记为已核实" in page
    assert "4 人里有 1 人已永久退出" in page
    with acting_as(ledger):
        assert Submission.objects.filter(batch__title="记为已核实").count() == 0


def test_ticked_people_are_handed_in_as_one_batch_and_nobody_is_changed_yet(client: Client, ledger: User) -> None:
    lan = sign_in(client, cast.collector_lan())
    chosen = ids(ledger, "罗小梅", "普秀英")
    answer = client.post("/people/verify/", confirmed(person=chosen, expected="2"), follow=True)
    assert "2 人记为已核实，已提交" in answer.content.decode()
    with acting_as(lan):
        batch = Batch.objects.get(title="记为已核实")
        papers = list(Submission.objects.filter(batch=batch))
        assert (batch.source, batch.division, batch.collected_on) == ("web", "532323101201", TODAY())
        assert {str(paper.worker_id) for paper in papers} == set(chosen)
        assert {paper.state for paper in papers} == {"submitted"}
        assert {submitted.values(paper)["verify_state"] for paper in papers} == {"1"}
        assert Verification.objects.count() == 0


def test_once_decided_they_are_verified_of_that_day_and_nothing_else_moves(client: Client, ledger: User) -> None:
    from taizhang.review import actions as review

    sign_in(client, cast.collector_lan())
    chosen = ids(ledger, "罗小梅")
    with acting_as(ledger):
        before = Worker.objects.filter(pk=chosen[0]).values("full_name", "birth_date", "id_token", "division").get()
    client.post("/people/verify/", confirmed(person=chosen))
    wei, li = cast.township_wei(), cast.county_li()
    with acting_as(wei):
        review.approve(actor=wei, batch=Batch.objects.get(title="记为已核实"))
    with acting_as(li):
        if Submission.objects.filter(state="township_approved").exists():
            review.approve(actor=li, batch=Batch.objects.get(title="记为已核实"))
        fact = Verification.objects.get()
        assert (str(fact.worker_id), fact.verify_state, fact.collect_method) == (chosen[0], "1", "2")
        assert (fact.survey_date, fact.collector, fact.round) == (TODAY(), "杨兰", TODAY().replace(day=1))
        after = Worker.objects.filter(pk=chosen[0]).values("full_name", "birth_date", "id_token", "division").get()
        assert after == before


def test_a_collector_of_two_villages_hands_in_one_batch_for_each(client: Client, ledger: User) -> None:
    with acting_as(ledger):
        enter(ledger, person(18, full_name="起正明", hukou_region=JUNTUN))
    lan = sign_in(client, cast.collector_lan())
    client.post("/people/verify/", confirmed(all="1", query=""))
    with acting_as(lan):
        batches = Batch.objects.filter(title="记为已核实").order_by("division")
        assert [(one.division, one.submission_set.count()) for one in batches] == [
            ("532323101201", 2),
            ("532323101202", 1),
        ]


def test_people_outside_ones_villages_are_never_reached_by_their_ids(client: Client, ledger: User) -> None:
    sign_in(client, cast.collector_lan())
    answer = client.post("/people/verify/", confirmed(person=ids(ledger, "王芳")))
    assert answer.status_code == 409
    with acting_as(ledger):
        assert not Batch.objects.filter(title="记为已核实").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"day": "", "method": "2"}, "填哪天核实的"),
        ({"day": "2999-01-01", "method": "2"}, "还没有到"),
        ({"method": ""}, "先选怎么核实的"),
        ({"method": "4"}, "先选怎么核实的"),
    ],
)
def test_what_is_missing_is_asked_for_on_the_same_page(
    client: Client, ledger: User, data: dict[str, str], said: str
) -> None:
    sign_in(client, cast.county_li())
    answer = client.post("/people/verify/", confirmed(all="1", query="", **data))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with acting_as(ledger):
        assert not Batch.objects.filter(title="记为已核实").exists()


def test_nobody_ticked_is_said_and_another_number_than_agreed_is_not_done(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert "先在名单左边勾选" in client.post("/people/verify/", {"query": ""}).content.decode()
    answer = client.post("/people/verify/", confirmed(all="1", query="", expected="5"))
    assert answer.status_code == 409
    assert "刚才是 5 人，现在是 4 人" in answer.content.decode()


def test_a_forgotten_search_is_not_taken_for_everybody(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    answer = client.post("/people/verify/", confirmed(all="1", query="s=gone1234"))
    assert answer.status_code == 409
    assert "重新查询" in answer.content.decode()
    assert client.post("/exports/people/make/", {"all": "1", "query": "s=gone1234"}).status_code == 409


def test_the_same_day_twice_hands_in_nothing_new(client: Client, ledger: User) -> None:
    from taizhang.ledger import actions

    li = sign_in(client, cast.county_li())
    with acting_as(li):
        day = TODAY()
        chosen = selection.Selection(_question(li), None)
        verifying.hand_in(actor=li, chosen=chosen, words=lexicon(li), day=day, method="2", collector="杨兰")
        actions.apply(actor=li, batch=Batch.objects.get(title="记为已核实"))
    answer = client.post("/people/verify/", confirmed(all="1", query=""))
    assert "已经记为已核实" in answer.content.decode()
    with acting_as(li):
        assert Batch.objects.filter(title="记为已核实").count() == 1


def _question(user: User) -> object:
    from django.http import QueryDict

    from taizhang.ledger import asking

    return asking.read(QueryDict(""), lexicon(user), {})


def test_readers_and_offices_above_may_not_record(client: Client, ledger: User) -> None:
    for user in (cast.partner_zhou(), cast.city_chuxiong(), cast.province_yunnan()):
        sign_in(client, user)
        assert client.post("/people/verify/", {"all": "1"}).status_code == 403
    assert client.get("/people/verify/").status_code in {403, 405}


def test_the_number_of_statements_does_not_grow_with_the_people(ledger: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    li = cast.county_li()

    def statements(*names: str) -> int:
        with (
            acting_as(li),
            CaptureQueriesContext(
                connection,
            ) as told,
        ):
            chosen = selection.Selection(
                _question(li), tuple(Worker.objects.filter(full_name__in=names).values_list("pk", flat=True))
            )
            verifying.hand_in(actor=li, chosen=chosen, words=lexicon(li), day=TODAY(), method="1")
        return len(told)

    one = statements("罗小梅")
    assert statements("普秀英", "王芳") == one


def test_widths_are_remembered_within_bounds_and_drawn_into_the_table(client: Client, ledger: User) -> None:
    li = sign_in(client, cast.county_li())
    for item, width in (("sex", "120"), ("full_name", "5000"), ("age", "1"), ("nonsense", "90"), ("id_number", "x")):
        assert client.post("/people/widths/", {"item": item, "width": width}).status_code == 204
    li.refresh_from_db()
    assert li.preferences["people_widths"] == {"sex": 120, "full_name": 600, "age": 48}
    page = client.get("/people/").content.decode()
    assert '<col data-item="sex" width="120">' in page
    assert '<col data-item="hukou_region">' in page
    client.post("/people/widths/", {"item": "sex", "width": ""})
    li.refresh_from_db()
    assert "sex" not in li.preferences["people_widths"]


def test_the_column_panel_sets_widths_as_numbers_and_the_default_drops_them(client: Client, ledger: User) -> None:
    li = sign_in(client, cast.county_li())
    client.post(
        "/people/columns/", {"column": ["sex"], "order": ["sex"], "w_sex": "90", "w_full_name": "", "save": "1"}
    )
    li.refresh_from_db()
    assert (li.preferences["people_columns"], li.preferences["people_widths"]) == (["sex"], {"sex": 90})
    client.post("/people/columns/", {"reset": "1", "w_sex": "90"})
    li.refresh_from_db()
    assert li.preferences["people_widths"] == {}
