"""What a phone is sent: exactly what it does not hold yet of the people of its villages, however it came to differ.

The server keeps per phone and person the digest of what the phone has acknowledged. So a person who moved away, a village taken from the
collector, an answer lost on the way and a paper that was returned are all the same thing: a digest that differs.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.catalogue import Form
from taizhang.collecting import queries as collecting
from taizhang.collecting.tasks import UNDECIDED, Relation, inside
from taizhang.engine.errors import NotFound
from taizhang.engine.planning import planned_for
from taizhang.ledger import person as people
from taizhang.ledger import submitted, webedit
from taizhang.ledger.homes import SEALED, as_json, home_of
from taizhang.ledger.models import Submission
from taizhang.ledger.person import Person
from taizhang.ledger.states import GONE
from taizhang.phone import merging
from taizhang.phone.models import Device, Holding
from taizhang.protection import audit, keys, masking
from taizhang.review import queries, record

MOST = 500  # people in one download
FEW = 1  # planned as for few rows: some thousand people, each looked up by index, in a county of any size
ARGUMENTS = 45  # items per jsonb_build_object: PostgreSQL takes 100 arguments
NO_TASKS = Relation("SELECT NULL::uuid AS worker_id, NULL::text AS state WHERE false", {})  # between two rounds


@dataclass(frozen=True)
class Download:
    """`pull`: its number, to be sent back once stored; `people` and `removed` as the phone keeps them; `more`: ask again."""

    pull: int
    people: list[dict[str, Any]]
    removed: list[str]
    more: bool


@transaction.atomic
def pull(device: Device, ack: int, limit: int = MOST) -> Download:
    """The next people the phone lacks. `ack`: number of the last download it has safely stored, 0 when it holds nothing."""
    device = Device.objects.select_for_update(of=("self",)).select_related("user").get(pk=device.pk)
    _acknowledge(device, ack)
    _, form = webedit.form_of(device.user)
    limit = max(1, min(limit, MOST))
    device.pull += 1
    device.save(update_fields=["pull"])
    everybody, params = _people(device.user, form)
    with planned_for(FEW), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS phone_sending")
        cursor.execute(
            f"""
            CREATE TEMP TABLE phone_sending ON COMMIT DROP AS
            WITH mine AS MATERIALIZED ({everybody}),
            stamped AS (SELECT worker_id, division, body, id_sealed, id_token, phone_sealed, md5(concat(body, id_token, phone_token)) AS stamp FROM mine)
            SELECT coalesce(m.worker_id, h.worker_id) AS worker_id, m.body, m.id_sealed, m.id_token, m.phone_sealed, coalesce(m.stamp, '') AS stamp
            FROM stamped m FULL JOIN (SELECT worker_id, stamp FROM phone_holding WHERE device_id = %(device)s) h USING (worker_id)
            WHERE coalesce(m.stamp, '') IS DISTINCT FROM h.stamp
            ORDER BY m.division NULLS FIRST, worker_id LIMIT %(limit)s
            """,
            {**params, "device": device.pk, "limit": limit + 1, "user": device.user_id},
        )
        cursor.execute("SELECT worker_id, body, id_sealed, id_token, phone_sealed FROM phone_sending LIMIT %s", [limit])
        lines = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM phone_sending")
        more = cursor.fetchone()[0] > limit
        cursor.execute(
            """
            INSERT INTO phone_holding (device_id, worker_id, stamp, sent, pull)
            SELECT %(device)s, worker_id, '', stamp, %(pull)s FROM (SELECT * FROM phone_sending LIMIT %(limit)s) s
            ON CONFLICT (device_id, worker_id) DO UPDATE SET sent = EXCLUDED.sent, pull = EXCLUDED.pull
            """,
            {"device": device.pk, "pull": device.pull, "limit": limit},
        )
    people = [line for line in lines if line[1]]
    if people:  # last: writers queue for the end of the chain
        audit.write(
            device.user, audit.Action.PHONE_DOWNLOAD, str(device.pk), {"people": len(people), "pull": device.pull}
        )
    return Download(
        device.pull,
        _with_numbers(people),
        [str(line[0]) for line in lines if not line[1]],
        more,
    )


def _acknowledge(device: Device, ack: int) -> None:
    """What the phone has stored it holds; after losing its store it holds nothing."""
    held = Holding.objects.filter(device=device)
    if ack == 0:
        held.delete()
        return
    arrived = held.filter(pull=ack)
    arrived.filter(sent="").delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE phone_holding SET stamp = sent WHERE device_id = %s AND pull = %s", [device.pk, ack])


# What the collector's undecided papers about somebody change, the newest last: the phone shows it over what the ledger says, so that the next
# edit begins from it. Numbers stay out: they are sent masked.
OWN = f"""
LEFT JOIN LATERAL (
  SELECT jsonb_object_agg(c.key, c.value -> 1 ORDER BY b.created_at) FILTER (WHERE c.key IS NOT NULL) AS said, true AS waits
  FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id
  LEFT JOIN LATERAL jsonb_each(s.changes) c ON c.key NOT IN ({", ".join(f"'{item}'" for item in SEALED)})
  WHERE s.worker_id = f.worker_id AND NOT s.entered AND b.submitted_by_id = %(user)s AND s.state = ANY (%(undecided)s)
  HAVING count(*) > 0) own ON true
