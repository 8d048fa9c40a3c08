"""A place that cannot be found names the one that may be meant."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from taizhang.catalogue import Catalogue, Context
from taizhang.catalogue.tests.sample import sample, table

UNITS = {
    "33": "浙江省", "3303": "温州市", "330381": "瑞安市", "330382": "乐清市",
    "53": "云南省", "5323": "楚雄彝族自治州", "532323": "牟定县",
    "532323101": "共和镇", "532323101201": "天台村民委员会", "532323101202": "清龙村民委员会", "532323101203": "马厂村民委员会",
    "532323101204": "大河口社区居民委员会", "532323101205": "大河边村民委员会",
    "532323101206": "天山村民委员会", "532323102": "新桥镇", "532323102201": "有家村民委员会", "532323103": "江坡镇", "532323103201": "江坡村民委员会",
}  # fmt: skip
SIZES = (2, 4, 6, 9, 12)
TREE = pa.table(
    {
        "code": list(UNITS),
        "name": list(UNITS.values()),
        "level": pa.array([SIZES.index(len(code)) + 1 for code in UNITS], pa.int32()),
        "parent": [code[: SIZES[SIZES.index(len(code)) - 1]] if len(code) > 2 else None for code in UNITS],
        "match_key": [name.removesuffix("民委员会").removesuffix("社区居").rstrip("村镇") for name in UNITS.values()],
    }
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return sample(tmp_path_factory.mktemp("programmes"))


def told(catalogue: Catalogue, home: str = "532323", **cells: Any) -> tuple[str, str | None]:
    context = Context(as_of=dt.date(2020, 10, 15), divisions=TREE, default_region=home)
    (finding,) = catalogue.normalise(table(**cells), catalogue.forms["sample"], context)[1].to_pylist()
    return finding["message"], finding["suggestion"]


@pytest.mark.parametrize(
    ("written", "meant", "suggestion"),
    [
        ("共和镇青龙村", "清龙村民委员会", "共和镇清龙村民委员会"),  # sounds alike
        ("共和镇天太村委会", "天台村民委员会", "共和镇天台村民委员会"),  # 台 as spoken
        ("共和镇马广村", "马厂村民委员会", "共和镇马厂村民委员会"),  # one sign differs
        ("共和镇马昌", "马厂村民委员会", "共和镇马厂村民委员会"),
        ("牟定县新乔镇", "新桥镇", "新桥镇"),
        ("新乔镇有家村", "新桥镇有家村民委员会", "新桥镇有家村民委员会"),  # the town is the wrong part
        ("浙江省温州市瑞案市", "瑞安市", "浙江省温州市瑞安市"),
        ("浙江省瑞按市", "温州市瑞安市", "浙江省温州市瑞安市"),
    ],
)
def test_a_name_that_looks_or_sounds_alike_is_offered(
    catalogue: Catalogue, written: str, meant: str, suggestion: str
) -> None:
    message, offered = told(catalogue, work_region=written)
    assert f"，是不是“{meant}”？" in message
    assert offered == suggestion


def test_what_is_offered_is_understood(catalogue: Catalogue) -> None:
    context = Context(as_of=dt.date(2020, 10, 15), divisions=TREE, default_region="532323")
    offered = ["共和镇清龙村民委员会", "新桥镇", "新桥镇有家村民委员会", "浙江省温州市瑞安市"]
    rows, found = catalogue.normalise(table(work_region=offered), catalogue.forms["sample"], context)
    assert found.num_rows == 0
    assert rows["work_region"].to_pylist() == ["532323101202", "532323102", "532323102201", "330381"]


def test_two_that_are_equally_near_are_both_named_and_none_is_chosen(catalogue: Catalogue) -> None:
    message, offered = told(catalogue, work_region="共和镇大河村")
    assert (
        "，是不是“大河边村民委员会”或“大河口社区居民委员会”？" in message
        or "，是不是“大河口社区居民委员会”或“大河边村民委员会”？" in message
    )
    assert offered is None


@pytest.mark.parametrize("written", ["共和镇没有村", "火星", "999999", "共和镇上海市浦东新区"])
def test_what_resembles_nothing_gets_no_guess(catalogue: Catalogue, written: str) -> None:
    message, offered = told(catalogue, work_region=written)
    assert "是不是" not in message
    assert offered is None


def test_a_place_split_over_columns_gets_its_guess_from_the_town_written_beside(catalogue: Catalogue) -> None:
    message, offered = told(
        catalogue, hukou_region__county="牟定县", hukou_region__town=["共和镇"], hukou_region__village=["青龙村"]
    )
    assert "在“共和镇”下没有找到“青龙村”，是不是“清龙村民委员会”？" in message
    assert offered == "共和镇清龙村民委员会"


def test_outside_the_uploaders_county_the_whole_path_is_offered(catalogue: Catalogue) -> None:
    _, offered = told(catalogue, home="330381", work_region="牟定县共和镇青龙村")
    assert offered == "云南省楚雄彝族自治州牟定县共和镇清龙村民委员会"


def test_thousands_of_wrong_names_are_told_in_one_go(catalogue: Catalogue) -> None:
    context = Context(as_of=dt.date(2020, 10, 15), divisions=TREE, default_region="532323")
    written = [f"共和镇青龙{chr(0x4E00 + n)}村" for n in range(6_000)]
    found = catalogue.normalise(table(work_region=written), catalogue.forms["sample"], context)[1]
    assert found.num_rows == 6_000
    assert sum("是不是“清龙村民委员会”" in message for message in found["message"].to_pylist()) == 2_000
