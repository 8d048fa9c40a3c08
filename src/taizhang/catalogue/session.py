"""A DuckDB session of its own for each batch: what was read is gone when it closes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa


@contextmanager
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that can reach neither files nor network."""
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as db:
        yield db


def fetch(db: duckdb.DuckDBPyConnection, query: str, params: Sequence[Any] = ()) -> pa.Table:
    """The result as Arrow, without copying through Python."""
    return db.sql(query, params=list(params) or None).to_arrow_table()
