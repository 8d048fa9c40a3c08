"""One form is read and checked without a query where that is quicker; it is told the same as among many."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

import pyarrow as pa
import pytest

from taizhang.catalogue import id_number, session
from taizhang.catalogue.tests.programme_rows import bad_rows, check, gap_rows, good_rows

PROGRAMMES = {
    "guzhang": "guzhang-2020", "heyuan": "heyuan-2018", "mouding": "mouding-2017", "shanxi": "shanxi-2022",
    "sichuan": "sichuan-2022",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_form_checked_alone_is_told_what_it_is_told_among_many(name: str) -> None:
    module = import_module(f"taizhang.catalogue.tests.test_programme_{name}_rules")
    rows = [*good_rows(module.CASES), *bad_rows(module.CASES), *gap_rows(module.GAPS)]
    assert len(rows) > session.FEW
    among = check(PROGRAMMES[name], rows, module.DAY)
    assert any(among)
    assert [check(PROGRAMMES[name], [row], module.DAY)[0] for row in rows] == among


def test_a_word_read_for_one_item_is_not_taken_for_another() -> None:
    day = dt.date(2017, 8, 20)
    good = {"full_name": "罗小梅", "education": "初中", "ethnicity": "汉族"}
    first = check("mouding-2017", [{**good, "ethnicity": "初中"}], day)
    assert [one.item for one in first[0] if one.rule == "code"] == ["ethnicity"]
    again = check("mouding-2017", [good, {**good, "education": "汉族"}], day)
    assert [[one.item for one in told if one.rule == "code"] for told in again] == [[], ["education"]]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, (None, None, None)),
        ("992323198107120029", (True, "2", dt.date(1981, 7, 12))),
        ("992323198107120020", (False, "2", dt.date(1981, 7, 12))),
        ("99232319811312003X", (False, "1", None)),  # no thirteenth month
    ],
)
def test_a_number_says_the_same_alone_and_among_many(number: str | None, said: tuple[object, ...]) -> None:
    if said[0]:
        assert number is not None
        number = number[:17] + id_number.check_character(number[:17])
    for many in (1, session.FEW + 1):
        with session.session(many) as db:
            told = id_number.says(db, pa.array([number] * many, pa.string()))
        assert set(zip(*(told[name].to_pylist() for name in id_number.SAYS.names), strict=True)) == {said}
