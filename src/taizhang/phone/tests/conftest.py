from uuid import UUID

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.ledger.models import Worker
from taizhang.ledger.tests.people import JUNTUN, enter, person
from taizhang.review.tests.conftest import make_divisions

FULL = {
    "is_poverty_registered": False,
    "education": "70",
    "ethnicity": "01",
    "labour_ability": "1",
    "pension_status": "0",
    "main_income_source": "3",
    "employment_status": "3",
    "transfer_condition": False,
    "transfer_willingness": "2",
    "wants_training": False,
}


@pytest.fixture
def village(db: None) -> dict[str, str]:
    """罗小梅 and 李大成 of 天台, 杨凤 of 军屯: 杨兰's villages; and 周远 of 新桥, who is none of hers. Name -> id."""
    make_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(12, mobile_phone="15412340367", **FULL),
            person(11, full_name="李大成", sex="1", **FULL),
            person(14, full_name="杨凤", hukou_region=JUNTUN, **FULL),
            person(16, full_name="周远", hukou_region="532323102201", **FULL),
        )
        return {name: str(pk) for name, pk in Worker.objects.values_list("full_name", "pk")}


def worker(name: str) -> UUID:
    return Worker.objects.values_list("pk", flat=True).get(full_name=name)
