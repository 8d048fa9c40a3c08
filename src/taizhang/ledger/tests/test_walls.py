import threading

import pyarrow as pa
import pytest
from django.db import connection, transaction

from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.tests.people import county_li, system_admin, township_mo, township_wei
from taizhang.engine.errors import NotFound
from taizhang.ledger import actions, flat, verify
from taizhang.ledger.homes import MODELS, home_of, homes
from taizhang.ledger.models import Batch, Worker
from taizhang.ledger.queries import find, spells, timeline, workers
from taizhang.ledger.queries import flat as flat_row
from taizhang.ledger.tests.people import AUGUST, JUNTUN, TIANTAI, enter, hand_in, number, person

EVENTS = [f"{home.table}event" for home in homes().values()]
PEOPLE = [
    *(home.table for home in homes().values()), *EVENTS, "ledger_batch", "ledger_submission", "ledger_paper", "ledger_decision",
    "ledger_change", "ledger_household", "ledger_membership", "ledger_movement",
]  # fmt: skip


def rows(sql, params=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def test_every_table_with_a_division_is_behind_the_wall(db):
    found = rows(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'division'"
        " WHERE c.relkind = 'r' AND c.relname LIKE 'ledger\\_%%' AND NOT c.relrowsecurity"
    )
    assert found == []
    named = {row[0] for row in rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'ledger\\_%%'")}
    assert set(PEOPLE) <= named


def test_without_an_acting_user_raw_sql_sees_nobody(db):
    li = county_li()
    everything = {"household_no": "H1", "pool_status": "21", "is_working": True, "wants_job": True,
                  "annual_work_income": 1,
                  "is_returned": True,
                  "survey_date": AUGUST, "service_type": ["1"]}  # fmt: skip
    with acting_as(li):
        enter(li, person(**everything))
        changed = {"full_name": "罗小兰", "pool_status": "22", "is_working": False, "wants_job": False,
                   "annual_work_income": 2, "is_returned": False, "survey_date": AUGUST, "verify_state": "1",
                   "service_type": ["2"]}  # fmt: skip
        enter(li, person(**changed))  # what was is history now
        filled = [table for table in PEOPLE if rows(f"SELECT count(*) FROM {table}") != [(0,)]]
        assert set(PEOPLE) - set(filled) == {"ledger_decision"}
    for relation in (*PEOPLE, "worker_flat", "worker_flat_at(current_date)"):
        assert rows(f"SELECT count(*) FROM {relation}") == [(0,)], relation
        with acting_for(["433126"]):
            assert rows(f"SELECT count(*) FROM {relation}") == [(0,)], relation


def test_history_and_movements_cannot_be_altered_by_the_application(db):
    for table in (*EVENTS, "ledger_decision", "ledger_change", "ledger_movement"):
        for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
            assert rows("SELECT has_table_privilege('taizhang_app', %s, %s)", [table, privilege]) == [(False,)], table
    assert rows("SELECT has_column_privilege('taizhang_app', 'ledger_change', 'changes', 'UPDATE')") == [(False,)]


def test_catalogue_models_and_view_hold_the_same_items(db):
    from taizhang.catalogue import load

    kept = {item.id: item.table for item in load().items.values() if item.table and not item.sealed}
    assert {item: home.name for item, home in home_of().items()} == kept
    view = [
        row[0]
        for row in rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'worker_flat'::regclass AND attnum > 0 ORDER BY attnum"
        )
    ]
    assert view == flat.columns()
    types = {item: home.items[item] for item, home in home_of().items()}
    arrow = {
        "text": pa.string(),
        "boolean": pa.bool_(),
        "bigint": pa.int64(),
        "date": pa.date32(),
        "text[]": pa.list_(pa.string()),
        "date[]": pa.list_(pa.date32()),
    }
    for item, kind in types.items():
        expected = load().items[item].arrow_type
        assert arrow.get(kind) == expected or kind == f"numeric({expected.precision}, {expected.scale})", item
    assert set(MODELS) == {home.name for home in homes().values()}


def test_people_are_found_by_name_initials_number_last_four_and_phone(db):
    li = county_li()
    with acting_as(li):
        enter(
            li,
            person(1, full_name="曾小林", mobile_phone="15400000001"),
            person(2, full_name="曾大林"),
            person(3, full_name="单于飞"),
        )
        one = Worker.objects.get(full_name="曾小林").pk
        texts = (
            "曾",
            "曾小",
            "ZX",
            "zxl",
            "CYF",
            number(sequence=1),
            number(sequence=1)[-4:],
            "154 0000 0001",
            "林",
            "",
        )
        assert [len(find(li, text)) for text in texts] == [2, 1, 1, 1, 1, 1, 1, 1, 0, 0]
        assert find(li, number(sequence=1)) == [one]
        assert [change["kind"] for change in timeline(li, one)] == ["new"]
    with acting_as(township_mo()) as _:
        mo = township_mo()
        assert find(mo, number(sequence=1)) == []
        for read in (flat_row, timeline, spells):
            with pytest.raises(NotFound):
                read(mo, one)
    assert workers(system_admin()).count() == 0


def test_the_second_wall_is_not_needed_for_the_first(db):
    wei = township_wei()
    with acting_for(["532323"]):
        enter(county_li(), person(1), person(2, hukou_region="532323102201"))
        assert workers(wei).count() == 1


def test_two_batches_about_the_same_people_go_one_after_the_other(own_database):
    li = county_li()
    with acting_as(li):
        first = hand_in(li, person(1, education="70"), person(2, education="70"))
        second = hand_in(li, person(2, education="60"), person(1, education="60"), person(3, hukou_region=JUNTUN))
    counts, barrier = {}, threading.Barrier(2)

    def work(name, batch):
        try:
            with acting_as(li):
                barrier.wait()
                counts[name] = actions.apply(actor=li, batch=Batch.objects.get(pk=batch.pk)).counts
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=(name, batch)) for name, batch in (("first", first), ("second", second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts in (
        {"first": {"new": 2}, "second": {"update": 2, "new": 1}},
        {"first": {"update": 2}, "second": {"new": 3}},
    )
    with acting_as(li):
        assert Worker.objects.count() == 3
        assert verify.check_all() == []


def test_a_failure_in_the_middle_leaves_nothing(db, monkeypatch):
    li = county_li()
    with acting_as(li):
        batch = hand_in(li, person(hukou_region=TIANTAI))
        monkeypatch.setattr("taizhang.ledger.door.note", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            actions.apply(actor=li, batch=batch)
        assert Worker.objects.count() == 0
        assert Batch.objects.get(pk=batch.pk).state == "open"
