"""The chain's details as an auditor reads them."""

from typing import Any

import pytest
from django.urls import reverse

from taizhang.accounts.models import Role
from taizhang.accounts.tests import people
from taizhang.divisions.models import ChangeKind
from taizhang.ledger.states import Outcome
from taizhang.ledger.views_person import REASONS
from taizhang.protection import audit, inwords
from taizhang.protection.audit import Action
from taizhang.release.actions import Kind

BATCH = "0198c0de-0000-7000-8000-000000000001"


def told(action: str, detail: dict[str, Any]) -> str:
    return "；".join(f"{part.label}：{'、'.join(part.divisions)}{part.text}" for part in inwords.parts(action, detail))


@pytest.mark.parametrize(
    ("action", "detail", "words"),
    [
        (Action.SIGN_IN, {}, ""),
        (Action.BATCH_OPENED, {"programme": "mouding-2017", "bytes": 12345}, "方案：牟定县农村劳动力转移就业信息台账（mouding-2017）；大小：12,345 字节"),
        (
            Action.BATCH_SUBMITTED,
            {"upload": BATCH, "rows": {"new": 1200, "update": 0, "error": 3}},
            f"行数：新增 1,200，更新 0，错误 3；文件：{BATCH}",
        ),
        (Action.BATCH_APPLIED, {"counts": {}}, "行数：无"),
        (
            Action.BATCH_UNDONE,
            {"by": BATCH, "counts": {"new": 2}, "refused": 1},
            f"行数：新增 2；没有撤销的行：1；撤销批次：{BATCH}",
        ),
        (
            Action.REVIEW_APPROVE,
            {"rows": 7, "entered": 6, "handed_back": 1, "programme": "nowhere"},
            "行数：7；其中入账：6；台账已变、退回的行：1；方案：nowhere",
        ),
        (Action.PERSON_VIEWED, {"submission": BATCH}, f"填报：{BATCH}"),
        (Action.PERSON_REVEALED, {"item": "mobile_phone", "reason": "call"}, "项目：联系电话（mobile_phone）；理由：打电话核实（call）"),
        (Action.RIGHTS_GRANTED, {"role": "county", "scopes": ["532323"]}, "角色：县级经办人（county）；区划：532323"),
        (Action.RIGHTS_GRANTED, {"role": "audit_admin", "scopes": []}, "角色：审计管理员（audit_admin）；区划：无"),
        (Action.EXPORTED, {"kind": "register", "division": "532323,532324"}, "种类：登记册（register）；区划：532323、532324"),
        (Action.DIVISION_CHANGED, {"kind": "merge", "on": "2026-01-01"}, "种类：并入（merge）；生效：2026-01-01"),
        (Action.MAINTENANCE, {"problem": ""}, "结果：完整，没有改动"),
        (Action.MAINTENANCE, {"problem": "cut"}, "结果：最后的记录被截掉（cut）"),
        (Action.MAINTENANCE, {"never_heard_of": [1, True, None, "x"]}, "never_heard_of：1、是、无、x"),
    ],
)  # fmt: skip
def test_a_detail_is_told_in_words_and_nothing_is_left_out(action: str, detail: dict[str, Any], words: str) -> None:
    assert told(action, detail) == words


def test_the_words_are_those_of_the_rooms_that_write_them() -> None:
    def words(action: Action, key: str) -> dict[str, str]:
        return {value: said for (one, name, value), said in inwords.VALUES.items() if (one, name) == (action, key)}

    assert words(Action.PERSON_REVEALED, "reason") == dict(REASONS)
    assert set(words(Action.EXPORTED, "kind")) == set(Kind)
    assert words(Action.DIVISION_CHANGED, "kind") == dict(ChangeKind.choices)
    assert set(Outcome) <= set(inwords.OUTCOMES)
    assert {told(Action.RIGHTS_GRANTED, {"role": role}) for role in Role} == {
        f"角色：{role.label}（{role}）" for role in Role
    }


@pytest.mark.django_db
def test_the_page_names_divisions_and_shows_no_braces(client: Any) -> None:
    people.load_divisions()
    audit.write(people.county_li(), Action.RIGHTS_GRANTED, "u", {"role": "township", "scopes": ["532323101"]})
    client.force_login(people.audit_admin())
    page = " ".join(client.get(reverse("protection:entries")).content.decode().split())
    assert "角色：乡镇审核员（township）；区划：共和镇（532323101）" in page
    assert "{&quot;" not in page
