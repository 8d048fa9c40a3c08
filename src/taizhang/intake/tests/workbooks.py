"""Workbooks made without our own writer: raw OOXML, ODF and BIFF8 by hand, so that reading is not tested against writing."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from taizhang.intake.cells import column_letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DECL = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def archive(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return buffer.getvalue()


def parts(rows: Sequence[Sequence[str]], sheet: str | None = None, name: str = "Sheet1") -> dict[str, bytes]:
    """The parts of a minimal .xlsx; `sheet` replaces the rows' XML."""
    words = list(dict.fromkeys(cell for row in rows for cell in row))
    strings = "".join(f"<si><t>{escape(word)}</t></si>" for word in words)
    body = sheet if sheet is not None else "".join(
        f'<row r="{r}">' + "".join(f'<c r="{column_letters(c)}{r}" t="s"><v>{words.index(cell)}</v></c>' for c, cell in enumerate(row) if cell) + "</row>"
        for r, row in enumerate(rows, start=1)
    )  # fmt: skip
    content = (
        f'{DECL}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    )
    texts = {
        "[Content_Types].xml": content,
        "_rels/.rels": f'{DECL}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{DECL}<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{DECL}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{REL}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'{DECL}<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'{DECL}<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>',
    }  # fmt: skip
    return {key: text.encode() for key, text in texts.items()}


def xlsx(rows: Sequence[Sequence[str]], name: str = "Sheet1") -> bytes:
    return archive(parts(rows, name=name))


def sheet_with(xml: str, after: str = "") -> bytes:
    """One sheet whose rows are given as XML; `after` follows </sheetData> (merged cells)."""
    made = parts([], sheet=xml)
    if after:
        made["xl/worksheets/sheet1.xml"] = made["xl/worksheets/sheet1.xml"].replace(
            b"</sheetData>", b"</sheetData>" + after.encode()
        )
    return archive(made)


@dataclass(frozen=True)
class ErrorCell:
    """What a formula left that could not be worked out; `code` as in BIFF: 0x2A #N/A, 0x17 #REF!, 0x07 #DIV/0!."""

    code: int


Cell = str | float | ErrorCell
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def ods_with(rows: bytes) -> bytes:
    content = (
        (
            f'{DECL}<office:document-content xmlns:office="{ODF}:office:1.0" xmlns:table="{ODF}:table:1.0" xmlns:text="{ODF}:text:1.0">'
            '<office:body><office:spreadsheet><table:table table:name="Sheet1">'
        ).encode()
        + rows
        + b"</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'{DECL}<manifest:manifest xmlns:manifest="{ODF}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    ).encode()
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods(rows: Sequence[Sequence[str | float]]) -> bytes:
    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return (
                f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
                if value
                else "<table:table-cell/>"
            )
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'

    return ods_with("".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows).encode())


def xls(rows: Sequence[Sequence[Cell]]) -> bytes:
    """BIFF8 in a compound file: LABEL, NUMBER and BOOLERR records, one sheet."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def bof(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))

    cells = b""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += record(0x0204, struct.pack("<HHHHB", r, c, 0, len(value), 1) + text)
            elif isinstance(value, ErrorCell):
                cells += record(0x0205, struct.pack("<HHHBB", r, c, 0, value.code, 1))
            else:
                cells += record(0x0203, struct.pack("<HHHd", r, c, 0, value))
    width = max(map(len, rows), default=0)
    sheet = bof(0x10) + record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)) + cells + record(0x0A, b"")
    codepage = record(0x42, struct.pack("<H", 1200))
    start = len(bof(5)) + len(codepage) + 4 + 8 + len("Sheet1") + 4
    bound = record(0x85, struct.pack("<IBBBB", start, 0, 0, 6, 0) + b"Sheet1")
    return compound("Workbook", bof(5) + codepage + bound + record(0x0A, b"") + sheet)


def compound(name: str, stream: bytes) -> bytes:
    """A compound file (MS-CFB, version 3) with one stream, padded past the mini-stream limit of 4096 bytes."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    fat = [*range(1, sectors), 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFD]  # stream chain, directory, the FAT itself
    fat += [0xFFFFFFFF] * (128 - len(fat))
    if len(fat) > 128:
        raise ValueError("one FAT sector holds 64 kB; keep the test sheet small")

    def entry(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = title.encode("utf-16-le") + b"\0\0" if title else b""
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
            + bytes(36)
            + struct.pack("<IQ", first, size)
        )

    directory = (
        entry("Root Entry", 5, 1, 0xFFFFFFFE, 0)
        + entry(name, 2, 0xFFFFFFFF, 0, len(stream))
        + entry("", 0, 0xFFFFFFFF, 0, 0) * 2
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, sectors, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", sectors + 1) + b"\xff" * (512 - len(header) - 4)
    return header + stream + directory + struct.pack("<128I", *fat)


def xlsb(rows: Sequence[Sequence[Cell]]) -> bytes:
    """A binary workbook: BrtCellSt (inline text), BrtCellReal and BrtCellError."""

    def record(kind: int, data: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size, length = len(data), b""
        while size > 127:
            length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
        return head + length + bytes([size]) + data

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    width = max(map(len, rows), default=1)
    body = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + record(145)
    for r, row in enumerate(rows):
        body += record(0, struct.pack("<IIHHBI", r, 0, 255, 0, 0, 0))
        for c, value in enumerate(row):
            head = struct.pack("<II", c, 0)
            if isinstance(value, ErrorCell):
                body += record(3, head + bytes([value.code]))
            elif isinstance(value, str):
                body += record(6, head + wide(value))
            else:
                body += record(5, head + struct.pack("<d", value))
    sheet = body + record(146) + record(130)
    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Sheet1"))
        + record(144)
        + record(132)
    )
    relations = f'{DECL}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    return archive(
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations.encode(),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )
