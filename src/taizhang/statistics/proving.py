"""`./taizhang verify` over the seals: files, chain, signatures, the audit chain's word for each, and the history replayed
to the moment of each seal, row for row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.engine import duck
from taizhang.engine.errors import DomainError
from taizhang.ledger.verify import EXAMPLES, Problem
from taizhang.protection.audit import Action
from taizhang.statistics import handcells, seals, snapshots, sources
from taizhang.statistics.compiling import quoted
from taizhang.statistics.models import Seal


def check_all() -> list[Problem]:
    """Every problem of the seals the connection sees; empty when all is well."""
    chains: dict[tuple[str, str], list[Seal]] = defaultdict(list)
    for seal in Seal.objects.select_related("sealed_by").order_by("programme", "division", "number"):
        chains[seal.programme, seal.division].append(seal)
    found = []
    for chain in chains.values():
        broken = seals.faults(chain, again=True)
        found += [Problem(f"seal_{fault.code}", fault.message, 1, [fault.seal]) for fault in broken]
        bad = {fault.seal for fault in broken}
        whole = [seal for seal in chain if str(seal) not in bad]
        found += [problem for seal in whole for problem in (*_replayed(seal), *_typed(seal))]
    return [*found, *_unknown_to_audit()]


def _unknown_to_audit() -> Iterator[Problem]:
    """Seals that the audit chain tells of and the table does not hold, and the other way round: the last seal of a
    chain could otherwise be taken away unseen."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(a.digest, encode(s.digest, 'hex')) FROM (
              SELECT detail ->> 'digest' AS digest FROM protection_auditentry WHERE action = %s AND detail ? 'digest') a
            FULL JOIN statistics_seal s ON encode(s.digest, 'hex') = a.digest
            WHERE a.digest IS NULL OR s.id IS NULL
            """,
            [Action.PERIOD_SEALED],
        )
        missing = [digest for (digest,) in cursor.fetchall()]
    if missing:
        yield Problem("seal_audit", "审计链里的封账和登记的封账不一致", len(missing), missing[:EXAMPLES])


def _replayed(seal: Seal) -> Iterator[Problem]:
    """The ledger's history at the moment of the seal against the sealed rows."""
    rows = sources.ledger_known(seal.cut_off, seal.known_at)
    with TemporaryDirectory(dir=seals.root()) as work, acting_for([seal.division]):
        for subject, sealed in seals.read(seal).items():
            again = Path(work) / f"{subject}.parquet"
            try:
                snapshots.write(subject, seal.division, again, rows)
            except DomainError as error:
                yield Problem("seal_replay", error.message, 1, [str(seal)])
                continue
            count, examples = _differing(sealed, again)
            if count:
                message = f"{seal}：按历史重放到封账那一刻，与封账数据不同（{subject}）"
                yield Problem("seal_replay", message, count, examples)


def _typed(seal: Seal) -> Iterator[Problem]:
    """What was typed into the tables by the moment of the seal against the sealed tables: those rows are only added."""
    programme = catalogue.load().programmes.get(seal.programme)
    if programme is None:
        return
    sealed, wrong = seals.tables(seal), []
    with acting_for([seal.division]):
        for table in programme.tables.values():
            hands = handcells.read(programme, table, seal.division, seal.cut_off, "then", seal.known_at)
            for code, row in sealed.get(table.id, {}).items():
                for column in handcells.columns(table):
                    said = hands[code, column].said if (code, column) in hands else None
                    if row.get(column) != (None if said is None else str(said)):
                        wrong.append(f"{table.id} {code} {column}")
    if wrong:
        yield Problem("seal_typed", f"{seal}：手工栏和封账时出的表不同", len(wrong), wrong[:EXAMPLES])


def _differing(sealed: Path, again: Path) -> tuple[int, list[str]]:
    """Rows that stand in one file and not in the other, over the columns both have."""
    with duck.session([seals.root()]) as session:

        def columns(path: Path) -> list[str]:
            return [row[0] for row in session.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]

        both = ", ".join(quoted(name) for name in columns(sealed) if name in set(columns(again)))
        one, other = (f"SELECT {both} FROM read_parquet(?)" for _ in range(2))
        session.execute(
            f"CREATE TEMP TABLE differing AS (({one}) EXCEPT ALL ({other})) UNION ALL (({other}) EXCEPT ALL ({one}))",
            [str(sealed), str(again), str(again), str(sealed)],
        )
        count, examples = session.execute(
            f"SELECT count(*), list(DISTINCT worker_id)[1:{EXAMPLES}] FROM differing"
        ).fetchone() or (0, [])
        return int(count), list(examples or [])
