"""Ten thousand waiting rows: pages cost as many queries as with one row, and one call decides them all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import county_li, township_wei
from taizhang.ledger.models import Submission
from taizhang.review import actions
from taizhang.review.tests.papers import row, submit, township_two

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("divisions")]


def copies(batch, many: int) -> None:
    """The batch's one row `many` times more, as other people without numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_submission
                 (batch_id, row_no, division, state, outcome, full_name, changes, version, needs_second)
               SELECT batch_id, row_no + n, division, state, 'same', full_name, changes, version, false
               FROM ledger_submission, generate_series(1, %s) n WHERE batch_id = %s""",
            [many, batch.pk],
        )
        cursor.execute(
            """INSERT INTO ledger_paper (submission_id, division, full_name)
               SELECT id, division, full_name FROM ledger_submission s WHERE batch_id = %s
                 AND NOT EXISTS (SELECT FROM ledger_paper p WHERE p.submission_id = s.id)""",
            [batch.pk],
        )


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_a_long_queue_costs_as_many_queries_as_a_short_one_and_is_decided_in_one_call(client) -> None:
    batch = submit(township_wei(), row(1))
    client.force_login(township_two())
    with acting_as(county_li()):
        first = Submission.objects.get(batch=batch).pk
    short = queries_of(client, "/review/"), queries_of(client, f"/review/{first}/")
    with acting_as(county_li()):
        copies(batch, 9_999)
    long = queries_of(client, "/review/"), queries_of(client, f"/review/{first}/")
    # paging adds no query; 25 neighbours instead of one come with the same ones
    assert long[0] - short[0] <= 1
    assert long[1] - short[1] <= 2
    page = client.get("/review/?page=200")
    assert len(page.context["rows"]) == 50
    assert page.context["total"] == 10_000
    with acting_as(township_two()), CaptureQueriesContext(connection) as captured:
        decided = actions.approve(actor=township_two(), batch=batch)
    assert decided.done == 10_000
    assert len(captured) < 15