LEFT JOIN LATERAL (
  SELECT jsonb_build_object('remarks', coalesce(s.remarks, '{{}}'), 'at', s.decided_at) AS said
  FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id
  WHERE s.worker_id = f.worker_id AND NOT s.entered AND b.submitted_by_id = %(user)s AND s.state = 'returned'
  ORDER BY s.decided_at DESC LIMIT 1) returned ON true
"""


def _people(user: User, form: Form) -> tuple[str, dict[str, Any]]:
    """SQL of everybody in the user's villages who has not left for good, as the phone keeps them, and its parameters."""
    pairs = [
        f"'{item}', {as_json(f'f.{item}', home_of()[item].items[item])}" for item in form.items if item in home_of()
    ]
    chunks = [pairs[at : at + ARGUMENTS] for at in range(0, len(pairs), ARGUMENTS)]
    answers = " || ".join(f"jsonb_build_object({', '.join(chunk)})" for chunk in chunks)
    current = next(iter(collecting.open_rounds(user)), None)
    tasks = collecting.tasks(user, current, user.scopes) if current else NO_TASKS
    # Row-level security says the same, but as ranges the villages are found by index: else every download reads the county.
    villages, places = inside(user.scopes, "f.division")
    sql = f"""
    SELECT f.worker_id, f.division, w.id_sealed, w.id_token, w.phone_sealed, w.phone_token, jsonb_build_object(
      'id', f.worker_id, 'version', f.version, 'division', f.division, 'initials', f.name_initials,
      'name', f.full_name, 'sex', f.sex, 'birth', f.birth_date, 'household', jsonb_build_array(f.household_no, f.household_head_name),
      'answers', jsonb_strip_nulls({answers} || coalesce(own.said, '{{}}')),
      'state', CASE task.state WHEN 'verified' THEN 'done' WHEN 'waiting' THEN 'done' WHEN 'unreached' THEN 'unreached'
        WHEN 'open' THEN 'open' ELSE {"'out'" if current else "'open'"} END,
      'last', jsonb_build_object('at', f.survey_date, 'method', f.collect_method),
      'waiting', coalesce(own.waits, false), 'returned', returned.said) AS body
    FROM worker_flat f JOIN ledger_worker w ON w.id = f.worker_id LEFT JOIN ({tasks.sql}) task ON task.worker_id = f.worker_id {OWN}
    WHERE f.pool_status < '{GONE}' AND ({villages})
    """
    return sql, {**tasks.params, **places, "undecided": [str(state) for state in UNDECIDED]}


def _with_numbers(lines: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """People with their masked numbers, and the phone in clear for calling: it lies sealed in the phone's own store."""
    found = []
    contexts = [bytes(line[3] or b"") for line in lines]
    numbers = keys.unseal_many("id_number", [_bytes(line[2]) for line in lines], contexts)
    phones = keys.unseal_many("mobile_phone", [_bytes(line[4]) for line in lines], contexts)
    for line, number, phone in zip(lines, numbers, phones, strict=True):
        person = json.loads(line[1]) if isinstance(line[1], str) else line[1]
        person["sealed"] = {item: text for item, text in (
            ("id_number", masking.mask_id(number) if number else ""), ("mobile_phone", masking.mask_phone(phone) if phone else "")) if text}  # fmt: skip
        person["call"] = phone
        found.append(person)
    return found


def _bytes(value: Any) -> bytes | None:
    return bytes(value) if value is not None else None


def returned(device: Device) -> list[dict[str, Any]]:
    """Papers of the collector that came back and wait to be mended: those about nobody the ledger knows are nowhere else on the phone.

    Of others only what they change: what a form merely repeated would take back what has been said since.
    """
    papers = list(queries.returned_to(device.user).select_related("paper")[:200])
    said = submitted.values_of([paper.pk for paper in papers])
    return [
        {
            "submission": str(paper.pk), "version": paper.version, "worker": str(paper.worker_id) if paper.worker_id else None, "name": paper.full_name or "",
            "answers": merging.own(paper, _known(device.user, paper), said.get(paper.pk, {})), "sealed": _masked(paper), "remarks": paper.remarks or {}, "at": paper.decided_at.isoformat() if paper.decided_at else None,
        }
        for paper in papers
    ]  # fmt: skip


def _known(actor: User, paper: Submission) -> Person | None:
    """Whom a paper is about, as the ledger knows them; None for a newcomer, and for somebody who is elsewhere by now."""
    with suppress(NotFound):
        return people.get(actor, paper.worker_id) if paper.worker_id else None
    return None


def _masked(paper: Submission) -> dict[str, str]:
    """The numbers a paper brought, as they may be shown: the phone need not ask for them again (`Record.paper`)."""
    return {item: record.MASKS[item](new) for item, (_, new) in record.numbers_of(paper).items() if new}


def happened(device_at: dt.datetime, skew: dt.timedelta) -> dt.datetime:
    """A moment of the phone's clock by ours; never in the future."""
    return min(device_at - skew, timezone.now())


assert set(SEALED) == {"id_number", "mobile_phone"}
