"""Which pieces of a sheet's XML get the closer, slower look."""

import re

import pytest

from taizhang.intake.cells import SUSPECT


@pytest.mark.parametrize(
    "xml",
    [
        '<c r="E15" t="inlineStr"><is><t>汉族</t></is></c>',
        '<c r="AE1999"><v>3200</v></c>',
        '<row r="150"><c r="A150"/></row>',
    ],
)
def test_ordinary_cells_are_not_looked_at_twice(xml: str) -> None:
    assert re.search(SUSPECT, xml) is None


@pytest.mark.parametrize(
    "xml",
    [
        '<c r="B2"><v>9.901011990010112E+17</v></c>',
        '<c r="B2"><v>5E17</v></c>',
        '<c r="B2"><v>990101199001011234</v></c>',
        '<c r="B2" t="e"><v>#N/A</v></c>',
        '<c r="B2"><f>A2</f><v>1</v></c>',
        '<c r="XFD1048576"><v>1</v></c>',
        '<c r="A1048576"><v>1</v></c>',
    ],
)
def test_what_needs_a_word_is_looked_at(xml: str) -> None:
    assert re.search(SUSPECT, xml)
