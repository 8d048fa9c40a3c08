"""Sealing a county's period, and asking any day two ways. Everything is committed: seals are about moments."""

import datetime as dt
import json
import stat
import threading

import pyarrow.parquet as pq
import pytest
from django.db import OperationalError, connection, transaction

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import city_chuxiong, county_zhao, township_wei
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.ledger.tests.people import enter
from taizhang.protection import signing
from taizhang.protection.models import AuditEntry
from taizhang.review import periods
from taizhang.review.periodstates import Stage, Verb
from taizhang.rules import parse
from taizhang.statistics import indicators, knowing, sealing, seals, snapshots, tables
from taizhang.statistics.models import Seal
from taizhang.statistics.tests import closing, population
from taizhang.statistics.tests.closing import AUGUST, CUT_OFF, MOUDING, worker
from taizhang.statistics.tests.population import COUNTY, GONGHE, XINQIAO

ITEMS = ("pool", "transferred", "transferred_out_of_province")


@pytest.fixture
def li(own_database):
    population.load_tree()
    return closing.population()


def numbers(known, engine="snapshot", division=COUNTY):
    result = tables.compute(MOUDING, "C3", division, CUT_OFF, known=known, engine=engine)
    return tuple(result.cells[division][name] for name in ITEMS)


def test_a_seal_holds_what_was_known_and_what_comes_later_is_the_next_period(li):
    seal = closing.sealed(li)
    assert (seal.version, seal.number, seal.people, seal.cut_off) == (1, 1, 4, CUT_OFF)
    with acting_as(li):
        assert numbers("then") == numbers("now") == (4, 3, 3)  # 4 people, 3 of them in Zhejiang
        # found out in September: 11 came home on 1 August, 13 has been in the county seat since July, and 15 was missed
        enter(
            li,
            worker(
                11, employer_name="本村", start_date=dt.date(2017, 8, 1), work_region="532323", main_income_source="3"
            ),
            worker(13, employer_name="县城饭馆", start_date=dt.date(2017, 7, 1), work_region="532323"),
            worker(15),
            on=dt.date(2017, 9, 5),
        )
        assert numbers("then") == (4, 3, 3)
        assert numbers("then", "ledger") == (4, 3, 3)  # the history replayed in PostgreSQL
        assert numbers("now") == numbers("now", "ledger") == (5, 4, 3)
        assert numbers("then", division=GONGHE) == numbers("then", "ledger", GONGHE) == (3, 2, 2)


def test_without_a_seal_then_is_what_was_recorded_by_the_end_of_the_day(li):
    """Everything was recorded in our own time: of 2017 nothing was known in 2017."""
    with acting_as(li):
        assert numbers("now") == (4, 3, 3)
        assert numbers("then") == numbers("then", "ledger") == (0, 0, 0)
        today = tables.compute(MOUDING, "C3", COUNTY, dt.date.today(), known="then")
        assert today.cells[COUNTY]["pool"] == 4


def test_the_sealed_rows_name_nobody_and_cannot_be_written(li):
    seal = closing.sealed(li)
    folder = seals.folder(seal)
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json", "movement.parquet", "tables.json", "worker.parquet",
    ]  # fmt: skip
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
        assert "罗小梅".encode() not in path.read_bytes()
    rows = pq.read_table(folder / "worker.parquet")
    assert rows.num_rows == 4
    assert "full_name" not in rows.column_names
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["previous"] == ""
    assert manifest["files"]["worker.parquet"]["rows"] == 4
    assert manifest["files"]["worker.parquet"]["sm3"] == signing.sm3_file(folder / "worker.parquet").hex()
    assert seals.tables(seal)["C3"][COUNTY]["pool"] == "4"


def test_towns_seal_first(li):
    with acting_as(li):
        for verb in (Verb.CHECK, Verb.REPORT):
            periods.move(actor=li, verb=verb, programme=MOUDING, period=AUGUST, division=GONGHE, reason="代报")
        periods.move(actor=li, verb=Verb.CHECK, programme=MOUDING, period=AUGUST, division=COUNTY)
        with pytest.raises(DomainError) as refusal:
            periods.move(actor=li, verb=Verb.REPORT, programme=MOUDING, period=AUGUST, division=COUNTY)
        assert (refusal.value.code, "新桥镇" in refusal.value.message) == ("towns_missing", True)
        with pytest.raises(DomainError):
            sealing.seal(actor=li, programme=MOUDING, period=AUGUST, county=COUNTY)
    assert Seal.objects.count() == 0


def test_the_countys_seal_locks_its_towns(li):
    closing.sealed(li)
    with acting_as(li):
        found = periods.stages(MOUDING, AUGUST, [COUNTY, GONGHE, XINQIAO])
    assert set(found.values()) == {Stage.SEALED}
    wei = township_wei()
    with acting_as(wei), pytest.raises(NotAllowed):
        periods.move(actor=wei, verb=Verb.CHECK, programme=MOUDING, period=AUGUST, division=GONGHE)


def test_sealing_twice_gives_the_same_seal(li):
    seal = closing.sealed(li)
    with acting_as(li):
        assert sealing.seal(actor=li, programme=MOUDING, period=AUGUST, county=COUNTY) == seal
        assert Seal.objects.count() == 1


