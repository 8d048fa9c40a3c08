"""The table pages, as the people who use them meet them."""

import dataclasses
import datetime as dt
import re

import pytest
from django.http import QueryDict
from django.urls import reverse

from taizhang.accounts.models import Role
from taizhang.accounts.tests import people as cast
from taizhang.divisions.models import Division, Level
from taizhang.protection.models import AuditEntry
from taizhang.statistics import layout, pages, sheets
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, GONGHE, TIANTAI, XINQIAO

pytestmark = pytest.mark.django_db
C3 = "/tables/mouding-2017/C3/"
B1 = "/tables/mouding-2017/B1/"
ASKED = {"division": COUNTY, "as_of": "2017-08-20"}


@pytest.fixture
def ids(db) -> list[str]:
    return population.load_people()


@pytest.fixture
def li(client, ids):
    client.force_login(cast.county_li())
    return client


def text(response) -> str:
    """A page as it reads: no tags, single spaces."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split())


def test_the_list_names_the_tables_and_registers(li):
    page = text(li.get("/tables/"))
    for title in ("农村劳动力转移就业情况表", "已转移就业农村劳动力登记册", "尚未转移就业农村劳动力登记册"):
        assert title in page


def test_the_table_shows_towns_and_total_and_links_every_number(li):
    response = li.get(C3, ASKED)
    page = text(response)
    # 共和镇 20 people, 13 transferred; 新桥镇 2 and 1; county 22 and 14
    assert "共和镇 20 4 13" in page
    assert "新桥镇 2 0 1" in page
    assert "合计 22 4 14" in page
    links = re.findall(r'<td class="num"><a href="([^"]+)"', response.content.decode())
    assert len(links) == 3 * 22
    assert "天台村民委员会" not in page


def test_a_town_unfolds_into_its_villages(li):
    page = text(li.get(C3, ASKED | {"open": GONGHE}))
    assert "天台村民委员会 13 2 9" in page
    assert "军屯村民委员会 7 2 4" in page


def test_a_number_opens_to_its_people_with_their_place_and_trade(li, ids):
    response = li.get(C3, ASKED | {"cell": f"{GONGHE}.transferred_out_of_province"})
    page = text(response)
    assert "共和镇，已转移就业 · 按区域 · 省外 5 人" in page
    assert "与名单一致" in page
    for name in ("普秀英", "李国华", "张强", "冯军", "朱港"):
        assert name in page
    assert "杨晓燕" not in page
    assert f"/people/{ids[0]}/" in response.content.decode()
    assert "浙江" in page


def test_a_rate_opens_to_the_people_above_the_line(li):
    page = text(li.get(C3, ASKED | {"cell": f"{COUNTY}.column_21"}))
    assert "转移率 63.6 %" in page
    assert "共 14 人" in page or "何花" in page


def test_the_ledger_lists_exactly_the_people_of_a_number(li):
    key = f"cell:mouding-2017/C3/{GONGHE}/transferred_out_of_province/2017-08-20"
    page = text(li.get("/people/", {"set": key}))
    assert "普秀英" in page
    assert "杨晓燕" not in page


def test_the_match_line_counts_again_in_the_ledger(li):
    page = text(li.get(f"{C3}match/", ASKED, headers={"HX-Request": "true"}))
    # 3 rows of towns and total and 3 villages, 22 numbers each
    assert page.startswith("表库相符 132 个数")


def test_a_difference_between_table_and_ledger_is_told(li, monkeypatch):
    from taizhang.statistics import pages

    pages._matched.cache_clear()
    wrong = {**li.get(C3, ASKED).context["result"].cells[COUNTY]}
    li.get(C3, ASKED).context["result"].cells[COUNTY]["pool"] = 23  # the cached table goes wrong by one
    page = text(li.get(f"{C3}match/", ASKED, headers={"HX-Request": "true"}))
    assert "表库不符" in page
    assert "牟定县：表 23，台账 22" in page
    pages._computed.cache_clear()
    pages._matched.cache_clear()
    assert wrong["pool"] == 22


def test_a_write_to_the_ledger_shows_at_the_next_look(li):
    from taizhang.accounts.acting import acting_for
    from taizhang.ledger.facts import Worker

    assert "合计 22" in text(li.get(C3, ASKED))
    with acting_for([COUNTY]):
        Worker.objects.filter(full_name="吕财").update(pension_status="1")
    assert "合计 21" in text(li.get(C3, ASKED))


def test_registers_stand_town_by_town_and_share_the_pool(li):
    page = text(li.get(B1, ASKED))
    assert "共和镇 13 7 20 两册合起来是全部" in page
    assert "新桥镇 1 1 2 两册合起来是全部" in page
    assert "合计 14 8 22" in page


def test_a_register_prints_masked_numbers_and_the_registers_own_words(li):
    page = text(li.get(B1, ASKED | {"division": GONGHE}))
    assert "992323********0000" in page
    assert "99232319900101" not in page
    assert "154****0000" in page
    # 普秀英: sorted first (天台, 一组); Zhejiang is 省外, organised, new this year
    assert "1 天台村民委员会 一组 普秀英 女 37" in page
    assert "省外 浙江省杭州市西湖区" in page
    assert "务工 有组织 2017-08-05 3,000 是" in page


def test_the_second_register_holds_the_others(li):
    page = text(li.get("/tables/mouding-2017/B2/", ASKED | {"division": GONGHE}))
    for name in ("刘芳", "陈明", "赵小龙", "郑明", "蒋芬", "沈兵", "尤空"):
        assert name in page
    for name in ("普秀英", "赵小凤", "孙老四", "韩逝"):
        assert name not in page


@pytest.mark.parametrize("path", [C3, B1, f"{C3}match/"])
@pytest.mark.parametrize("division", [COUNTY, XINQIAO, "532323102201", "433126", "53", "5", "", "x", "532323101999"])
def test_another_divisions_table_is_not_found(client, ids, path, division):
    client.force_login(cast.township_wei())
    # "" is the user's own division; everything but 共和镇 and below it is as good as absent
    assert client.get(path, {"division": division}).status_code == (200 if division == "" else 404)


def test_the_people_of_another_divisions_number_are_not_found(client, ids):
    client.force_login(cast.township_wei())
    assert client.get(C3, {"division": GONGHE, "cell": f"{XINQIAO}.pool"}).status_code == 404
    key = f"cell:mouding-2017/C3/{XINQIAO}/pool/2017-08-20"
    assert client.get("/people/", {"set": key}).status_code == 404


def test_a_town_sees_its_own_numbers_only(client, ids):
    client.force_login(cast.township_wei())
    page = text(client.get(C3, {"as_of": "2017-08-20"}))
    assert "天台村民委员会 13 2 9" in page
    assert "合计 20 4 13" in page
    assert "新桥镇" not in page


def test_an_administrator_sees_no_table(client, ids):
    client.force_login(cast.system_admin())
    assert client.get(C3).status_code in (403, 404)


def test_who_is_not_signed_in_is_sent_to_sign_in(client):
    assert client.get(C3).status_code == 302


@pytest.mark.parametrize(
    ("path", "words", "status"),
    [
        ("/tables/mouding-2017/C9/", {}, 404),
        ("/tables/nowhere-2017/C3/", {}, 404),
        (C3, {"as_of": "20.8.2017"}, 422),
        (C3, {"as_of": "0001-01-01"}, 422),
        (C3, {"cell": f"{GONGHE}.nothing"}, 404),
        (C3, {"cell": "532323999.pool"}, 404),
        (C3, {"page": "99999999999999"}, 200),
    ],
)
def test_wrong_questions_get_an_answer_in_words(li, path, words, status):
    assert li.get(path, words).status_code == status


def test_a_download_is_written_to_the_audit_chain(li):
    response = li.post(f"{C3}file/", ASKED | {"format": "xlsx"})
    assert response.status_code == 200
    assert response.content[:2] == b"PK"
    entry = AuditEntry.objects.get(action="table.exported")
    assert entry.detail == {
        "kind": "table",
        "division": COUNTY,
        "as_of": "2017-08-20",
        "format": "xlsx",
        "known": "now",
        "bytes": len(response.content),
    }
    assert li.get(f"{C3}file/", ASKED).status_code == 405


def test_a_download_out_of_scope_is_refused_and_leaves_no_entry(client, ids):
    client.force_login(cast.township_wei())
    assert client.post(f"{C3}file/", ASKED | {"format": "xlsx"}).status_code == 404
    assert not AuditEntry.objects.filter(action="table.exported").exists()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2017, 8, 20), -1, dt.date(2017, 7, 20)),
        (dt.date(2017, 1, 15), -1, dt.date(2016, 12, 15)),
        (dt.date(2017, 3, 31), -1, dt.date(2017, 2, 28)),
        (dt.date(2017, 2, 28), 1, dt.date(2017, 3, 31)),  # a month's end stays one
    ],
)
def test_the_month_before_and_after(day, months, expected):
    from taizhang.statistics.pages import month_moved

    assert month_moved(day, months) == expected


def test_addresses_hold_no_personal_data(li):
    links = re.findall(
        r'href="([^"]+)"', li.get(C3, ASKED | {"cell": f"{TIANTAI}.pool", "open": GONGHE}).content.decode()
    )
    assert any("/tables/" in link for link in links)
    for link in links:
        assert not re.search(r"99\d{15}|154\d{8}|%E6%99%AE", link)


def test_a_partner_may_look(client, ids):
    user = cast.partner_zhou()
    assert user.role == Role.PARTNER
    client.force_login(user)
    assert client.get(reverse("statistics:table", args=["mouding-2017", "C3"]), ASKED).status_code == 200


def test_a_city_where_nobody_is_registered_opens_to_nobody(client, ids):
    Division.objects.create(pk="5301", name="昆明市", level=Level.CITY, parent_id="53", full_name="云南省昆明市")
    client.force_login(cast.province_yunnan())
    response = client.get(C3, {"division": "53", "as_of": "2017-08-20", "cell": "5301.pool"})
    assert response.status_code == 200
    assert re.search("昆明市，.* 0 人", text(response))


def test_numbers_stand_beside_those_of_another_month(li):
    page = text(li.get(C3, ASKED | {"beside": "month"}))
    # on 20 July neither 1's, 18's new nor 24's job had begun; 12 was not yet sixteen, 19 still had a job:
    # pool 22 against 21, transferred 14 against 13
    assert "每格第二行是和2017年7月20日比" in page
    assert "22 +1（+4.8%）" in page
    assert "比上年同月" in page
    assert "每格第二行" not in text(li.get(C3, ASKED))


def test_the_workbook_carries_the_comparison_on_sheets_of_its_own(li):
    import io

    import openpyxl

    content = li.post(f"{C3}file/", ASKED | {"format": "xlsx", "beside": "month"}).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book["比2017-07-20增减"]["B10"].value == 1
    assert book["比2017-07-20增减%"]["B10"].value == 4.8


def test_a_row_leads_to_its_own_table_and_the_path_back(li):
    content = li.get(C3, ASKED).content.decode()
    assert f'href="/tables/mouding-2017/C3/?division={GONGHE}&amp;as_of=2017-08-20">共和镇</a>' in content
    below = li.get(C3, ASKED | {"division": GONGHE}).content.decode()
    assert f'href="/tables/mouding-2017/C3/?division={COUNTY}&amp;as_of=2017-08-20">牟定县</a>' in below


def test_every_village_is_shown_at_one_click(li):
    page = text(li.get(C3, ASKED | {"open": "all"}))
    assert "军屯村民委员会 7 2 4" in page
    assert "马厂村民委员会 2 0 1" in page


def test_a_check_that_fails_names_its_columns_with_the_people_behind(li):
    question = pages.read(
        "mouding-2017/C3", QueryDict(f"division={COUNTY}&as_of=2017-08-20"), li.get(C3, ASKED).wsgi_request.user
    )
    result = pages.result_of(question)
    result.cells[COUNTY]["transferred_in_county"] = 9
    broken = dataclasses.replace(
        result, violations=tuple(layout.violations(result.table, COUNTY, result.cells[COUNTY]))
    )
    pages._computed.cache_clear()
    (one,) = sheets.TablePage(question, broken).violations
    assert (one["check"], one["left"], one["right"]) == ("4+5+6=3", 16, 14)  # 9 + 2 + 5
    assert [no for no, _, _ in one["numbers"]] == [4, 5, 6, 3]
    assert all("cell=" in url for _, _, url in one["numbers"])


def test_a_past_day_may_be_asked_as_it_was_known_then(li):
    page = text(li.get(C3, ASKED))
    assert "按当时所知" in page
    assert "当时：2017年8月20日当天结束时已经入账的" in page
    then = li.get(C3, ASKED | {"known": "then", "cell": f"{COUNTY}.pool"}).content.decode()
    assert re.search('aria-current="true">按当时所知</a>', then)
    assert "known=then" in re.search(r'href="([^"]+)" data-swap aria-label="关闭名单"', then)[1]


def test_a_target_leads_to_the_targets_and_an_empty_column_nowhere(li):
    content = li.get("/tables/mouding-2017/C4/", ASKED).content.decode()
    assert "/targets/mouding-2017/new_transfer_year/?" in content
    assert "14,200" in content
    assert 'column_2"' not in content


def test_the_county_takes_a_paper_along(li):
    response = li.post(f"{C3}file/", ASKED | {"format": "pdf"})
    assert response["Content-Type"] == "application/pdf"
    assert response.content[:5] == b"%PDF-"


def test_a_table_of_a_programme_never_imported_here_says_so_instead_of_blaming_the_balance(li):
    page = li.get("/tables/sichuan-2022/C8/?division=532323&as_of=2017-08-20").content.decode()
    assert "<strong>牟定县没有按四川方案（2022）记过增减</strong>" in page
    assert "栏次关系有" not in page
    assert 'class="num bad"' not in page
