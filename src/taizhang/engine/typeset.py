"""Papers as PDF, set by Typst with a Chinese font of the server's own, embedded in the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import typst

from taizhang.engine import child, fonts
from taizhang.engine.errors import DomainError

NO_FONT = "这台服务器没有装中文字体，出不了 PDF。请点“打印”，在打印窗口里选“另存为 PDF”；或请管理员装上 Noto Serif CJK SC 字体。"


@cache
def font(families: tuple[str, ...] = fonts.SERIF + fonts.SANS) -> str | None:
    """The first of these font families that the server has."""
    known = set(typst.Fonts().families())
    return next((family for family in families if family in known), None)


def pdf(place: str, template: str, data: Mapping[str, Any], *, tagged: bool = True, apart: bool = False) -> bytes:
    """A template filled with data, which it reads as `sys.inputs.data`. The same data gives the same bytes.

    Args:
        place: the package whose folder `papers` holds the template: "taizhang.statistics".
        tagged: with the structure that screen readers follow; long papers are made twice as fast without.
        apart: in a process of its own, for papers of hundreds of pages (see `typesetter`).
    Raises DomainError "no_font" where no Chinese font is installed.
    """
    text, filled = _filled(place, template, data)
    if not apart:
        return typst.compile(text, format="pdf", sys_inputs=filled, pdf_tags=tagged)
    order = json.dumps({"template": text.decode(), "inputs": filled, "tagged": tagged}).encode()
    done = subprocess.run(
        [sys.executable, "-m", "taizhang.engine.typesetter"],
        input=order, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(child.SRC)},
    )  # fmt: skip
    if done.returncode != 0:  # what it says may quote people's data
        raise RuntimeError(f"the typesetter ended with {done.returncode}")
    return done.stdout


def pictures(place: str, template: str, data: Mapping[str, Any], *, dots_per_inch: float = 150) -> list[bytes]:
    """The same pages as PNG, one each: what a printer or a camera would see of them. Raises as `pdf`."""
    text, filled = _filled(place, template, data)
    pages = typst.compile(text, format="png", sys_inputs=filled, ppi=dots_per_inch)
    return pages if isinstance(pages, list) else [pages]


def _filled(place: str, template: str, data: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    chosen = font()
    if chosen is None:
        raise DomainError("no_font", NO_FONT)
    text = (files(place) / "papers" / f"{template}.typ").read_bytes()
    return text, {"data": json.dumps({**data, "font": chosen}, ensure_ascii=False)}
