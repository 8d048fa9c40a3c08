"""A report that can prove itself: its numbers, what they rest on, and the signature under both, inside the file.

Pure but for the key it signs with. `check` needs the file alone; with the seal's folder beside it, it counts again.
What that proves and what not: docs/decisions/seal-signatures.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any

from taizhang.protection import signing
from taizhang.statistics import knowing, plain
from taizhang.statistics.knowing import Basis
from taizhang.statistics.tables import Result

FORMAT = "taizhang-report-1"
SHEET = "报表证明"  # hidden in a workbook
PIECE = 30_000  # characters; a cell holds 32,767


@dataclass(frozen=True)
class Verdict:
    """What a file's proof is worth. `faults`: in Chinese, empty when it holds; `says`: the signed statement."""

    faults: list[str]
    says: dict[str, Any]
    public_key: bytes


def statement(result: Result, bases: Sequence[Basis]) -> dict[str, Any]:
    """What is signed: which numbers, of what, resting on which seals. The same table gives the same statement."""
    return {
        "format": FORMAT,
        "programme": result.programme.id,
        "table": result.table.id,
        "title": result.table.title,
        "division": result.division,
        "place": result.place,
        "as_of": result.as_of.isoformat(),
        "known": result.known,
        "rows": [[row.code, row.name] for row in result.rows],
        # What nobody typed into is not signed: somebody may still fill it in, in the file.
        "columns": [name for name, leaf in result.columns.items() if not leaf.by_hand or _filled(result, name)],
        "cells": plain.cells_as_text(result),
        "seals": [
            {
                "county": basis.county,
                "period": basis.seal.period,
                "version": basis.seal.version,
                "digest": bytes(basis.seal.digest).hex(),
            }
            for basis in bases
            if basis.seal
        ],
        "unsealed": [basis.county for basis in bases if not basis.seal],
    }


def _filled(result: Result, column: str) -> bool:
    return any(result.said(row.code, column) is not None for row in result.rows)


def envelope(said: Mapping[str, Any]) -> dict[str, Any]:
    """The statement with this installation's signatures."""
    data = signing.canonical(said)
    return {
        "statement": said,
        "sm3": signing.sm3(data).hex(),
        "hmac_sm3": signing.mac(data).hex(),
        "ed25519": signing.sign(data).hex(),
        "public_key": signing.public_key().hex(),
    }


def proof(result: Result) -> dict[str, Any]:
    """The envelope of a computed table."""
    bases = knowing.bases(result.programme.id, result.division, result.as_of, result.known)
    return envelope(statement(result, bases))


def pieces(found: Mapping[str, Any]) -> list[str]:
    """The envelope cut so that each part fits into a cell."""
    text = json.dumps(found, ensure_ascii=False, sort_keys=True)
    return [text[i : i + PIECE] for i in range(0, len(text), PIECE)]


# -- checking a file that somebody brings --------------------------------------------------------------------------


def check(content: bytes, *, public_key: bytes | None = None) -> Verdict:
    """Whether a report file (xlsx, json) shows the numbers that were signed, by the holder of `public_key` if given.

    Raises ValueError (its text is for people) for a file without a proof.
    """
    shown, found = _read_json(content) if content[:1] in (b"{", b"[") else _read_workbook(content)
    try:
        said, data = found["statement"], signing.canonical(found["statement"])
        signature, own = bytes.fromhex(found["ed25519"]), bytes.fromhex(found["public_key"])
        digest = str(found["sm3"])
    except (KeyError, TypeError, ValueError):
        raise ValueError("报表里的证明不完整，不能核对。请用系统导出的原文件。") from None
    faults = []
    if said.get("format") != FORMAT:
        faults.append(f"不认识证明的格式“{said.get('format')}”。")
    if signing.sm3(data).hex() != digest:
        faults.append("证明的内容与它的摘要不符，证明被改动过。")
    if not signing.signature_fits(own, data, signature):
        faults.append("签名不对，证明被改动过，或者不是这个公钥的主人签的。")
    if public_key is not None and own != public_key:
        faults.append("签名的公钥不是给定的公钥：这份报表不是那个系统出的。")
    faults += list(_differences(said, shown))
    return Verdict(faults, said, own)


Shown = dict[str, dict[str, Any]]  # division code -> column (and "name") -> what the file shows


def _differences(said: Mapping[str, Any], shown: Sequence[Shown]) -> Iterator[str]:
    """Every printed number and name against the signed one, sheet by sheet; every signed row must stand somewhere."""
    names = dict(said["rows"])
    for sheet in shown:
        for code, row in sheet.items():
            if row["name"] != names.get(code):
                yield f"{code} 这一行：文件里叫“{row['name']}”，签名时叫“{names.get(code, '（没有这一行）')}”。"
            for column in said["columns"]:
                signed, value = said["cells"].get(code, {}).get(column), row.get(column)
                if not _same(signed, value):
                    told = "空" if signed is None else signed
                    yield f"{names.get(code, code)}的“{column}”：文件里是 {value}，签名时是 {told}。"
    missing = [name for code, name in said["rows"] if not any(code in sheet for sheet in shown)]
    if missing:
        yield f"文件里少了这些行：{'、'.join(missing[:8])}。"


def _same(signed: str | None, value: Any) -> bool:
    if signed is None:
        return value in (None, "", "—")
    if signed == value:  # words
        return True
    try:
        return abs(Decimal(signed) - Decimal(str(value))) < Decimal("0.000001")
    except InvalidOperation:
        return False


def _read_json(content: bytes) -> tuple[list[Shown], dict[str, Any]]:
    try:
        data = json.loads(content)
    except ValueError:
        raise ValueError("文件不是完整的 JSON，读不出来。") from None
    if not isinstance(data, dict) or not isinstance(data.get("proof"), dict):
        raise ValueError("文件里没有证明。请用系统导出的报表（统计表的 xlsx 或 json）。")
    names = {row["division"]: row["name"] for row in data.get("rows", [])}
    return [{code: {**row, "name": names.get(code)} for code, row in data.get("cells", {}).items()}], data["proof"]


def _read_workbook(content: bytes) -> tuple[list[Shown], dict[str, Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
    except (CalamineError, OSError, ValueError):
        raise ValueError("文件读不出来。请给系统导出的报表，xlsx 或 json。") from None
    if SHEET not in book.sheet_names:
        raise ValueError("文件里没有证明。请用系统导出的报表（统计表的 xlsx 或 json）；另存过的文件会丢掉证明。")
    cells = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    try:
        layouts = json.loads(str(cells[0][0]))
        found = json.loads("".join(str(row[0]) for row in cells[1:] if row and row[0] != ""))
        shown = [_shown(book, layout, found["statement"]) for layout in layouts]
    except (ValueError, KeyError, IndexError, TypeError):
        raise ValueError("报表里的证明不完整，不能核对。请用系统导出的原文件。") from None
    return shown, found


def _shown(book: Any, layout: Mapping[str, Any], said: Mapping[str, Any]) -> Shown:
    rows = book.get_sheet_by_name(layout["sheet"]).to_python(skip_empty_area=False)
    return {
        code: {
            "name": str(rows[layout["row"] + i][0]).strip(),
            **{column: rows[layout["row"] + i][layout["columns"][column]] for column in said["columns"]},
        }
        for i, code in enumerate(layout["codes"])
    }
