"""Snapshots hold what rules count and nobody's name, follow the ledger, and are built by one process at a time."""

import datetime as dt
import json

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.ledger.facts import Spell, Worker
from taizhang.rules import parse
from taizhang.statistics import extraction, jobs, snapshots, sources, tables
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(db):
    return population.load_people()


def path_of(as_of=DAY):
    return snapshots.read([COUNTY], as_of)["worker"][0]


def test_a_snapshot_holds_no_name_number_phone_or_address(ids):
    table = pq.read_table(path_of())
    assert table.num_rows == 28
    known = catalogue.load().items
    for name in table.column_names:
        item = known.get(name)
        assert (
            item is None
            or name == "birth_date"
            or (item.sensitivity not in ("identity", "contact") and not item.sealed)
            or (name == "helper" and set(table["helper"].to_pylist()) <= {None, "有"})
        )
    assert not {"full_name", "id_number", "mobile_phone", "hukou_address", "home_address"} & set(table.column_names)
    content = path_of().read_bytes()
    for secret in ("普秀英", "99232319900101", "15400000"):
        assert secret.encode() not in content
        assert secret not in json.dumps(table.to_pylist(), ensure_ascii=False, default=str)


def test_costly_parts_are_worked_out_once(ids):
    rows = {row["worker_id"]: row for row in pq.read_table(path_of()).to_pylist()}
    assert rows[ids[0]]["scope__work_region__hukou_region"] == "省外"
    assert rows[ids[4]]["scope__work_region__hukou_region"] == "境外"
    assert rows[ids[3]]["scope__work_region__hukou_region"] is None
    assert rows[ids[0]]["tier__industry"] == 2
    # 年度务工地点 is the place of work, else the one before returning: 古丈's rule asks it five times per person
    assert rows[ids[0]]["scope__work_region_or_return_from_region__hukou_region"] == "省外"
    assert rows[ids[0]]["within__work_region_or_return_from_region__county_of_hukou_region"] is False


def test_a_county_is_read_with_joins_for_many_rows(ids, monkeypatch):
    """Rows just brought in have no statistics: joined one by one, 31,000 people and their movements took five minutes."""
    plans = []
    write = extraction.write_parquet

    def spy(cursor, *rest):
        plans.append(cursor.execute("SHOW enable_nestloop").fetchone()[0])
        return write(cursor, *rest)

    monkeypatch.setattr(extraction, "write_parquet", spy)
    snapshots.refresh(COUNTY, DAY)
    assert set(plans) == {"off"}


def test_the_manifest_says_when_of_what_day_how_many_and_up_to_where(ids):
    path_of()
    found = snapshots.manifest(COUNTY, DAY)
    assert (found.county, found.day, found.rows) == (COUNTY, "2017-08-20", 28)
    assert found.mark == sources.marks([COUNTY])[COUNTY]
    assert dt.datetime.fromisoformat(found.built_at).tzinfo is not None


def test_a_fresh_snapshot_is_not_built_again(ids):
    before = path_of().stat().st_mtime_ns
    assert path_of().stat().st_mtime_ns == before


@pytest.mark.parametrize("write", ["insert", "update", "delete", "spell"])
def test_every_way_of_writing_makes_it_stale(ids, write):
    mark = sources.marks([COUNTY])[COUNTY]
    with acting_for([COUNTY]):
        worker = Worker.objects.get(pk=ids[10])
        if write == "insert":
            Worker.objects.create(
                division=population.TIANTAI, batch=worker.batch, full_name="新来", birth_date=dt.date(1990, 1, 1)
            )
        elif write == "update":
            Worker.objects.filter(pk=worker.pk).update(education="70")
        elif write == "delete":
            Worker.objects.filter(pk=worker.pk).delete()
        else:
            Spell.objects.create(worker=worker, division=worker.division, batch=worker.batch, from_date=DAY)
    assert sources.marks([COUNTY])[COUNTY] != mark
    assert not snapshots.is_fresh(COUNTY, DAY, sources.marks([COUNTY])[COUNTY])


