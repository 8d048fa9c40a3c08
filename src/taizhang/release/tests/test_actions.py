"""Nothing leaves without an entry, nothing leaves for another's division."""

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import load_divisions, township_wei
from taizhang.engine.errors import NotAllowed
from taizhang.protection.models import AuditEntry
from taizhang.release.actions import Kind, export

pytestmark = pytest.mark.django_db


@pytest.fixture
def wei():
    load_divisions()
    return township_wei()


def test_a_file_leaves_with_one_entry_that_tells_what_and_how_much(wei):
    before = AuditEntry.objects.count()
    with acting_as(wei):
        content = export(
            actor=wei,
            kind=Kind.REGISTER,
            subject="mouding-2017/B1",
            division="532323101",
            make=lambda slip: b"12345",
            people=3,
        )
    entry = AuditEntry.objects.order_by("-seq").first()
    assert content == b"12345"
    assert AuditEntry.objects.count() == before + 1
    assert entry.detail == {"kind": "register", "division": "532323101", "bytes": 5, "people": 3}


def test_the_watermark_names_who_takes_it(wei):
    marks = []
    with acting_as(wei):
        export(
            actor=wei,
            kind=Kind.TABLE,
            subject="mouding-2017/C3",
            division="532323101",
            make=lambda slip: marks.append(slip.watermark) or b"",
        )
    assert wei.display_name in marks[0]


def test_another_towns_division_is_refused_and_nothing_is_made(wei):
    made = []
    with acting_as(wei), pytest.raises(NotAllowed) as refusal:
        export(
            actor=wei,
            kind=Kind.TABLE,
            subject="mouding-2017/C3",
            division="532323102",
            make=lambda slip: made.append(1) or b"",
        )
    assert (refusal.value.code, made) == ("out_of_scope", [])


def test_a_file_that_could_not_be_made_leaves_no_entry(wei):
    before = AuditEntry.objects.count()

    def broken(slip):
        raise OSError("disk full")

    with acting_as(wei), pytest.raises(OSError, match="disk full"):
        export(actor=wei, kind=Kind.TABLE, subject="mouding-2017/C3", division="532323101", make=broken)
    assert AuditEntry.objects.count() == before
