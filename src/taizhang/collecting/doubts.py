"""What other departments' lists make doubtful about people, as SQL: a doubt lasts as long as the ledger contradicts the list.

Nothing is written when the ledger changes: whether the two still disagree is asked anew each time, by the rules of departments.yaml,
so a doubt is gone the moment a change is in the ledger, and back when that is undone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.departments import LIST_DAY, Departments, ListKind
from taizhang.collecting.actions import check_editor
from taizhang.collecting.models import Doubt, DoubtState
from taizhang.collecting.tasks import UNDECIDED, VERIFIED
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import queries as ledger
from taizhang.ledger.homes import home_of
from taizhang.protection import audit
from taizhang.protection.audit import Action

# A worker `w` with what the rules may read: the standing and the spell that are open now.
JOINS = (
    "LEFT JOIN ledger_standing s ON s.worker_id = w.id AND s.to_date IS NULL"
    " LEFT JOIN ledger_spell sp ON sp.worker_id = w.id AND sp.to_date IS NULL"
)
ALIASES = {"worker": "w", "standing": "s", "spell": "sp"}


def departments() -> Departments:
    """The kinds of lists."""
    found = catalogue.load().departments
    assert found is not None
    return found


def get_kind(name: str) -> ListKind:
    """Raises NotFound."""
    found = departments().kinds.get(name)
    if found is None:
        raise NotFound("list_kind")
    return found


def column(item: str) -> str:
    """An item of a worker `w` with JOINS; no row of 状态 means 正常."""
    if item == "pool_status":
        return "coalesce(s.pool_status, '10')"
    home = home_of()[item]
    return f"{ALIASES[home.name]}.{home.column(item)}"


def holds(kind: str = "d.kind", day: str = "d.since") -> tuple[str, dict[str, Any]]:
    """Whether the ledger contradicts a list of `kind` that stands for `day` (both SQL) about a worker `w` with JOINS; never
    null. Parameters by name."""
    known = departments()

    def column_of(item: str) -> str:
        return day if item == LIST_DAY else column(item)

    parts, params = [], dict[str, Any]()
    for one in known.lists:
        sql = one.contradicts.to_postgres({}, column=column_of)
        parts.append(f"WHEN '{one.id}' THEN {_named(sql.text, sql.params, one.id, params)}")  # ids are [a-z0-9_]
    still = known.still.to_postgres({}, column=column_of)
    cases = f"CASE {kind} {' '.join(parts)} ELSE false END"
    text = f"({_named(still.text, still.params, 'still', params)} AND {cases})"
    return f"(w.retired_by_id IS NULL AND coalesce({text}, false))", params


def _named(sql: str, values: Any, stem: str, params: dict[str, Any]) -> str:
    """`%s` placeholders as names, their values into `params`."""
    for number, value in enumerate(values):
        name = f"{stem}_{number}"
        sql = sql.replace("%s", f"%({name})s", 1)
        params[name] = value
    return f"({sql})"


def to_ask() -> tuple[str, dict[str, Any]]:
    """LATERAL join `x` of a worker `w` with JOINS: the newest doubt nobody has answered yet.

    Answered: somebody said so (`answer`), verified the person since the list came, or has handed in what waits for review.
    """
    condition, params = holds()
    sql = f"""
  LEFT JOIN LATERAL (
    SELECT d.worker_id, d.kind, d.since FROM collecting_doubt d
    WHERE d.worker_id = w.id AND d.state = '{DoubtState.OPEN.value}' AND d.answered_at IS NULL AND {condition}
      AND NOT EXISTS (
        SELECT 1 FROM ledger_verification v JOIN ledger_batch vb ON vb.id = v.batch_id
        WHERE v.worker_id = d.worker_id AND v.verify_state = '{VERIFIED}' AND vb.created_at > d.opened_at)
      AND NOT EXISTS (
        SELECT 1 FROM ledger_submission u WHERE u.worker_id = d.worker_id AND NOT u.entered
          AND u.state = ANY (%(doubt_undecided)s))
    ORDER BY d.since DESC, d.id DESC LIMIT 1) x ON true"""
    return sql, {**params, "doubt_undecided": [str(state) for state in UNDECIDED]}


@transaction.atomic
def answer(*, actor: User, worker_id: UUID, text: str) -> int:
    """Say what came of asking when the ledger is right: the person leaves 今日该找谁, and an office decides. Returns how many
    lists it answers.

    Raises NotFound out of scope; NotAllowed "read_only"; DomainError "no_answer", "number_in_reason", "nothing_to_answer".
    """
    check_editor(actor)
    worker, text = ledger.get_worker(actor, worker_id), text.strip()[:200]
    if not text:
        raise DomainError("no_answer", "请写问到的情况。例如：本人在家，接了电话，没有这回事。")
    if audit.holds_number(text):
        raise DomainError("number_in_reason", "说明里不要写身份证号和手机号。")
    mine = Doubt.objects.filter(worker=worker, state=DoubtState.OPEN, answered_at=None)
    n = mine.update(answer=text, answered_at=timezone.now(), answered_by=actor)
    if not n:
        raise DomainError("nothing_to_answer", "这个人已经没有要问的名单疑点。请刷新后再看。", status=409)
    audit.write(actor, Action.DOUBT_ANSWERED, str(worker_id), {"lists": n})
    return n
