"""The workbook that waits in the demo could have been handed in: it says nothing its form would refuse."""

from __future__ import annotations

import datetime as dt

import pyarrow.compute as pc
import pytest

from taizhang import catalogue
from taizhang.catalogue import Context
from taizhang.cli import demo_county
from taizhang.cli.synthetic import generate
from taizhang.divisions import loading


@pytest.mark.parametrize(
    ("programme", "county", "town", "as_of", "people"),
    [
        ("mouding-2017", "532323", "532323101", dt.date(2026, 11, 20), 6_000),
        ("guzhang-2020", "433126", "433126101", dt.date(2020, 12, 31), 6_000),
        ("sichuan-2022", "511723", "511723100", dt.date(2026, 11, 20), 6_000),
        ("heyuan-2018", "441623", "441623100", dt.date(2026, 11, 20), 12_000),
    ],
)
def test_no_waiting_row_contradicts_its_form(
    programme: str, county: str, town: str, as_of: dt.date, people: int
) -> None:
    loaded, units = catalogue.load(), loading.shipped()
    last = generate(county=county, people=people, as_of=as_of, divisions=units).months[-1]
    batches: list[demo_county.Collection] = []
    day, rows, _ = demo_county.hold_back((*last, "变动"), town, programme, batches)
    form = loaded.forms[programme]
    found = loaded.validate(rows, form, Context(as_of=day, divisions=None, demo=True)).to_pylist()
    assert [one for one in found if one["severity"] == "error"] == []
    assert rows.num_rows >= 10  # enough for three desks
    assert set(pc.utf8_slice_codeunits(rows["hukou_region"], 0, 9).to_pylist()) == {town}
    ((_, rest, _),) = batches
    ids = [*rows["id_number"].to_pylist(), *rest["id_number"].to_pylist()]
    assert sorted(ids) == sorted(last[1]["id_number"].to_pylist())  # nobody lost, nobody twice


def test_what_the_form_does_not_ask_is_not_said() -> None:
    """牟定 asks `employment_status` only of those not transferred; the generator knows it of everybody."""
    units = loading.shipped()
    last = generate(county="532323", people=6_000, as_of=dt.date(2026, 11, 20), divisions=units).months[-1]
    _, rows, _ = demo_county.hold_back((*last, "变动"), "532323101", "mouding-2017", [])
    told = zip(
        rows["main_income_source"].to_pylist(),
        rows["employment_status"].to_pylist(),
        rows["work_region"].to_pylist(),
        strict=True,
    )
    assert {(income in ("1", "2"), status is None, region is not None) for income, status, region in told} == {
        (True, True, True),
        (False, False, False),
    }
