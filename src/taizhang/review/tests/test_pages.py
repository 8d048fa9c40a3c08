"""The pages as the people who use them meet them."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests.people import (
    audit_admin,
    city_chuxiong,
    collector_lan,
    county_li,
    county_zhao,
    partner_zhou,
    system_admin,
    township_mo,
    township_wei,
)
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.tests.people import enter
from taizhang.protection.models import AuditEntry
from taizhang.review import actions, queries
from taizhang.review.tests.papers import AUGUST, GONGHE, TIANTAI, only, row, state, submit, township_two

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("divisions")]


def text(response) -> str:
    """A page as it reads: no tags, single spaces."""
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(page.split())


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def paper() -> Submission:
    """罗二梅 of 天台, known with 4,200 yuan; Wei says 4,500."""
    with acting_as(county_li()):
        enter(county_zhao(), row(1), on=AUGUST)
    return _only(submit(township_wei(), row(1, monthly_wage=4500)))


def _only(batch) -> Submission:
    with acting_as(county_li()):
        return only(batch)


def _state(paper: Submission) -> str:
    with acting_as(county_li()):
        return state(paper.batch)


def addresses(paper: Submission) -> list[tuple[str, str]]:
    one = [("get", "record"), ("post", "approve"), ("post", "send_back"), ("get", "correct"), ("post", "withdraw")]
    many = [("get", "queue"), ("post", "approve_many"), ("post", "return_many"), ("get", "returned"), ("get", "mine")]
    return [(method, reverse(f"review:{name}", args=[paper.pk])) for method, name in one] + [
        (method, reverse(f"review:{name}")) for method, name in many
    ]


def test_strangers_are_sent_to_sign_in(paper) -> None:
    for method, url in addresses(paper):
        response = getattr(Client(), method)(url)
        assert response.status_code == 302, url
        assert response["Location"].startswith("/accounts/login/"), url


def test_the_neighbouring_township_finds_nothing(paper) -> None:
    for method, url in addresses(paper)[:5]:
        assert getattr(as_(township_mo()), method)(url, {"version": 1}).status_code == 404, url


def test_offices_that_review_nothing_are_refused(paper) -> None:
    for who in (city_chuxiong, partner_zhou, system_admin, audit_admin):
        for method, url in addresses(paper):
            assert getattr(as_(who()), method)(url).status_code == 403, (who, url)


def test_deciding_is_never_a_link(paper) -> None:
    for method, url in addresses(paper):
        if method == "post":
            assert as_(township_two()).get(url).status_code == 405, url


def test_an_address_of_nothing_is_not_found(paper) -> None:
    assert as_(township_two()).get(reverse("review:record", args=[uuid4()])).status_code == 404


# -- the queue ---------------------------------------------------------------------------------------------------------


def test_the_queue_folds_batches_and_counts_by_outcome(paper) -> None:
    submit(collector_lan(), row(1), row(2), row(3), division=TIANTAI)
    page = text(as_(township_two()).get("/review/"))
    assert "4 行等您这一级审" in page
    assert re.search(r"杨兰 共和镇天台村 \S+ \S+ 2 0 1 0 3", page)
    assert re.search(r"魏明 共和镇人民政府 \S+ \S+ 0 1 0 0 1", page)


def test_the_queue_narrows_by_village_outcome_batch_and_month(paper) -> None:
    second = submit(township_wei(), row(2), row(3, hukou_region="532323101202"))
    client = as_(township_two())

    def names(query: str) -> list[str]:
        found = client.get(f"/review/{query}")
        assert found.status_code == 200
        return [paper.full_name for paper in found.context["rows"]]

    assert names("?region=532323101202") == ["罗四梅"]
    assert names(f"?region={GONGHE}&village=532323101202") == ["罗四梅"]
    assert names("?outcome=update") == ["罗二梅"]
    assert names(f"?batch={second.pk}") == ["罗三梅", "罗四梅"]
    assert names("?month=2017-08") == ["罗二梅", "罗三梅", "罗四梅"]
    assert names("?month=2017-07") == []
    assert names("?region='&outcome=x&batch=1&month=2017-13") == ["罗二梅", "罗三梅", "罗四梅"]


def test_ones_own_rows_are_shown_but_left_to_others(paper) -> None:
    page = as_(township_wei()).get("/review/")
    assert "由他人审" in text(page)
    assert 'name="row"' not in page.content.decode()
    assert "退回选中的" not in text(page)
    with acting_as(township_wei()):
        assert queries.waiting_count(township_wei()) == 0
    with acting_as(township_two()):
        assert queries.waiting_count(township_two()) == 1


def test_ones_own_rows_are_not_counted_as_waiting(paper) -> None:
    submit(township_two(), row(2), row(3))
    page = text(as_(township_wei()).get("/review/"))
    assert "2 行等您这一级审，另有 1 行是您填报的，由别人审" in page
    assert "审核 2 项待办" in page
    with acting_as(county_li()):
        others = Submission.objects.exclude(pk=paper.pk).order_by("row_no").first()
    assert "这个范围还有 2 行等您审" in text(as_(township_wei()).get(reverse("review:record", args=[others.pk])))


def test_going_through_one_by_one_begins_with_a_row_one_may_decide(paper) -> None:
    other = _only(submit(township_two(), row(2)))
    page = as_(township_wei()).get("/review/").content.decode()
    link = next(line for line in page.splitlines() if "逐个审" in line)
    assert reverse("review:record", args=[other.pk]) in link
    lone = as_(township_two()).get("/review/").content.decode()
    assert reverse("review:record", args=[paper.pk]) in next(line for line in lone.splitlines() if "逐个审" in line)


def test_the_menu_says_how_many_wait(paper) -> None:
    assert re.search(r"审核 1 项待办", text(as_(township_two()).get("/review/")))


# -- one record --------------------------------------------------------------------------------------------------------


def test_the_record_shows_old_and_new_in_the_forms_words(paper) -> None:
    response = as_(township_two()).get(reverse("review:record", args=[paper.pk]))
    page = text(response)
    assert "4,200 4,500" in page
    assert "只看变化的 1 项" in page
    assert "魏明（共和镇人民政府）" in page
    assert "共和镇_8月.xlsx，第 1 行，2017年8月20日采集" in page
    assert "通过后交“县级复核”" in page
    assert re.search(r"992323\*{8}\d{3}[\dX]", page)
    html = response.content.decode()
    assert 'data-item="monthly_wage"' in html
    assert re.search(r'<tr class="chg" data-item="monthly_wage">', html)
    assert re.search(r'<tr class="same" data-item="full_name">', html)


def test_looking_at_a_record_is_written_down(paper) -> None:
    as_(township_two()).get(reverse("review:record", args=[paper.pk]))
    entry = AuditEntry.objects.get(action="person.viewed")
    assert (entry.actor, entry.detail) == (township_two().pk, {"submission": str(paper.pk)})


def test_ones_own_record_has_no_buttons_and_the_server_refuses_all_the_same(paper) -> None:
    client = as_(township_wei())
    page = client.get(reverse("review:record", args=[paper.pk]))
    assert "由他人审：这是您本人填报的" in text(page)
    assert 'id="approve"' not in page.content.decode()
    assert "退回此项" not in text(page)
    refused = client.post(reverse("review:approve", args=[paper.pk]), {"version": paper.version})
    assert refused.status_code == 403
    assert _state(paper) == "submitted"


def test_approving_opens_the_next_record_of_the_same_part(paper) -> None:
    following = _only(submit(township_wei(), row(2)))
    client = as_(township_two())
    query = f"?region={GONGHE}"
    response = client.post(reverse("review:approve", args=[paper.pk]) + query, {"version": paper.version})
    assert response["Location"] == reverse("review:record", args=[following.pk]) + query
    assert _state(paper) == "township_approved"


def test_the_last_one_leads_back_to_the_queue(paper) -> None:
    response = as_(township_two()).post(reverse("review:approve", args=[paper.pk]), {"version": paper.version})
    assert response["Location"] == "/review/"


def test_who_comes_second_is_told_who_was_first(paper) -> None:
    shown = paper.version
    as_(township_two()).post(reverse("review:approve", args=[paper.pk]), {"version": shown})
    response = as_(township_two()).post(reverse("review:send_back", args=[paper.pk]), {"version": shown, "reason": "5"})
    assert response.status_code == 409
    assert re.search(r"魏芳于 \d+月\d+日 \d\d:\d\d 已经办理了这条记录，现在是“乡镇已审”", text(response))


@pytest.mark.parametrize("data", [{}, {"version": "x"}, {"version": "0"}])
def test_a_decision_without_the_version_shown_is_refused(paper, data) -> None:
    assert as_(township_two()).post(reverse("review:approve", args=[paper.pk]), data).status_code == 422
    assert _state(paper) == "submitted"


def test_returning_without_a_word_says_what_is_missing(paper) -> None:
    response = as_(township_two()).post(reverse("review:send_back", args=[paper.pk]), {"version": paper.version})
    assert response.status_code == 422
    assert "退回要写明理由" in text(response)
    assert _state(paper) == "submitted"


@pytest.mark.parametrize("data", [{"reason": "9"}, {"item": "password"}, {"note": "长" * 501}])
def test_a_return_with_what_no_list_offers_is_refused(paper, data) -> None:
    response = as_(township_two()).post(
        reverse("review:send_back", args=[paper.pk]), {"version": paper.version, **data}
    )
    assert response.status_code == 422
    assert _state(paper) == "submitted"


def returned(paper: Submission) -> None:
    data = {
        "version": paper.version,
        "reason": ["2", "5"],
        "note": "请再问一次",
        "item": "monthly_wage",
        "remark-monthly_wage": "像是年收入",
    }
    response = as_(township_two()).post(reverse("review:send_back", args=[paper.pk]), data)
    assert response.status_code == 302


def test_reasons_and_remarks_reach_the_submitter(paper) -> None:
    returned(paper)
    page = text(as_(township_wei()).get("/review/returned/"))
    assert "收入和工种不合；缺本人签字；请再问一次" in page
    assert "像是年收入" in page
    assert "魏芳" in page
    assert "没有退回给您的" in text(as_(collector_lan()).get("/review/returned/"))


def test_what_still_waits_can_be_taken_back_by_its_submitter_only(paper) -> None:
    assert "罗二梅" in text(as_(township_wei()).get("/review/mine/"))
    url = reverse("review:withdraw", args=[paper.pk])
    assert as_(township_two()).post(url, {"version": paper.version}).status_code == 403
    assert as_(township_wei()).post(url, {"version": paper.version}).status_code == 302
    assert _state(paper) == "withdrawn"


# -- many at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def same() -> None:
    """Three people whose rows say what the ledger says, two of them handed in by Wei."""
    with acting_as(county_li()):
        enter(county_zhao(), row(1), row(2), row(3, hukou_region="532323101202"), on=AUGUST)
    submit(township_wei(), row(1), row(3, hukou_region="532323101202"))
    submit(township_two(), row(2))


def test_unchanged_rows_are_approved_after_saying_how_many(same) -> None:
    client = as_(township_two())
    asked = client.post("/review/approve/", {"unchanged": "1"})
    page = text(asked)
    assert "没有变化的 2 行：无变化 2。通过后交“县级复核”" in page
    assert "共和镇 / 天台村民委员会 1 行" in page
    with acting_as(county_li()):
        assert not Submission.objects.filter(state="township_approved").exists()
    done = client.post("/review/approve/", {"unchanged": "1", "confirmed": "1", "expected": "2"}, follow=True)
    assert "已通过 2 行" in text(done)
    with acting_as(county_li()):
        assert Submission.objects.filter(state="township_approved").count() == 2
        assert Submission.objects.get(state="submitted").batch.submitted_by == township_two()


def test_unchanged_rows_of_one_village_only(same) -> None:
    as_(township_two()).post(
        "/review/approve/?region=532323101202", {"unchanged": "1", "confirmed": "1", "expected": "1"}
    )
    with acting_as(county_li()):
        assert list(Submission.objects.filter(state="township_approved").values_list("division", flat=True)) == [
            "532323101202"
        ]


def test_more_rows_than_were_shown_are_shown_again(same) -> None:
    page = as_(township_two()).post("/review/approve/", {"unchanged": "1", "confirmed": "1", "expected": "1"})
    assert "没有变化的 2 行" in text(page)
    with acting_as(county_li()):
        assert not Submission.objects.filter(state="township_approved").exists()


def test_selected_rows_are_approved_and_the_others_listed(same) -> None:
    with acting_as(county_li()):
        chosen = [str(pk) for pk in Submission.objects.filter(state="submitted").values_list("pk", flat=True)]
    client = as_(township_two())
    asked = text(client.post("/review/approve/", {"row": chosen}))
    assert "选中的 3 行" in asked
    assert "其中 1 行是您本人填报的，由他人审" in asked
    done = text(client.post("/review/approve/", {"row": chosen, "confirmed": "1", "expected": "3"}))
    assert "已通过 2 行" in done
    assert "1 行没有办理" in done
    assert "自己填报的不能自己审" in done


@pytest.mark.parametrize("data", [{}, {"row": "nobody"}, {"row": [str(uuid4()) for _ in range(501)]}])
def test_choosing_nothing_or_nonsense_is_told(same, data) -> None:
    assert as_(township_two()).post("/review/approve/", data).status_code == 422


# -- many returned -----------------------------------------------------------------------------------------------------


def waiting_rows() -> list[str]:
    with acting_as(county_li()):
        return [str(pk) for pk in Submission.objects.filter(state="submitted").values_list("pk", flat=True)]


def test_selected_rows_are_returned_with_one_reason(same) -> None:
    chosen, client = waiting_rows(), as_(township_two())
    asked = text(client.post("/review/return/", {"row": chosen}))
    assert "选中的 3 行" in asked
    assert "其中 1 行是您本人填报的，由他人审" in asked
    assert len(waiting_rows()) == 3
    sent = {"row": chosen, "confirmed": "1", "reason": ["1", "5"], "note": "请补上"}
    done = text(client.post("/review/return/", sent))
    assert "已退回 2 行" in done
    assert "1 行没有办理" in done
    assert "自己填报的不能自己审" in done
    told = text(as_(township_wei()).get("/review/returned/"))
    assert told.count("务工地点不到县；缺本人签字；请补上") == 2
    with acting_as(county_li()):
        assert Submission.objects.get(state="submitted").batch.submitted_by == township_two()
        entry = AuditEntry.objects.filter(action="review.return").get()
    assert entry.detail["rows"] == 2


def test_all_selected_returned_leads_back_to_the_queue(paper) -> None:
    sent = {"row": str(paper.pk), "confirmed": "1", "reason": "4"}
    done = as_(township_two()).post(f"/review/return/?region={GONGHE}", sent, follow=True)
    assert done.redirect_chain[0][0] == f"/review/?region={GONGHE}"
    assert "已退回 1 行" in text(done)
    assert _state(paper) == "returned"


def test_returning_many_without_a_reason_asks_for_one(same) -> None:
    sent = {"row": waiting_rows(), "confirmed": "1"}
    response = as_(township_two()).post("/review/return/", sent)
    assert response.status_code == 422
    assert "退回要写明理由" in text(response)
    assert len(waiting_rows()) == 3


@pytest.mark.parametrize("data", [{}, {"row": "nobody"}, {"unchanged": "1"}])
def test_returning_nothing_or_a_whole_part_is_refused(same, data) -> None:
    assert as_(township_two()).post("/review/return/", data).status_code == 422
    assert len(waiting_rows()) == 3


def test_rows_of_the_neighbouring_township_are_not_returned(paper) -> None:
    sent = {"row": str(paper.pk), "confirmed": "1", "reason": "1"}
    assert as_(township_mo()).post("/review/return/", sent).status_code == 200
    assert _state(paper) == "submitted"


# -- identity ----------------------------------------------------------------------------------------------------------


def test_a_correction_of_identity_stands_in_its_own_block() -> None:
    with acting_as(county_li()):
        enter(county_zhao(), row(1), on=AUGUST)
    paper = _only(submit(township_wei(), row(1, full_name="罗小美")))
    page = text(as_(township_two()).get(reverse("review:record", args=[paper.pk])))
    block = page[page.index("身份信息有更正") : page.index("只看变化的")]
    assert "姓名 罗二梅 罗小美 原来填错" in block
    assert "身份证号" not in block.split("退回此项")[1]


def test_a_record_the_ledger_overtook_says_so(paper) -> None:
    with acting_as(county_li()):
        enter(county_zhao(), row(1, education="60"), on=AUGUST)
    page = text(as_(township_two()).get(reverse("review:record", args=[paper.pk])))
    assert "台账里又有人改了：文化程度" in page


def test_every_decision_about_the_person_is_told_in_order(paper) -> None:
    returned(paper)
    new = _only(submit(township_wei(), row(1, monthly_wage=4300)))
    page = text(as_(township_two()).get(reverse("review:record", args=[new.pk])))
    told = page[page.index("办理经过") :]
    assert (
        told.index("魏明 （共和镇人民政府）提交， 另一份填报")
        < told.index("魏芳 （共和镇人民政府）退回")
        < told.rindex("魏明 （共和镇人民政府）提交")
    )
    assert "像是年收入" in told


def test_the_final_approval_enters_the_ledger(paper) -> None:
    with acting_as(township_two()):
        actions.approve(actor=township_two(), batch=paper.batch)
    version = _only(paper.batch).version
    response = as_(county_li()).post(reverse("review:approve", args=[paper.pk]), {"version": version}, follow=True)
    assert "上一条已通过，已入账" in text(response)
    with acting_as(county_li()):
        assert Worker.objects.get().version == 2
