"""What a file is, told by its bytes and never by its name, and whether it is safe to hand to a parser. Runs in the child process.

Every refusal is a `Refused(code, **params)`; the words stand in `refusals.py`. Nothing is unpacked to disk.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_ENTRIES = 2_000
MAX_UNPACKED = 1 << 30  # bytes, over all entries
FREE_UNPACKED = 64 << 20  # below this any ratio is fine: short repeated cells compress well
MAX_RATIO = 100
CHUNK = 1 << 20

OLE2, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
OTHERS = {
    b"%PDF": "PDF 文件", b"MZ": "程序文件", b"\x7fELF": "程序文件", b"Rar!": "压缩包", b"7z\xbc\xaf": "压缩包", b"\x1f\x8b": "压缩包",
    b"\x89PNG": "图片", b"\xff\xd8\xff": "图片", b"GIF8": "图片", b"BM": "图片", b"{\\rtf": "文档",
}  # fmt: skip


class Refused(Exception):
    """The file cannot be taken; `code` names why, `params` go into the words."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def kind_of(path: Path) -> str:
    """`xlsx`, `xlsb`, `ods`, `xls` or `csv`. Raises Refused for anything else."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Refused("empty_file")
    if head.startswith(ZIP):
        return _zip_kind(path)
    if head.startswith(OLE2):
        return _ole2_kind(path)
    for magic, name in OTHERS.items():
        if head.startswith(magic) and not (magic in (b"MZ", b"BM") and _looks_like_text(head)):
            raise Refused("not_workbook", found=name)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        raise Refused("web_page")
    if text.startswith(b"<"):
        raise Refused("xml_file")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("not_workbook", found="看不出种类的文件")
    return "csv"


def _looks_like_text(head: bytes) -> bool:
    return b"\0" not in head and b"," in head


def _ole2_kind(path: Path) -> str:
    """Compound files name their streams in UTF-16: a protected .xlsx, a macro, a Word file show at once."""
    data = path.read_bytes()

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if holds("EncryptionInfo") or holds("EncryptedPackage"):
        raise Refused("encrypted")
    if holds("_VBA_PROJECT"):
        raise Refused("macro")
    if holds("WordDocument") or holds("PowerPoint Document"):
        raise Refused("not_workbook", found="Word 或演示文稿")
    if not (holds("Workbook") or holds("Book")):
        raise Refused("not_workbook", found="看不出种类的文件")
    return "xls"


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_names(archive)
            return _kind_of_archive(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refused("damaged") from error


def _check_names(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise Refused("too_many_parts", count=len(entries))
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise Refused("bad_names")
        if entry.flag_bits & 1:
            raise Refused("encrypted")
    if len({entry.filename for entry in entries}) != len(entries):
        raise Refused("bad_names")


def _kind_of_archive(archive: zipfile.ZipFile) -> str:
    names = {name.lower().lstrip("/") for name in archive.namelist()}
    if any(name.endswith("vbaproject.bin") for name in names) or any(name.startswith("basic/") for name in names):
        raise Refused("macro")
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names:
        if b"encryption-data" in (
            archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else b""
        ):
            raise Refused("encrypted")
        if b"spreadsheet" in (archive.read("mimetype")[:200] if "mimetype" in archive.namelist() else b"spreadsheet"):
            return "ods"
        raise Refused("not_workbook", found="文档")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise Refused("not_workbook", found="Word 或演示文稿")
    if "xl/" in {name[:3] for name in names}:
        raise Refused("damaged")
    raise Refused("not_workbook", found="压缩包")


def parts_of(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every part of a zip workbook with its content in chunks; counts real bytes, so a forged size gains nothing.

    Raises Refused: "bomb", "damaged", "entities" (a DOCTYPE has no business in a workbook).
    """
    compressed = path.stat().st_size
    limit = min(MAX_UNPACKED, max(FREE_UNPACKED, MAX_RATIO * compressed))
    unpacked = 0

    def chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        nonlocal unpacked
        with archive.open(entry) as part:
            first = True
            while chunk := part.read(CHUNK):
                unpacked += len(chunk)
                if unpacked > limit:
                    raise Refused("bomb")
                if first and entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_prologue(chunk)
                first = False
                yield chunk

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > limit:
                raise Refused("bomb")
            for entry in archive.infolist():
                yield entry.filename, chunks(archive, entry)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Refused("damaged") from error


PROLOGUE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def _check_prologue(chunk: bytes) -> None:
    if PROLOGUE.search(chunk.replace(b"\0", b"")):
        raise Refused("entities")
