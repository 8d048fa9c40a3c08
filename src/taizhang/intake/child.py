"""The process that opens other people's files: `python -m taizhang.intake.child FILE OUT`.

Limits are set before anything is read: a file that makes a parser eat memory or time kills this process and nothing else. It answers with
`OUT/answer.json` and, when the file is good, `OUT/cells.arrow` (columns c0, c1, ...; all text, as displayed; row i of the table is row
i + 1 of the sheet) and `OUT/marks.arrow` (row, column, kind, text).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from taizhang.engine.child import limit as bind
from taizhang.intake.cellfiles import load, save, write_cells
from taizhang.intake.delimited import read_csv

MEMORY = 3 << 29  # 1.5 GiB of address space; 200,000 rows x 27 columns take 0.9
CPU_SECONDS = 120
OUTPUT = 2 << 30
ORDINARY = ("采集表", "要改的行")
SKIPPED = {"填写说明", "示例", "检查结果", "_lists", "_taizhang"}


def limit() -> None:
    """Bind this process for good."""
    bind(MEMORY, CPU_SECONDS, OUTPUT)


def main(path: Path, out: Path) -> None:
    limit()
    from .content import Refused

    try:
        answer = read(path, out)
    except Refused as refusal:
        answer = {"refused": refusal.code, "params": refusal.params}
    except MemoryError:
        answer = {"refused": "too_large", "params": {}}
    (out / "answer.json").write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")


def read(path: Path, out: Path) -> dict[str, Any]:
    """Check, parse and write; returns the answer. Raises Refused."""
    from .content import kind_of

    kind = kind_of(path)
    answer = read_csv(path, out) if kind == "csv" else read_workbook(path, out, kind)
    return {"kind": kind, **answer}


def read_workbook(path: Path, out: Path, kind: str) -> dict[str, Any]:
    link = out / f"book.{kind}"  # calamine goes by the name's ending, so it gets the one the content deserves
    link.symlink_to(path)
    named = str(link)
    with _beside(lambda: _load(named, out)) as loaded:
        scanned = _scan_parts(path, kind) if kind != "xls" else {}
        found = loaded()
    table = load(out / "raw.arrow")
    sheet = scanned.get(_part_name(path, found["sheet"])) if kind == "xlsx" else None
    exact = _seen_by_calamine(named, found["sheet"]) if sheet is None or not sheet.starts_at_a else None
    first = exact[0] if exact else 0
    marks = [*(sheet.marks if sheet else []), *(exact[1] if exact else [])]
    height = write_cells(table, first, marks, out)
    return {**found, "rows": height, "columns": first + table.num_columns,
            "merged": (sheet.merged if sheet else exact[2] if exact else [])[:50]}  # fmt: skip


@contextmanager
def _beside(work: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Do `work` in a forked process while this one goes on; calling what is given waits for its JSON answer.

    Scanning and parsing take about as long; what the scan refuses ends the parser, whatever it is up to. Raises Refused
    as `work` does, MemoryError when it was killed.
    """
    from .content import Refused

    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            answer = {"answer": work()}
        except Refused as refusal:
            answer = {"refused": refusal.code, "params": refusal.params}
        except BaseException:
            os._exit(1)
        with open(writing, "w", encoding="utf-8") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writing)

    def result() -> Any:
        with open(reading, encoding="utf-8", closefd=False) as pipe:
            told = pipe.read()
        if not told:
            raise MemoryError
        answer = json.loads(told)
        if "refused" in answer:
            raise Refused(answer["refused"], **answer["params"])
        return answer["answer"]

    try:
        yield result
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _load(named: str, out: Path) -> dict[str, Any]:
    """Parse the sheet to read into `OUT/raw.arrow`; returns its name, all sheets and the template's mark."""
    import fastexcel
    import pyarrow as pa

    from .content import Refused

    try:
        book = fastexcel.read_excel(named)
        name, table = _first_filled(named, book)
        mark = _mark(book)
    except fastexcel.FastExcelError as error:
        text = str(error).lower()
        if "limit exceeded" in text:
            raise Refused("too_large") from error
        raise Refused("encrypted" if "password" in text or "encrypt" in text else "damaged") from error
    save(pa.Table.from_batches([table]), out / "raw.arrow")
    return {"sheet": name, "sheets": book.sheet_names, "mark": mark}


