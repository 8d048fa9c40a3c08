"""Indicators over spells and movements, in both engines; sums and distinct people."""

import datetime as dt

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.catalogue import load
from taizhang.catalogue.schema import Indicator
from taizhang.ledger.models import Batch, Movement
from taizhang.statistics import indicators, snapshots
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
