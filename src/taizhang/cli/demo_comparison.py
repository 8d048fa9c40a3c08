"""Two lists other departments gave the demo's county: who has died, by the police, and whom employers insure."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.comparison import actions
from taizhang.ledger import queries as ledger
from taizhang.protection import keys

Person = tuple[str, str]  # name, identity number
STRANGER = "992323195001010011"  # of nobody in the ledger


def set_up(cast: dict[str, User], day: dt.date) -> None:
    """Of each list some people of the collector's villages, one under another name, some strangers and a damaged number."""
    officer, collector = cast["county"], cast["collector"]
    with acting_as(officer):
        old = _people(collector, "w.birth_date < %(day)s - 21900", day)[:6]
        idle = _people(
            collector, "sp.main_income_source = '5' OR sp.employment_status LIKE '4%%' OR NOT sp.is_working", day
        )[:5]
        died = [f"{number},{name},{day - dt.timedelta(days=20 + n)}" for n, (name, number) in enumerate(old)]
        if died:
            died[-1] = died[-1].replace(old[-1][0], f"{old[-1][0]}（曾用名）")
        died += [f"{STRANGER},演示外县人,{day}", "9.92323E+17,演示号码坏了的人,"]
        _bring(officer, "death", "公安死亡人员.csv", day, "身份证号码,姓名,死亡日期", died)
        insured = [f"{number},{name},演示电子有限公司,{day:%Y-%m}" for name, number in idle]
        if insured:
            _bring(officer, "insured", "社保单位参保.csv", day, "身份证号码,姓名,单位名称,参保起始年月", insured)


def _people(collector: User, condition: str, day: dt.date) -> list[Person]:
    rows = ledger.fetch(
        f"""SELECT w.full_name, w.id_sealed, w.id_token FROM ledger_worker w
            LEFT JOIN ledger_spell sp ON sp.worker_id = w.id AND sp.to_date IS NULL
            LEFT JOIN ledger_standing s ON s.worker_id = w.id AND s.to_date IS NULL
            WHERE w.division = ANY (%(villages)s) AND w.retired_by_id IS NULL AND s.id IS NULL AND ({condition})
            ORDER BY w.id LIMIT 20""",
        {"villages": collector.scopes, "day": day},
    )
    tokens = [bytes(row["id_token"]) for row in rows]
    numbers = keys.unseal_many("id_number", [bytes(row["id_sealed"]) for row in rows], tokens)
    return [(row["full_name"], number) for row, number in zip(rows, numbers, strict=True) if number]


def _bring(officer: User, kind: str, name: str, day: dt.date, head: str, rows: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        found = actions.bring(actor=officer, kind=kind, path=path, name=name, day=day)
        actions.match_list(found.pk, lambda *_: None)
