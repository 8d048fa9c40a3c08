"""The dashboard and the cross table as pages: six numbers at most, a table beside every chart, who may look."""

import re

import pytest

from taizhang.accounts.tests import people as cast
from taizhang.statistics import charts
from taizhang.statistics.charts import Bar
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, TIANTAI

ASKED = {"programme": "mouding-2017", "division": COUNTY, "as_of": "2017-08-20"}


@pytest.fixture
def li(client, db):
    population.load_people()
    client.force_login(cast.county_li())
    return client


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_board_shows_at_most_six_numbers_each_with_its_people(li):
    page = li.get("/board/", ASKED).content.decode()
    figures = re.search(r'<ul class="figures">(.*?)</ul>', page, re.S)[1]
    assert figures.count("<li>") == figures.count('<a href="/people/?set=counted') == 6
    # 22 in the pool, 14 of them transferred: 63.6 %; 4 new this year, 1 of them far away; 10 and 25 could and would
    assert re.findall(r">([\d.,]+)<small>", figures) == ["22", "14", "63.6", "4", "1", "2"]


def test_a_number_opens_to_as_many_people(li):
    page = li.get("/board/", ASKED).content.decode()
    for address, number in re.findall(r'<a href="(/people/\?set=[^"]+)">([\d,]+)(?:<small>|</a>)', page)[:12]:
        listed = li.get(address.replace("&amp;", "&")).content.decode()
        assert listed.count('<th scope="row" class="pin nowrap">') == min(int(number), 20), address


def test_every_chart_has_its_table_and_no_style(li):
    page = li.get("/board/", ASKED).content.decode()
    assert page.count('<svg viewBox="0 0') >= 6
    assert page.count('<figure class="chart">') == page.count('<div class="cols-chart">')
    assert not re.search(r"<svg viewBox[^>]*>.*?(style=|<script|<style|xlink).*?</svg>", page, re.S)


def test_the_units_go_from_the_highest_rate_down(li):
    # 共和镇 13 of 20 = 65.0 %, 新桥镇 1 of 2 = 50.0 %
    assert "共和镇 20 13 65.0 新桥镇 2 1 50.0 牟定县 22 14 63.6" in text(li.get("/board/", ASKED))


def test_a_village_has_no_units_below_it(li):
    page = li.get("/board/", {**ASKED, "division": TIANTAI})
    assert page.status_code == 200
    assert "从高到低" not in text(page)


def test_where_nobody_lives_the_board_says_so(li):
    page = li.get("/board/", {**ASKED, "as_of": "1999-01-01"})
    assert page.status_code == 200
    assert "0 人" in text(page)


def test_the_cross_table_shows_its_cells_and_totals(li):
    page = text(li.get("/board/pivot/", {**ASKED, "indicator": "transferred", "first": "sex", "second": "tier"}))
    assert "共 14 人" in page
    # women transferred: 1 二产, 3 三产, 6 三产, 26 二产, 27 三产; sex unknown: 24
    assert re.search(r"女 0 2 3 (0 )?5 ", page)


def test_a_sensitive_item_is_refused_on_the_page(li):
    page = li.get("/board/pivot/", {**ASKED, "first": "labour_ability"})
    assert page.status_code == 422
    assert "“劳动能力”是敏感个人信息，不作交叉表。请换一项。" in text(page)


@pytest.mark.parametrize("path", ["/board/", "/board/pivot/"])
@pytest.mark.parametrize(
    ("who", "expected"),
    [(cast.county_guzhang, 404), (cast.township_wei, 404), (cast.system_admin, 403), (cast.province_yunnan, 200)],
)
def test_only_who_covers_the_division_looks(li, path, who, expected):
    li.force_login(who())
    assert li.get(path, ASKED).status_code == expected


def test_a_chart_escapes_names_and_links_each_mark():
    chart = charts.bars("甲<乙", [Bar('<b>"镇', 3, "3", "/people/?a=1&b=2"), Bar("乙", 0, "0")])
    assert "<b>" not in chart.svg
    assert 'href="/people/?a=1&amp;b=2" aria-label="&lt;b&gt;&quot;镇 3"' in chart.svg
    assert "甲&lt;乙，旁边的表有同样的数" in chart.svg
    assert chart.svg.count("<a ") == 1


def test_a_chart_is_drawn_in_chinese():
    """A picture of two names and one of two boxes differ: the font has the glyphs."""
    assert charts.bars("图", [Bar("共和镇", 1, "1")]).png(1) != charts.bars(
        "图", [Bar("\ue000\ue001\ue002", 1, "1")]
    ).png(1)
