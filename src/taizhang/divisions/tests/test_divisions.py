"""The tree: loading, reading, searching, changing."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from taizhang.accounts.tests import people
from taizhang.divisions import actions, queries
from taizhang.divisions.models import Division, DivisionChange
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.protection.models import AuditEntry

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 10, 1)


@pytest.fixture
def tree(db):
    people.load_divisions()


def test_loading_gives_the_national_tree_and_two_counties(tree):
    by_level = {level: Division.objects.filter(level=level, code__regex=r"^\d").count() for level in range(1, 6)}
    # 31 provinces and Taiwan, Hong Kong, Macao; 342 prefectures; 2,978 counties; 7 + 7 towns; 89 + 112 villages
    assert by_level == {1: 34, 2: 342, 3: 2978, 4: 14, 5: 201}
    assert Division.objects.get(pk="MM").name == "缅甸"
    assert queries.full_name("532323101201") == "云南省楚雄彝族自治州牟定县共和镇天台村民委员会"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("110101", "北京市东城区"),
        ("441900", "广东省东莞市"),
        ("429004", "湖北省仙桃市"),
        ("500101", "重庆市万州区"),
        ("81", "香港特别行政区"),
    ],
)
def test_full_names_leave_out_what_nobody_says(tree, code, name):
    assert queries.full_name(code) == name


def test_every_unit_of_the_package_fits(db):
    assert actions.load_all() == 31 + 3 + 342 + 2978 + 1667 + 25831 + 32
    assert actions.load_county("532323") == 0  # nothing twice


def test_loading_again_leaves_what_the_office_changed(tree):
    actions.rename(actor=people.county_li(), code="532323101201", name="天台社区", on=DAY)
    assert actions.load_county("532323") == 0
    assert queries.get("532323101201").name == "天台社区"


@pytest.mark.parametrize("code", ["5323", "", "53232x", "999999"])
def test_a_county_that_is_none_or_not_shipped_is_refused(tree, code):
    with pytest.raises(DomainError, match="county_"):
        actions.load_county(code)


def test_a_code_must_begin_with_its_parents(tree):
    with pytest.raises(IntegrityError), transaction.atomic():
        Division.objects.create(code="532324101", name="x", full_name="x", match_key="x", level=4, parent_id="532323")


def test_the_tree_nests_by_code(tree):
    county = queries.tree("532323", 1)
    assert [town["name"] for town in county["children"]][:2] == ["共和镇", "新桥镇"]
    assert county["children"][0]["children"] == []
    assert len(queries.tree("532323", 2)["children"][0]["children"]) == 5 + 19
    with pytest.raises(NotFound):
        queries.tree("532399", 1)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("共和镇", "532323101"),
        ("共和", "632521"),  # 共和县, the higher level
        ("牟定 共和", "532323101"),
        ("牟定 天台", "532323101201"),
        ("天台村委会 牟定", "532323101201"),
        ("mdx", "532323"),
        ("ttcmwyh", "532323101201"),
        ("532323101000", "532323101"),
        ("532323", "532323"),
        ("缅甸", "MM"),
        ("香港", "81"),
    ],
)
def test_search_finds_by_name_initials_and_code(tree, text, first):
    assert queries.search(text)[0].code == first


def test_search_stays_inside_scopes_and_forgives_nothing_else(tree):
    assert queries.search("天台", ["532323102"]) == []
    assert queries.search("天台", []) == []
    assert [unit.code for unit in queries.search("天台", ["532323"])] == ["532323101201"]
    assert queries.search("%") == []
    assert queries.search("  ") == []


@pytest.mark.parametrize("text", ["天台", "xjc", "1408", "和平 社区"])
def test_search_over_thousands_of_villages_asks_the_database_once(db, django_assert_max_num_queries, text):
    actions.load_all()
    queries.search("楚雄")
    with django_assert_max_num_queries(1):
        assert queries.search(text)


def test_the_match_table_has_the_scope_and_everything_above_it(tree):
    table = queries.match_table(["532323101"])
    assert table.schema.names == ["code", "name", "full_name", "level", "parent", "match_key"]
    rows = {row["code"]: row for row in table.to_pylist()}
    assert len(rows) == 3 + 1 + 24
    assert {"53", "5323", "532323", "532323101"} <= set(rows)
    assert (rows["532323101201"]["match_key"], rows["532323101201"]["parent"], rows["53"]["parent"]) == (
        "天台",
        "532323101",
        None,
    )
    assert queries.match_table([]).num_rows == 0
    assert queries.match_table().num_rows == Division.objects.count()


def test_a_renamed_unit_keeps_its_old_name_and_renames_what_is_below(tree):
    li = people.county_li()
    actions.rename(actor=li, code="532323101", name="共和街道", on=DAY)
    assert queries.full_name("532323101201") == "云南省楚雄彝族自治州牟定县共和街道天台村民委员会"
    change = DivisionChange.objects.get()
    assert (change.kind, change.old_name, change.new_name, change.on, change.by) == (
        "rename",
        "共和镇",
        "共和街道",
        DAY,
        li,
    )
    assert AuditEntry.objects.get().action == "division.changed"
    assert queries.search("ghjd")[0].code == "532323101"


def test_a_new_village_gets_a_free_local_code_and_holds_from_its_day(tree):
    actions.add(actor=people.county_li(), parent="532323101", name="新天村", on=DAY)
    second = actions.add(actor=people.county_li(), parent="532323101", name="新地村", on=DAY, split_from="532323101201")
    assert [second.code, second.level, second.full_name] == [
        "532323101901",
        5,
        "云南省楚雄彝族自治州牟定县共和镇新地村",
    ]
    assert not queries.valid(DAY - dt.timedelta(days=1)).filter(pk="532323101900").exists()
    assert queries.valid(DAY).filter(pk="532323101900").exists()
    assert [change.kind for change in queries.changes_in("532323")] == ["split", "add"]


def test_a_city_may_add_a_county_level_zone_that_the_national_list_lacks(tree):
    zone = actions.add(actor=people.city_chuxiong(), parent="5323", name="楚雄高新技术产业开发区", on=DAY)
    assert (zone.code, zone.level) == ("532390", 3)


def test_a_merged_village_ends_on_its_day_and_points_to_the_other(tree):
    actions.retire(actor=people.county_li(), code="532323101201", on=DAY, merged_into="532323101202")
    unit = queries.get("532323101201")
    assert (unit.valid_to, unit.replaced_by_id) == (DAY, "532323101202")
    assert unit.is_valid(DAY)
    assert not unit.is_valid(DAY + dt.timedelta(days=1))
    assert queries.search("天台村民委员会", ["532323"]) == []


REFUSALS = [
    (people.county_li, actions.rename, {"code": "433126", "name": "x"}, NotFound, "not_found"),
    (people.county_li, actions.rename, {"code": "532323999", "name": "x"}, NotFound, "not_found"),
    (people.township_wei, actions.rename, {"code": "532323101", "name": "x"}, NotAllowed, "wrong_role"),
    (people.partner_zhou, actions.rename, {"code": "532323101", "name": "x"}, NotAllowed, "wrong_role"),
    (people.system_admin, actions.rename, {"code": "532323101", "name": "x"}, NotFound, "not_found"),
    (people.county_li, actions.rename, {"code": "532323101", "name": "新桥镇"}, DomainError, "name_taken"),
    (people.county_li, actions.rename, {"code": "532323101", "name": "  "}, DomainError, "name_empty"),
    (people.county_li, actions.rename, {"code": "532323101", "name": "长" * 61}, DomainError, "name_long"),
    (people.county_li, actions.retire, {"code": "532323101"}, DomainError, "has_children"),
    (
        people.county_li,
        actions.retire,
        {"code": "532323101201", "merged_into": "532323101201"},
        DomainError,
        "merge_self",
    ),
    (
        people.county_li,
        actions.retire,
        {"code": "532323101201", "merged_into": "532323102"},
        DomainError,
        "merge_level",
    ),
    (people.county_li, actions.add, {"parent": "532323101201", "name": "一组"}, DomainError, "too_deep"),
]


@pytest.mark.parametrize(("who", "verb", "arguments", "error", "code"), REFUSALS)
def test_what_may_not_be_changed_is_refused_and_nothing_is_written(tree, who, verb, arguments, error, code):
    with pytest.raises(error, match=code):
        verb(actor=who(), on=DAY, **arguments)
    assert DivisionChange.objects.count() == AuditEntry.objects.count() == 0


def test_a_retired_unit_is_not_changed_again(tree):
    actions.retire(actor=people.county_li(), code="532323101201", on=DAY)
    with pytest.raises(DomainError, match="retired"):
        actions.rename(actor=people.county_li(), code="532323101201", name="新名", on=DAY + dt.timedelta(days=1))
