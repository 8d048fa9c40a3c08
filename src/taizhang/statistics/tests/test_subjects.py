"""Indicators over spells and movements, in both engines; sums and distinct people."""

import datetime as dt

import pytest
from pydantic import ValidationError

from taizhang.accounts.acting import acting_for
from taizhang.accounts.tests import people as cast
from taizhang.catalogue import load
from taizhang.catalogue.schema import Indicator
from taizhang.ledger.models import Batch, Movement
from taizhang.statistics import comparing, indicators, snapshots
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, JUNTUN, TIANTAI

pytestmark = pytest.mark.django_db

OF_SPELLS = {
    "spells": {"of": "spell", "where": "就业行业 = '纺织服装、服饰业'"},
    "people_with_spells": {"of": "spell", "measure": "people"},
    "wages": {"of": "spell", "where": "务工地点 is not null", "measure": "sum(月平均工资)"},
    "entries": {"of": "movement", "where": "增减方向 = '增' and 增减日期 between :月初 and :基准日"},
    "exits": {"of": "movement", "where": "减少原因 = '死亡'"},
}


@pytest.fixture
def programme(monkeypatch):
    """牟定方案 with indicators over spells and movements beside its own."""
    known = load()
    words = known.vocabulary("mouding-2017")
    context = {"vocabulary": words}
    more = {
        name: Indicator.model_validate({"id": name, "name": name, **given}, context=context)
        for name, given in OF_SPELLS.items()
    }
    settings = known.programmes["mouding-2017"]
    changed = settings.model_copy(update={"indicators": {**settings.indicators, **more}})
    monkeypatch.setitem(known.programmes, "mouding-2017", changed)
    return changed


@pytest.fixture
def ids(programme):
    found = population.load_people()
    with acting_for([COUNTY]):
        batch = Batch.objects.get()
        for index, direction, reason, day in [
            (0, "in", "1", "2017-08-01"),
            (1, "in", "1", "2017-08-20"),
            (2, "in", "1", "2017-08-21"),
            (3, "in", "1", "2017-07-31"),
            (20, "out", "31", "2017-08-02"),
        ]:
            village = population.PEOPLE[index]["division"]
            Movement.objects.create(
                worker_id=found[index],
                division=village,
                programme="mouding-2017",
                direction=direction,
                reason=reason,
                effective_on=dt.date.fromisoformat(day),
                batch=batch,
            )
        yield found


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_spells_and_movements_count_alike_in_both_engines(ids, engine):
    assert snapshots.subjects() == ["worker", "spell", "movement"]
    cells = indicators.count("mouding-2017", list(OF_SPELLS), COUNTY, DAY, engine=engine)
    # spells in clothing (C18) begun by the day, of people in scope: 1 (天台); 19, 25, 26 (军屯); not 17's, which
    # begins tomorrow, nor 21's (dead)
    assert (cells[TIANTAI]["spells"], cells[JUNTUN]["spells"], cells[COUNTY]["spells"]) == (1, 3, 4)
    # 军屯: 18 (two spells), 19, 23, 24, 25, 26
    assert cells[JUNTUN]["people_with_spells"] == 6
    # 军屯: 1000 + 6000 (18) + 4000 (19) + 8000 (23) + 4000 (25) + 3333 (26); 24 has none
    assert cells[JUNTUN]["wages"] == 26333
    # 1 and 2 entered in August by the 20th; 3 a day later, 4 a day before
    assert cells[TIANTAI]["entries"] == 2
    # the dead person is out of scope but his exit counts
    assert cells[JUNTUN]["exits"] == 1
    assert cells[TIANTAI]["exits"] == 0


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_a_spell_opens_to_its_people_each_once(ids, engine):
    found = indicators.people("mouding-2017", "wages", JUNTUN, DAY, engine=engine)
    assert sorted(found) == sorted(ids[n] for n in (17, 18, 22, 24, 25))


# -- why, and side by side ---------------------------------------------------------------------------------------------


def test_every_fact_of_a_person_tells_why_it_counts(ids, programme, client):
    client.force_login(cast.county_li())
    page = client.get(f"/tables/why/{ids[17]}/?indicator=mouding-2017.spells&as_of=2017-08-20").content.decode()
    assert "数的是就业经历" in page
    assert page.count('<th scope="row">2016-01-01') == page.count('<th scope="row">2017-08-10') == 1
    assert "所属行业" in page
    page = client.get(f"/tables/why/{ids[3]}/?indicator=mouding-2017.entries&as_of=2017-08-20").content.decode()
    assert "增减日期 2017-07-31" in page  # a day before the month began
    page = client.get(f"/tables/why/{ids[9]}/?indicator=mouding-2017.entries&as_of=2017-08-20").content.decode()
    assert "这个人没有这种记录" in page


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_two_indicators_of_facts_are_put_side_by_side_fact_by_fact(ids, programme, engine):
    sides = comparing.sides("mouding-2017.spells", "mouding-2017.people_with_spells", "first")
    counts = comparing.counts(sides, JUNTUN, DAY, engine=engine)[JUNTUN]
    # spells in 军屯 of people in scope: 18 twice, 19, 23, 24, 25, 26 = 7; in clothing 19, 25, 26
    assert counts == {"both": 3, "first": 0, "second": 4, "neither": 0}
    found = comparing.members(sides, "second", JUNTUN, DAY, engine=engine)
    assert sorted(worker for worker, _ in found) == sorted(ids[n] for n in (17, 17, 22, 23))
    assert len({fact for _, fact in found}) == 4
    assert sorted(comparing.people(sides, "second", JUNTUN, DAY, engine=engine)) == sorted(ids[n] for n in (17, 22, 23))


def test_a_fact_beside_its_person_is_asked_with_ren(ids, programme, monkeypatch):
    context = {"vocabulary": load().vocabulary("mouding-2017")}
    given = {"id": "former", "name": "换过地方的经历", "of": "spell", "where": "务工地点 != 人.务工地点"}
    former = Indicator.model_validate(given, context=context)
    changed = programme.model_copy(update={"indicators": {**programme.indicators, "former": former}})
    monkeypatch.setitem(load().programmes, "mouding-2017", changed)
    for engine in ("snapshot", "ledger"):
        # 18's earlier job was in the own town, now Shenzhen; 19 and others have no other place now
        assert indicators.people("mouding-2017", "former", COUNTY, DAY, engine=engine) == [ids[17]]


def test_what_has_no_table_yet_is_refused_naming_what_has():
    with pytest.raises(
        ValidationError, match="“training”在台账里还没有表，数不了；of 可以写 worker（人）、spell（就业经历）"
    ):
        Indicator.model_validate({"id": "x", "name": "x", "of": "training"}, context={"vocabulary": None})
