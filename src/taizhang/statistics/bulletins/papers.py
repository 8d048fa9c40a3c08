"""The files of a bulletin: Word to go on writing in, PDF to send out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from taizhang.engine import typeset
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
        for sentence in part.texts:
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
    for row in [grid.head, *grid.texts]:
        cells = table.rows[0].cells if row is grid.head else table.add_row().cells
        for place, (cell, text) in enumerate(zip(cells, row, strict=True)):
            cell.text = text
            if place >= grid.words:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
            for run in cell.paragraphs[0].runs:
                run.font.size, run.font.bold = Pt(10.5), row is grid.head
    paper.add_paragraph()


def pdf(facts: Mapping[str, Any], title: str, mark: str) -> bytes:
    """The same as PDF. Raises DomainError "no_font"."""
    told = [
        {
            "heading": part.heading,
            "sentences": part.texts,
            "charts": [{"title": chart.title, "svg": chart.plain_svg()} for chart in part.charts],
            "grids": [
                {"title": one.title, "head": one.head, "rows": one.texts, "words": one.words} for one in part.grids
            ],
        }
        for part in layouts.parts(facts)
    ]
    return typeset.pdf(
        "taizhang.statistics", "bulletin", {"title": title, "mark": mark, "parts": told, "notes": layouts.notes(facts)}
    )
