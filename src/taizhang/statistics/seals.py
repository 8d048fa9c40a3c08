"""Sealed figures as they are read: files that must be what their manifest says, and manifests that form a chain.

`<data>/seals/<county>/<programme>/<period>/v<version>/` holds one Parquet file per subject, `tables.json` (the cells of
the programme's tables as they were sealed) and `manifest.json`. Nothing in it names anybody.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.db.models import QuerySet

from taizhang.engine.errors import DomainError, NotFound
from taizhang.protection import signing
from taizhang.rules.sql import Sql
from taizhang.statistics import hoisting, snapshots
from taizhang.statistics.compiling import Sources, quoted
from taizhang.statistics.models import Seal

TABLES = "tables.json"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a seal. `code`: file, manifest, row, signature, chain."""

    seal: str
    code: str
    message: str


def root() -> Path:
    return Path(settings.DATA_DIR) / "seals"


def folder(seal: Seal) -> Path:
    return root() / seal.division / seal.programme / seal.period / f"v{seal.version}"


def visible(programme: str, county: str) -> QuerySet[Seal]:
    """The seals of a county and programme in the order of their chain; row-level security applies."""
    return Seal.objects.filter(programme=programme, division=county).select_related("sealed_by").order_by("number")


def of_period(programme: str, county: str, period: str) -> list[Seal]:
    """The versions of a county's period, newest first."""
    return list(visible(programme, county).filter(period=period).order_by("-version"))


def of_counties(programme: str, division: str, period: str) -> list[Seal]:
    """The versions of every county of a division, by county, newest first."""
    found = Seal.objects.filter(programme=programme, period=period, division__startswith=division)
    return list(found.select_related("sealed_by").order_by("division", "-version"))


def latest(programme: str, county: str, cut_off: dt.date) -> Seal | None:
    """The seal in force of the period whose data count up to a day."""
    return visible(programme, county).filter(cut_off=cut_off).order_by("-version").first()


def get(seal_id: Any) -> Seal:
    """Raises NotFound, also for one of other divisions."""
    found = Seal.objects.select_related("sealed_by").filter(pk=seal_id).first()
    if found is None:
        raise NotFound("seal")
    return found


def contents(seal: Seal) -> dict[str, Any]:
    """What the manifest says."""
    found: dict[str, Any] = json.loads(seal.manifest)
    return found


def read(seal: Seal) -> Mapping[str, Path]:
    """Subject -> file of a seal, each compared with its digest.

    Raises DomainError "seal_broken" (500) when anything is not as it was sealed.
    """
    faults = [*_row_faults(seal), *_file_faults(seal)]
    if faults:
        raise DomainError(
            "seal_broken",
            f"封账数据被改动过：{faults[0].message}为免报出错误的数字，这一期不再出数。请联系系统管理员，从备份恢复 seals 目录。",
            status=500,
        )
    names = contents(seal)["files"]
    return {name.removesuffix(".parquet"): folder(seal) / name for name in names if name.endswith(".parquet")}


def tables(seal: Seal) -> dict[str, Any]:
    """Table id -> division -> column -> number as text (null: nothing to count), as they were sealed."""
    read(seal)
    found: dict[str, Any] = json.loads((folder(seal) / TABLES).read_text(encoding="utf-8"))
    return found


def joined(wanted: list[tuple[str, list[Path]]]) -> Sources:
    """Subject -> rows of all its files as a DuckDB relation, with the columns that every one of them can give.

    A rule that reads what was not kept when a file was sealed then finds no such column, instead of nobody.
    """
    found = {subject: _together(subject, paths) for subject, paths in wanted}
    return Sources(found.pop("worker"), found, _not_sealed, snapshots.stored())


def _not_sealed(day: dt.date) -> Sql:
    """A rule asks another day by a threshold: the people of that day were not sealed along."""
    raise DomainError("other_day", f"这个口径要比 {day.isoformat()} 的数据和参数，封账时没有存。请看封账时出的表。")


