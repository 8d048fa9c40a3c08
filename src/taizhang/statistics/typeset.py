"""Papers as PDF, set by Typst with a Chinese font of the server's own, embedded in the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import typst

from taizhang.engine.errors import DomainError
from taizhang.statistics import fonts

NO_FONT = "这台服务器没有装中文字体，出不了 PDF。请点“打印”，在打印窗口里选“另存为 PDF”；或请管理员装上 Noto Serif CJK SC 字体。"


@cache
def font(families: tuple[str, ...] = fonts.SERIF + fonts.SANS) -> str | None:
    """The first of these font families that the server has."""
    known = set(typst.Fonts().families())
    return next((family for family in families if family in known), None)


def pdf(template: str, data: Mapping[str, Any], *, tagged: bool = True) -> bytes:
    """A template of `papers/` filled with data, which it reads as `sys.inputs.data`. The same data gives the same bytes.

    tagged: with the structure that screen readers follow; long papers are made twice as fast without.
    Raises DomainError "no_font" where no Chinese font is installed.
    """
    chosen = font()
    if chosen is None:
        raise DomainError("no_font", NO_FONT)
    text = (files("taizhang.statistics") / "papers" / f"{template}.typ").read_bytes()
    filled = json.dumps({**data, "font": chosen}, ensure_ascii=False)
    return typst.compile(text, format="pdf", sys_inputs={"data": filled}, pdf_tags=tagged)
