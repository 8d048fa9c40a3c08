"""Targets in the app: the notice's line first, set and shared out by the level above, counted from the ledger."""

import datetime as dt
import re
from decimal import Decimal as D

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import peoplesets
from taizhang.protection.models import AuditEntry
from taizhang.statistics import definitions
from taizhang.statistics.targets import actions, progress, tree
from taizhang.statistics.targets.models import Revision
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, JUNTUN, MACHANG, TIANTAI, XINQIAO

pytestmark = pytest.mark.django_db
MOUDING = definitions.programme_of("mouding-2017")
NEW = "new_transfer_year"
# On 20 August 2017 four people are transferred who were not on 1 January: 天台 1, 7; 军屯 24; 马厂 27. The pool is 13 + 7 + 2 = 22.
ASKED = {"programme": "mouding-2017", "division": COUNTY, "period": "2017", "as_of": "2017-08-20"}


@pytest.fixture
def ids() -> list[str]:
    return population.load_people()


@pytest.fixture
def li(ids):
    """牟定县's officer, acting."""
    with acting_as(cast.county_li()):
        yield cast.county_li()


def ask(value, basis="县政府办〔2017〕9号", sign=">=", unit="人次") -> actions.Asked:
    return actions.Asked(sign, None if value is None else D(value), unit, basis)


def put(actor, value, division=COUNTY, version=0, goal=NEW, **more) -> Revision:
    return actions.set_target(
        actor=actor, goal=tree.goal(MOUDING, goal), division=division, period="2017", asked=ask(value, **more),
        version=version,
    )  # fmt: skip


def standing(actor, division=COUNTY, goal=NEW) -> dict[str, tuple[D, int]]:
    return {one.division: (one.value, one.version) for one in tree.standing(actor, MOUDING, "2017", division, goal)}


# -- the tree ----------------------------------------------------------------------------------------------------------


def test_the_notice_is_version_0(li):
    assert [(one.goal, one.value, one.unit, one.version) for one in tree.standing(li, MOUDING, "2017", COUNTY)] == [
        ("T-1", 15800, "人次", 0),
        ("new_transfer_year", 14200, "人次", 0),
        ("new_transfer_year_out_of_province", 8800, "人次", 0),
        ("new_transfer_year_poor", 1100, "人次", 0),
    ]


def test_a_change_is_a_new_version_and_the_old_ones_stay(li):
    put(li, 10)
    put(li, 12, version=1, basis="年中调整")
    assert standing(li) == {COUNTY: (D(12), 2)}
    history = tree.history(li, MOUDING, NEW, COUNTY, "2017")
    assert [(one.number, one.value, one.basis) for one in history] == [
        (0, 14200, f"{MOUDING.source}五(五)"),
        (1, 10, "县政府办〔2017〕9号"),
        (2, 12, "年中调整"),
    ]
    assert history[2].who == "牟定县人力资源和社会保障局 李文静"


def test_a_withdrawn_target_is_gone_until_it_is_set_again(li):
    put(li, None)
    assert standing(li) == {}
    put(li, 9, version=1)
    assert standing(li) == {COUNTY: (D(9), 2)}


def test_setting_is_told_in_the_audit(li):
    put(li, 10)
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.subject) == ("target.set", "mouding-2017/new_transfer_year")
    assert entry.detail == {"division": COUNTY, "period": "2017", "value": "≥ 10 人次", "reason": "县政府办〔2017〕9号"}


def test_who_looked_at_an_older_version_is_told(li):
    put(li, 10)
    with pytest.raises(DomainError, match="changed_meanwhile"):
        put(li, 11)
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("basis", ["", " ", "县", "长" * 201])
def test_a_target_needs_its_paper(li, basis):
    with pytest.raises(DomainError, match="no_basis"):
        put(li, 10, basis=basis)
    assert Revision.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "unit", "expected"),
    [
        ("14,200", "人", D(14200)),
        ("１４２００", "人次", D(14200)),
        (" 37.5 ", "万人", D("37.5")),
        ("62.5", "%", D("62.5")),
    ],
)
def test_numbers_are_read_as_people_type_them(typed, unit, expected):
    assert actions.read_value(typed, unit) == expected


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("", "人"), ("很多", "人"), ("-1", "人"), ("1.5", "人"), ("NaN", "人"), ("5", "个"), ("1e12", "人")],
)
def test_what_is_no_number_is_refused(typed, unit):
    with pytest.raises(DomainError) as refused:
        actions.read_value(typed, unit)
    assert refused.value.code in ("bad_value", "bad_unit")


# -- sharing out -------------------------------------------------------------------------------------------------------


