"""The list of people as offices use it: search, filters, 口径, columns, views; no personal data in any address."""

import datetime as dt

import pytest
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.ledger import peoplesets
from taizhang.ledger.models import Worker
from taizhang.ledger.peoplesets import PeopleSet
from taizhang.ledger.tests.people import JUNTUN, enter, number, person

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ledger(db: None) -> User:
    """罗小梅 (天台, out of the province), 普秀英 (天台), 李伟 (军屯, poor), 王芳 of the next township."""
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(
                12,
                mobile_phone="15412340367",
                is_working=True,
                employment_status="12",
                work_region="4403",
                monthly_wage=4800,
                start_date=dt.date(2017, 3, 1),
            ),
            person(14, full_name="普秀英", birth_date=dt.date(1990, 5, 6)),
            person(15, full_name="李伟", sex="1", hukou_region=JUNTUN, is_poverty_registered=True),
            person(16, full_name="王芳", hukou_region="532323102201"),
        )
    return li


def sign_in(client: Client, user: User) -> User:
    client.force_login(user, BACKEND)
    return user


def names(page: bytes) -> list[str]:
    """Names in the first column, in order."""
    import re

    return re.findall(r'<span class="ell" title="([^"]+)">\1</span></a></th>', page.decode())


def ask(client: Client, **data: object) -> list[str]:
    return names(client.post("/people/search/", data, follow=True).content)


def test_the_list_shows_everybody_in_scope_by_village_and_name(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    page = client.get("/people/")
    assert names(page.content) == ["普秀英", "罗小梅", "李伟", "王芳"]
    assert "4 人" in page.content.decode()


def test_the_neighbouring_township_sees_only_its_own(client: Client, ledger: User) -> None:
    sign_in(client, cast.township_mo())
    assert names(client.get("/people/").content) == ["王芳"]


def test_numbers_are_masked(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    page = client.get("/people/").content.decode()
    full = number("19850312", 12)
    assert full not in page
    assert f"{full[:6]}********{full[-4:]}" in page


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("普秀英", ["普秀英"]),
        ("普", ["普秀英"]),
        ("pxy", ["普秀英"]),
        ("LW", ["李伟"]),
        ("李　伟", ["李伟"]),
        ("无此人", []),
    ],
)
def test_a_name_is_found_by_its_beginning_and_by_initials(
    client: Client, ledger: User, typed: str, found: list[str]
) -> None:
    sign_in(client, cast.county_li())
    assert ask(client, name=typed) == found


def test_a_whole_number_in_the_top_box_leads_to_the_person(client: Client, ledger: User) -> None:
    li = sign_in(client, cast.county_li())
    with acting_as(li):
        worker = Worker.objects.get(full_name="罗小梅")
    for typed in (number("19850312", 12), "154 1234 0367"):
        answer = client.post("/people/search/", {"q": typed})
        assert answer["Location"] == f"/people/{worker.pk}/"