def test_a_person_who_moves_touches_both_counties(ids):
    before = sources.marks([COUNTY, "433126"])
    with acting_for([COUNTY, "433126"]):
        Worker.objects.filter(pk=ids[10]).update(division="433126101201")
    after = sources.marks([COUNTY, "433126"])
    assert after[COUNTY] != before[COUNTY]
    assert after["433126"] != before["433126"]


def test_a_write_that_is_undone_by_rollback_leaves_the_snapshot_fresh(ids):
    mark = sources.marks([COUNTY])[COUNTY]
    with transaction.atomic(), acting_for([COUNTY]):
        Worker.objects.filter(pk=ids[10]).update(education="70")
        transaction.set_rollback(True)
    assert sources.marks([COUNTY])[COUNTY] == mark


def test_adding_up_the_marks_does_not_change_their_sum(ids):
    mark = sources.marks([COUNTY])[COUNTY]
    jobs.compact(COUNTY)
    assert sources.marks([COUNTY])[COUNTY] == mark
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM statistics_touch WHERE county = %s", [COUNTY])
        assert cursor.fetchone()[0] == 1
    jobs.compact("433126")  # a county that nobody ever wrote to stays without a mark
    assert sources.counties("43") == []


def test_the_job_builds_what_is_stale_and_nothing_else(ids):
    assert jobs.stale() == [COUNTY]
    jobs.keep_fresh(0)
    assert jobs.stale() == []
    today = snapshots.manifest(COUNTY, timezone.localdate())
    assert today.rows == 28
    assert (snapshots.root() / "live" / f"{COUNTY}.parquet").is_file()


def test_yesterdays_live_snapshot_is_not_todays(ids, monkeypatch):
    jobs.keep_fresh(0)
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *_: tomorrow)
    assert jobs.stale() == [COUNTY]


def test_building_opens_the_county_and_closes_it_again(ids):
    with acting_for([GONGHE]):
        result = tables.compute("mouding-2017", "C3", GONGHE, DAY)
        assert result.cells[GONGHE]["pool"] == 20
        assert Worker.objects.count() == 26  # the two of 新桥镇 stay out of sight
    assert snapshots.manifest(COUNTY, DAY).rows == 28


def test_a_county_without_people_has_an_empty_snapshot(db):
    population.load_tree()
    assert tables.compute("mouding-2017", "C3", COUNTY, DAY).cells[COUNTY]["pool"] == 0
    assert pq.read_table(path_of()).num_rows == 0


def test_a_rule_that_reads_a_name_is_refused_by_item():
    known = catalogue.load()
    from taizhang.rules import parse

    rule = parse("姓名 = '普秀英'", known.vocabulary("mouding-2017"))
    with pytest.raises(ValueError, match="full_name"):
        _ = snapshots.Plan((), (("worker", rule),)).items


def test_old_days_are_swept_after_a_week(ids, tmp_path):
    import os

    old, new = tmp_path / "dates" / "2017-01-01", tmp_path / "dates" / "2017-08-20"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "532323.parquet").write_bytes(b"x")
    os.utime(old / "532323.parquet", (0, 0))
    jobs.sweep(tmp_path)
    assert not old.exists()
    assert new.exists()


def test_of_a_contact_only_whether_there_is_one_may_be_asked():
    known = catalogue.load()
    words = known.vocabulary(known.programmes["mouding-2017"])
    for text, held in (
        ("帮扶责任人 is not null", True), ("not 转移就业 and 帮扶责任人 is null", True), ("帮扶责任人 = '周帮扶'", False),
        ("coalesce(帮扶责任人, '无') = '无' or 帮扶责任人 is null", False), ("家庭地址 is null and 姓名 is null", False),
    ):  # fmt: skip
        plan = snapshots.Plan((), (("worker", parse(text, words)),))
        if held:
            assert plan.present == {"helper"}
        else:
            with pytest.raises(ValueError, match="不进快照"):
                _ = plan.items
