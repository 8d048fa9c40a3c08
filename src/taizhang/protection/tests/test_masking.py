"""R04: a masked number cannot be completed."""

import pytest

from taizhang.protection.masking import mask_id, mask_name, mask_phone


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("992323196001011200", "992323********1200"),
        ("99232360010112", "992323****0112"),
        ("H12345678", "*******78"),
        ("X1", "**"),
        ("", ""),
        (None, ""),
    ],
)
def test_identity_numbers_keep_six_and_four(number, shown):
    assert mask_id(number) == shown


@pytest.mark.parametrize(("number", "shown"), [("15412340367", "154****0367"), ("6012345", "*****45"), (None, "")])
def test_phones_keep_three_and_four(number, shown):
    assert mask_phone(number) == shown


def test_names_keep_the_surname():
    assert (mask_name("王小芳"), mask_name("")) == ("王**", "")