def test_the_last_four_signs_find_the_person(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert ask(client, name=number("19900506", 14)[-4:]) == ["普秀英"]


def test_a_number_of_another_township_finds_nobody(client: Client, ledger: User) -> None:
    sign_in(client, cast.township_mo())
    assert ask(client, name=number("19850312", 12)) == []


def test_no_name_number_or_rule_stands_in_an_address(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    for data in (
        {"name": "普秀英"},
        {"name": number("19850312", 12)},
        {"name": "15412340367"},
        {"name": "", "rule": "姓名 = '普秀英'"},
    ):
        location = client.post("/people/search/", data)["Location"]
        assert "%E6" not in location
        assert "99232" not in location
        assert "154" not in location
        assert location.startswith("/people/?s=")


def test_filters_stand_in_the_address_and_hold_for_a_colleague(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    location = client.post("/people/search/", {"is_poverty_registered": "true", "region": "532323101"})["Location"]
    assert location == "/people/?region=532323101&is_poverty_registered=true"
    assert names(client.get(location).content) == ["李伟"]
    sign_in(client, cast.township_mo())
    assert names(client.get(location).content) == []


def test_a_range_takes_both_ends(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert ask(client, monthly_wage_from="4,800", monthly_wage_to="4800") == ["罗小梅"]
    assert ask(client, monthly_wage_from="4801") == []


def test_a_computed_item_filters_like_a_stored_one(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert ask(client, work_scope="5") == ["罗小梅"]  # Shenzhen is another province


def test_a_rule_finds_the_people_it_describes(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert ask(client, rule="性别 = '男' or 月平均工资 >= 4000") == ["罗小梅", "李伟"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("年龄 >>= 16", "第 "),
        ("年铃 >= 16", "年龄"),
        ("年龄", "不是“是”或“否”"),
        ("身份证号码 is not null", "加密保存"),
    ],
)
def test_a_wrong_rule_is_answered_in_words_and_finds_nobody(client: Client, ledger: User, rule: str, said: str) -> None:
    sign_in(client, cast.county_li())
    answer = client.post("/people/search/", {"rule": rule})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "错误：台账" in page
    assert names(answer.content) == []
    live = client.post("/people/rule/", {"rule": rule}).content.decode()
    assert said in live


def test_an_empty_list_says_which_condition_to_drop(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    page = client.get("/people/?region=532323102&is_poverty_registered=true").content.decode()
    assert "没有符合全部 2 个条件的人" in page
    assert 'href="/people/?region=532323102"' in page  # without 建档立卡: 王芳
    assert "有 1 人" in page


def test_what_no_list_offers_is_not_asked(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert (
        len(
            names(
                client.get(
                    "/people/?is_poverty_registered=maybe&region=53'--&full_name=x&page=-1&age_from=abc&s=zzz"
                ).content
            )
        )
        == 4
    )


def test_columns_are_remembered_in_the_order_chosen(client: Client, ledger: User) -> None:
    li = sign_in(client, cast.county_li())
    client.post("/people/columns/", {"column": ["ethnicity", "age"], "order": ["ethnicity", "sex", "age"], "save": "1"})
    li.refresh_from_db()
    assert li.preferences["people_columns"] == ["ethnicity", "age"]
    page = client.get("/people/").content.decode()
    assert page.index(">民族</th>") < page.index(">年龄（周岁）</th>")
    assert ">性别</th>" not in page
    client.post("/people/columns/", {"column": ["ethnicity", "age"], "order": ["ethnicity", "age"], "move": "age:up"})
    li.refresh_from_db()
    assert li.preferences["people_columns"] == ["age", "ethnicity"]
    client.post("/people/columns/", {"reset": "1", "column": ["age"]})
    li.refresh_from_db()
    assert li.preferences["people_columns"] == []


def test_a_view_is_saved_with_its_rule_and_opened_without_showing_it_in_the_address(
    client: Client, ledger: User
) -> None:
    li = sign_in(client, cast.county_li())
    location = client.post("/people/search/", {"rule": "性别 = '男'"})["Location"]
    client.post("/people/views/", {"title": "男性", "query": location.partition("?")[2]})
    li.refresh_from_db()
    assert li.preferences["people_views"] == [{"title": "男性", "query": "", "name": "", "rule": "性别 = '男'"}]
    opened = client.get("/people/views/0/", follow=True)
    assert names(opened.content) == ["李伟"]
    assert client.get("/people/views/7/").status_code == 404
    client.post("/people/views/0/drop/")
    li.refresh_from_db()
    assert li.preferences["people_views"] == []


def test_a_view_needs_a_name(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert client.post("/people/views/", {"title": " ", "query": "region=532323101"}).status_code == 422


def test_density_and_page_size_are_remembered(client: Client, ledger: User) -> None:
    li = sign_in(client, cast.county_li())
    client.post("/people/look/", {"dense": "1"})
    client.post("/people/look/", {"size": "50"})
    client.post("/people/look/", {"size": "7"})  # not offered
    li.refresh_from_db()
    assert (li.preferences["dense"], li.preferences["page_size"]) == (True, 50)


def test_a_drill_down_lists_exactly_its_people_and_leads_back(client: Client, ledger: User) -> None:
    li = sign_in(client, cast.county_li())
    with acting_as(li):
        ids = list(Worker.objects.filter(full_name__in=["李伟", "王芳"]).values_list("pk", flat=True))

    @peoplesets.provider("test")
    def two(actor: User, key: str) -> PeopleSet:
        return PeopleSet(f"两个人 {key}", ids, "演示口径", "/tables/")

    page = client.get("/people/?set=test:a").content
    assert names(page) == ["李伟", "王芳"]
    assert "两个人 a" in page.decode()
    sign_in(client, cast.township_mo())
    assert names(client.get("/people/?set=test:a").content) == ["王芳"]
    assert client.get("/people/?set=nobody:a").status_code == 404


def test_strangers_and_wrong_methods_are_refused(client: Client, ledger: User) -> None:
    assert client.get("/people/").status_code == 302  # to sign-in
    sign_in(client, cast.system_admin())
    assert client.get("/people/").status_code == 403
    sign_in(client, cast.county_li())
    assert client.post("/people/").status_code == 405
    assert client.get("/people/search/").status_code == 405
