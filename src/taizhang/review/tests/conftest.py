import pytest

from taizhang.divisions.matching import normalise_name
from taizhang.divisions.models import Division

UNITS = {
    "53": "云南省",
    "5323": "楚雄彝族自治州",
    "532323": "牟定县",
    "532323101": "共和镇",
    "532323101201": "天台村民委员会",
    "532323101202": "军屯村民委员会",
    "532323102": "新桥镇",
    "532323102201": "新桥村民委员会",
    "33": "浙江省",
    "3303": "温州市",
    "330381": "瑞安市",
}


@pytest.fixture
def divisions(db: None) -> None:
    """The few units these tests name: the whole country takes longer than the tests."""
    make_divisions()


def make_divisions() -> None:
    sizes = (2, 4, 6, 9, 12)
    for code, name in sorted(UNITS.items()):
        above = [code[:size] for size in sizes if size < len(code)]
        Division.objects.create(
            code=code,
            name=name,
            full_name="".join(UNITS[one] for one in above) + name,
            match_key=normalise_name(name),
            level=sizes.index(len(code)) + 1,
            parent_id=above[-1] if above else None,
        )
