"""After a change only the people written about are read again; what the snapshot then holds is what reading everybody gives."""

import datetime as dt

import pyarrow.parquet as pq
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taizhang.accounts.acting import acting_as, acting_for
from taizhang.ledger.facts import Worker
from taizhang.ledger.tests.people import enter
from taizhang.statistics import jobs, snapshots, sources
from taizhang.statistics.tests import closing, population
from taizhang.statistics.tests.closing import CUT_OFF, worker
from taizhang.statistics.tests.population import COUNTY
from taizhang.statistics.tests.stories import make, steps

TODAY = dt.date.today()


@pytest.fixture(scope="module")
def li(module_database):
    population.load_tree()
    return closing.population()


def lines(path):
    """Everything in a file, in no order."""
    table = pq.read_table(path)
    names = sorted(table.column_names)
    return sorted(map(repr, table.select(names).to_pylist()))


def read_anew(day, folder):
    """Subject -> lines of the whole county."""
    people, found = sources.ledger(day, live=day == TODAY), {}
    with acting_for([COUNTY]):
        for subject in snapshots.subjects():
            snapshots.write(subject, COUNTY, folder / f"{subject}.parquet", people)
            found[subject] = lines(folder / f"{subject}.parquet")
    return found


def in_snapshot(day):
    return {subject: lines(paths[0]) for subject, paths in snapshots.read([COUNTY], day).items()}


@pytest.fixture
def asked(monkeypatch):
    """(subject, how many people were read; None: all) of every reading from here on."""
    found, real = [], snapshots.write

    def write(subject, county, path, people, only=None):
        found.append((subject, None if only is None else len(only)))
        return real(subject, county, path, people, only)

    monkeypatch.setattr(snapshots, "write", write)
    return found


@given(steps, st.sampled_from([TODAY, CUT_OFF]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_changed_snapshot_is_what_reading_everybody_gives(li, tmp_path, story, day):
    in_snapshot(day)
    for what, of_what, on in story:
        with acting_as(li):
            make(li, what, of_what, on)
    assert in_snapshot(day) == read_anew(day, tmp_path)


def earns(li, number, wage):
    """Somebody no story is about, whose wage is now this."""
    with acting_as(li):
        enter(li, worker(number, monthly_wage=wage))


def test_only_the_person_written_about_is_read_again(li, asked):
    earns(li, 31, 4000)
    in_snapshot(TODAY)
    asked.clear()
    earns(li, 31, 4321)
    before = snapshots.manifest(COUNTY, TODAY)
    assert snapshots.refresh(COUNTY).rows == before.rows
    assert asked == [(subject, 1) for subject in snapshots.subjects()]
    assert "Decimal('4321.00')" in "".join(in_snapshot(TODAY)["worker"])
    assert len(asked) == len(snapshots.subjects())  # fresh now: nothing was read for looking


def test_somebody_gone_for_good_is_gone_from_the_snapshot(li, asked):
    earns(li, 38, 4000)
    rows = len(in_snapshot(TODAY)["worker"])
    asked.clear()
    with acting_for([COUNTY]):
        gone = Worker.objects.latest("id")
        number = str(gone.pk)
        gone.delete()
    assert len(in_snapshot(TODAY)["worker"]) == rows - 1
    assert {many for _, many in asked} == {1}
    assert number not in "".join(in_snapshot(TODAY)["worker"])


def test_marks_added_up_name_nobody_and_the_county_is_read_whole(li, asked, tmp_path):
    in_snapshot(TODAY)
    earns(li, 32, 4567)
    jobs.compact(COUNTY)
    asked.clear()
    found = in_snapshot(TODAY)
    assert {many for _, many in asked} == {None}
    assert found == read_anew(TODAY, tmp_path)


def test_a_database_brought_back_from_before_a_change_is_read_whole(li, asked, tmp_path):
    """The snapshot has seen a mark that is no more; what it holds of that change was never known to this database."""
    in_snapshot(TODAY)
    with transaction.atomic():
        earns(li, 33, 4777)
        assert "4777" in "".join(in_snapshot(TODAY)["worker"])
        transaction.set_rollback(True)
    earns(li, 34, 4778)
    asked.clear()
    assert in_snapshot(TODAY) == read_anew(TODAY, tmp_path)
    assert asked[0] == ("worker", None)


def test_many_people_are_not_read_one_by_one(li, asked, monkeypatch):
    in_snapshot(TODAY)
    earns(li, 35, 4001)
    earns(li, 36, 4002)
    monkeypatch.setattr(snapshots, "FEW", 1)
    asked.clear()
    snapshots.refresh(COUNTY)
    assert {many for _, many in asked} == {None}


def test_the_job_adds_marks_up_only_before_the_days_first_reading(li, asked):
    """Marks say who was written about: added up, they would make the next reading read everybody."""
    jobs.keep_fresh(0)
    earns(li, 37, 4999)
    asked.clear()
    jobs.keep_fresh(0)
    assert {many for _, many in asked} == {1}
