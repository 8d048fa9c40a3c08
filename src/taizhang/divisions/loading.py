"""The shipped tree as Arrow tables."""

from __future__ import annotations

import functools
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as csv

from taizhang.catalogue import load
from taizhang.divisions.matching import normalise_name

DATA = Path(__file__).parent / "data"
# Levels of the code system that nobody says: 北京市市辖区东城区 is 北京市东城区.
UNSPOKEN = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
TYPES = {"code": pa.string(), "name": pa.string(), "level": pa.int16(), "parent": pa.string(), "initials": pa.string()}

FULL_NAMES = """
    WITH RECURSIVE named AS (
        SELECT code, name, level, parent, initials, name AS full_name FROM tree WHERE parent IS NULL
        UNION ALL
        SELECT t.code, t.name, t.level, t.parent, t.initials,
               CASE WHEN list_contains($unspoken, t.name) OR n.full_name LIKE '%' || t.name THEN n.full_name
                    ELSE n.full_name || t.name END
        FROM tree t JOIN named n ON t.parent = n.code
    ) SELECT code, name, full_name, initials, level, parent AS parent_id FROM named ORDER BY code
"""


@functools.cache
def shipped() -> pa.Table:
    """Every unit of the package: code, name, full_name, initials, level, parent_id, match_key. About 31,000 rows."""
    tables = [_read(DATA / "national.csv"), _read(DATA / "regions.csv"), _abroad()]
    with duckdb.connect() as connection:
        connection.register("tree", pa.concat_tables(tables))
        found = connection.sql(FULL_NAMES, params={"unspoken": list(UNSPOKEN)}).to_arrow_table()
    keys = pa.array([normalise_name(name) for name in found["name"].to_pylist()])
    return found.append_column("match_key", keys)


def _read(path: Path) -> pa.Table:
    return csv.read_csv(
        path, convert_options=csv.ConvertOptions(column_types=TYPES, null_values=[""], strings_can_be_null=True)
    )


def _abroad() -> pa.Table:
    """Countries of the catalogue's list; 香港, 澳门 and 台湾 have codes of their own in the tree."""
    codes = [code for code in load().lists["CL-COUNTRY"].codes.values() if code.code not in {"HK", "MO", "TW"}]
    columns = [
        [code.code for code in codes],
        [code.label for code in codes],
        [1] * len(codes),
        [None] * len(codes),
        [""] * len(codes),
    ]
    return pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, TYPES.values(), strict=True)], names=list(TYPES)
    )
