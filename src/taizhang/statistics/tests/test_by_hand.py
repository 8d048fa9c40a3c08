"""Columns the ledger cannot count: empty on the page and in the workbook, linked to nobody, differing from nothing."""

import io
import json
import re

import openpyxl
import pytest

from taizhang.accounts.acting import acting_for
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import NotFound
from taizhang.statistics import actions, behind, tables
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, XINQIAO

pytestmark = pytest.mark.django_db
C1 = "heyuan-2018/C1"


@pytest.fixture
def county():
    population.load_people()
    with acting_for([COUNTY]):
        yield


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_thirteen_columns_of_which_five_stay_empty(county, engine):
    cells = tables.compute("heyuan-2018", "C1", COUNTY, DAY, engine=engine).cells
    for unit in (GONGHE, XINQIAO, COUNTY):
        assert list(cells[unit].values()) == [None, 0, None, 0, None, 0, None, 0, 0, 0, 0, 0, None]


def test_an_empty_column_neither_breaks_a_check_nor_differs_from_the_ledger(county):
    result = tables.compute("heyuan-2018", "C1", COUNTY, DAY)
    assert result.violations == ()
    assert tables.same_as_ledger(result) == []


def test_nobody_stands_behind_an_empty_column(county):
    result = tables.compute("heyuan-2018", "C1", COUNTY, DAY)
    with pytest.raises(NotFound):
        behind.indicator_behind(result, "column_1")


def test_the_page_links_the_counted_columns_only(client):
    population.load_people()
    client.force_login(cast.county_li())
    asked = {"division": COUNTY, "as_of": DAY.isoformat()}
    page = client.get(f"/tables/{C1}/", asked).content.decode()
    cells = re.findall(r'<td class="num[^"]*">(.*?)</td>', page)
    assert len(cells) == 3 * 13
    assert [bool(cell) for cell in cells[:13]] == [n not in (1, 3, 5, 7, 13) for n in range(1, 14)]
    assert client.get(f"/tables/{C1}/", asked | {"cell": f"{COUNTY}.column_1"}).status_code == 404


def test_files_leave_the_columns_blank_under_their_heads(county):
    book = openpyxl.load_workbook(io.BytesIO(actions.render(C1, COUNTY, DAY, "xlsx")))
    rows = list(book.worksheets[0].values)
    total = next(row for row in rows if row[0] == "合计")
    assert total[1:14] == (None, 0, None, 0, None, 0, None, 0, 0, 0, 0, 0, None)
    assert "与扶贫办核对建档人数" in {cell for row in rows for cell in row}
    data = json.loads(actions.render(C1, COUNTY, DAY, "json"))
    assert data["cells"][COUNTY]["column_13"] is None
