"""Words that pages, workbooks and papers of tables share."""

from __future__ import annotations

MISSING = "—"
BELOW = {
    4: "市（州）",
    6: "县（市、区）",
    9: "乡镇",
    12: "村（社区）",
}  # digits of a code -> what such units are called
MASKED = "身份证号和联系电话只印头尾几位，姓名完整；要完整号码的，按审批另行导出。本册含个人信息，不得外传。"


OWN = {2: "全省", 4: "全市（州）", 6: "全县", 9: "全乡镇", 12: "全村"}


def own(division: str) -> str:
    """What a unit is called as a whole."""
    return OWN.get(len(division), "全区划")


def listed(names: list[str], most: int = 8) -> str:
    """A、B、C 等 12 个."""
    return "、".join(names[:most]) + (f" 等 {len(names)} 个" if len(names) > most else "")


def stub(codes: list[str], division: str) -> str:
    """Head of the first column: what the rows are."""
    return BELOW.get(len(codes[0]) if codes else len(division), "区划")
