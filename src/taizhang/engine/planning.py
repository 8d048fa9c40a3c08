"""Hints for PostgreSQL's planner where it cannot know better."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

BULK = 200  # rows; more are many
MANY = BULK + 1
# A statement that lists its joins in the order they should run: planning a dozen of them takes longer than joining a few
# rows, and over tables just filled the planner may put them all inside the loop over the rows.
AS_WRITTEN, REORDERED = "SET LOCAL join_collapse_limit = 1", "SET LOCAL join_collapse_limit = 20"


def plan_for_bulk(rows: int) -> None:
    """Choose joins for many rows (more than `BULK`) or for few, until commit; needs an open transaction.

    Freshly brought rows have no statistics yet, and row-level security makes the planner expect next to none: it would
    compare every row with every other. With few rows a view's joins must stay open to reordering, or it is joined whole.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL enable_nestloop = {'off' if rows > BULK else 'on'}")
        cursor.execute(REORDERED)


@contextmanager
def planned_for(rows: int) -> Iterator[None]:
    """Inside, statements are planned for so many rows; afterwards a surrounding transaction goes on as for few."""
    with transaction.atomic():
        plan_for_bulk(rows)
        yield
        plan_for_bulk(0)
