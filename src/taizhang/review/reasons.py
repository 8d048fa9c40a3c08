"""What reviewers say most often when they send a paper back; keys 1 to 6 pick them."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "1": "务工地点不到县",
    "2": "收入和工种不合",
    "3": "前后两项不合",
    "4": "电话打不通",
    "5": "缺本人签字",
    "6": "证件号和姓名不符",
}
ASK_AGAIN = "请核对这一项"  # a marked item without words of its own