def _scan_parts(path: Path, kind: str) -> dict[str, Any]:
    """Stream every part once: byte cap, DOCTYPE, and for .xlsx the sheets' cells."""
    from .cells import scan
    from .content import parts_of

    found = {}
    for name, chunks in parts_of(path):
        if kind == "xlsx" and name.startswith("xl/worksheets/") and name.endswith(".xml"):
            found[name] = scan(chunks)
        else:
            for _ in chunks:
                pass
    return found


def _part_name(path: Path, sheet: str) -> str:
    """The part that holds `sheet`, by the workbook's relations."""
    import re
    import zipfile
    from html import unescape

    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        name, number = re.search(r'\bname="([^"]*)"', tag), re.search(r':id="([^"]*)"', tag)
        if name and number and unescape(name[1]) == sheet:
            for relation in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", relations):
                target = re.search(r'\bTarget="([^"]*)"', relation)
                if re.search(rf'\bId="{re.escape(number[1])}"', relation) and target:
                    return target[1].lstrip("/") if target[1].startswith("/") else "xl/" + target[1]
    return ""


def _first_filled(path: str, book: Any) -> tuple[str, Any]:
    """The sheet to read and its cells: ours by name, else the first visible one that holds anything."""
    import python_calamine

    from .content import Refused

    shown = [
        sheet.name
        for sheet in python_calamine.CalamineWorkbook.from_path(path).sheets_metadata
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        and sheet.visible == python_calamine.SheetVisibleEnum.Visible
    ]
    ours = [name for name in ORDINARY if name in shown]
    for name in (*ours, *(name for name in shown if name not in ours and name not in SKIPPED)):
        table = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", eager=True)
        if table.num_rows and table.num_columns:
            return name, table
    raise Refused("no_rows")


def _mark(book: Any) -> dict[str, str]:
    """Keys and values of the template's hidden sheet; empty when there is none."""
    if "_taizhang" not in book.sheet_names:
        return {}
    table = book.load_sheet("_taizhang", header_row=None, dtypes="string", n_rows=20, eager=True)
    if table.num_columns < 2:
        return {}
    return {
        str(key): str(value)
        for key, value in zip(table[0].to_pylist(), table[1].to_pylist(), strict=True)
        if key and value
    }


def _seen_by_calamine(path: str, name: str) -> tuple[int, list[Any], list[str]]:
    """First column, error cells, numbers too long to be exact, merged ranges: for formats whose XML we do not read."""
    import python_calamine

    from .cells import Mark, column_letters

    sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    marks = [
        Mark(top + row, left + column, "long_number", f"{value:.5E}")
        for row, cells in enumerate(sheet.to_python(skip_empty_area=True))
        for column, value in enumerate(cells)
        if isinstance(value, float) and abs(value) >= 1e15
    ]
    marks += _error_cells(path, name, left)
    merged = [
        f"{column_letters(a[1])}{a[0] + 1}:{column_letters(b[1])}{b[0] + 1}" for a, b in sheet.merged_cell_ranges or []
    ]
    return left, marks, merged


ERRORS = {
    "NA": "#N/A", "Ref": "#REF!", "Value": "#VALUE!", "Div0": "#DIV/0!", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!",
    "GettingData": "#GETTING_DATA",
}  # fmt: skip


def _error_cells(path: str, name: str, left: int) -> list[Any]:
    """Error cells, which both readers leave empty; only reading with errors names them. Raises Refused "too_many_formulas"."""
    import re

    import fastexcel

    from .cells import MAX_MARKS, Mark
    from .content import Refused

    sheet = fastexcel.read_excel(path).load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    found = sheet.to_arrow_with_errors()[1]
    marks = []
    for one in found.errors if found else ():
        if kind := re.search(r"Error\((\w+)\)", one.detail):
            marks.append(Mark(one.position[0], left + one.position[1], "error", ERRORS.get(kind[1], "#N/A")))
    if len(marks) > MAX_MARKS:
        raise Refused("too_many_formulas", count=MAX_MARKS)
    return marks


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
