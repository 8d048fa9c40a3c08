"""Files nobody should send, made by script: each is (name, bytes, refusal code). Big ones are built by repetition, never stored."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator

from taizhang.intake.tests import workbooks as w

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def corpus() -> Iterator[tuple[str, bytes, str]]:
    """At least thirty hostile or mistaken files."""
    good = w.xlsx([["姓名", "身份证号码"], ["杨一", "992323198001010015"]])
    yield "空文件.xlsx", b"", "empty_file"
    yield from _other_kinds()
    yield from _compound_files()
    yield from _broken_archives(good)
    yield from _bombs()
    yield from _bad_xml()
    yield from _far_cells()
    yield "宏.xlsm", w.archive({**w.parts([["姓名"]]), "xl/vbaProject.bin": b"x"}), "macro"
    yield "改名的宏.xlsx", w.archive({**w.parts([["姓名"]]), "xl/VBAPROJECT.BIN": b"x"}), "macro"
    yield "空表.xlsx", w.xlsx([]), "no_rows"
    yield "公式太多.xlsx", w.sheet_with(_formulas(20_001)), "too_many_formulas"


def _other_kinds() -> Iterator[tuple[str, bytes, str]]:
    yield "程序.xlsx", b"MZ\x90\x00\x03\x00\x00\x00" + bytes(500), "not_workbook"
    yield "程序.csv", b"\x7fELF\x02\x01\x01" + bytes(500), "not_workbook"
    yield "扫描件.xlsx", b"%PDF-1.7\n%\xe2\xe3", "not_workbook"
    yield "照片.xls", b"\x89PNG\r\n\x1a\n" + bytes(100), "not_workbook"
    yield "照片.xlsx", b"\xff\xd8\xff\xe0" + bytes(100), "not_workbook"
    yield "压缩包.xlsx", b"Rar!\x1a\x07\x00" + bytes(100), "not_workbook"
    yield "压缩包.zip", w.archive({"a.txt": b"hello"}), "not_workbook"
    yield "文档.xlsx", w.archive({"word/document.xml": b"<w/>"}), "not_workbook"
    yield "网页.xls", b"\xef\xbb\xbf<html><table><tr><td>\xe5\xa7\x93</td></tr></table></html>", "web_page"
    yield "网页2.xls", b"<!DOCTYPE html><html></html>", "web_page"
    yield "xml.xls", b'<?xml version="1.0"?><Workbook/>', "xml_file"
    yield "乱码.csv", bytes(range(1, 256)) * 20, "not_workbook"
    yield "零.csv", b"a,b\n\0\0\0\n", "not_workbook"


def _compound_files() -> Iterator[tuple[str, bytes, str]]:
    def ole(*streams: str) -> bytes:
        return (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(504)
            + b"".join(s.encode("utf-16-le").ljust(128, b"\0") for s in streams)
        )

    yield "加密.xlsx", ole("Root Entry", "EncryptionInfo", "EncryptedPackage"), "encrypted"
    yield "宏.xls", ole("Root Entry", "Workbook", "_VBA_PROJECT_CUR"), "macro"
    yield "文档.xls", ole("Root Entry", "WordDocument"), "not_workbook"
    yield "演示.xls", ole("Root Entry", "PowerPoint Document"), "not_workbook"
    yield "什么都没有.xls", ole("Root Entry"), "not_workbook"
    yield "残缺.xls", ole("Root Entry", "Workbook"), "damaged"
    yield "截断.xls", w.xls([["姓名"], ["杨一"]])[:2000], "not_workbook"


def _broken_archives(good: bytes) -> Iterator[tuple[str, bytes, str]]:
    yield "截断.xlsx", good[: len(good) // 2], "damaged"
    yield "只剩开头.xlsx", good[:40], "damaged"
    yield "穿越.xlsx", w.archive({**w.parts([["姓名"]]), "../../etc/passwd": b"x"}), "bad_names"
    yield "绝对路径.xlsx", w.archive({**w.parts([["姓名"]]), "/etc/passwd": b"x"}), "bad_names"
    yield "重名.xlsx", _twice(), "bad_names"
    yield (
        "部件太多.xlsx",
        w.archive({**w.parts([["姓名"]]), **{f"xl/media/{n}": b"" for n in range(2_001)}}),
        "too_many_parts",
    )
    yield "缺工作簿.xlsx", w.archive({"xl/styles.xml": b"<a/>"}), "damaged"
    yield "加密条目.xlsx", _flagged(good), "encrypted"
    yield "假大小.xlsx", _forged(), "damaged"
    rotten = w.parts([["姓名"], ["杨一"]])
    rotten["xl/worksheets/sheet1.xml"] = b"<worksheet><sheetData><row r='1'><c r='A1'"
    yield "残缺的表.xlsx", w.archive(rotten), "damaged"


def _twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in w.parts([["姓名"]]).items():
            archive.writestr(name, data)
        archive.fp.seek(archive.start_dir)  # type: ignore[union-attr]
        info = zipfile.ZipInfo("xl/workbook.xml")
        archive.NameToInfo.pop("xl/workbook.xml")
        archive.writestr(info, b"<evil/>")
    return buffer.getvalue()


def _flagged(good: bytes) -> bytes:
    """Set the "encrypted" bit of every entry in the central directory."""
    data = bytearray(good)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _forged() -> bytes:
    """The sheet says it is 10 bytes long and unpacks to 50 MB."""
    parts = w.parts([["姓名"]])
    parts["xl/worksheets/sheet1.xml"] = b"<worksheet>" + b" " * 50_000_000
    data = bytearray(w.archive(parts))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        size = struct.unpack("<I", data[at + 24 : at + 28])[0]
        if size > 1_000_000:
            data[at + 24 : at + 28] = struct.pack("<I", 10)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _bombs() -> Iterator[tuple[str, bytes, str]]:
    zeros = b" " * (1 << 20)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in w.parts([["姓名"]]).items():
            archive.writestr(name, data)
        with archive.open("xl/media/image1.bin", "w") as part:
            for _ in range(200):
                part.write(zeros)
    yield "炸弹.xlsx", buffer.getvalue(), "bomb"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in w.parts([["姓名"]]).items():
            if name != "xl/sharedStrings.xml":
                archive.writestr(name, data)
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(f"<sst {NS}>".encode())
            for _ in range(100):
                part.write(b"<si><t>a</t></si>" * 60_000)
    yield "字符串炸弹.xlsx", buffer.getvalue(), "bomb"
    rows = (
        b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"'
        + (b' office:value-type="string"><text:p>a</text:p></table:table-cell></table:table-row>')
    )
    yield "重复行.ods", w.ods_with(rows), "too_large"


def _bad_xml() -> Iterator[tuple[str, bytes, str]]:
    for name, prologue in (
        ("十亿笑.xlsx", f"<!DOCTYPE lolz [<!ENTITY l0 'lol'>{LAUGHS}]>"),
        ("外部实体.xlsx", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    ):
        parts = w.parts([["姓名"]])
        body = parts["xl/sharedStrings.xml"].decode()
        parts["xl/sharedStrings.xml"] = (body[: body.find("?>") + 2] + prologue + body[body.find("?>") + 2 :]).encode()
        yield name, w.archive(parts), "entities"
    parts = w.parts([["姓名"]])
    parts["xl/worksheets/sheet1.xml"] = (
        b"\xff\xfe" + "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>".encode("utf-16-le")
    )
    yield "双字节实体.xlsx", w.archive(parts), "entities"


def _far_cells() -> Iterator[tuple[str, bytes, str]]:
    def two(far: str) -> bytes:
        return w.sheet_with(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="{far}"><v>1</v></c></row>')

    yield "远单元格.xlsx", two("XFD1048576"), "far_cell"
    yield "远行.xlsx", two("A1048576"), "far_cell"
    yield (
        "远列.xlsx",
        w.sheet_with('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" t="str"><v>x</v></c></row>'),
        "far_cell",
    )
    yield "远列.csv", b"a,b\n" + b"," * 20_000 + b"\n", "far_cell"


def _formulas(count: int) -> str:
    return "".join(f'<row r="{n}"><c r="A{n}"><f>1+1</f><v>2</v></c></row>' for n in range(1, count + 1))


__all__ = ["corpus"]
