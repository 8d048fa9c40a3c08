"""Collection sheets of 牟定 2017 as a clerk would fill them with openpyxl, a program other than ours."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import openpyxl

from taizhang import catalogue

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PERSON = {
    "乡镇": "共和镇", "村委会": "天台村", "姓名": "杨一", "民族": "彝族", "文化程度": "初中", "是否建档立卡": "否", "劳动能力": "普通劳动力",
    "联系电话": "15400000367", "主要收入来源": "务工收入", "就业地点（省）": "浙江省", "就业地点（州市）": "温州市", "就业地点（县）": "瑞安市",
    "就业行业": "制造业", "转移时间": "2017-03-01", "月收入": "4200", "输出方式": "自发",
}  # fmt: skip


def number(sequence: int = 1, birth: str = "19850312") -> str:
    """An identity number nobody can have (99 is no province), with its check digit."""
    body = f"992323{birth}{sequence:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def headers(form: str = "mouding-2017") -> list[str]:
    loaded = catalogue.load()
    return [column.label for column in loaded.columns(loaded.forms[form])]


def person(sequence: int = 1, **answers: str) -> dict[str, str]:
    """A correct row; `answers` by header."""
    return {**PERSON, "姓名": f"杨{sequence}", "身份证号": number(sequence), **answers}


def workbook(rows: Iterable[Mapping[str, str]], names: Iterable[str] | None = None, title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    rows = list(rows)
    names = list(names or dict.fromkeys(name for row in rows for name in row))
    sheet.append(names)
    for row in rows:
        sheet.append([row.get(name) for name in names])
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write(directory: Path, data: bytes, name: str = "共和镇_7月.xlsx") -> Path:
    path = directory / name
    path.write_bytes(data)
    return path
