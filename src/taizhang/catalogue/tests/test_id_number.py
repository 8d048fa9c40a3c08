"""Identity numbers as people paste them, and what they are told."""

from __future__ import annotations

import datetime as dt

import pytest

from taizhang.catalogue import convert_15, read_id, repairs
from taizhang.catalogue.id_number import check_character, is_valid

A = "11010519491231002X"  # the two examples printed in GB 11643
B = "440524188001010014"
ON = dt.date(2020, 10, 15)

READ = [  # spelling, number read, problem; written by hand
    (A, A, None),
    (A.lower(), A, None),
    (f" {A} ", A, None),
    (f"'{A}", A, None),
    (f"‘{A}", A, None),
    (f"’{A}", A, None),
    (f"`{A}", A, None),
    (f'"{A}"', A, None),
    (f"“{A}”", A, None),
    (f"\t{A}\n", A, None),
    (f"\u3000{A}\u3000", A, None),
    (f"\u00a0{A}", A, None),
    (f"\ufeff{A}", A, None),
    (f"\u200b{A}", A, None),
    (f"{A}\u202c", A, None),
    ("110105 19491231 002X", A, None),
    ("110105-19491231-002X", A, None),
    ("110105 1949 1231 002 x", A, None),
    ("１１０１０５１９４９１２３１００２Ｘ", A, None),
    ("１１０１０５１９４９１２３１００２ｘ", A, None),
    ("11010519491231002×", A, None),
    ("11010519491231002Х", A, None),
    ("11010519491231002х", A, None),
    (f"{A}。", A, None),
    (f"{A}，", A, None),
    (f"{A},", A, None),
    (f"({A})", A, None),
    (f"（{A}）", A, None),
    (f"：{A}", A, None),
    ("１１０１０５　１９４９１２３１　００２Ｘ", A, None),
    (
        "992323199001010013"[:17] + check_character("99232319900101001"),
        "99232319900101001" + check_character("99232319900101001"),
        None,
    ),
    ("", None, "empty"),
    ("   ", None, "empty"),
    (None, None, "empty"),
    ("'", None, "empty"),
    ("1.10105E+17", None, "damaged"),
    ("5.32323E+17", None, "damaged"),
    ("5.32323e17", None, "damaged"),
    ("5E+17", None, "damaged"),
    ("5.32323199001E+17", None, "damaged"),
    (" 5.32323E+17 ", None, "damaged"),
    ("'5.32323E+17", None, "damaged"),
    ("992323490101001", None, "length15"),
    ("992323 490101 001", None, "length15"),
    (A[:17], None, "length"),
    (A[:16], None, "length"),
    (A + "1", None, "length"),
    (A + "123", None, "length"),
    ("1", None, "length"),
    ("无", None, "length"),
    ("992323491331001", None, "length"),
    ("1101051949123100XX", None, "letters"),
    ("O1010519491231002X", None, "letters"),
    ("11010519491231002Y", None, "letters"),
    ("一一010519491231002X", None, "letters"),
    (A + "41", A, "disability"),
    (A + "11", A, "disability"),
    (A + "4102", A, "disability"),
    (A.lower() + "73", A, "disability"),
    ("110105194912310021", "110105194912310021", "check"),
    ("11010519491231020X", "11010519491231020X", "check"),
    ("992323194913310020", "992323194913310020", "date"),
    ("99232319490230002X", "99232319490230002X", "date"),
    ("990105205001010012", "990105205001010012", "future"),
    ("110105194912310000", "110105194912310000", "rounded"),
]


@pytest.mark.parametrize(("spelling", "number", "problem"), READ)
def test_every_pasted_spelling_is_read_or_its_trouble_named(
    spelling: str | None, number: str | None, problem: str | None
) -> None:
    identity = read_id(spelling, on=ON)
    assert (identity.number, identity.problem) == (number, problem)
    assert (identity.message is None) == (problem is None)


def test_the_table_holds_sixty_spellings() -> None:
    assert len(READ) >= 60
    assert len({spelling for spelling, _, _ in READ}) == len(READ)


@pytest.mark.parametrize("number", [A, B])
def test_the_standards_own_examples_are_valid(number: str) -> None:
    assert is_valid(number)


def test_a_birth_before_1900_is_refused_once_a_day_is_given() -> None:
    assert read_id(B, on=ON).problem == "future"


def test_two_neighbours_swapped_are_put_back_first() -> None:
    assert repairs("11010519491213002X", ON)[0] == A


def test_one_wrong_digit_is_among_the_repairs_and_all_repairs_are_valid() -> None:
    wrong = "11010519481231002X"  # 1948 for 1949
    found = repairs(wrong, ON)
    assert A in found
    assert all(is_valid(one, ON) for one in found)
    assert wrong not in found


def test_repairs_are_complete_against_trying_every_character() -> None:
    wrong = "110105194912310921"
    tried = {wrong[:i] + c + wrong[i + 1 :] for i in range(18) for c in "0123456789X"}
    tried |= {wrong[:i] + wrong[i + 1] + wrong[i] + wrong[i + 2 :] for i in range(17)}
    assert set(repairs(wrong, ON)) == {one for one in tried if one != wrong and is_valid(one, ON)}


def test_a_number_that_is_no_number_has_no_repairs() -> None:
    assert repairs("5.32323E+17") == []


def test_a_15_digit_number_is_only_suggested_unless_conversion_is_asked_for() -> None:
    long = "99232319490101001" + check_character("99232319490101001")
    assert convert_15("992323490101001") == long
    assert read_id("992323490101001", on=ON).suggestions == (long,)
    assert read_id("992323490101001", on=ON, convert=True).number == long


def test_a_disability_certificate_is_split_into_number_type_and_level() -> None:
    assert read_id(A + "42", on=ON).disability == ("4", "2")
    assert read_id(A + "4302", on=ON).disability == ("4", "3")
    assert read_id(A + "95", on=ON).disability is None


def test_made_up_people_are_marked() -> None:
    number = "99232319900101001" + check_character("99232319900101001")
    assert read_id(number, on=ON).demo
    assert not read_id(A, on=ON).demo


def test_a_damaged_cell_is_told_that_digits_are_lost_and_how_to_go_on() -> None:
    message = read_id("5.32323E+17").message or ""
    assert "5.32323E+17" in message
    assert "丢失" in message
    assert "文本" in message


def test_a_wrong_check_character_is_told_the_right_one() -> None:
    assert "最后一位应为 X，读到 1" in (read_id("110105194912310021", on=ON).message or "")
