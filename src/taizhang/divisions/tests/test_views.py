"""The divisions page and the region picker's search."""

import datetime as dt

import pytest
from django.urls import reverse

from taizhang.accounts.tests import people
from taizhang.divisions import actions
from taizhang.divisions.models import Division

pytestmark = pytest.mark.django_db


@pytest.fixture
def li(client):
    people.load_divisions()
    user = people.county_li()
    client.force_login(user)
    return user


def test_everybody_lands_on_their_own_division(client, li):
    assert client.get(reverse("divisions:index")).headers["Location"] == "/divisions/532323/"
    client.force_login(people.collector_lan())
    assert "军屯" in client.get(reverse("divisions:index")).content.decode()
    client.force_login(people.system_admin())
    assert "云南省" in client.get(reverse("divisions:index")).content.decode()


def test_the_page_lists_what_is_beneath_with_its_validity(client, li):
    actions.retire(actor=li, code="532323101201", on=dt.date(2020, 10, 1), merged_into="532323101202")
    page = client.get("/divisions/532323101/").content.decode()
    assert "天台村民委员会" in page
    assert "2020年10月1日" in page
    assert "并入" in page


def test_the_office_adds_renames_and_retires_by_the_page(client, li):
    client.post("/divisions/532323101/add/", {"name": "新天村", "on": "2020-10-01"})
    client.post("/divisions/532323101900/rename/", {"name": "新地村", "on": "2020-10-02"})
    answer = client.post("/divisions/532323101900/retire/", {"on": "2020-10-31"}, follow=True)
    unit = Division.objects.get(pk="532323101900")
    assert (unit.name, str(unit.valid_from), str(unit.valid_to)) == ("新地村", "2020-10-01", "2020-10-31")
    assert "已撤销" in answer.content.decode()


@pytest.mark.parametrize(
    ("url", "data", "said"),
    [
        ("/divisions/532323101/add/", {"name": "", "on": "2020-10-01"}, "名称没有填"),
        ("/divisions/532323101/add/", {"name": "x", "on": "第一天"}, "日期写成"),
        ("/divisions/532323101/rename/", {"name": "新桥镇", "on": "2020-10-01"}, "同一上级下已有"),
        ("/divisions/532323101/retire/", {"on": "2020-10-01"}, "下面还有 24 个"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(client, li, url, data, said):
    answer = client.post(url, data)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


def test_other_offices_units_can_be_read_but_not_changed(client, li):
    page = client.get("/divisions/433126/")
    assert (page.status_code, "<h2>变更</h2>" in page.content.decode()) == (200, False)
    assert client.post("/divisions/433126/rename/", {"name": "x", "on": "2020-10-01"}).status_code == 404
    client.force_login(people.township_wei())
    assert client.post("/divisions/532323101/rename/", {"name": "x", "on": "2020-10-01"}).status_code == 403
    assert client.get("/divisions/999999/").status_code == 404
    assert client.get("/divisions/532323101/add/").status_code in {403, 405}


def test_the_picker_searches_and_opens_level_by_level(client, li):
    found = client.get(reverse("divisions:options"), {"q": "天台", "mine": "1"}).json()["results"]
    assert found == [
        {
            "code": "532323101201",
            "name": "天台村民委员会",
            "full_name": "云南省楚雄彝族自治州牟定县共和镇天台村民委员会",
            "level": 5,
            "has_children": False,
        }
    ]
    towns = client.get(reverse("divisions:options"), {"parent": "532323"}).json()["results"]
    assert [(town["name"], town["has_children"]) for town in towns][:1] == [("共和镇", True)]
    provinces = client.get(reverse("divisions:options")).json()["results"]
    assert {"11", "53", "71", "MM"} <= {one["code"] for one in provinces}


def test_the_picker_finds_among_thousands_of_villages_in_a_fixed_number_of_queries(
    client, li, django_assert_max_num_queries
):
    actions.load_all()
    for text in ("和平村", "xj", "1408"):
        with django_assert_max_num_queries(8):
            assert client.get(reverse("divisions:options"), {"q": text}).json()["results"]


def labels(client, **asked):
    import re

    page = client.get(reverse("divisions:branch"), asked).content.decode()
    return re.findall(r'data-code="(\w+)"', page), page


def test_the_tree_begins_at_ones_own_divisions_and_unfolds_level_by_level(client, li):
    codes, page = labels(client, mine="1")
    assert codes == ["532323"]
    assert 'aria-label="牟定县，下级 7 个"' in page
    towns, page = labels(client, mine="1", parent="532323")
    assert (towns[0], len(towns)) == ("532323101", 7)
    assert "parent=532323101&amp;mine=1" in page
    villages, page = labels(client, mine="1", parent="532323101")
    assert "532323101201" in villages
    assert "aria-expanded" not in page  # a village is a leaf


def test_the_tree_of_a_collector_holds_their_villages_only(client, li):
    client.force_login(people.collector_lan())
    assert labels(client, mine="1")[0] == ["532323101201", "532323101202"]
    assert labels(client, mine="1", parent="532323101")[0] == ["532323101201", "532323101202"]
    assert labels(client, mine="1", parent="532323102")[0] == []
    assert labels(client, mine="1", parent="433126")[0] == []


def test_the_whole_tree_begins_with_the_provinces(client, li):
    codes, _ = labels(client)
    assert codes[0] == "11"
    assert {"53", "71"} <= set(codes)
    assert labels(client, parent="53")[0][0].startswith("5301")


def test_an_administrator_without_divisions_has_no_tree_of_their_own(client, li):
    client.force_login(people.security_admin())
    assert labels(client, mine="1")[0] == []
    assert labels(client)[0] != []


def test_the_tree_needs_a_sign_in(client, db):
    assert client.get(reverse("divisions:branch")).status_code == 302


def test_a_level_of_the_tree_takes_one_statement(client, li, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as told:
        labels(client, mine="1", parent="532323101")
    assert sum("divisions_division" in one["sql"] for one in told) == 1
