"""Mistakes in YAML are told by file, line and word; a broken programme stays out whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from taizhang.catalogue import CatalogueError, load, mistakes
from taizhang.catalogue.loader import DATA, load_words
from taizhang.catalogue.tests.sample import FORM, PROGRAMME, write


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


FORM_MISTAKES = [  # what is replaced, by what, word, part of the message
    ("is_working, label", "is_wroking, label", "is_wroking", "没有这个数据项；是不是想写 is_working"),
    ("shown: 是否务工 = '是'", "shown: 是否打工 = '是'", "是否打工", "没有这个数据项"),
    ("shown: 是否务工 = '是'", "shown: 就业形式 = '单位上班'", "'单位上班'", "单位"),
    ("rule: 年度务工收入 <= 年度累计务工时间 * 20000", "rule: 年度务工收入 <=", "", ""),
    ("年度累计务工时间 * 20000", ":县外月数 * 20000", ":县外月数", "没有这个参数"),
    ("年度累计务工时间 * 20000", "date '2020-01-01'", "", "日期"),
    ("message: 最多三项", "mesage: 最多三项", "mesage", "不认识这个键；是不是想写 message"),
    ('初中: "70"', '初中: "79"', "79", "代码表 CL-EDU 没有这个代码"),
    ('文盲: "91"', "文盲: 91", "文盲", "没有加引号"),
    ("label: 天数", "label: 年收入", "年收入", "同时指"),
    ("forbid: warning", "forbid: sometimes", "sometimes", "只能写"),
    ("item: graduation_date, label: 毕业时间", "item: full_name, label: 毕业时间", "full_name", "出现了两次"),
    ("item: graduation_date, label: 毕业时间", "item: age, label: 毕业时间", "age", "由其他项计算得出"),
    ("{work_months} 个月", "{工龄} 个月", "工龄", "提示里的名称不是数据项"),
    ("items: [annual_work_income, work_months]", "items: [wanted_wage]", "wanted_wage", "本表没有这一项"),
    ("{item: mobile_phone, label: 电话}", "{item: mobile_phone}", "", "缺少“label”"),
    ("id: sample", "id: other", "other", "应与文件夹名 sample 相同"),
]


@pytest.mark.parametrize(("old", "new", "word", "message"), FORM_MISTAKES)
def test_a_mistake_in_a_form_is_told_by_file_line_and_word(
    tmp_path: Path, old: str, new: str, word: str, message: str
) -> None:
    broken = FORM.replace(old, new, 1)
    assert broken != FORM
    catalogue = load(write(tmp_path, form=broken))
    assert "sample" not in catalogue.programmes
    found = catalogue.problems["sample"].mistakes
    expected = [m for m in found if word in m.word and message in m.message]
    assert expected, [str(m) for m in found]
    assert all(m.file.endswith("sample/form.yaml") for m in found)
    assert any(m.line == line_of(broken, new) or "同时指" in m.message for m in expected), [str(m) for m in expected]


PROGRAMME_MISTAKES = [
    ("age(出生日期, :基准日) >= 16", "年令 >= 16", "年令", "没有这个数据项"),
    ("年度务工收入 >= :县外收入", "年度务工收入 >= :县外收人", ":县外收人", "没有这个参数"),
    ('有组织: ["1", "4"]', '有组织: ["1", "7"]', "7", "没有这个代码"),
    ("labels:\n  out_channel", "labels:\n  out_chanel", "out_chanel", "没有这个数据项；是不是想写 out_channel"),
    ("short_name: 样例\n", "", "", "缺少“short_name”"),
    ("entry: after", "entry: later", "later", "只能写"),
    (
        "parameters:",
        "sealing: {since: 2020-01-20, cut_off: {day: 20}, duties: {town: K-1}}\nparameters:",
        "K-1",
        "calendar 里没有这个事项",
    ),
    ("qualifies: {name", "annual_work_income: {name", "annual_work_income", "换一个标识"),
    ("id: sample\n", "id: sample\nid: sample\n", "id", "写了两次"),
]


@pytest.mark.parametrize(("old", "new", "word", "message"), PROGRAMME_MISTAKES)
def test_a_mistake_in_a_programme_is_told_by_file_and_word(
    tmp_path: Path, old: str, new: str, word: str, message: str
) -> None:
    broken = PROGRAMME.replace(old, new, 1)
    assert broken != PROGRAMME
    found = load(write(tmp_path, programme=broken)).problems["sample"].mistakes
    assert [m for m in found if word in m.word and message in m.message and m.file.endswith("sample/programme.yaml")], [
        str(m) for m in found
    ]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    form = (
        FORM.replace("message: 最多三项", "mesage: 最多三项")
        .replace("shown: 是否务工 = '是'", "shown: 是否打工 = '是'")
        .replace("forbid: warning", "forbid: no")
    )
    programme = PROGRAMME.replace(">= 16", ">= 十六")
    files = {
        m.file.rpartition("/")[2]
        for m in load(write(tmp_path, programme=programme, form=form)).problems["sample"].mistakes
    }
    assert files == {"form.yaml", "programme.yaml"}
    assert len(load(tmp_path).problems["sample"].mistakes) >= 4


def test_a_broken_programme_stays_out_whole_and_the_others_load(tmp_path: Path) -> None:
    write(tmp_path)
    write(
        tmp_path,
        name="broken",
        programme=PROGRAMME.replace("id: sample", "id: broken"),
        form=FORM.replace("id: sample", "id: broken").replace("rule: 年度务工收入", "rule: 年度务工收人"),
    )
    catalogue = load(tmp_path)
    assert list(catalogue.programmes) == ["sample"]
    assert list(catalogue.forms) == ["sample"]
    assert list(catalogue.problems) == ["broken"]
    assert [str(m) for m in mistakes(catalogue)] == [str(m) for m in catalogue.problems["broken"].mistakes]


def test_a_yaml_that_does_not_parse_is_told_by_line(tmp_path: Path) -> None:
    broken = PROGRAMME.replace("source: 测试", "source: [测试")
    [mistake] = load(write(tmp_path, programme=broken)).problems["sample"].mistakes
    assert mistake.line >= line_of(broken, "source: [测试")
    assert "YAML 写法不对" in mistake.message


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "sample" / "form.yaml").write_bytes(FORM.encode("gb18030"))
    assert any("UTF-8" in m.message for m in load(tmp_path).problems["sample"].mistakes)


WAYS = """review_ways:
  paper: {entry: after, steps: [{state: township_approved, by: township}]}
  mobile: {name: 实时采集, entry: before, steps: [{state: township_approved, by: township}]}
