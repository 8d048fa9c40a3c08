"""The pages of collection points: what each role sees and may do, and what a form does."""

from __future__ import annotations

import re

from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import pointactions
from taizhang.collecting.models import Point, PointVillage
from taizhang.collecting.tests.test_points import COUNTY, OTHER, li, point
from taizhang.ledger.tests.people import JUNTUN, TIANTAI
from taizhang.ledger.tests.test_web_list import sign_in

__all__ = ["li"]
POINTS = "/collecting/points/"


def test_the_list_shows_uncovered_villages_first_and_the_state_of_the_rule(client: Client, li: User) -> None:
    with acting_as(li):
        point(li, "天台采集点", TIANTAI)
    sign_in(client, li)
    page = client.get(POINTS, {"division": "532323101"}).content.decode()
    assert page.index("没有设点的村") < page.index("天台采集点")
    assert "1,000 人以上的行政村单设采集点，不足的就近合并，覆盖率 100%。" in page
    assert "1 个点还没有采集员" in page
    assert "按规则生成" in page
    sign_in(client, cast.township_wei())
    page = client.get(POINTS).content.decode()
    assert "天台采集点" in page
    assert "按规则生成" not in page
    sign_in(client, cast.city_chuxiong())
    assert re.search(r"division=532323\">牟定县</a></th><td class=\"num\">\d+</td><td class=\"num\">1</td>",
                     client.get(POINTS).content.decode())  # fmt: skip


def test_the_proposal_can_be_edited_before_it_is_saved(client: Client, li: User) -> None:
    sign_in(client, li)
    path = f"{POINTS}propose/?division=532323101"
    page = client.get(path).content.decode()
    names = dict(re.findall(r'name="name-(\d+)" value="([^"]*)"', page))
    assert len(set(names.values())) == 1  # 3 people in the whole town: all its villages together
    sent = {f"name-{code}": "" for code in names}
    sent |= {f"name-{TIANTAI}": "天台采集点", f"name-{JUNTUN}": "天台采集点", f"name-{OTHER}": "x"}
    refused = client.post(path, {"division": "532323101", **sent})
    assert refused.status_code == 422
    assert "采集点的名称没有填好" in refused.content.decode()
    assert f'name="name-{TIANTAI}" value="天台采集点"' in refused.content.decode()
    assert client.post(path, {"division": "532323101", **sent, f"name-{OTHER}": ""}).status_code == 302
    with acting_as(li):
        assert list(Point.objects.values_list("name", "code")) == [("天台采集点", "532323-001")]
        assert sorted(PointVillage.objects.values_list("division", flat=True)) == [TIANTAI, JUNTUN]


def test_changes_are_made_by_the_county_alone(client: Client, li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        first = point(li, "天台采集点", TIANTAI)
    path = f"{POINTS}{first.pk}/"
    sign_in(client, li)
    for sent in (
        {"verb": "rename", "name": "天台村采集点"},
        {"verb": "assign", "user": lan.pk},
        {"verb": "move_in", "village": [JUNTUN]},
        {"verb": "add_leader", "kind": "leader", "name": "陈镇长", "office": "共和镇人民政府"},
    ):
        assert client.post(f"{path}change/", sent).status_code == 302
    page = client.get(path).content.decode()
    assert "<h1>天台村采集点</h1>" in page
    for said in ("杨兰", "挂钩领导 陈镇长（共和镇人民政府）", "周帮扶 1 人", "没有帮扶责任人"):
        assert said in page
    lan.refresh_from_db()
    assert lan.scopes == [TIANTAI, JUNTUN]
    assert client.post(f"{path}change/", {"verb": "delete"}).status_code == 404
    assert client.post(f"{POINTS}population/", {"village": TIANTAI, "people": "1200"}).status_code == 302
    assert client.post(f"{POINTS}population/", {"village": "433126100201", "people": "1200"}).status_code == 404
    for other, status in ((cast.township_wei(), 403), (lan, 403), (cast.county_guzhang(), 404)):
        sign_in(client, other)
        assert client.post(f"{path}change/", {"verb": "rename", "name": "别人改的"}).status_code == status
    sign_in(client, cast.township_mo())
    assert client.get(path).status_code == 404  # the neighbouring township
    with acting_as(li):
        assert Point.objects.get().name == "天台村采集点"
        pointactions.split(actor=li, point_id=first.pk, codes=[JUNTUN], name="军屯采集点")
        assert COUNTY in Point.objects.latest("code").code
