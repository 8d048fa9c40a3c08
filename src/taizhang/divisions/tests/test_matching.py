"""Names with and without their usual suffixes are the same place, in Python and in DuckDB alike."""

import duckdb
import pyarrow.compute as pc
import pytest

from taizhang.divisions import loading
from taizhang.divisions.matching import match_key_sql, normalise_name

CASES = [
    ("天台村民委员会", "天台"),
    ("天台村委会", "天台"),
    ("天台村", "天台"),
    ("天台", "天台"),
    ("天台村村民委员会", "天台"),
    ("  天 台 村 ", "天台"),
    ("茅阳社区居民委员会", "茅阳"),
    ("茅阳社区居委会", "茅阳"),
    ("茅阳居委会", "茅阳"),
    ("茅阳社区", "茅阳"),
    ("坞城街道办事处", "坞城"),
    ("坞城街道", "坞城"),
    ("共和镇", "共和"),
    ("共和镇人民政府", "共和"),
    ("戌街乡", "戌街"),
    ("腊湾彝族乡", "腊湾"),
    ("牟定县", "牟定"),
    ("楚雄彝族自治州", "楚雄"),
    ("湘西土家族苗族自治州", "湘西"),
    ("内蒙古自治区", "内蒙古"),
    ("广西壮族自治区", "广西"),
    ("新疆维吾尔自治区", "新疆"),
    ("玉屏侗族自治县", "玉屏"),
    ("村", "村"),
    ("第１社区", "第1"),
    ("", ""),
]


@pytest.mark.parametrize(("name", "key"), CASES)
def test_the_suffix_goes_and_the_name_stays(name, key):
    assert normalise_name(name) == key


def test_duckdb_gives_the_same_keys_for_the_cases_and_every_shipped_name():
    names = [name for name, _ in CASES] + loading.shipped()["name"].to_pylist()
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {match_key_sql('n')} FROM (SELECT unnest(?::text[]) n)", [names]).fetchall()
    assert [row[0] for row in rows] == [normalise_name(name) for name in names]


def test_no_two_villages_of_a_mouding_town_share_a_key():
    table = loading.shipped()
    villages = table.filter(pc.and_(pc.starts_with(table["code"], "532323"), pc.equal(table["level"], 5)))
    pairs = set(zip(villages["parent_id"].to_pylist(), villages["match_key"].to_pylist(), strict=True))
    assert len(pairs) == villages.num_rows == 89
