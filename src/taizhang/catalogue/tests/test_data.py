"""The catalogue that is shipped: complete against the standards, consistent in itself."""

from __future__ import annotations

import pytest

from taizhang import rules
from taizhang.catalogue import Catalogue, crosswalk, handbook, load
from taizhang.catalogue.vocabulary import TYPES

CATALOGUE = load()


def test_every_programme_of_the_folder_loads() -> None:
    assert {name: str(error) for name, error in CATALOGUE.problems.items()} == {}
    assert set(CATALOGUE.programmes) == {
        "guzhang-2020", "heyuan-2018", "mouding-2017", "shanxi-2022", "sichuan-2022",
    }  # fmt: skip


def test_the_56_ethnic_groups_and_two_extensions() -> None:
    codes = CATALOGUE.lists["CL-ETHNIC"].codes
    assert list(codes) == [f"{n:02d}" for n in range(1, 57)] + ["97", "98"]
    assert all(code.label.endswith("族") for code in list(codes.values())[:56])
    assert [CATALOGUE.lists["CL-ETHNIC"].label(c) for c in ("07", "15", "44", "56")] == [
        "彝族",
        "土家族",
        "俄罗斯族",
        "基诺族",
    ]


def test_industries_are_20_sections_and_97_divisions() -> None:
    codes = CATALOGUE.lists["CL-IND"].codes
    assert [c for c in codes if len(c) == 1] == list("ABCDEFGHIJKLMNOPQRST")
    divisions = [c for c in codes if len(c) == 3 and "|" not in c]
    assert [c[1:] for c in divisions] == [f"{n:02d}" for n in range(1, 98)]
    assert all(codes[c].parent == c[0] for c in divisions)


def test_a_notices_merged_industries_are_read_but_not_offered() -> None:
    codes = CATALOGUE.lists["CL-IND"].codes
    merged = [c for c in codes if "|" in c]
    assert merged == ["J|P", "L|O", "M|N|Q|R|S|T"]
    assert all(codes[c].retired for c in merged)
    assert {CATALOGUE.values["industry_tier"].evaluate({"industry": c}) for c in merged} == {"3"}
    offered = {option.codes[0] for option in CATALOGUE.options(CATALOGUE.forms["shanxi-2022"], "industry")}
    assert not offered & set(merged)


def test_a_rule_may_name_an_item_that_is_computed_by_cases() -> None:
    """The computed value has no `else`: null, not a label to look up."""
    words = CATALOGUE.vocabulary()
    rule = rules.parse("外出务工片区 = '长三角'", words)
    assert [rule.evaluate({"work_region": place}) for place in ("3101", "4420", None)] == [True, False, None]
    assert rules.parse("就业区域 is null", words).evaluate({"work_region": None, "hukou_region": None}) is True


@pytest.mark.parametrize(
    ("code", "tier"),
    [
        ("A01", "1"),
        ("A05", "3"),
        ("B06", "2"),
        ("B11", "3"),
        ("C13", "2"),
        ("C43", "3"),
        ("E", "2"),
        ("O80", "3"),
        ("T97", "3"),
    ],
)
def test_industries_have_the_tier_of_the_2018_rule(code: str, tier: str) -> None:
    assert CATALOGUE.values["industry_tier"].evaluate({"industry": code}) == tier


@pytest.mark.parametrize(
    ("work", "home", "scope"),
    [
        ("532323101", "532323101201", "1"),
        ("532323102", "532323101201", "2"),
        ("532301", "532323101201", "3"),
        ("5301", "532323101201", "4"),
        ("33", "532323101201", "5"),
        ("JP", "532323101201", "6"),
        (None, "532323101201", None),
        ("5323", "532323101201", None),
    ],
)
def test_the_employment_area_comes_from_work_and_home(work: str | None, home: str, scope: str | None) -> None:
    assert CATALOGUE.values["work_scope"].evaluate({"work_region": work, "hukou_region": home}) == scope


def test_wage_bands_are_closed_below_and_open_above() -> None:
    band = CATALOGUE.values["wage_band"]
    assert [band.evaluate({"monthly_wage": wage}) for wage in (0, 999, 1000, 4999, 5000, None)] == [
        "0",
        "0",
        "1",
        "4",
        "5",
        None,
    ]


