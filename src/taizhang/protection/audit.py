"""The audit chain: one row per sensitive deed, in the same transaction as the deed.

The chain has one end, so writers queue for it until they commit: write the entry last in a long transaction. The end
is also kept in a small file in the data directory (the anchor), because a chain in a database cannot tell that its own
tail was cut off.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes, hmac
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from taizhang.protection import keys
from taizhang.protection.models import AuditEntry

LOCK = 0x7A68616E67  # one advisory lock for the one chain
_PERSONAL = re.compile(r"(?<![0-9A-Za-z-])(\d{17}[\dXx]|1\d{10})(?![0-9A-Za-z-])")


class Action(StrEnum):
    """Stored values never change."""

    SIGN_IN = "account.sign_in"
    SIGN_IN_FAILED = "account.sign_in_failed"
    SIGN_OUT = "account.sign_out"
    LOCKED_OUT = "account.locked_out"
    PASSWORD_CHANGED = "account.password_changed"
    PASSWORD_RESET = "account.password_reset"
    USER_CREATED = "account.created"
    RIGHTS_GRANTED = "account.rights_granted"
    USER_DISABLED = "account.disabled"
    USER_ENABLED = "account.enabled"
    USER_UNLOCKED = "account.unlocked"
    DIVISION_CHANGED = "division.changed"
    PHONE_ENROLLED = "phone.enrolled"
    PHONE_REVOKED = "phone.revoked"
    PHONE_DOWNLOAD = "phone.download"
    BATCH_OPENED = "batch.opened"
    BATCH_SUBMITTED = "batch.submitted"
    BATCH_APPLIED = "batch.applied"
    BATCH_UNDONE = "batch.undone"
    BATCH_DISCARDED = "batch.discarded"
    REVIEW_SUBMIT = "review.submit"
    REVIEW_APPROVE = "review.approve"
    REVIEW_RETURN = "review.return"
    REVIEW_WITHDRAW = "review.withdraw"
    REVIEW_SUPERSEDE = "review.supersede"
    PERIOD_CHECKED = "period.checked"
    PERIOD_REPORTED = "period.reported"
    PERIOD_SEALED = "period.sealed"
    PERIOD_RETURNED = "period.returned"
    PERIOD_REOPENED = "period.reopened"
    CERTIFIED = "table.certified"
    TABLE_TYPED = "table.typed"
    PERSON_VIEWED = "person.viewed"
    PERSON_REVEALED = "person.revealed"
    PERSON_CHANGED = "person.changed"
    PERSON_PRINTED = "person.printed"
    PEOPLE_LISTED = "people.listed"
    EXPORTED = "table.exported"
    FILE_DOWNLOADED = "file.downloaded"
    TARGET_SET = "target.set"
    TARGET_SPLIT = "target.split"
    BULLETIN_ISSUED = "bulletin.issued"
    POINT_CHANGED = "point.changed"
    POINT_HANDED_OVER = "point.handed_over"
    HELPER_CHANGED = "helper.changed"
    HELPED = "helper.assigned"
    HELPER_REVEALED = "helper.revealed"
    ROUND_OPENED = "round.opened"
    ROUND_CLOSED = "round.closed"
    PERSON_TRIED = "person.tried"
    MONTH_SUBMITTED = "month.submitted"
    MONTH_RETURNED = "month.returned"
    MONTH_APPROVED = "month.approved"
    MONTH_RECHECKED = "month.rechecked"
    PICTURE_KEPT = "picture.kept"
    PICTURE_ATTACHED = "picture.attached"
    PICTURE_DISCARDED = "picture.discarded"
    PICTURE_VIEWED = "picture.viewed"
    LIST_BROUGHT = "list.brought"
    LIST_MATCHED = "list.matched"
    LIST_WITHDRAWN = "list.withdrawn"
    DOUBT_ANSWERED = "doubt.answered"
    DOUBT_DECIDED = "doubt.decided"
    RULE_PROPOSED = "rule.proposed"
    RULE_APPROVED = "rule.approved"
    RULE_REFUSED = "rule.refused"
    RULE_WITHDRAWN = "rule.withdrawn"
    MAINTENANCE = "system.maintenance"


NAMES = {
    Action.SIGN_IN: "登录",
    Action.SIGN_IN_FAILED: "登录没有成功",
    Action.SIGN_OUT: "退出",
    Action.LOCKED_OUT: "账号锁定",
    Action.PASSWORD_CHANGED: "本人修改密码",
    Action.PASSWORD_RESET: "重设初始密码",
    Action.USER_CREATED: "建账号",
    Action.RIGHTS_GRANTED: "授予角色和区划",
    Action.USER_DISABLED: "停用账号",
    Action.USER_ENABLED: "启用账号",
    Action.USER_UNLOCKED: "解锁账号",
    Action.DIVISION_CHANGED: "区划变更",
    Action.PHONE_ENROLLED: "登记手机",
    Action.PHONE_REVOKED: "停用手机",
    Action.PHONE_DOWNLOAD: "手机下载名单",
    Action.BATCH_OPENED: "新建批次",
    Action.BATCH_SUBMITTED: "提交批次",
    Action.BATCH_APPLIED: "入账",
    Action.BATCH_UNDONE: "撤销批次",
    Action.BATCH_DISCARDED: "作废批次",
    Action.REVIEW_SUBMIT: "提交审核",
    Action.REVIEW_APPROVE: "审核通过",
    Action.REVIEW_RETURN: "退回",
    Action.REVIEW_WITHDRAW: "撤回",
    Action.REVIEW_SUPERSEDE: "被新记录代替",
    Action.PERIOD_CHECKED: "校核本期数字",
    Action.PERIOD_REPORTED: "上报本期数字",
    Action.PERIOD_SEALED: "封账",
    Action.PERIOD_RETURNED: "退回本期数字",
    Action.PERIOD_REOPENED: "重开已封账的一期",
    Action.CERTIFIED: "出具表库相符证明",
    Action.TABLE_TYPED: "填写手工栏",
    Action.PERSON_VIEWED: "查看一人一档",
    Action.PERSON_REVEALED: "查看完整号码",
    Action.PERSON_CHANGED: "修改一人一档",
    Action.PERSON_PRINTED: "打印一人一表",
    Action.PEOPLE_LISTED: "查看名单",
    Action.EXPORTED: "导出报表",
    Action.FILE_DOWNLOADED: "下载文件",
    Action.TARGET_SET: "设定任务数",
    Action.TARGET_SPLIT: "分解任务数",
    Action.BULLETIN_ISSUED: "印发通报",
    Action.POINT_CHANGED: "改采集点",
    Action.POINT_HANDED_OVER: "移交采集工作",
    Action.HELPER_CHANGED: "登记联系人",
    Action.HELPED: "指定一对一联系人",
    Action.HELPER_REVEALED: "查看联系人完整电话",
    Action.ROUND_OPENED: "开始一轮核实",
    Action.ROUND_CLOSED: "结束一轮核实",
    Action.PERSON_TRIED: "记联系情况",
    Action.MONTH_SUBMITTED: "报送月末数据",
    Action.MONTH_RETURNED: "退回月末数据",
    Action.MONTH_APPROVED: "审核通过月末数据",
    Action.MONTH_RECHECKED: "复核通过月末数据",
    Action.PICTURE_KEPT: "收进扫描件",
    Action.PICTURE_ATTACHED: "扫描件归到人",
    Action.PICTURE_DISCARDED: "扫描件不要或找回",
    Action.PICTURE_VIEWED: "查看扫描件",
    Action.LIST_BROUGHT: "上传部门名单",
    Action.LIST_MATCHED: "比对部门名单",
    Action.LIST_WITHDRAWN: "撤回部门名单",
    Action.DOUBT_ANSWERED: "回答名单疑点",
    Action.DOUBT_DECIDED: "核定名单疑点",
    Action.RULE_PROPOSED: "提出修改口径",
    Action.RULE_APPROVED: "批准口径",
    Action.RULE_REFUSED: "不批准口径",
    Action.RULE_WITHDRAWN: "撤回口径",
    Action.MAINTENANCE: "系统维护",
}


@dataclass(frozen=True)
class Problem:
    """The first row at which the chain is wrong."""

    seq: int
    code: str  # changed | missing | cut | replaced
    message: str


def holds_number(text: str) -> bool:
    """Whether an identity or mobile number stands in a text, which then may not go into an entry."""
    return bool(_PERSONAL.search(text))


@transaction.atomic
def write(actor: Any, action: Action, subject: str = "", detail: dict[str, Any] | None = None) -> AuditEntry:
    """Append one entry; rolls back with the deed, and the deed with it.

    Args:
        actor: a user, or None for somebody who has not signed in.
        subject: opaque id or division code of the thing.
        detail: ids, counts, reason codes. ValueError when an identity or phone number stands in it.
    """
    entry = AuditEntry(
        at=dt.datetime.now(dt.UTC),
        actor=actor.pk if actor is not None else None,
        action=str(action),
        subject=str(subject),
        detail=json.loads(json.dumps(detail or {}, cls=DjangoJSONEncoder)),
    )
    if _PERSONAL.search(f"{entry.subject} {json.dumps(entry.detail)}"):
        raise ValueError("personal data does not go into the audit chain")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SELECT seq, hash FROM protection_auditentry ORDER BY seq DESC LIMIT 1")
        last, before = cursor.fetchone() or (0, b"")
    if last == 0:
        keys.mark_database()
    entry.seq = last + 1
    entry.hash = _chained(entry, bytes(before))
    entry.save(force_insert=True)
    transaction.on_commit(lambda: _anchor(entry.seq, bytes(entry.hash)))
    return entry


def _chained(entry: AuditEntry, before: bytes) -> bytes:
    """HMAC-SM3 over a canonical text: what PostgreSQL prints depends on its settings, this does not."""
    actor = UUID(str(entry.actor)).hex if entry.actor else ""
    at = entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    row = [entry.seq, at, actor, entry.action, entry.subject, entry.detail]
    text = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    mac = hmac.HMAC(keys.ring().audit, hashes.SM3())
    mac.update(before + text.encode())
    return mac.finalize()


def anchor_file() -> Path:
    return Path(settings.DATA_DIR) / "audit-anchor.json"


def _anchor(seq: int, digest: bytes) -> None:
    """Remember the end of the chain outside the database; several processes may do so at once."""
    path = anchor_file()
    with open(path.with_suffix(".lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read_anchor()
        if known is None or known[0] < seq:
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({"seq": seq, "hash": digest.hex()}))
            os.replace(fresh, path)


def read_anchor() -> tuple[int, bytes] | None:
    """(seq, hash) of the last entry this machine wrote; None before the first or when the file is unreadable."""
    try:
        content = json.loads(anchor_file().read_text())
        return int(content["seq"]), bytes.fromhex(content["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def verify_chain() -> Problem | None:
    """Walk the whole chain; the first wrong row, or None. Also compares the end with the anchor."""
    before, last = b"", 0
    anchor = read_anchor()
    for entry in _entries():
        if entry.seq != last + 1:
            return Problem(last + 1, "missing", f"第 {last + 1} 条不见了（后面是第 {entry.seq} 条）。")
        if _chained(entry, before) != bytes(entry.hash):
            return Problem(entry.seq, "changed", f"第 {entry.seq} 条被改动、替换或插入过。")
        before, last = bytes(entry.hash), entry.seq
        if anchor and anchor[0] == last and anchor[1] != before:
            return Problem(last, "replaced", f"第 {last} 条与数据目录中的锚点不一致，记录被整段换过。")
    if anchor and anchor[0] > last:
        return Problem(last + 1, "cut", f"最后的记录被截掉：应有 {anchor[0]} 条，只有 {last} 条。")
    return None


def _entries() -> Iterator[AuditEntry]:
    return AuditEntry.objects.order_by("seq").iterator(chunk_size=5000)
