"""`certify`, `check-report`: a table's numbers counted twice, and a report file held against its own signature."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from rich.console import Console

from taizhang.cli import run as processes
from taizhang.engine.errors import DomainError
from taizhang.site.environment import read_environment

SHOWN = 20
console = Console(stderr=True, highlight=False)


def run(options: argparse.Namespace) -> int:
    """0: equal; 1: something differs; 2: it could not be looked at."""
    try:
        return {"certify": certify, "check-report": check_report}[options.command](options)
    except DomainError as refusal:
        console.print(refusal.message)
        return 2


def certify(options: argparse.Namespace) -> int:
    """Count a table from the seal and from the ledger; people who differ are named by opaque ids."""
    processes.start_database(read_environment())
    processes.set_up()
    from taizhang.accounts.acting import acting_for
    from taizhang.statistics import certifying

    with acting_for([options.division]):
        found = certifying.certify(
            actor=None, programme_table=options.table, division=options.division, as_of=options.as_of,
            known=options.known, advance=lambda done, total, said: console.print(f"{done}/{total} {said}"),
        )  # fmt: skip
    if options.output:
        options.output.write_bytes(certifying.as_file(found))
    for cell in found.differences[:SHOWN]:
        ids = "、".join([*cell["only_sealed"], *cell["only_ledger"]][:SHOWN])
        print(
            f"{cell['division']} {cell['column']}：封账 {cell['sealed']}，台账 {cell['ledger']}，封账时印 {cell['printed']} {ids}"
        )
    print(
        f"表库相符：{found.cells:,} 个数全部相等。"
        if found.holds
        else f"表库不符：{len(found.differences)} 个数对不上。"
    )
    return 0 if found.holds else 1


def check_report(options: argparse.Namespace) -> int:
    """Needs the file alone: no server, no database, no key file."""
    processes.set_up()
    from taizhang.protection import signing
    from taizhang.statistics import attesting, recounting

    try:
        key = _key(options.public_key) if options.public_key else None
        verdict = attesting.check(options.file.read_bytes(), public_key=key)
        again = recounting.differences(verdict.says, options.seal) if options.seal else []
    except FileNotFoundError:
        raise DomainError("no_file", f"没有找到文件 {options.file}。请核对路径。") from None
    except ValueError as error:
        raise DomainError("no_proof", str(error)) from None
    faults = [*verdict.faults, *again]
    said, fingerprint = verdict.says, signing.fingerprint(verdict.public_key)
    if options.json:
        print(json.dumps({"holds": not faults, "faults": faults, "statement": said}, ensure_ascii=False))
        return 1 if faults else 0
    _tell(options, said, faults, fingerprint)
    return 1 if faults else 0


def _key(text: str) -> bytes:
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", text.strip()):
        raise ValueError("公钥是 64 位十六进制数字，在封账那一页最下面。")
    return bytes.fromhex(text.strip())


def _tell(options: argparse.Namespace, said: dict[str, Any], faults: list[str], fingerprint: str) -> None:
    out = sys.stdout
    print(f"{said.get('place')}，{said.get('title')}，截至 {said.get('as_of')}", file=out)
    for seal in said.get("seals", []):
        print(f"依据 {seal['county']} {seal['period']} 第 {seal['version']} 版封账，摘要 {seal['digest']}", file=out)
    if said.get("unsealed"):
        print(f"没有封账的县：{'、'.join(said['unsealed'])}", file=out)
    print(
        f"签名公钥指纹 {fingerprint}{'' if options.public_key else '（没有给公钥，请把指纹和公函上的对一对）'}",
        file=out,
    )
    for fault in faults[:SHOWN]:
        print(fault, file=out)
    if len(faults) > SHOWN:
        print(f"……共 {len(faults)} 处。", file=out)
    if not faults:
        counted = "，并从封账文件重新数过，全部相等" if options.seal else ""
        print(f"文件里的数和签名时一样{counted}。", file=out)