def test_sharing_out_goes_by_people_and_adds_up_down_to_the_villages(li):
    put(li, 100)
    county = tree.standing(li, MOUDING, "2017", COUNTY, NEW)[0]
    goal = tree.goal(MOUDING, NEW)
    assert actions.split(actor=li, aim=county, goal=goal, on=DAY, basis="按人数分解") == 2
    # 100 x 20/22 = 90.91, 100 x 2/22 = 9.09: the one left goes to 共和镇
    assert standing(li) == {COUNTY: (D(100), 1), GONGHE: (D(91), 1), XINQIAO: (D(9), 1)}
    town = next(one for one in tree.standing(li, MOUDING, "2017", GONGHE, NEW) if one.division == GONGHE)
    actions.split(actor=li, aim=town, goal=goal, on=DAY, basis="按人数分解")
    # 91 x 13/20 = 59.15, 91 x 7/20 = 31.85
    assert standing(li, GONGHE) == {GONGHE: (D(91), 1), TIANTAI: (D(59), 1), JUNTUN: (D(32), 1)}
    aims = tree.standing(li, MOUDING, "2017", COUNTY, NEW)
    assert tree.balance(aims[0], aims) == tree.Balance(D(100), D(100), 2)
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.detail["places"]) == ("target.split", 2)


def test_sharing_out_again_changes_nothing_and_tells_of_a_gap_after_a_change(li):
    put(li, 100)
    goal = tree.goal(MOUDING, NEW)
    county = tree.standing(li, MOUDING, "2017", COUNTY, NEW)[0]
    actions.split(actor=li, aim=county, goal=goal, on=DAY, basis="按人数分解")
    assert actions.split(actor=li, aim=county, goal=goal, on=DAY, basis="按人数分解") == 0
    put(li, 4, division=XINQIAO, version=1, basis="灾后核减")
    aims = tree.standing(li, MOUDING, "2017", COUNTY, NEW)
    assert tree.balance(aims[0], aims).left == 5  # 91 + 4


def test_a_ceiling_is_not_shared_out(li):
    put(li, 0, sign="=")
    county = tree.standing(li, MOUDING, "2017", COUNTY, NEW)[0]
    with pytest.raises(DomainError, match="not_additive"):
        actions.proposal(actor=li, aim=county, goal=tree.goal(MOUDING, NEW), on=DAY)


# -- who may, who sees -------------------------------------------------------------------------------------------------


def test_what_the_level_above_has_set_the_unit_itself_cannot_change(li):
    put(li, 90, division=GONGHE, version=-1)
    wei = cast.township_wei()
    with acting_as(wei):
        assert standing(wei, GONGHE) == {GONGHE: (D(90), 1)}
        with pytest.raises(NotAllowed, match="own_target"):
            put(wei, 1, division=GONGHE, version=1)
        put(wei, 60, division=TIANTAI, version=-1)
        with pytest.raises(NotFound):
            put(wei, 1, division=XINQIAO, version=-1)
        with pytest.raises(NotFound):
            put(wei, 1)


def test_a_town_sees_neither_the_countys_nor_its_neighbours_targets(li):
    put(li, 100)
    put(li, 10, division=XINQIAO, version=-1)
    wei = cast.township_wei()
    with acting_as(wei):
        assert tree.standing(wei, MOUDING, "2017", "", None) == []
        assert Revision.objects.count() == 0  # the database says so too