def _together(subject: str, paths: list[Path]) -> Sql:
    held = [pq.read_schema(path).names for path in paths]
    stored = [name for name in held[0] if all(name in names for names in held)]
    since = {
        name: rule
        for name, rule in snapshots.computed(subject).items()
        if name not in stored and rule.columns <= set(stored)
    }
    columns = ", ".join(quoted(name) for name in stored)
    more = hoisting.select(since, f"(SELECT {columns} FROM read_parquet(?, union_by_name = true))")
    return Sql(f"({more.text})", (*more.params, [str(path) for path in paths]))


# -- proof ---------------------------------------------------------------------------------------------------------


def faults(found: list[Seal], *, again: bool = False) -> list[Fault]:
    """Everything wrong with the seals of one county and programme, in the order of their chain: files, manifests,
    signatures, gaps. `again`: read every file, also those this process has read before."""
    own = [fault for seal in found for fault in (*_row_faults(seal), *_file_faults(seal, again=again))]
    return [*own, *_chain_faults(found)]


def _row_faults(seal: Seal) -> Iterator[Fault]:
    text = seal.manifest.encode()
    if signing.sm3(text) != bytes(seal.digest):
        yield Fault(str(seal), "row", f"{seal.period} 第 {seal.version} 版的清单与摘要不符。")
    if not signing.mac_fits(text, bytes(seal.mac)):
        yield Fault(str(seal), "signature", f"{seal.period} 第 {seal.version} 版的 HMAC-SM3 不是本系统的密钥所签。")
    if not signing.signature_fits(signing.public_key(), text, bytes(seal.signature)):
        yield Fault(str(seal), "signature", f"{seal.period} 第 {seal.version} 版的 Ed25519 签名不对。")
    said = contents(seal)
    own = {
        "programme": seal.programme,
        "county": seal.division,
        "period": seal.period,
        "version": seal.version,
        "number": seal.number,
        "cut_off": seal.cut_off.isoformat(),
        "known_at": seal.known_at.astimezone(dt.UTC).isoformat(),
        "people": seal.people,
    }
    if any(said.get(key) != value for key, value in own.items()):
        yield Fault(str(seal), "row", f"{seal.period} 第 {seal.version} 版登记的内容与清单不符。")


_verified: dict[Path, tuple[int, int, int, bytes]] = {}  # file -> inode, size, time of change, its digest then


def _file_faults(seal: Seal, *, again: bool = False) -> Iterator[Fault]:
    where = f"{seal.period} 第 {seal.version} 版"
    for name, said in contents(seal)["files"].items():
        path = folder(seal) / name
        try:
            found = _digest(path, again)
        except OSError:
            yield Fault(str(seal), "file", f"{where}的文件 {name} 不见了。")
            continue
        if found.hex() != said["sm3"]:
            yield Fault(str(seal), "file", f"{where}的文件 {name} 与封账时不同。")
    try:
        beside = (folder(seal) / MANIFEST).read_text(encoding="utf-8")
    except OSError:
        beside = ""
    if beside != seal.manifest:
        yield Fault(str(seal), "manifest", f"{where}的清单文件与登记的不同。")


def _digest(path: Path, again: bool) -> bytes:
    """Digest of a file; within a process it is read again only when the file system says that it changed."""
    state = path.stat()
    known = _verified.get(path)
    mark = (state.st_ino, state.st_size, state.st_ctime_ns)
    if known and known[:3] == mark and not again:
        return known[3]
    found = signing.sm3_file(path)
    _verified[path] = (*mark, found)
    return found


def _chain_faults(found: list[Seal]) -> Iterator[Fault]:
    before = ""
    for place, seal in enumerate(found, start=1):
        if seal.number != place:
            yield Fault(str(seal), "chain", f"第 {place} 次封账不见了（后面是第 {seal.number} 次）。")
            return
        if contents(seal)["previous"] != before:
            yield Fault(str(seal), "chain", f"第 {place} 次封账接不上前一次。")
            return
        before = bytes(seal.digest).hex()
