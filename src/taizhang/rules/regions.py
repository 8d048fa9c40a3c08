"""Facts about division codes that no prefix shows. Source: GB/T 2260 and the 12-digit statistical codes.

A code is 2, 4, 6, 9 or 12 digits (province, prefecture, county, town, village), or ISO 3166 letters for a country.
"""

from __future__ import annotations

import re

from .tree import Coding

MUNICIPALITIES = ("11", "12", "31", "50")  # one city each, though codes run 5001 and 5002
COUNTIES_WITHOUT_CITY = ("4190", "4290", "4690", "6590")  # 省直辖县级: each county is a city-level unit of its own
CITIES_WITHOUT_COUNTY = ("4419", "4420", "4604", "6202")  # 东莞 中山 儋州 嘉峪关: towns directly under the city
ABROAD_PREFIXES = ("71", "81", "82")  # 台湾 香港 澳门 count as 境外 for labour

HOME_PATTERN = "[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?"
ABROAD_PATTERN = f"(?s:([A-Z]|{'|'.join(ABROAD_PREFIXES)}).*)"  # as stored; what may be written in a rule is CODE
CODE = re.compile(f"{HOME_PATTERN}|[A-Z]{{2,3}}")

LENGTHS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}
SCOPES = ("乡内", "县内乡外", "市内县外", "省内市外", "省外", "境外")
SCOPE_CODING = Coding({name: name for name in SCOPES})
SEX_CODING = Coding({"1": "男", "2": "女"})


def normalise(code: str) -> str:
    """A code as rows hold it: zeros that pad a shorter code are cut (532300 is 5323), but 441900 is a county's code."""
    for length, padding in ((12, "000"), (9, "000"), (6, "00"), (4, "00")):
        without_county = length == 6 and code[:4] in CITIES_WITHOUT_COUNTY
        if len(code) == length and code.endswith(padding) and not without_county:
            code = code[: -len(padding)]
    return code


def containing(code: str) -> str:
    """The prefix that all divisions inside `code` share."""
    code = normalise(code)
    return code[:4] if len(code) == 6 and code[:4] in CITIES_WITHOUT_COUNTY and code.endswith("00") else code
