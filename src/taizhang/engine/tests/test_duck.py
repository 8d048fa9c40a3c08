"""DuckDB computes inside its fence."""

import duckdb
import pyarrow as pa
import pytest

from taizhang.engine.duck import session


def test_registered_tables_are_read_and_files_only_where_allowed(tmp_path):
    with session([tmp_path]) as connection:
        connection.register("rows", pa.table({"a": [1, 2, 3]}))
        connection.execute(f"COPY rows TO '{tmp_path}/rows.parquet'")
        assert connection.execute(f"SELECT sum(a) FROM '{tmp_path}/rows.parquet'").fetchone() == (6,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "ATTACH '/tmp/elsewhere.duckdb'",
        "COPY (SELECT 1) TO '/tmp/elsewhere.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
        "SELECT * FROM secret_table",
    ],
)
def test_nothing_else_is_reachable(statement):
    secret_table = pa.table({"a": [1]})  # a Python variable is not a table
    with session() as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)
    assert secret_table.num_rows == 1
