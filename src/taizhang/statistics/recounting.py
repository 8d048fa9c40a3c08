"""The numbers of a signed report counted again from a seal's folder: no database, no server, only files and rules."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from taizhang import catalogue
from taizhang.engine import duck
from taizhang.protection import signing
from taizhang.statistics import indicators, layout, seals, snapshots


def differences(said: dict[str, Any], folder: Path) -> list[str]:
    """What does not fit, in Chinese: the folder to the report's seal, its files to its manifest, the numbers to its rows.

    Raises ValueError (its text is for people) for a folder that is no seal, or a report of several counties.
    """
    try:
        text = (folder / seals.MANIFEST).read_text(encoding="utf-8")
        manifest = json.loads(text)
    except (OSError, ValueError):
        raise ValueError(f"{folder} 里没有 {seals.MANIFEST}，不是封账文件夹。") from None
    if len(said.get("seals", [])) != 1:
        raise ValueError("这份报表不是只依据一次封账，不能从一个文件夹重新数。")
    if signing.sm3(text.encode()).hex() != said["seals"][0]["digest"]:
        return ["这个文件夹不是报表依据的那次封账。"]
    broken = [
        f"封账文件 {name} 与清单不符。"
        for name, file in manifest["files"].items()
        if not (folder / name).is_file() or signing.sm3_file(folder / name).hex() != file["sm3"]
    ]
    return broken or _recounted(said, folder)


def _recounted(said: dict[str, Any], folder: Path) -> list[str]:
    programme = catalogue.load().programmes.get(said["programme"])
    table = programme.tables.get(said["table"]) if programme else None
    if programme is None or table is None:
        raise ValueError(f"这里没有方案 {said['programme']} 的表 {said['table']}，不能重新数。")
    rows = seals.joined([(subject, [folder / f"{subject}.parquet"]) for subject in snapshots.subjects()])
    leaves = layout.columns(table)
    wanted = list(dict.fromkeys(leaf.indicator for leaf in leaves.values() if leaf.indicator))
    as_of = dt.date.fromisoformat(said["as_of"])
    with duck.session([folder]) as session:
        run = indicators.SnapshotRunner(session, rows)
        counted = indicators.count_with(run, programme, wanted, said["division"], as_of)
    empty = {name: indicators.none_of(programme.indicators[name]) for name in wanted}
    found = []
    for code, name in said["rows"]:
        numbers = {**empty, **counted.get(code, {})}
        layout.fill_formulas(table, numbers)
        for column in layout.from_ledger(table) & set(said["columns"]):
            number, signed = numbers.get(column), said["cells"][code].get(column)
            if (None if number is None else str(number)) != signed:
                found.append(f"{name}的“{leaves[column].title}”：重新数是 {number}，报表是 {signed}。")
    return found
