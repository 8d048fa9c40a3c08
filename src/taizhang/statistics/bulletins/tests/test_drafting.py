"""Sentences say what the figures say, word for word."""

from typing import Any

from taizhang.statistics.bulletins import drafting, opening


def facts(**more: Any) -> dict[str, Any]:
    return {
        "kind": "progress", "kind_name": "进度通报", "place": "牟定县", "full_name": "云南省楚雄州牟定县",
        "programme_name": "牟定县农村劳动力转移就业信息台账", "period_name": "2017年8月", "cut_off": "2017-08-20",
        "rate_name": "转移就业率", "working_name": "已转移就业人数",
        "figures": [
            {"name": "农村劳动力资源总数", "value": "98764", "unit": "人", "change": "112"},
            {"name": "转移就业率", "value": "61.5", "unit": "%", "change": "-0.8"},
            {"name": "尚未转移", "value": "4938", "unit": "人", "change": "0"},
        ],
        "units": [], "places": [], "provinces": [], "industries": [], "targets": [], "scores": [], "talk": [], **more,
    }  # fmt: skip


def test_headlines_are_told_with_their_change():
    assert drafting.sentences(facts())["figures"] == [
        "截至2017年8月20日，云南省楚雄州牟定县农村劳动力资源总数98,764人，比上期增加112人；"
        "转移就业率61.5%，比上期降低0.8个百分点；尚未转移4,938人，与上期持平。"
    ]


def test_without_a_sealed_period_before_nothing_is_compared():
    plain = facts(figures=[{"name": "农村劳动力资源总数", "value": "98764", "unit": "人", "change": None}])
    assert drafting.sentences(plain)["figures"] == ["截至2017年8月20日，云南省楚雄州牟定县农村劳动力资源总数98,764人。"]


def test_a_target_tells_its_share_against_time_and_who_is_behind():
    rows = [
        {"rank": 1, "name": "共和镇", "percent": "77.1", "late": False},
        {"rank": 2, "name": "戌街乡", "percent": "48.2", "late": True},
    ]
    one = {
        "name": "新增转移就业", "sign": "≥", "value": "14200", "unit": "人次", "actual": "9874", "percent": "69.5",
        "elapsed": "54.2", "status": "进行中", "rows": rows,
    }  # fmt: skip
    assert drafting.sentences(facts(targets=[one]))["targets"] == [
        "新增转移就业任务≥14,200人次，已完成9,874，完成69.5%，高于时间进度15.3个百分点（进行中）。",
        "完成比例居前的是共和镇（77.1%）、戌街乡（48.2%）。",
        "落后于时间进度的有1个：戌街乡（48.2%）。",
    ]


def test_marks_and_talks_are_told():
    scores = [
        {"rank": 1, "name": "共和镇", "total": "96.4", "late": 0},
        {"rank": 2, "name": "戌街乡", "total": "51.0", "late": 1},
        {"rank": None, "name": "安乐乡", "total": None, "late": 0},
    ]
    found = drafting.sentences(facts(scores=scores, talk=[{"name": "戌街乡", "reasons": ["得分 51.0，低于 60 分"]}]))
    assert found["scores"] == ["得分居前的是共和镇（96.4分）、戌街乡（51.0分）。", "迟报或未报的有1个：戌街乡。"]
    assert found["talk"] == ["戌街乡：得分 51.0，低于 60 分。"]
    assert drafting.sentences(facts())["talk"] == ["本期没有要约谈的单位。"]


def test_parts_without_a_sentence_are_left_out_and_numbered_through():
    assert drafting.sections(facts()) == [("figures", "一、总体情况"), ("talk", "二、约谈名单")]
    assert drafting.title(facts()) == "牟定县农村劳动力转移就业信息台账进度通报（2017年8月）"


def test_a_sentence_is_cut_where_its_phrases_stand():
    found = opening.cut("人数3人；人数3人次，共人数30人。", {"人数3人": "a", "人数3人次": "b"})
    assert found == [("人数3人", "a"), ("；", ""), ("人数3人次", "b"), ("，共人数30人。", "")]