def test_only_the_level_above_opens_a_seal_again_and_the_old_version_stays(li):
    first = closing.sealed(li)
    zhao, city = county_zhao(), city_chuxiong()
    ask = {"verb": Verb.REOPEN, "programme": MOUDING, "period": AUGUST, "division": COUNTY}
    with acting_as(zhao), pytest.raises(NotAllowed, match="wrong_role"):
        periods.move(actor=zhao, **ask, reason="漏了一个村")
    with acting_as(city):
        with pytest.raises(DomainError, match="no_reason"):
            periods.move(actor=city, **ask)
        with pytest.raises(DomainError, match="number_in_reason"):
            periods.move(actor=city, **ask, reason="漏了992323198503120125")
        periods.move(actor=city, **ask, reason="漏了一个村")
    reopened = AuditEntry.objects.get(action="period.reopened")
    assert reopened.detail["reason"] == "漏了一个村"
    with acting_as(li):
        enter(li, worker(15))
        for verb in (Verb.CHECK, Verb.REPORT):
            periods.move(actor=li, verb=verb, programme=MOUDING, period=AUGUST, division=COUNTY)
        second = sealing.seal(actor=li, programme=MOUDING, period=AUGUST, county=COUNTY)
        assert (second.version, second.number) == (2, 2)
        assert seals.contents(second)["previous"] == bytes(first.digest).hex()
        assert numbers("then") == (5, 4, 4)
        assert seals.tables(first)["C3"][COUNTY]["pool"] == "4"
        assert seals.faults(list(seals.visible(MOUDING, COUNTY))) == []


@pytest.mark.parametrize("name", ["worker.parquet", "tables.json", "manifest.json"])
def test_a_changed_file_is_a_loud_error(li, name):
    seal = closing.sealed(li)
    path = seals.folder(seal) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    with acting_as(li):
        with pytest.raises(DomainError, match="seal_broken"):
            numbers("then")
        assert numbers("now") == (4, 3, 3)
        assert [fault.code for fault in seals.faults([seal])] == ["manifest" if name == "manifest.json" else "file"]


def test_a_missing_seal_breaks_the_chain(li):
    first = closing.sealed(li)
    second = closing.sealed(li, "2017-09")
    with acting_as(li):
        assert seals.faults([first, second]) == []
        assert [fault.code for fault in seals.faults([second])] == ["chain"]
        with pytest.raises(Exception, match="permission denied"):
            Seal.objects.filter(pk=first.pk).delete()


def test_a_seal_signed_with_another_key_is_told(li):
    seal = closing.sealed(li)
    seal.mac, seal.signature = b"x" * 32, b"y" * 64
    assert {fault.code for fault in seals.faults([seal])} == {"signature"}


def test_who_began_before_the_seal_may_not_write_behind_it(li):
    """Its recording times would lie before the moment of the seal that never saw it."""
    begun, go, outcome = threading.Event(), threading.Event(), []

    def late_writer():
        try:
            with acting_as(li), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT now()")
                begun.set()
                go.wait(30)
                enter(li, worker(16))
            outcome.append("written")
        except OperationalError as error:
            outcome.append(error.__cause__.sqlstate)
        finally:
            connection.close()

    thread = threading.Thread(target=late_writer)
    with acting_as(li):
        closing.hand_up(li)
        thread.start()
        assert begun.wait(30)
        sealing.seal(actor=li, programme=MOUDING, period=AUGUST, county=COUNTY)
        go.set()
        thread.join(30)
        assert outcome == ["40001"]
        assert numbers("now") == (4, 3, 3)
        enter(li, worker(16))  # begun afterwards, it may
        assert (numbers("then"), numbers("now")) == ((4, 3, 3), (5, 4, 4))


def test_a_seal_waits_for_whoever_is_just_writing(li, monkeypatch):
    monkeypatch.setattr(sealing, "PATIENCE", 0.3)
    written, go = threading.Event(), threading.Event()

    def writer():
        with acting_as(li), transaction.atomic():
            enter(li, worker(16))
            written.set()
            go.wait(30)
        connection.close()

    thread = threading.Thread(target=writer)
    with acting_as(li):
        closing.hand_up(li)
        thread.start()
        assert written.wait(30)
        with pytest.raises(DomainError, match="busy"):
            sealing.seal(actor=li, programme=MOUDING, period=AUGUST, county=COUNTY)
        go.set()
        thread.join(30)
        seal = sealing.seal(actor=li, programme=MOUDING, period=AUGUST, county=COUNTY)
        assert seal.people == 5
        assert not [path for path in seals.folder(seal).parent.iterdir() if path.name.startswith(".")]


def test_the_future_cannot_be_sealed(li, monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date(2017, 8, 19))
    with acting_as(li), pytest.raises(DomainError, match="too_early"):
        closing.hand_up(li)


def test_a_town_reads_its_part_of_the_countys_seal_and_no_more(li):
    closing.sealed(li)
    wei = township_wei()
    with acting_as(wei):
        assert numbers("then", division=GONGHE) == (3, 2, 2)
        assert [basis.seal.version for basis in knowing.bases(MOUDING, GONGHE, CUT_OFF, "then")] == [1]
    with acting_as(city_chuxiong()):
        assert numbers("then", division="5323") == (4, 3, 3)


def test_a_rule_that_reads_what_was_not_sealed_is_refused_and_the_others_still_count(li, monkeypatch):
    """As when a programme learns a new indicator after the seal."""
    every = snapshots.Plan.rules

    def before(plan, subject=""):
        return [rule for rule in every(plan, subject) if "labour_contract" not in rule.items]

    with monkeypatch.context() as then:
        then.setattr(snapshots, "_plans", {})
        then.setattr(snapshots.Plan, "rules", before)
        closing.sealed(li)
    with acting_as(li):
        assert numbers("then") == (4, 3, 3)
        rule = parse("是否签订劳动合同 = '是'", catalogue.load().vocabulary(MOUDING))
        with pytest.raises(DomainError, match="older_rules"):
            indicators.people_where(MOUDING, rule, COUNTY, CUT_OFF, known="then")
        assert indicators.people_where(MOUDING, rule, COUNTY, CUT_OFF) == []
