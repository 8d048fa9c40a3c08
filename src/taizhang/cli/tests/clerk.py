"""The clerk's workbook: seven invented people of 天台, four with one planted mistake each, filled with openpyxl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

COMMON = {
    "县": "牟定县",
    "乡镇": "共和镇",
    "村委会": "天台村民委员会",
    "民族": "彝族",
    "文化程度": "初中",
    "是否建档立卡": "否",
    "劳动能力": "普通劳动力",
}
AWAY = {"主要收入来源": "务工收入", "转移时间": "2017-03-01", "月收入": "4200", "输出方式": "亲友介绍"}
HOME = {"主要收入来源": "务农收入", "有无转移条件": "有"}


def _work(province: str, city: str, county: str, industry: str) -> dict[str, str]:
    return {
        **AWAY,
        "就业地点（省）": province,
        "就业地点（州市）": city,
        "就业地点（县）": county,
        "就业行业": industry,
    }


def _person(name: str, number: str, **answers: str) -> dict[str, str]:
    return {"姓名": name, "身份证号": number, **answers}


# The last digit of a number's sequence gives the sex: odd 男, even 女.
PEOPLE = [
    _person("杨演一", "992323198503129710", 联系电话="15400000971", **_work("广东省", "深圳市", "宝安区", "制造业")),
    _person("杨演二", "992323199007049820", 联系电话="15400000982", 是否建档立卡="是")
    | _work("云南省", "楚雄彝族自治州", "牟定县", "住宿和餐饮业")
    | {"输出方式": "人社部门组织"},
    _person(
        "杨演三", "992323197809219933", 有无转移意愿="有意愿", 就业服务需求="职业介绍", 帮扶责任人="周帮扶", **HOME
    ),
    _person("杨演四", "992323199511059649", 联系电话="15400000964")
    | _work("浙江省", "温州市", "瑞安市", "居民服务、修理和其他服务业"),
    _person("杨演五", "99232319820618975X", 联系电话="15400000975", **_work("云南省", "昆明市", "五华区", "建筑业")),
    _person("杨演六", "992323198802299867", 联系电话="15400000986")
    | _work("江苏省", "苏州市", "昆山市", "批发和零售业"),
    _person("杨演七", "992323199301159975", 有无转移意愿="暂无意愿", **HOME),
]
LATE = _person("杨演八", "992323199103089988", 联系电话="15400000998", **_work("广东省", "东莞市", "", "制造业"))
NAMES = [person["姓名"] for person in PEOPLE]
# (row of the sheet, header) -> what is written there, and words the answer must say about it
MISTAKES: dict[tuple[int, str], tuple[Any, str]] = {
    (5, "身份证号"): ("992323199511059640", "校验"),
    (6, "身份证号"): (9.92323198206189e17, "科学计数"),
    (7, "村委会"): ("天抬二村", "天抬二村"),
    (8, "民族"): (None, "民族"),
}
# What these seven add to 天台's row of the table, by column number (农村劳动力转移就业情况表).
ADDED = {
    1: 7, 2: 1, 3: 5, 4: 1, 5: 1, 6: 3, 7: 0, 8: 2, 9: 3, 10: 1, 11: 4,
    12: 3, 13: 1, 14: 0, 15: 0, 16: 0, 17: 2, 18: 1, 19: 1, 20: 0,
}  # fmt: skip


def columns(sheet: Any) -> dict[str, int]:
    """Header -> column number as the sheet counts."""
    return {cell.value: cell.column for cell in sheet[1] if cell.value}


def fill(template: Path, target: Path, people: list[dict[str, str]], *, wrong: bool = False) -> Path:
    """Write people into a downloaded template; with the seven's mistakes, or without."""
    book = openpyxl.load_workbook(template)
    sheet = book["采集表"]
    at = columns(sheet)
    for row, person in enumerate(people, start=2):
        for header, value in {**COMMON, **person}.items():
            sheet.cell(row, at[header]).value = value
    book.save(target)
    return spoil(target) if wrong else target


def spoil(path: Path) -> Path:
    book = openpyxl.load_workbook(path)
    sheet = book["采集表"]
    at = columns(sheet)
    for (row, header), (value, _) in MISTAKES.items():
        sheet.cell(row, at[header]).value = value
    book.save(path)
    return path


def mend(answered: Path, target: Path) -> Path:
    """Correct the marked cells in the workbook that came back, as a clerk does; comments and colours stay."""
    book = openpyxl.load_workbook(answered)
    sheet = book["采集表"]
    at = columns(sheet)
    for row, header in MISTAKES:
        sheet.cell(row, at[header]).value = {**COMMON, **PEOPLE[row - 2]}[header]
    book.save(target)
    return target


def differences(before: Path, after: Path) -> tuple[dict[tuple[int, str], str], list[str]]:
    """Comments below the header by cell, and whatever else differs in 采集表: values, fills, widths, header notes."""
    sheets = [openpyxl.load_workbook(path)["采集表"] for path in (before, after)]
    names = {column: header for header, column in columns(sheets[0]).items()}
    comments, other = {}, []
    if sheets[0].dimensions != sheets[1].dimensions or sheets[0].freeze_panes != sheets[1].freeze_panes:
        other.append("size")
    for old, new in zip(*(sheet.iter_rows() for sheet in sheets), strict=True):
        for was, now in zip(old, new, strict=True):
            header = names.get(was.column, str(was.column))
            if now.row > 1 and now.comment:
                comments[now.row, header] = now.comment.text
            elif (was.comment and was.comment.text) != (now.comment and now.comment.text):
                other.append(f"comment {now.coordinate}")
            if was.value != now.value or was.number_format != now.number_format:
                other.append(f"value {now.coordinate}")
            coloured = was.fill.fgColor.rgb != now.fill.fgColor.rgb
            if coloured != (now.row > 1 and now.comment is not None):
                other.append(f"colour {now.coordinate}")
    widths = [{key: width.width for key, width in sheet.column_dimensions.items()} for sheet in sheets]
    return comments, other + (["widths"] if widths[0] != widths[1] else [])
