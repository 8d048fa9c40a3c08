"""What the tests of fill rules share: rows, written as a clerk writes them, go through the real check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from taizhang.catalogue import Context
from taizhang.catalogue.tests.programme_people import CATALOGUE

Row = Mapping[str, str | None]

PLACES = """
11 北京市|1101 市辖区|110105 朝阳区
13 河北省|1301 石家庄市|130102 长安区|130102001 建北街道|130102001001 棉一社区居委会
14 山西省|1401 太原市|140105 小店区|140121 清徐县|140121101 徐沟镇|140121101201 东南坊村委会
33 浙江省|3301 杭州市|330106 西湖区
43 湖南省|4331 湘西土家族苗族自治州|433126 古丈县|433126101 古阳镇|433126101200 南山村|433126103 岩头寨镇|433127 永顺县
44 广东省|4403 深圳市|440305 南山区|4416 河源市|441621 紫金县|441623 连平县|441623100 元善镇
441623100001 城东社区居民委员会
51 四川省|5117 达州市|511723 开江县|511723100 新宁镇|511723100200 沙坝村民委员会|511724 大竹县
53 云南省|5301 昆明市|530102 五华区|5323 楚雄彝族自治州|532323 牟定县|532323101 共和镇
532323101001 茅阳社区居民委员会|532323103 江坡镇
"""
LEVELS = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
SHORTER = {4: 2, 6: 4, 9: 6, 12: 9}


def divisions() -> pa.Table:
    """The few divisions the rows name, in the shape of docs/interfaces.md."""
    pairs = [place.split() for place in PLACES.replace("\n", "|").split("|") if place]
    return pa.table({
        "code": [code for code, _ in pairs],
        "name": [name for _, name in pairs],
        "level": pa.array([LEVELS[len(code)] for code, _ in pairs], pa.int32()),
        "parent": pa.array([code[: SHORTER[len(code)]] if len(code) > 2 else None for code, _ in pairs], pa.string()),
        "match_key": [name.replace("居民委员会", "").replace("居委会", "").replace("村委会", "村") for _,
        name in pairs],
    })  # fmt: skip


DIVISIONS = divisions()


class Case(NamedTuple):
    """`good` and `bad` are changes to `base`; None empties a field. `bad` breaks `rule` and nothing else."""

    rule: str
    base: Row
    good: Row
    bad: Row


class Gap(NamedTuple):
    """A change that leaves `item` missing, or filled where it should not be; `clause` is in its clause."""

    clause: str
    item: str
    base: Row
    change: Row


class Found(NamedTuple):
    rule: str
    item: str
    severity: str
    message: str


Findings = list[list[Found]]


def check(programme: str, rows: Sequence[Row], as_of: dt.date) -> Findings:
    """Findings on each row of form wordings (item id -> text), all rows in one batch as an upload would be.

    Raises KeyError for an item the form does not have.
    """
    form = CATALOGUE.forms[programme]
    unknown = {item for row in rows for item in row} - set(form.items)
    if unknown:
        raise KeyError(unknown)
    cells = pa.table({item: pa.array([row.get(item) for row in rows], pa.string()) for item in form.items})
    _, findings = CATALOGUE.check(cells, form, Context(as_of=as_of, divisions=DIVISIONS))
    found: Findings = [[] for _ in rows]
    for one in findings.to_pylist():
        found[one["row"]].append(Found(one["rule"], one["item"], one["severity"], one["message"]))
    return found


def good_rows(cases: Sequence[Case]) -> list[Row]:
    return [{**case.base, **case.good} for case in cases]


def bad_rows(cases: Sequence[Case]) -> list[Row]:
    return [{**case.base, **case.bad} for case in cases]


def gap_rows(gaps: Sequence[Gap]) -> list[Row]:
    return [{**gap.base, **gap.change} for gap in gaps]


def names(cases: Sequence[Case] | Sequence[Gap]) -> list[str]:
    """Test ids: the rule or clause, numbered because one rule has several cases."""
    return [f"{number} {case[0]}" for number, case in enumerate(cases)]
