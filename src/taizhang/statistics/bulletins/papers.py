"""The files of a bulletin: Word to go on writing in, PDF to send out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import typst
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from taizhang.engine.errors import DomainError
from taizhang.statistics import fonts
from taizhang.statistics.bulletins import layouts
from taizhang.statistics.bulletins.layouts import Grid

DOCX, PDF = "bulletin.docx", "bulletin.pdf"
TYPES = {
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    PDF: "application/pdf",
}
BODY, HEAD, TITLE = "仿宋", "黑体", "宋体"  # what every office's Word has


def docx(facts: Mapping[str, Any], title: str, mark: str) -> bytes:
    """A Word file; `mark` stands at the head of every page (草稿, or nothing)."""
    paper = Document()
    page = paper.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    _font(paper.styles["Normal"], BODY, 12)
    _font(paper.styles["Title"], TITLE, 20)
    _font(paper.styles["Heading 1"], HEAD, 14)
    if mark:
        page.header.paragraphs[0].text = mark
    paper.add_heading(title, 0).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in layouts.parts(facts):
        paper.add_heading(part.heading, 1)
        for sentence in part.sentences:
            paragraph = paper.add_paragraph(sentence)
            paragraph.paragraph_format.first_line_indent = Pt(24)
            paragraph.paragraph_format.line_spacing = 1.5
        for chart in part.charts:
            caption = paper.add_paragraph(f"图：{chart.title}")
            caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
            caption.paragraph_format.keep_with_next = True
            paper.add_picture(io.BytesIO(chart.png()), width=Cm(11))
            paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
        for grid in part.grids:
            _grid(paper, grid)
    for note in layouts.notes(facts):
        _small(paper.add_paragraph(note))
    made = io.BytesIO()
    paper.save(made)
    return made.getvalue()


def _font(style: Any, name: str, size: int) -> None:
    style.font.name, style.font.size = name, Pt(size)
    style.font.color.rgb = None
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _small(paragraph: Any) -> None:
    for run in paragraph.runs:
        run.font.size = Pt(9)


def _grid(paper: Any, grid: Grid) -> None:
    caption = paper.add_paragraph(f"表：{grid.title}")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.keep_with_next = True
    table = paper.add_table(rows=1, cols=len(grid.head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for row in [grid.head, *grid.rows]:
        cells = table.rows[0].cells if row is grid.head else table.add_row().cells
        for place, (cell, text) in enumerate(zip(cells, row, strict=True)):
            cell.text = text
            if place >= grid.words:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
            for run in cell.paragraphs[0].runs:
                run.font.size, run.font.bold = Pt(10.5), row is grid.head
    paper.add_paragraph()


def pdf(facts: Mapping[str, Any], title: str, mark: str) -> bytes:
    """The same as PDF, its Chinese font embedded. Raises DomainError "no_font"."""
    known = set(typst.Fonts().families())
    families = [name for name in (*fonts.SERIF, *fonts.SANS) if name in known]
    if not families:
        raise DomainError(
            "no_font", "这台服务器没有中文字体，出不了 PDF。请管理员安装 Noto Serif CJK SC（fonts-noto-cjk）后重出。"
        )
    sources: dict[str, str | bytes] = {}
    told = []
    for part in layouts.parts(facts):
        names = []
        for chart in part.charts:
            name = f"chart-{len(sources)}.svg"
            sources[name] = chart.plain_svg().encode()
            names.append({"file": name, "title": chart.title})
        grids = [{"title": one.title, "head": one.head, "rows": one.rows, "words": one.words} for one in part.grids]
        told.append({"heading": part.heading, "sentences": part.sentences, "charts": names, "grids": grids})
    data = {"title": title, "mark": mark, "parts": told, "notes": layouts.notes(facts), "font": families[0]}
    sources["data.json"] = json.dumps(data, ensure_ascii=False).encode()
    sources["main"] = (files("taizhang.statistics.bulletins") / "bulletin.typ").read_bytes()
    made = typst.compile(sources, format="pdf")  # type: ignore[call-overload]
    return bytes(made)
