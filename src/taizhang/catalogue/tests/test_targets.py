"""targets.csv: what it may say, and that the parts make the whole."""

from decimal import Decimal
from pathlib import Path

import pytest

from taizhang import catalogue
from taizhang.catalogue import targets

HEAD = "id,name,indicator,division,period,since,comparator,value,unit,clause,together,formula,note\n"
GOOD = "p/T-0,全县,pool,532323,2026,,>=,100,人,,,,\n"


def read(tmp_path: Path, lines: str) -> tuple[list[targets.Target], list[str]]:
    path = tmp_path / "targets.csv"
    path.write_text(HEAD + lines, encoding="utf-8")
    found, mistakes = targets.read(path, "p/targets.csv", "p", {"pool": None})
    return found, [str(one) for one in mistakes]


def test_the_eleven_cities_of_shanxi_make_809_8_and_the_formula_stands_beside_it():
    lines = catalogue.load().programmes["shanxi-2022"].targets
    whole, cities = lines[0], lines[1:]
    assert (whole.division, whole.value, whole.unit) == ("14", Decimal("809.8"), "万人")
    # 37 + 52.5 + 37.7 + 76.7 + 98.2 + 84.3 + 23.4 + 85.4 + 50.7 + 114.1 + 149.8
    assert len(cities) == 11
    assert sum(one.value for one in cities) == Decimal("809.8")
    assert (whole.formula, whole.worked_out) == ("1273*63.62%", Decimal("809.8826"))  # 1273 x 0.6362
    assert {one.goal for one in lines} == {"pool"}


def test_guzhang_asks_for_more_than_13037_and_at_least_6553_together():
    first, second, third = catalogue.load().programmes["guzhang-2020"].targets
    assert (first.comparator, first.value, first.together) == (">", 13037, "一超过、两不少于")
    assert (second.comparator, second.value, second.together) == (">=", 6553, "一超过、两不少于")
    assert (third.comparator, third.value, third.together) == ("=", 0, None)


def test_a_target_without_indicator_is_a_goal_of_its_own():
    training = catalogue.load().programmes["mouding-2017"].targets[0]
    assert (training.goal, training.indicator, training.value) == ("T-1", None, 15800)


def test_good_lines_are_read(tmp_path: Path):
    found, mistakes = read(tmp_path, GOOD + "p/T-1,共和镇,pool,532323101,2026,,>=,100,人,,,,\n")
    assert mistakes == []
    assert [one.id for one in found] == ["p/T-0", "p/T-1"]


def test_a_programme_without_the_file_has_no_targets(tmp_path: Path):
    assert targets.read(tmp_path / "targets.csv", "x", "p", {}) == ([], [])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (GOOD.replace("pool", "pol"), "p/targets.csv 第 2 行“pol”：indicators.yaml 里没有这个指标；台账数不出的留空"),
        (GOOD.replace("p/T-0", "q/T-0"), "p/targets.csv 第 2 行“q/T-0”：标识应以 p/ 开头"),
        (GOOD.replace(">=", "=>"), "p/targets.csv 第 2 行“=>”：comparator 这一格填得不对"),
        (GOOD.replace("100", "一百"), "p/targets.csv 第 2 行“一百”：value 这一格填得不对"),
        (GOOD.replace("2026", "26年"), "p/targets.csv 第 2 行“26年”：period 这一格填得不对"),
        (GOOD + GOOD, "p/targets.csv 第 3 行“p/T-0”：这个标识第 2 行用过"),
        (
            GOOD + "p/T-1,甲,pool,532323101,2026,,>=,60,人,,,,\np/T-2,乙,pool,532323102,2026,,>=,39,人,,,,\n",
            "p/targets.csv 第 2 行“532323”：下级之和 99 不等于 100人",
        ),
        (GOOD.replace(",,,,\n", ",,,1273+1,\n"), "p/targets.csv 第 2 行“1273+1”：算式写成 1273*63.62% 这样，只用乘号"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_word(tmp_path: Path, lines: str, said: str):
    assert said in read(tmp_path, lines)[1]