def test_language_types_go_with_the_types_of_flat_rows() -> None:
    words = {item.id: item for item in CATALOGUE.vocabulary().items}
    assert set(words) == set(CATALOGUE.items)
    for item in CATALOGUE.items.values():
        assert words[item.id].type == TYPES[item.kind]
        assert (words[item.id].codes is not None) == (item.list is not None)
        if item.value:
            assert words[item.id].value is CATALOGUE.values[item.id]


def test_a_derived_items_rule_gives_codes_of_its_list() -> None:
    for item in CATALOGUE.items.values():
        if item.value and item.list and item.id != "status_reason":
            given = {
                node.value
                for node in CATALOGUE.values[item.id].tree.walk()
                if node.op == "lit" and isinstance(node.value, str)
            }
            assert given & set(CATALOGUE.lists[item.list].codes), item.id


def test_every_word_of_a_list_reads_back_to_its_own_code() -> None:
    for codes in CATALOGUE.lists.values():
        for code in codes.codes.values():
            assert codes.wordings[code.label] == (code.code,)


def test_a_group_word_covers_all_that_belong_to_it() -> None:
    words = CATALOGUE.vocabulary()
    assert rules.parse("当前状态 = '暂时退出'", words).evaluate({"pool_status": "23"}) is True
    assert rules.parse("所属行业 = '制造业'", words).evaluate({"industry": "C18"}) is True
    assert rules.parse("所属行业 = '制造业'", words).evaluate({"industry": "E47"}) is False


def test_an_item_kept_nowhere_says_why() -> None:
    assert [i.id for i in CATALOGUE.items.values() if not i.table and not i.value and not i.note] == []


def test_identity_number_and_phone_are_sealed_and_nothing_else() -> None:
    assert {i.id for i in CATALOGUE.items.values() if i.sealed} == {"id_number", "mobile_phone"}


def test_health_prison_and_disability_are_marked_special() -> None:
    special = {i.id for i in CATALOGUE.items.values() if i.special}
    assert {
        "labour_ability",
        "health_status",
        "disability_type",
        "disability_level",
        "pool_status",
        "no_out_reason",
        "return_reason",
    } <= special


def test_the_handbook_holds_every_item_and_every_list() -> None:
    text = handbook(CATALOGUE)
    assert all(f"`{item}`" in text for item in CATALOGUE.items)
    assert all(f"### {name} " in text for name in CATALOGUE.lists)
    assert "转业规模种养 → 1" in text  # a form's own wording


def programmes() -> list[str]:
    return list(CATALOGUE.forms)


@pytest.mark.parametrize("name", programmes())
def test_what_a_form_prints_is_read_back_as_the_same_code(name: str) -> None:
    form = CATALOGUE.forms[name]
    for item in form.items:
        for option in CATALOGUE.options(form, item):
            printed = CATALOGUE.label(item, option.codes[0], form)
            read = dict(reversed(list(crosswalk.words(CATALOGUE, form, item))))  # the earlier wording wins
            assert read[printed or ""] == option.codes[0], (item, option)


@pytest.mark.parametrize("name", programmes())
def test_a_forms_json_names_every_field_with_its_choices(name: str) -> None:
    form = CATALOGUE.forms[name]
    data = CATALOGUE.form_json(form)
    fields = {field["item"]: field for section in data["sections"] for field in section["items"]}
    assert list(fields) == list(form.items)
    assert all(fields[i]["options"] for i in form.items if CATALOGUE.items[i].list)
    assert [rule["id"] for rule in data["rules"]] == [rule.id for rule in form.rules]
    import json

    assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize("name", programmes())
def test_a_header_of_a_workbook_means_one_column(name: str) -> None:
    columns = CATALOGUE.columns(CATALOGUE.forms[name])
    headers = [name for column in columns for name in column.names]
    assert len(headers) == len(set(headers))


def test_the_label_is_the_forms_else_the_lists() -> None:
    guzhang = CATALOGUE.forms["guzhang-2020"]
    assert CATALOGUE.label("employment_form", "50", guzhang) == "就业扶贫车间"
    assert CATALOGUE.label("employment_form", "50") == "就业帮扶车间"
    assert CATALOGUE.label("skill_level", "C", guzhang) == "高级技师"
    assert CATALOGUE.label("skill_level", None, guzhang) is None


def test_a_programmes_derived_items_join_the_catalogues() -> None:
    items = CATALOGUE.items_of("mouding-2017")
    assert items["is_transferred"].kind == "bool"
    assert isinstance(CATALOGUE, Catalogue)