def test_the_database_lets_the_application_neither_change_nor_remove_a_version(li):
    row = put(li, 100)
    for text in ("UPDATE targets_revision SET value = 1", "DELETE FROM targets_revision"):
        with (
            pytest.raises((ProgrammingError, InternalError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SET LOCAL ROLE taizhang_app")
            cursor.execute(text)
    assert Revision.objects.get(pk=row.pk).value == 100


def test_the_application_may_not_set_one_out_of_scope(li):
    with (
        acting_for([GONGHE]),
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL ROLE taizhang_app")
        cursor.execute(
            "INSERT INTO targets_revision SELECT gen_random_uuid(), 'mouding-2017', 'pool', '532323102', '2017', 1, '>=', 1,"
            " '人', '依据', '532323', now(), %s",
            [li.pk],
        )


# -- progress ----------------------------------------------------------------------------------------------------------


def read(actor, goal=NEW, **more):
    days = progress.scale(MOUDING, "2017", DAY)
    return progress.read(MOUDING, tree.standing(actor, MOUDING, "2017", COUNTY, goal), days, **more)


def test_progress_is_counted_ranked_and_looked_ahead(li):
    put(li, 8)
    put(li, 3, division=GONGHE, version=-1)
    put(li, 5, division=XINQIAO, version=-1)
    whole, gonghe, xinqiao = read(li)
    assert (whole.actual, whole.percent, gonghe.actual, xinqiao.actual) == (4, D("50.0"), 3, 1)
    assert whole.elapsed == D(232) / 365  # 31 + 28 + 31 + 30 + 31 + 30 + 31 + 20 days to 20 August
    assert [(place, one.aim.division) for place, one in progress.ranked([gonghe, xinqiao])] == [
        (1, GONGHE),
        (2, XINQIAO),
    ]
    assert (gonghe.status, whole.balance) == ("met", tree.Balance(D(8), D(8), 2))
    assert xinqiao.status == "behind"
    # since 20 May: 天台 1 and 军屯 24 began; 马厂's only one began in February
    assert (gonghe.gained, xinqiao.gained, xinqiao.forecast) == (2, 0, None)
    # the county: 4 more at 2 in 92 days take 184 days: 11 + 30 + 31 + 30 + 31 + 31 + 20
    assert whole.forecast == dt.date(2018, 2, 20)


def test_the_people_behind_a_progress_are_those_counted(li, ids):
    whole = read(li, pace=False)[0]
    key = re.search(r"set=([^&]+)", whole.url)[1].replace("%3A", ":").replace("%2F", "/")
    found = peoplesets.people_of(li, key)
    assert {str(one) for one in found.ids} == {ids[n - 1] for n in (1, 7, 24, 27)}
    assert found.title == "牟定县，本年累计新增转移，截至2017年8月20日"
    with pytest.raises(NotFound):
        peoplesets.people_of(cast.township_mo(), key)


def test_what_the_ledger_cannot_count_is_said_to_be_unknown(li):
    assert [(one.actual, one.status, one.url) for one in read(li, goal="T-1")] == [(None, "unknown", "")]


# -- pages -------------------------------------------------------------------------------------------------------------


def text(response) -> str:
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split())


def test_the_list_tells_every_goal_of_the_notice(client, ids):
    client.force_login(cast.county_li())
    page = text(client.get("/targets/", ASKED))
    assert "本年累计新增转移" in page.replace("新增转移就业", "本年累计新增转移")
    assert "≥ 14,200 人次 4 0.0" in page  # 4 of 14,200
    assert "台账数不出" in page  # training
    assert "没有分解" in page


def test_an_officer_sets_and_shares_out_a_target_on_the_pages(client, ids):
    client.force_login(cast.county_li())
    form = {**ASKED, "comparator": ">=", "value": "100", "unit": "人次", "basis": "县政府办〔2017〕9号", "version": "0"}
    done = client.post("/targets/mouding-2017/new_transfer_year/set/", form, follow=True)
    assert done.status_code == 200
    assert "任务数已设定。" in text(done)
    proposal = text(client.get("/targets/mouding-2017/new_transfer_year/split/", ASKED))
    assert "共和镇 20 91 人次 — 新桥镇 2 9 人次 — 合计 22 100 人次" in proposal
    done = client.post("/targets/mouding-2017/new_transfer_year/split/", {**ASKED, "basis": "按人数分解"}, follow=True)
    page = text(done)
    assert "已分解到 2 个单位。" in page
    assert "下级 2 个单位合计 100，等于任务" in page
    assert "1 新桥镇 9 人次 1 11.1" in page  # 1/9
    assert "2 共和镇 91 人次 3 3.2" in page  # 3/91 = 3.29…, cut off


def test_a_mistake_comes_back_with_what_was_typed(client, ids):
    client.force_login(cast.county_li())
    form = {
        **ASKED,
        "comparator": ">=",
        "value": "很多",
        "unit": "人次",
        "basis": "县政府办〔2017〕9号",
        "version": "0",
    }
    page = client.post("/targets/mouding-2017/new_transfer_year/set/", form)
    assert page.status_code == 422
    assert "“很多”不是任务数，请填 0 以上的数，如 14200。" in text(page)
    assert 'value="很多"' in page.content.decode()
    assert Revision.objects.count() == 0


@pytest.mark.parametrize(
    ("who", "path", "expected"),
    [
        (cast.collector_lan, "set/", 403),
        (cast.partner_zhou, "set/", 403),
        (cast.township_wei, "set/", 404),
        (cast.county_guzhang, "", 404),
        (cast.system_admin, "", 403),
    ],
)
def test_strangers_and_wrong_roles_are_refused(client, ids, who, path, expected):
    client.force_login(who())
    assert client.get(f"/targets/mouding-2017/new_transfer_year/{path}", ASKED).status_code == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"programme": "none"}, 404),
        ({"period": "2017-99"}, 422),
        ({"as_of": "gestern"}, 422),
        ({"division": "99"}, 404),
    ],
)
def test_an_address_that_asks_nonsense_is_refused(client, ids, words, expected):
    client.force_login(cast.county_li())
    assert client.get("/targets/", {**ASKED, **words}).status_code == expected


def test_the_village_has_its_own_page(client, ids):
    client.force_login(cast.county_li())
    page = text(client.get("/targets/mouding-2017/new_transfer_year/", {**ASKED, "division": MACHANG}))
    assert "还没有这项任务" in page