"""


def test_a_notice_with_two_ways_of_review_names_the_one_in_use(tmp_path: Path) -> None:
    old = next(line for line in PROGRAMME.splitlines() if line.startswith("review:"))
    write(tmp_path / "one", programme=PROGRAMME.replace(old, f"review: mobile\n{WAYS}"))
    programme = load(tmp_path / "one").programmes["sample"]
    assert (programme.review.entry, programme.review.name) == ("before", "实时采集")
    assert list(programme.review_ways) == ["paper", "mobile"]
    write(tmp_path / "two", programme=PROGRAMME.replace(old, f"review: moblie\n{WAYS}"))
    [mistake] = load(tmp_path / "two").problems["sample"].mistakes
    assert "没有“moblie”这种审核做法；有 paper、mobile" in str(mistake)


def test_a_column_of_figures_says_where_they_come_from(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "sample" / "tables").mkdir()
    (tmp_path / "sample" / "tables" / "T1.yaml").write_text(
        "id: T1\ntitle: 表\nkind: cells\nheader:\n  - {title: 手填, no: 1, by_hand: true}\n  - {title: 空的, no: 2}\n",
        encoding="utf-8",
    )
    [mistake] = load(tmp_path).problems["sample"].mistakes
    assert "“空的”一栏要写 indicator、formula、target、by_hand 中的一个" in str(mistake)


def test_a_table_must_refer_to_known_indicators_and_columns(tmp_path: Path) -> None:
    write(tmp_path)
    tables = tmp_path / "sample" / "tables"
    tables.mkdir()
    (tmp_path / "sample" / "indicators.yaml").write_text("- {id: pool, name: 总数, where: 达标}\n", encoding="utf-8")
    (tables / "T1.yaml").write_text(
        "id: T1\ntitle: 表\nkind: cells\nheader:\n  - {title: 总数, no: 1, indicator: poool}\nchecks: ['1=1']\n",
        encoding="utf-8",
    )
    (tables / "T2.yaml").write_text(
        "id: T2\ntitle: 表\nkind: cells\nheader:\n  - {title: 总数, no: 1, indicator: pool}\nchecks: ['1+2=1']\n",
        encoding="utf-8",
    )
    told = [str(m) for m in load(tmp_path).problems["sample"].mistakes]
    assert any("T1.yaml 第 4 行“poool”" in one and "是不是想写 pool" in one for one in told), told
    assert any("第 2 栏不存在" in one for one in told), told


def test_a_sound_programme_offers_its_words_to_its_rules(tmp_path: Path) -> None:
    catalogue = load(write(tmp_path))
    words = catalogue.vocabulary("sample")
    from taizhang.rules import parse

    rule = parse("达标 and 外出务工渠道 = '有组织' and 文化程度 = '高中'", words)
    assert rule.items == {"annual_work_income", "out_channel", "education"}
    assert rule.derived == {"qualifies"}


def copied(tmp_path: Path, file: str, old: str, new: str) -> Path:
    for name in ("items.yaml", "lists.yaml", "collecting.yaml", "departments.yaml"):
        (tmp_path / name).write_text((DATA / name).read_text(encoding="utf-8"), encoding="utf-8")
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


ITEM_MISTAKES = [
    ("items.yaml", "name: 姓名, type: str(50)", "name: 姓名, type: text(50)", "类型“text(50)”不认识"),
    ("items.yaml", "list: CL-ETHNIC", "list: CL-ETNIC", "没有这个代码表"),
    ("items.yaml", "name: 民族,", "name: 性别,", "已经属于 sex"),
    ("items.yaml", "id: major", "id: education", "已经用过"),
    ("items.yaml", "table: work_year, explanation", "table: work_yaer, explanation", "只能写"),
    ("items.yaml", "就业形式 = '50'", "就业形势 = '50'", "没有这个数据项"),
    ("lists.yaml", 'label: 养殖, parent: "1"', 'label: 养殖, parent: "4"', "上级 4 不在本表中"),
    ("lists.yaml", '"70": {label: 初中', "70: {label: 初中", "没有加引号"),
    ("lists.yaml", '"2": {label: 女,', '"2": {label: 男,', "两个代码用了这个名称"),
    ("departments.yaml", "contradicts: 当前状态 != '死亡'", "contradicts: 当前状态 != '死忘'", "死忘"),
    (
        "departments.yaml",
        "contradicts: 当前状态 != '死亡'",
        "contradicts: 年度务工收入 > 0",
        "只能用人员、状态、就业经历",
    ),
    ("departments.yaml", "shows: [pool_status]", "shows: [work_months]", "只能写人员、状态、就业经历"),
    ("departments.yaml", "- id: moved_out", "- id: death", "同一个标识"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), ITEM_MISTAKES)
def test_a_mistake_in_items_or_lists_stops_loading(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    folder = copied(tmp_path, file, old, new)
    with pytest.raises(CatalogueError) as caught:
        load_words(folder)
    told = [m for m in caught.value.mistakes if message in m.message]
    assert told, str(caught.value)
    assert all(m.file == file and m.line > 1 for m in told)
